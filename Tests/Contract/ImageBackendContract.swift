import Core
import Crypto
import Hardware
import Host
import Testing

/// What every keeper of images' bytes must do, whether it names them for their content or for the upload.
struct ImageBackendContract {
  let images: any ImageBackend
  private static let image = "3d1f6a52-7f6e-4f4b-9d33-0c6a3f1a9b10"

  /// Takes bytes in as an upload does; the key under which they are.
  func keep(_ pieces: [[UInt8]]) async throws -> String {
    let writer: any ImageWriter = try await images.begin(for: Self.image)
    for piece in pieces { try await writer.write(piece) }
    let key = writer.key(of: Hash.sha512(pieces.flatMap { $0 }).hex)
    try await writer.finish(as: key)
    await writer.abandon()
    return key
  }

  /// - Parameter largeSize: bytes of the larger content; more than one segment where the store has such.
  func holds(largeSize: Int = 3 << 20) async throws {
    try await images.removeStrays()
    #expect(try await images.list() == [])
    let nowhere = String(repeating: "5a", count: 64)
    #expect(try await images.content(nowhere) == nil)
    #expect(!images.isReadOnly)
    let large = (0..<largeSize).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
    try await uploads(large)
    try await removals(large)
    try await links()
  }

  private func uploads(_ large: [UInt8]) async throws {
    // Pieces come together in order, and are nowhere before they are finished.
    let writer: any ImageWriter = try await images.begin(for: Self.image)
    for piece in [[1, 2, 3], [], large] { try await writer.write(piece) }
    if let file = try await writer.file() {
      #expect(try await Host.real.readHead(file, count: 5) == [1, 2, 3] + large.prefix(2))
      #expect(try await Host.real.status(file)?.size == large.count + 3)
    }
    #expect(try await images.list() == [])
    let key = writer.key(of: Hash.sha512([1, 2, 3] + large).hex)
    try await writer.finish(as: key)
    await writer.abandon()
    #expect(try await images.list() == [key])
    if let url = images.url(of: key) { #expect(url.contains("://") && url.contains(key)) }
    #expect(try await bytes(key) == [1, 2, 3] + large)
    #expect(try await images.content(key)?.size == large.count + 3)
    #expect(try await part(key, 1..<5) == [2, 3] + large.prefix(2))

    // What is abandoned was never there; what nobody wrote to is empty; zeros come back as zeros.
    let forgotten = try await images.begin(for: Self.image)
    try await forgotten.write([9])
    await forgotten.abandon()
    await forgotten.abandon()
    #expect(try await images.list() == [key])
    let empty = try await keep([])
    #expect(try await bytes(empty) == [])
    let zeros = try await keep([[UInt8](repeating: 0, count: 300_000), [7], [UInt8](repeating: 0, count: 200_000)])
    #expect(
      try await bytes(zeros)
        == [UInt8](repeating: 0, count: 300_000) + [7] + [UInt8](repeating: 0, count: 200_000))

    // What comes twice is there, once or twice; a restart takes nothing that is whole.
    let again = try await keep([[1, 2, 3], large])
    #expect(Set(try await images.list()) == [key, empty, zeros, again])
    try await images.removeStrays()
    #expect(Set(try await images.list()) == [key, empty, zeros, again])
    for one in [empty, zeros] { try await images.remove(one) { false } }
    if again != key { try await images.remove(again) { false } }
    #expect(try await images.list() == [key])
  }

  /// Who wants the bytes keeps them, and removing is done as often as one likes.
  private func removals(_ large: [UInt8]) async throws {
    let key = try #require(try await images.list().first)
    try await images.remove(key) { true }
    #expect(try await bytes(key) == [1, 2, 3] + large)
    let failure = await #expect(throws: Fault.self) {
      try await images.remove(key) { throw Fault.unavailable("The database does not answer.") }
    }
    #expect(failure?.kind == .unavailable)
    #expect(try await bytes(key) == [1, 2, 3] + large, "in doubt they stay")
    for _ in 1...2 { try await images.remove(key) { false } }
    #expect(try await images.content(key) == nil)
    #expect(try await images.list() == [])
    let space = try await images.space()
    #expect(space.free > 0 && space.total >= space.free)
  }

  /// A file is kept without being moved, or the store says that it has to be written.
  private func links() async throws {
    let folder = try await Machine.folder()
    let bytes = Array("linked".utf8)
    try await Host.real.writeFile(folder + "/file", bytes)
    if let key = try await images.link(folder + "/file", as: Hash.sha512(bytes).hex) {
      #expect(try await images.link(folder + "/file", as: Hash.sha512(bytes).hex) == key)
      #expect(try await self.bytes(key) == bytes)
      #expect(try await Host.real.readFile(folder + "/file") == bytes)
      try await images.remove(key) { false }
    }
    #expect(try await images.list() == [])
    try await Host.real.remove(folder)
  }

  func bytes(_ key: String) async throws -> [UInt8]? {
    guard let content = try await images.content(key) else { return nil }
    return try await part(key, 0..<content.size)
  }

  private func part(_ key: String, _ range: Range<Int>) async throws -> [UInt8]? {
    switch try await images.content(key) {
    case .bytes(let bytes)?: return Array(bytes[range])
    case .file(let path, let size)?:
      let bytes = try await Host.real.readFile(path)
      #expect(bytes.count == size)
      return Array(bytes[range])
    case .remote(_, let read)?:
      let pieces = try await read(range)
      var bytes: [UInt8] = []
      while let piece = try await pieces() { bytes += piece }
      return bytes
    case nil: return nil
    }
  }
}
