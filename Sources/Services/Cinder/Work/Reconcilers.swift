internal import Bus
internal import CinderModel
internal import Core
internal import Log
internal import Store
public import Work

/// What must keep becoming true of block storage.
extension VolumeWork {
  private static var log: Log { Log("cinder.reconciler") }

  /// Attachments are none of it: only compute knows which of them its servers still have.
  public func reconcilers() -> [Reconciler] {
    [
      Reconciler("cinder-orphan-volumes", every: .minutes(5)) { try await self.removeOrphans() },
      Reconciler("cinder-expired-messages", every: .minutes(60)) { try await self.removeExpiredMessages() },
    ]
  }

  /// Volumes on a disk whose records are gone are removed. One that this store has never heard of is left alone: an
  /// empty database that was put before an old directory must not cost anybody his data.
  func removeOrphans() async throws {
    for host in try await store.read({ try await $0.all(VolumeHost.self) }) {
      // Listed before the records are read: a volume never comes before its record.
      guard let found = try? await bus.call(VolumeTopic.agent(host.id), ListVolumes()) else { continue }
      let known = try await store.read { tx in Set(try await tx.all(Volume.self).map(\.id)) }
      for id in found where !known.contains(id) {
        guard try await !store.changes(of: id, limit: 1).isEmpty else {
          Self.log.error("a volume is none of this database's; look whose it is", ["volume": id, "host": host.id])
          continue
        }
        Self.log.warning("a volume without a record is removed", ["volume": id, "host": host.id])
        _ = try await bus.call(VolumeTopic.agent(host.id), RemoveVolume(volume: id))
      }
    }
  }
}
