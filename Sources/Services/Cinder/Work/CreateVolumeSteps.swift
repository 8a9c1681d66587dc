internal import Bus
public import CinderModel
public import Core
internal import Store
public import Work

extension CreateVolume: Saga {
  public static let steps: [Step<CreateVolume>] = [
    .step("schedule", schedule, tries: 4),
    .step("make", make, undo: remove, tries: 3),
  ]

  /// The host is written into the record before anything is made there, so that a delete knows where to look.
  private static func schedule(_ saga: inout CreateVolume, _ c: VolumeWork) async throws {
    let volume = try await c.volume(saga.volume)
    if saga.host == nil {
      let hosts = try await c.store.read { try await $0.all(VolumeHost.self) }
      saga.host = try VolumeScheduler.choose(
        hosts, sizeGiB: saga.sizeGiB, zone: volume.availabilityZone, overcommit: c.options.overcommit, at: c.world.now()
      )
    }
    let host = saga.host
    guard volume.host != host else { return }
    let id = volume.id
    try await c.store.write { tx in
      guard var volume = try await tx.get(Volume.self, id) else { throw Volume.missing(id) }
      volume.host = host
      try await tx.update(volume)
    }
  }

  private static func make(_ saga: inout CreateVolume, _ c: VolumeWork) async throws {
    _ = try await c.bus.call(
      try c.agent(saga.host, of: "Volume \(saga.volume)"),
      MakeVolume(volume: saga.volume, sizeGiB: saga.sizeGiB, source: saga.source))
  }

  private static func remove(_ saga: inout CreateVolume, _ c: VolumeWork) async throws {
    guard let host = saga.host else { return }
    do {
      _ = try await c.bus.call(VolumeTopic.agent(host), RemoveVolume(volume: saga.volume))
    } catch let fault as Fault where fault.kind == .unavailable {
      // The record goes on naming the host, and deleting it removes what may be there: better than a saga that hangs.
    }
  }

  public func succeed(_ end: Ending, _ context: VolumeWork) async throws {
    try await Volume.lifecycle.end(move, volume, saga: end.saga, failed: false, in: end.tx) { $0.updatedAt = end.now }
  }
  public func fail(_ fault: Fault, _ end: Ending, _ context: VolumeWork) async throws {
    let record = try await Volume.lifecycle.end(move, volume, saga: end.saga, failed: true, in: end.tx) {
      $0.updatedAt = end.now
    }
    let action: Message.Action = move == .download ? .downloadImage : .createVolume
    try await end.tell(record?.projectID, action, of: volume, fault, context.world)
  }
}
