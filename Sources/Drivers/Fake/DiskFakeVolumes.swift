public import Core
public import Hardware
public import Host

/// Volumes that are only counted; copies out of them are real, empty files.
public final class FakeVolumes: VolumeBackend {
  struct State: Codable, Sendable {
    /// Sizes in GiB.
    var volumes: [String: Int] = [:]
    var snapshots: [String: Int] = [:]
  }

  public let script: FakeScript
  private let memory: FakeMemory<State>
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
    memory = FakeMemory(State(), path: directory.map { $0 + "/fake-volumes.json" })
  }

  public func ensureVolume(_ id: String, sizeGiB: Int) async throws {
    try await script.enter("ensureVolume", id)
    try await make(id, sizeGiB) { _ in 0 }
  }

  public func ensureVolume(_ id: String, sizeGiB: Int, copyOf source: String) async throws {
    try await script.enter("ensureVolume", id)
    try await make(id, sizeGiB) { state in
      guard let size = state.volumes[source] else { throw Self.unknown(source) }
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
    try await make(id, sizeGiB) { state in
      guard let size = state.snapshots[snapshot] else {
        throw Fault.notFound("The snapshot to copy from is not on this host.")
      }
      return size
    }
  }

  public func ensureSize(_ id: String, sizeGiB: Int) async throws {
    try await script.enter("ensureSize", id)
    try await memory.change { state in
      guard let size = state.volumes[id] else { throw Self.unknown(id) }
      guard size <= sizeGiB else {
        throw Fault.badRequest("The volume has \(size) GiB and cannot be made smaller.")
      }
      state.volumes[id] = sizeGiB
    }
  }

  public func ensureAbsent(_ id: String) async throws {
    try await script.enter("ensureAbsent", id)
    try await memory.change { $0.volumes[id] = nil }
  }

  public func ensureSnapshot(_ snapshot: String, of id: String) async throws {
    try await script.enter("ensureSnapshot", snapshot)
    try await memory.change { state in
      if state.snapshots[snapshot] != nil { return }
      guard let size = state.volumes[id] else { throw Self.unknown(id) }
      state.snapshots[snapshot] = size
    }
  }

  public func ensureSnapshotAbsent(_ snapshot: String) async throws {
    try await script.enter("ensureSnapshotAbsent", snapshot)
    try await memory.change { $0.snapshots[snapshot] = nil }
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
    return try await memory.read { $0.volumes.keys.sorted() }
  }

  public func space() async throws -> (freeGiB: Int, totalGiB: Int) {
    try await script.enter("space")
    let used = try await memory.read { $0.volumes.values.reduce(0, +) + $0.snapshots.values.reduce(0, +) }
    return (max(0, 100_000 - used), 100_000)
  }

  public func scratchPath() async throws -> String {
    try await script.enter("scratchPath")
    return try await scratch.path()
  }

  private func size(_ id: String) async throws -> Int {
    try await memory.read { state in
      guard let size = state.volumes[id] else { throw Self.unknown(id) }
      return size
    }
  }

  private func make(
    _ id: String, _ sizeGiB: Int, _ needed: @escaping @Sendable (State) throws -> Int
  ) async throws {
    try await memory.change { state in
      if state.volumes[id] != nil { return }
      let needs = try needed(state)
      guard needs <= sizeGiB else {
        throw Fault.badRequest("The volume of \(sizeGiB) GiB is too small for its source, which needs \(needs) GiB.")
      }
      state.volumes[id] = sizeGiB
    }
  }

  private static func unknown(_ id: String) -> Fault { .notFound("The volume \(id) is not on this host.") }
}
