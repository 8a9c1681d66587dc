public import Bus
internal import CinderModel
public import Clients
public import Core
internal import HTTP
public import Hardware
public import Host
internal import JSON
internal import Log

/// What runs beside a volume backend and does as it is told. It has no store.
public struct VolumeAgent: Sendable {
  /// The name under which the cloud knows it: `HOST@BACKEND`.
  public let name: String
  let backend: any VolumeBackend
  let inspector: any ImageInspector
  let image: ImageClient
  let bus: Bus
  let host: Host
  let world: World
  private static var log: Log { Log("cinder.agent") }

  /// - Parameters:
  ///   - inspector: looks into each image before it is read as what it says it is.
  ///   - image: the image service, asked with block storage's own credential.
  public init(
    name: String, backend: any VolumeBackend, inspector: any ImageInspector, image: ImageClient, bus: Bus, host: Host,
    world: World
  ) {
    self.name = name
    self.backend = backend
    self.inspector = inspector
    self.image = image
    self.bus = bus
    self.host = host
    self.world = world
  }

  /// Answers the verbs of this host's topic.
  public func serve() {
    bus.serve(
      VolumeTopic.agent(name),
      [
        .on(MakeVolume.self) { verb in try await done { try await make(verb) } },
        .on(RemoveVolume.self) { verb in try await done { try await backend.ensureAbsent(verb.volume) } },
        .on(ResizeVolume.self) { verb in
          try await done { try await backend.ensureSize(verb.volume, sizeGiB: verb.sizeGiB) }
        },
        .on(MakeSnapshot.self) { verb in
          try await done { try await backend.ensureSnapshot(verb.snapshot, of: verb.volume) }
        },
        .on(RemoveSnapshot.self) { verb in
          try await done { try await backend.ensureSnapshotAbsent(verb.snapshot) }
        },
        .on(SendToImage.self) { verb in try await done { try await send(verb) } },
        .on(ConnectVolume.self) { verb in try await backend.connection(verb.volume) },
        .on(ListVolumes.self) { _ in try await backend.volumes() },
      ])
  }

  private func done(_ body: () async throws -> Void) async throws -> Done {
    try await body()
    return Done()
  }

  private func make(_ verb: MakeVolume) async throws {
    switch verb.source {
    case .blank: try await backend.ensureVolume(verb.volume, sizeGiB: verb.sizeGiB)
    case .volume(let source): try await backend.ensureVolume(verb.volume, sizeGiB: verb.sizeGiB, copyOf: source)
    case .snapshot(let source):
      try await backend.ensureVolume(verb.volume, sizeGiB: verb.sizeGiB, fromSnapshot: source)
    case .image(let image):
      // Done by an earlier try: the image need not be fetched once more.
      if try await backend.volumes().contains(verb.volume) { return }
      guard let facts = try await self.image.show(image) else {
        throw Fault.notFound("Image \(image) could not be found.")
      }
      try await withScratch { path in
        try await save(try await self.image.download(image), to: path)
        _ = try await inspector.inspect(path, declared: facts["disk_format"]?.string ?? "raw")
        try await backend.ensureVolume(verb.volume, sizeGiB: verb.sizeGiB, fromImage: path)
      }
    }
  }

  private func send(_ verb: SendToImage) async throws {
    try await withScratch { path in
      try await backend.copyOut(verb.volume, to: path, format: verb.format)
      guard let size = try await host.status(path)?.size else {
        throw Fault.internalError("The copy of volume \(verb.volume) is not where it was written.")
      }
      try await image.upload(verb.image, .file(path: path, offset: 0, length: size))
    }
  }

  /// Gives a path for a temporary file, which is gone afterwards whatever happens.
  private func withScratch(_ body: (String) async throws -> Void) async throws {
    let path = try await backend.scratchPath()
    do { try await body(path) } catch {
      try? await host.remove(path)
      throw error
    }
    try await host.remove(path)
  }

  /// Writes a body to a file as it arrives.
  private func save(_ body: Body, to path: String) async throws {
    switch body {
    case .empty: try await host.writeFile(path, [])
    case .bytes(let bytes): try await host.writeFile(path, bytes)
    case .file(let source, let offset, let length):
      try await host.copy(source, offset: offset, length: length, to: path)
    case .stream(let stream):
      try await host.writeFile(path, [])
      while let piece = try await stream.next() { try await host.appendFile(path, piece) }
    }
  }

  // MARK: Reports

  /// How often an agent says that it is alive.
  public static let pause = Duration.seconds(20)

  /// Tells CinderWork what room this host has, and that it is alive.
  public func report() async throws {
    let space = try await backend.space()
    _ = try await bus.call(
      VolumeTopic.work, ReportVolumeHost(host: name, totalGiB: space.totalGiB, freeGiB: space.freeGiB))
  }

  /// Reports until the task is cancelled; a report that gets lost is made up for by the next.
  public func reportUntilCancelled() async {
    while !Task.isCancelled {
      do { try await report() } catch {
        Self.log.warning("the volume agent could not report", ["agent": name, "cause": "\(error)"])
      }
      do { try await world.sleep(Self.pause) } catch { return }
    }
  }
}
