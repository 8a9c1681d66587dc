import Core
import FakeHardware
import FileDisk
import Hardware
import Host
import Synchronization
import Testing

/// What every keeper of images' bytes must do.
@Suite struct ImageBackendTests {
  private static let image = "3d1f6a52-7f6e-4f4b-9d33-0c6a3f1a9b10"
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
    let writer = try await images.begin(for: Self.image)
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

  /// Two nodes on one directory: the start of one takes nothing from the other, a restart tidies up after itself, and
  /// what nobody touched for a day goes.
  @Test func filesAreSharedByNodes() async throws {
    let folder = try await Machine.folder()
    let path = folder + "/images"
    let one = ImageFiles(directory: path, node: "one.example.org")
    let upload = try await one.begin(for: Self.image)
    try await upload.write([1, 2, 3])
    let two = ImageFiles(directory: path, node: "two")
    try await two.removeStrays()
    try await upload.finish(as: Self.hash)
    #expect(try await bytes(two, Self.hash) == [1, 2, 3])

    let broken = try await one.begin(for: Self.image)
    try await broken.write([4])
    _ = try await broken.file()
    let sessions = { try await Host.real.list(path + "/scratch") }
    #expect(try await sessions().count == 2)
    var later = World.real
    let now = later.now
    later.now = { now() + .hours(25) }
    try await ImageFiles(directory: path, world: later, node: "two").removeStrays()
    #expect(try await sessions().count == 1, "what was left long ago by any, and by its own process before")
    for _ in 1...2 { try await ImageFiles(directory: path, node: "one.example.org").removeStrays() }
    #expect(try await sessions().map { $0.hasPrefix("one.example.org.") } == [true, false])
    try await Host.real.remove(folder)
  }

  private func keeps(_ images: any ImageBackend) async throws {
    try await ImageBackendContract(images: images).holds()
  }
  private func bytes(_ images: any ImageBackend, _ key: String) async throws -> [UInt8]? {
    try await ImageBackendContract(images: images).bytes(key)
  }
}
