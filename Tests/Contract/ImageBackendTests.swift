import Core
import FakeHardware
import FileDisk
import Hardware
import Host
import Synchronization
import Testing

/// What every keeper of images' bytes must do.
@Suite struct ImageBackendTests {
  private static let hash = String(repeating: "5a", count: 64)
  private static let other = String(repeating: "c3", count: 64)

  @Test func theFakeKeepsTheContract() async throws { try await keeps(FakeImages()) }

  @Test func filesKeepTheContract() async throws {
    let folder = try await Machine.folder()
    try await keeps(ImageFiles(directory: folder + "/images"))
    try await Host.real.remove(folder)
  }

  /// The second question comes after the bytes were put aside.
  @Test func filesBringBackWhatNobodyCanBeAskedAbout() async throws {
    let folder = try await Machine.folder()
    let images = ImageFiles(directory: folder + "/images")
    let writer = try await images.begin()
    try await writer.write([1, 2, 3])
    try await writer.finish(as: Self.hash)
    let questions = Mutex(0)
    await #expect(throws: Fault.self) {
      try await images.remove(Self.hash) {
        if questions.withLock({
          $0 += 1; return $0
        }) == 1 {
          return false
        }
        throw Fault.unavailable("The database does not answer.")
      }
    }
    #expect(try await bytes(images, Self.hash) == [1, 2, 3])
    try await Host.real.remove(folder)
  }

  private func keeps(_ images: any ImageBackend) async throws {
    try await images.removeStrays()
    #expect(try await images.list() == [])
    #expect(try await images.content(Self.hash) == nil)

    // Pieces come together in order, and are nowhere before they are finished.
    let large = [UInt8](repeating: 7, count: 3 << 20)
    let writer: any ImageWriter = try await images.begin()
    for piece in [[1, 2, 3], [], large] { try await writer.write(piece) }
    if let file = try await writer.file() {
      #expect(try await Host.real.readHead(file, count: 5) == [1, 2, 3, 7, 7])
      #expect(try await Host.real.status(file)?.size == large.count + 3)
    }
    #expect(try await images.list() == [])
    try await writer.finish(as: Self.hash)
    await writer.abandon()
    #expect(try await images.list() == [Self.hash])
    #expect(try await bytes(images, Self.hash) == [1, 2, 3] + large)

    // What is abandoned was never there; what nobody wrote to is empty; what comes twice is there once.
    let forgotten = try await images.begin()
    try await forgotten.write([9])
    await forgotten.abandon()
    await forgotten.abandon()
    #expect(try await images.list() == [Self.hash])
    try await images.begin().finish(as: Self.other)
    #expect(try await bytes(images, Self.other) == [])
    let again = try await images.begin()
    for piece in [[1, 2, 3], large] { try await again.write(piece) }
    try await again.finish(as: Self.hash)
    #expect(Set(try await images.list()) == [Self.hash, Self.other])

    // A restart takes nothing that is whole.
    try await images.removeStrays()
    #expect(Set(try await images.list()) == [Self.hash, Self.other])

    // Who wants the bytes keeps them, and removing is done as often as one likes.
    try await images.remove(Self.hash) { true }
    #expect(try await bytes(images, Self.hash) == [1, 2, 3] + large)
    let failure = await #expect(throws: Fault.self) {
      try await images.remove(Self.hash) { throw Fault.unavailable("The database does not answer.") }
    }
    #expect(failure?.kind == .unavailable)
    #expect(try await bytes(images, Self.hash) == [1, 2, 3] + large, "in doubt they stay")
    for _ in 1...2 { try await images.remove(Self.hash) { false } }
    #expect(try await images.content(Self.hash) == nil)
    try await images.remove(Self.other) { false }
    #expect(try await images.list() == [])
    let space = try await images.space()
    #expect(space.free > 0 && space.total >= space.free)
  }

  private func bytes(_ images: any ImageBackend, _ hash: String) async throws -> [UInt8]? {
    switch try await images.content(hash) {
    case .bytes(let bytes)?: return bytes
    case .file(let path, let size)?:
      let bytes = try await Host.real.readFile(path)
      #expect(bytes.count == size)
      return bytes
    case nil: return nil
    }
  }
}
