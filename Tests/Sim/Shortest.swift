import Glibc

/// Finds a short part of a failing script that fails still (delta debugging, Zeller and Hildebrandt 2002).
struct Shortest {
  let seed: UInt64
  /// How many runs the search may take.
  private static let tries = 150

  /// Prints the shortest trace found.
  func show() throws {
    let count = Script(seed: seed).events.count
    var kept = Array(0..<count)
    var size = count / 2
    var tries = 0
    while size >= 1, tries < Self.tries {
      var at = 0
      while at < kept.count, tries < Self.tries {
        let without = Array(kept[..<at] + kept[min(at + size, kept.count)...])
        tries += 1
        if try fails(without) { kept = without } else { at += size }
      }
      size /= 2
    }
    say("the shortest trace found for seed \(seed), \(kept.count) of \(count) events, after \(tries) tries:")
    say(try output(kept))
    say("again: martlet-sim --one --trace --seed \(seed) --keep \(kept.map(String.init).joined(separator: ","))")
  }

  private func fails(_ kept: [Int]) throws -> Bool {
    let child = try Children.start(words(kept), output: "/dev/null")
    var status: Int32 = 0
    waitpid(child, &status, 0)
    return status != 0
  }

  private func output(_ kept: [Int]) throws -> String {
    let path = Children.path(seed)
    defer { unlink(path) }
    let child = try Children.start(words(kept), output: path)
    var status: Int32 = 0
    waitpid(child, &status, 0)
    return Children.read(path)
  }

  private func words(_ kept: [Int]) -> [String] {
    ["--one", "--trace", "--seed", "\(seed)", "--keep", kept.map(String.init).joined(separator: ",")]
  }
}
