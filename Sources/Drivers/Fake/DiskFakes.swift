public import Core
public import Hardware
public import Host

/// Disks of servers that hold nothing; only scratch files and copies are real files.
public final class FakeServerDisks: ServerDisks {
  public let script: FakeScript
  private let bases: FakeMemory<Bool>
  /// Each server's disks, by serial.
  private let disks: FakeMemory<[String: GuestDisk]>
  private let scratch: FakeScratch
  private let host: Host

  /// - Parameters:
  ///   - directory: an existing directory to remember the disks in; nil forgets them with the process.
  ///   - scratch: where scratch files are made.
  public init(
    directory: String? = nil, scratch: String = "/tmp/mlt-fake-scratch", script: FakeScript = FakeScript(),
    host: Host = .real, world: World = .real
  ) {
    self.script = script
    self.host = host
    self.scratch = FakeScratch(scratch, in: directory, host, world)
    bases = FakeMemory(path: directory.map { $0 + "/fake-bases.jsonl" })
    disks = FakeMemory(path: directory.map { $0 + "/fake-disks.jsonl" })
  }

  public func hasBase(_ image: String) async throws -> Bool {
    try await script.enter("hasBase", image)
    return try await bases.read { $0[image] != nil }
  }

  public func ensureBase(_ image: String, from path: String) async throws {
    try await script.enter("ensureBase", image)
    try await bases.change { $0[image] = true }
    try await host.remove(path)
  }

  public func ensureRoot(_ server: String, on image: String, sizeGiB: Int) async throws -> GuestDisk {
    try await script.enter("ensureRoot", server)
    guard try await bases.read({ $0[image] != nil }) else {
      throw Fault.notFound("The image \(image) is not on this host yet. Fetch it and try again.")
    }
    return try await ensure(
      GuestDisk(serial: "root", target: "vda", path: "/fake/servers/\(server)/root.qcow2", format: .qcow2), server)
  }

  public func ensureBlank(_ server: String, serial: String, sizeMiB: Int) async throws -> GuestDisk {
    try await script.enter("ensureBlank", server)
    return try await ensure(
      GuestDisk(serial: serial, path: "/fake/servers/\(server)/\(serial).raw", format: .raw), server)
  }

  public func ensureConfigDrive(_ server: String, files: [String: [UInt8]]) async throws -> GuestDisk {
    try await script.enter("ensureConfigDrive", server)
    let path = "/fake/servers/\(server)/config.iso"
    return try await ensure(
      GuestDisk(serial: "config", path: path, format: .raw, device: .cdrom, readOnly: true), server)
  }

  public func ensureAbsent(_ server: String) async throws {
    try await script.enter("ensureAbsent", server)
    try await disks.change { $0[server] = nil }
  }

  public func servers() async throws -> [String] {
    try await script.enter("servers")
    return try await disks.read { $0.keys.sorted() }
  }

  public func copyDisk(_ serial: String, of server: String, to path: String) async throws {
    try await script.enter("copyDisk", server)
    guard try await disks.read({ $0[server]?[serial] != nil }) else {
      throw Fault.notFound("The server \(server) has no disk \(serial) on this host.")
    }
    try await host.writeFile(path, EmptyImage.qcow2(size: 1 << 30))
  }

  public func scratchPath() async throws -> String {
    try await script.enter("scratchPath")
    return try await scratch.path()
  }

  public func space() async throws -> (freeGiB: Int, totalGiB: Int) {
    try await script.enter("space")
    return (600_000, 600_000)
  }

  private func ensure(_ disk: GuestDisk, _ server: String) async throws -> GuestDisk {
    try await disks.change { servers in
      var all = servers[server] ?? [:]
      all[disk.serial] = disk
      servers[server] = all
      return disk
    }
  }
}

/// Looks at the first bytes of the image and nothing more.
public struct FakeImageInspector: ImageInspector {
  public let script: FakeScript
  private let host: Host

  public init(script: FakeScript = FakeScript(), host: Host = .real) {
    self.script = script
    self.host = host
  }

  public func inspect(_ path: String, declared format: String) async throws -> ImageFacts {
    try await script.enter("inspect", path)
    guard let status = try await host.status(path) else { throw Fault.notFound("The image's file is not there.") }
    let header = ImageHeader(try await host.readHead(path, count: ImageHeader.length), size: status.size)
    try header.check(declared: format)
    return ImageFacts(format: format, virtualSize: header.virtualSize ?? status.size)
  }
}
