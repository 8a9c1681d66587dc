internal import Bus
public import CinderModel
internal import Clients
public import Core
internal import JSON
internal import Store
public import Work

extension DeleteVolume: Saga {
  public static let steps: [Step<DeleteVolume>] = [
    .step("await snapshots", awaitSnapshots),
    .step("remove", remove, tries: 5),
  ]

  /// The snapshots that go with it are deleted by sagas of their own.
  private static func awaitSnapshots(_ saga: inout DeleteVolume, _ c: VolumeWork) async throws {
    let id = saga.volume
    let left = try await c.store.read { try await $0.all(Snapshot.self, "WHERE volume_id = \(id)") }
    if let failed = left.first(where: { $0.doing != .deleting }) {
      throw Fault.conflict("Snapshot \(failed.id) could not be deleted, so volume \(id) stays. Delete both again.")
    }
    if !left.isEmpty { throw NotYet(after: .milliseconds(100)) }
  }

  private static func remove(_ saga: inout DeleteVolume, _ c: VolumeWork) async throws {
    guard let host = try await c.volume(saga.volume).host else { return }
    _ = try await c.bus.call(VolumeTopic.agent(host), RemoveVolume(volume: saga.volume))
  }

  public func succeed(_ end: Ending, _ context: VolumeWork) async throws {
    guard let record = try await end.tx.get(Volume.self, volume), record.saga == end.saga else { return }
    try await end.tx.deleteAll(Transfer.self, "WHERE volume_id = \(volume)")
    try await end.tx.deleteAll(Attachment.self, "WHERE volume_id = \(volume)")
    try await end.tx.delete(record)
  }
  public func fail(_ fault: Fault, _ end: Ending, _ context: VolumeWork) async throws {
    let record = try await Volume.lifecycle.end(.delete, volume, saga: end.saga, failed: true, in: end.tx) {
      $0.updatedAt = end.now
    }
    try await end.tell(record?.projectID, .deleteVolume, of: volume, fault, context.world)
  }
}

extension ExtendVolume: Saga {
  public static let steps: [Step<ExtendVolume>] = [.step("resize", resize, tries: 3)]

  private static func resize(_ saga: inout ExtendVolume, _ c: VolumeWork) async throws {
    let volume = try await c.volume(saga.volume)
    _ = try await c.bus.call(
      try c.agent(volume.host, of: "Volume \(volume.id)"), ResizeVolume(volume: volume.id, sizeGiB: saga.sizeGiB))
  }

  public func succeed(_ end: Ending, _ context: VolumeWork) async throws {
    let size = sizeGiB
    try await Volume.lifecycle.end(.extend, volume, saga: end.saga, failed: false, in: end.tx) { volume in
      volume.sizeGiB = size
      volume.extendingTo = nil
      volume.updatedAt = end.now
    }
  }
  /// What has grown cannot shrink: the volume says so, keeps its old size and can be extended again.
  public func fail(_ fault: Fault, _ end: Ending, _ context: VolumeWork) async throws {
    let record = try await Volume.lifecycle.end(.extend, volume, saga: end.saga, failed: true, in: end.tx) { volume in
      volume.extendingTo = nil
      volume.updatedAt = end.now
    }
    try await end.tell(record?.projectID, .extendVolume, of: volume, fault, context.world)
  }
}

extension UploadVolume: Saga {
  public static let steps: [Step<UploadVolume>] = [.step("send", send, undo: removeImage, tries: 2)]

  private static func send(_ saga: inout UploadVolume, _ c: VolumeWork) async throws {
    // The bytes may have arrived before a crash; an image that is active has them all.
    if try await c.image.show(saga.image)?["status"]?.string == "active" { return }
    let volume = try await c.volume(saga.volume)
    _ = try await c.bus.call(
      try c.agent(volume.host, of: "Volume \(volume.id)"),
      SendToImage(volume: volume.id, image: saga.image, format: saga.format))
  }
  private static func removeImage(_ saga: inout UploadVolume, _ c: VolumeWork) async throws {
    try await c.image.delete(saga.image)
  }

  public func succeed(_ end: Ending, _ context: VolumeWork) async throws { _ = try await done(end, failed: false) }
  public func fail(_ fault: Fault, _ end: Ending, _ context: VolumeWork) async throws {
    let record = try await done(end, failed: true)
    try await end.tell(record?.projectID, .uploadVolume, of: volume, fault, context.world)
  }

  private func done(_ end: Ending, failed: Bool) async throws -> Volume? {
    try await Volume.lifecycle.end(.upload, volume, saga: end.saga, failed: failed, in: end.tx) {
      $0.updatedAt = end.now
    }
  }
}
