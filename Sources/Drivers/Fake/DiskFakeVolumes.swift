public import Core
public import Hardware
public import Host

/// Volumes that are only counted; copies out of them are real, empty files.
public final class FakeVolumes: VolumeBackend {
  public let script: FakeScript
  /// Sizes in GiB.
  private let made: FakeMemory<Int>
  private let snapshots: FakeMemory<Int>
  private let scratch: FakeScratch
  private let host: Host

  /// - Parameter directory: an existing directory to remember the volumes in; nil forgets them with the process.
  public init(
    directory: String? = nil, scratch: String = "/tmp/mlt-fake-scratch", script: FakeScript = FakeScript(),
    host: Host = .real, world: World = .real
  ) {
    self.script = script
    self.host = host
    self.scratch = FakeScratch(scratch, in: directory, host, world)
    made = FakeMemory(path: directory.map { $0 + "/fake-volumes.jsonl" })
    snapshots = FakeMemory(path: directory.map { $0 + "/fake-snapshots.jsonl" })
  }

  public func ensureVolume(_ id: String, sizeGiB: Int) async throws {
    try await script.enter("ensureVolume", id)
    try await make(id, sizeGiB) { _ in 0 }
  }

  public func ensureVolume(_ id: String, sizeGiB: Int, copyOf source: String) async throws {
    try await script.enter("ensureVolume", id)
    try await make(id, sizeGiB) { volumes in
      guard let size = volumes[source] else { throw Self.unknown(source) }
      return size
    }
  }

  public func ensureVolume(_ id: String, sizeGiB: Int, fromImage path: String) async throws {
    try await script.enter("ensureVolume", id)
    guard let status = try await host.status(path) else { throw Fault.notFound("The image's file is not there.") }
    let header = ImageHeader(try await host.readHead(path, count: ImageHeader.length))
    try header.check(declared: header.format)
    let needed = ((header.virtualSize ?? status.size) + (1 << 30) - 1) >> 30
    try await make(id, sizeGiB) { _ in needed }
  }

  public func ensureVolume(_ id: String, sizeGiB: Int, fromSnapshot snapshot: String) async throws {
    try await script.enter("ensureVolume", id)
    let size = try await snapshots.read { $0[snapshot] }
    try await make(id, sizeGiB) { _ in
      guard let size else { throw Fault.notFound("The snapshot to copy from is not on this host.") }
      return size
    }
  }

  public func ensureSize(_ id: String, sizeGiB: Int) async throws {
    try await script.enter("ensureSize", id)
    try await made.change { volumes in
      guard let size = volumes[id] else { throw Self.unknown(id) }
      guard size <= sizeGiB else {
        throw Fault.badRequest("The volume has \(size) GiB and cannot be made smaller.")
      }
      volumes[id] = sizeGiB
    }
  }

  public func ensureAbsent(_ id: String) async throws {
    try await script.enter("ensureAbsent", id)
    try await made.change { $0[id] = nil }
  }

  public func ensureSnapshot(_ snapshot: String, of id: String) async throws {
    try await script.enter("ensureSnapshot", snapshot)
    let size = try await made.read { $0[id] }
    try await snapshots.change { snapshots in
      if snapshots[snapshot] != nil { return }
      guard let size else { throw Self.unknown(id) }
      snapshots[snapshot] = size
    }
  }

  public func ensureSnapshotAbsent(_ snapshot: String) async throws {
    try await script.enter("ensureSnapshotAbsent", snapshot)
    try await snapshots.change { $0[snapshot] = nil }
  }

  public func copyOut(_ id: String, to path: String, format: GuestDisk.Format) async throws {
    try await script.enter("copyOut", id)
    let size = try await size(id) << 30
    switch format {
    case .qcow2: try await host.writeFile(path, EmptyImage.qcow2(size: size))
    case .raw: try await host.allocate(path, size: size)
    }
  }

  public func connection(_ id: String) async throws -> VolumeConnection {
    try await script.enter("connection", id)
    _ = try await size(id)
    return VolumeConnection(type: "local", path: "/fake/volumes/\(id).raw", format: .raw)
  }

  public func volumes() async throws -> [String] {
    try await script.enter("volumes")
    return try await made.read { $0.keys.sorted() }
  }

  public func space() async throws -> (freeGiB: Int, totalGiB: Int) {
    try await script.enter("space")
    let volumes = try await made.read { $0.values.reduce(0, +) }
    let used = try await volumes + snapshots.read { $0.values.reduce(0, +) }
    return (max(0, 100_000 - used), 100_000)
  }

  public func scratchPath() async throws -> String {
    try await script.enter("scratchPath")
    return try await scratch.path()
  }

  private func size(_ id: String) async throws -> Int {
    try await made.read { volumes in
      guard let size = volumes[id] else { throw Self.unknown(id) }
      return size
    }
  }

  private func make(
    _ id: String, _ sizeGiB: Int, _ needed: @escaping @Sendable (FakeParts<Int>) throws -> Int
  ) async throws {
    try await made.change { volumes in
      if volumes[id] != nil { return }
      let needs = try needed(volumes)
      guard needs <= sizeGiB else {
        throw Fault.badRequest("The volume of \(sizeGiB) GiB is too small for its source, which needs \(needs) GiB.")
      }
      volumes[id] = sizeGiB
    }
  }

  private static func unknown(_ id: String) -> Fault { .notFound("The volume \(id) is not on this host.") }
}
