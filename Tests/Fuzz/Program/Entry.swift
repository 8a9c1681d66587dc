import FuzzBodies
import Glibc

// The program that libFuzzer drives; the library brings `main`. Which target it runs stands in the environment, so
// that one program, built once, serves all of them.

/// A property that does not hold ends the process, which is how libFuzzer learns of it.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  do { try target.run(Array(UnsafeBufferPointer(start: start, count: count))) } catch {
    say("\(target.name): \(error)\n", to: 2)
    abort()
  }
  return 0
}

@_cdecl("LLVMFuzzerInitialize")
public func initialize(
  _ count: UnsafeMutablePointer<Int32>?,
  _ words: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>?
) -> Int32 {
  _ = target
  return 0
}

private let target: FuzzTarget = {
  let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
  if let found = FuzzTarget.all.first(where: { $0.name == name }) { return found }
  // Without a name: the list, for the script that runs them one after another.
  for target in FuzzTarget.all { say("\(target.name) \(target.length)\n", to: 1) }
  exit(name.isEmpty ? 0 : 1)
}()

private func say(_ text: String, to descriptor: Int32) {
  let bytes = Array(text.utf8)
  write(descriptor, bytes, bytes.count)
}
