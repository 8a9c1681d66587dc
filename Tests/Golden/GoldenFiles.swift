import Core
import Glibc
import Testing

/// A text that is kept beside the tests. `UPDATE_GOLDENS=1 swift test --filter Golden` writes it anew; what has changed
/// is then read in the diff.
enum Golden {
  private static let here = #filePath.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
  private static let files = here + "/Files"
  /// The project's documents.
  static let documents = here + "/../../docs"

  static func expect(
    _ text: String, is name: String, under folder: String = files, at: SourceLocation = #_sourceLocation
  ) throws {
    let path = folder + "/" + name
    if getenv("UPDATE_GOLDENS") != nil { try write(text, path) }
    guard let kept = read(path) else {
      Issue.record("\(name) is missing; UPDATE_GOLDENS=1 writes it", sourceLocation: at)
      return
    }
    guard kept != text else { return }
    let (old, new) = (lines(kept), lines(text))
    let (gone, come) = (Set(old).subtracting(new), Set(new).subtracting(old))
    let changes =
      old.filter { gone.contains($0) }.map { "- " + $0 } + new.filter { come.contains($0) }.map { "+ " + $0 }
    Issue.record(
      "\(name) has changed; UPDATE_GOLDENS=1 writes it anew:\n\(changes.prefix(40).joined(separator: "\n"))",
      sourceLocation: at)
  }

  private static func lines(_ text: String) -> [String] { text.split(separator: "\n").map(String.init) }

  private static func read(_ path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&piece, 1, piece.count, file), count > 0 { bytes += piece[..<count] }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func write(_ text: String, _ path: String) throws {
    var parent = ""
    for part in path.split(separator: "/").dropLast() {
      parent += "/" + part
      mkdir(parent, 0o755)
    }
    guard let file = fopen(path, "w") else { throw Fault.unavailable("\(path) cannot be written") }
    defer { fclose(file) }
    let bytes = Array(text.utf8)
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw Fault.unavailable("\(path) was cut short") }
  }
}
