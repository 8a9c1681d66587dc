public import Core
public import Hardware
public import Host

/// Volumes as sparse raw files of this host: `volumes/ID.raw`, `snapshots/ID.raw`.
///
/// A snapshot is a copy. One of a volume that a guest is writing to holds what was written by then in no certain
/// order, as after a loss of power; services must insist on `force` for it.
public struct FileVolumes: VolumeBackend {
  private let folder: Folder
  private let host: Host

  public init(directory: String, host: Host = .real, world: World = .real) {
    self.host = host
    folder = Folder(directory, host: host, world: world)
  }

  public func ensureVolume(_ id: String, sizeGiB: Int) async throws {
    try await make(id) { try await host.allocate($0, size: sizeGiB << 30) }
  }

  public func ensureVolume(_ id: String, sizeGiB: Int, copyOf source: String) async throws {
    try await make(id) { try await grow(from: volume(source), to: $0, sizeGiB, what: "volume") }
  }

  public func ensureVolume(_ id: String, sizeGiB: Int, fromSnapshot snapshot: String) async throws {
    try await make(id) { try await grow(from: self.snapshot(snapshot), to: $0, sizeGiB, what: "snapshot") }
  }

  public func ensureVolume(_ id: String, sizeGiB: Int, fromImage path: String) async throws {
    try await make(id) { temporary in
      let header = ImageHeader(try await host.readHead(path, count: ImageHeader.length))
      try header.check(declared: header.format)
      try checkFits(header.virtualSize ?? 0, sizeGiB, what: "image")
      try await folder.convert(path, qemuFormat(header.format), to: temporary, "raw")
      try checkFits(try await size(temporary), sizeGiB, what: "image")
      try await host.allocate(temporary, size: sizeGiB << 30)
    }
  }

  public func ensureSize(_ id: String, sizeGiB: Int) async throws {
    let file = try volume(id)
    guard let now = try await host.status(file)?.size else { throw Self.unknown(id) }
    guard now <= sizeGiB << 30 else {
      throw Fault.badRequest("The volume has \(now >> 30) GiB and cannot be made smaller.")
    }
    if now < sizeGiB << 30 { try await host.allocate(file, size: sizeGiB << 30) }
  }

  public func ensureAbsent(_ id: String) async throws { try await host.remove(volume(id)) }

  public func ensureSnapshot(_ snapshot: String, of id: String) async throws {
    let file = try self.snapshot(snapshot)
    if try await host.exists(file) { return }
    let source = try volume(id)
    guard try await host.exists(source) else { throw Self.unknown(id) }
    try await folder.create(file) { try await folder.copy(source, to: $0) }
  }

  public func ensureSnapshotAbsent(_ snapshot: String) async throws { try await host.remove(self.snapshot(snapshot)) }

  public func copyOut(_ id: String, to path: String, format: GuestDisk.Format) async throws {
    let file = try volume(id)
    guard try await host.exists(file) else { throw Self.unknown(id) }
    try await folder.create(path) { try await folder.convert(file, "raw", to: $0, format.rawValue) }
  }

  public func connection(_ id: String) async throws -> VolumeConnection {
    let file = try volume(id)
    guard try await host.exists(file) else { throw Self.unknown(id) }
    return VolumeConnection(type: "local", path: file, format: .raw)
  }

  public func volumes() async throws -> [String] {
    try await host.list(folder.path + "/volumes").filter { $0.hasSuffix(".raw") }.map { String($0.dropLast(4)) }
  }

  public func space() async throws -> (freeGiB: Int, totalGiB: Int) { try await folder.space() }
  public func scratchPath() async throws -> String { try await folder.scratch() }

  /// Removes every volume and snapshot; part of `martlet wipe`.
  public func removeAll() async throws { try await host.remove(folder.path) }

  private func make(_ id: String, _ content: (String) async throws -> Void) async throws {
    let file = try volume(id)
    if try await host.exists(file) { return }
    try await folder.create(file, content)
  }

  private func grow(from source: String, to path: String, _ sizeGiB: Int, what: String) async throws {
    guard let size = try await host.status(source)?.size else {
      throw Fault.notFound("The \(what) to copy from is not on this host.")
    }
    try checkFits(size, sizeGiB, what: what)
    try await folder.copy(source, to: path)
    try await host.allocate(path, size: sizeGiB << 30)
  }

  private func size(_ path: String) async throws -> Int { try await host.status(path)?.size ?? 0 }

  private func checkFits(_ bytes: Int, _ sizeGiB: Int, what: String) throws {
    guard bytes <= sizeGiB << 30 else {
      throw Fault.badRequest(
        "The volume of \(sizeGiB) GiB is too small for the \(what), which needs \((bytes + (1 << 30) - 1) >> 30) GiB.")
    }
  }

  private static func unknown(_ id: String) -> Fault { .notFound("The volume \(id) is not on this host.") }
  private func volume(_ id: String) throws -> String { try folder.file("volumes", id, ".raw") }
  private func snapshot(_ id: String) throws -> String { try folder.file("snapshots", id, ".raw") }
}
