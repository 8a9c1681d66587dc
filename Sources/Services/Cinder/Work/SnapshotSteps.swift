internal import Bus
public import CinderModel
public import Core
internal import Store
public import Work

extension CreateSnapshot: Saga {
  public static let steps: [Step<CreateSnapshot>] = [.step("make", make, undo: remove, tries: 3)]

  private static func make(_ saga: inout CreateSnapshot, _ c: VolumeWork) async throws {
    let snapshot = try await c.snapshot(saga.snapshot)
    _ = try await c.bus.call(
      try c.agent(snapshot.host, of: "Volume \(saga.volume)"),
      MakeSnapshot(snapshot: saga.snapshot, volume: saga.volume))
  }
  private static func remove(_ saga: inout CreateSnapshot, _ c: VolumeWork) async throws {
    guard let host = try await c.snapshot(saga.snapshot).host else { return }
    do {
      _ = try await c.bus.call(VolumeTopic.agent(host), RemoveSnapshot(snapshot: saga.snapshot))
    } catch let fault as Fault where fault.kind == .unavailable {
      // As with volumes: deleting the record removes what may be there.
    }
  }

  public func succeed(_ end: Ending, _ context: VolumeWork) async throws {
    try await Snapshot.lifecycle.end(.create, snapshot, saga: end.saga, failed: false, in: end.tx) {
      $0.updatedAt = end.now
    }
  }
  public func fail(_ fault: Fault, _ end: Ending, _ context: VolumeWork) async throws {
    let record = try await Snapshot.lifecycle.end(.create, snapshot, saga: end.saga, failed: true, in: end.tx) {
      $0.updatedAt = end.now
    }
    try await end.tell(record?.projectID, .createSnapshot, of: snapshot, fault, context.world)
  }
}

extension DeleteSnapshot: Saga {
  public static let steps: [Step<DeleteSnapshot>] = [.step("remove", remove, tries: 5)]

  private static func remove(_ saga: inout DeleteSnapshot, _ c: VolumeWork) async throws {
    guard let host = try await c.snapshot(saga.snapshot).host else { return }
    _ = try await c.bus.call(VolumeTopic.agent(host), RemoveSnapshot(snapshot: saga.snapshot))
  }

  public func succeed(_ end: Ending, _ context: VolumeWork) async throws {
    guard let record = try await end.tx.get(Snapshot.self, snapshot), record.saga == end.saga else { return }
    try await end.tx.delete(record)
  }
  public func fail(_ fault: Fault, _ end: Ending, _ context: VolumeWork) async throws {
    let record = try await Snapshot.lifecycle.end(.delete, snapshot, saga: end.saga, failed: true, in: end.tx) {
      $0.updatedAt = end.now
    }
    try await end.tell(record?.projectID, .deleteSnapshot, of: snapshot, fault, context.world)
  }
}
