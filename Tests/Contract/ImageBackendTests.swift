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
  /// what nobody touched for days goes.
  @Test func filesAreSharedByNodes() async throws {
    let folder = try await Machine.folder()
    let path = folder + "/images"
    let one = ImageFiles(directory: path, node: "0a1b2c3d4e5f")
    let upload = try await one.begin(for: Self.image)
    try await upload.write([1, 2, 3])
    let two = ImageFiles(directory: path, node: "f5e4d3c2b1a0")
    try await two.removeStrays()
    try await upload.finish(as: Self.hash)
    #expect(try await bytes(two, Self.hash) == [1, 2, 3])

    _ = try await one.begin(for: Self.image)
    let sessions = { try await Host.real.list(path + "/scratch") }
    #expect(try await sessions().count == 2)
    var later = World.real
    let now = later.now
    later.now = { now() + .hours(49) }
    try await ImageFiles(directory: path, world: later, node: "f5e4d3c2b1a0").removeStrays()
    #expect(try await sessions().count == 1, "what was left long ago by any, and by its own process before")
    for _ in 1...2 { try await ImageFiles(directory: path, node: "0a1b2c3d4e5f").removeStrays() }
    #expect(try await sessions().map { $0.hasPrefix("0a1b2c3d4e5f-") } == [true, false])
    try await Host.real.remove(folder)
  }

  /// Who dies between two looks has put aside what may be wanted: it is not missed until that node comes back.
  @Test func whatADeadNodePutAsideComesBack() async throws {
    let folder = try await Machine.folder()
    let path = folder + "/images"
    let one = ImageFiles(directory: path, node: "0a1b2c3d4e5f")
    let upload = try await one.begin(for: Self.image)
    try await upload.write([1, 2, 3])
    try await upload.finish(as: Self.hash)
    // The disk as it is between the two looks.
    let looks = Mutex(0)
    try await one.remove(Self.hash) {
      let isSecond = looks.withLock {
        $0 += 1
        return $0 == 2
      }
      if isSecond { try await Host.real.runOK("cp", ["-a", path, folder + "/crashed"]) }
      return isSecond
    }
    #expect(try await Host.real.list(folder + "/crashed/aside").count == 1)
    let two = ImageFiles(directory: folder + "/crashed", node: "f5e4d3c2b1a0")
    #expect(try await bytes(two, Self.hash) == nil)
    try await two.removeStrays()
    #expect(try await bytes(two, Self.hash) == [1, 2, 3])
    #expect(try await Host.real.list(folder + "/crashed/aside") == [])
    try await Host.real.remove(folder)
  }

  /// What somebody takes away under an upload is not made anew with a hole in place of what was there.
  @Test func anUploadWhoseFileIsGoneFails() async throws {
    let folder = try await Machine.folder()
    let images = ImageFiles(directory: folder + "/images")
    for isLate in [false, true] {
      let upload = try await images.begin(for: Self.image)
      try await upload.write([UInt8](repeating: 7, count: 1 << 19))
      try await Host.real.remove(folder + "/images/scratch")
      await #expect(throws: Fault.self) {
        if !isLate { try await upload.write([UInt8](repeating: 7, count: 1 << 19)) }
        try await upload.finish(as: Self.hash)
      }
      await upload.abandon()
      #expect(try await images.list() == [])
    }
    try await Host.real.remove(folder)
  }

  private func keeps(_ images: any ImageBackend) async throws {
    try await ImageBackendContract(images: images).holds()
  }
  private func bytes(_ images: any ImageBackend, _ key: String) async throws -> [UInt8]? {
    try await ImageBackendContract(images: images).bytes(key)
  }
}
