public import Core
public import Hardware
internal import Log
public import Store
public import Work

/// Keeps records and bytes together: bytes that no image refers to go, images whose upload died are queued again.
public struct ImageBytes: Sendable {
  private let store: Store
  private let backend: any ImageBackend
  private let world: World
  private static let log = Log("glance.bytes")

  public init(store: Store, backend: any ImageBackend, world: World) {
    self.store = store
    self.backend = backend
    self.world = world
  }

  /// Removes the bytes of a hash unless an image refers to them.
  public func release(_ hash: String) async throws {
    let store = store
    try await backend.remove(hash) {
      try await store.read { try await $0.count(Image.self, "WHERE stored_hash = \(hash)") > 0 }
    }
  }

  /// The reconcilers of glance, to be started by the program.
  public func reconcilers() -> [Reconciler] {
    [
      Reconciler("glance-uploads", every: .minutes(1)) { try await requeueDeadUploads() },
      Reconciler("glance-bytes", every: .minutes(10)) { try await removeUnwanted() },
    ]
  }

  /// What no process carries on with after a crash.
  public func start() async throws { try await backend.removeStrays() }

  public func requeueDeadUploads() async throws {
    let now = world.now()
    let dead = try await store.read { transaction in
      try await transaction.all(Image.self, "WHERE upload_until IS NOT NULL AND upload_until < \(now)")
    }
    for image in dead {
      try await store.write { transaction in
        guard var current = try await transaction.get(Image.self, image.id), let until = current.uploadUntil,
          until < now
        else { return }
        current.requeue(now)
        try await transaction.update(current)
      }
      Self.log.warning("an upload stopped and its image waits for data again", ["image": image.id])
    }
  }

  public func removeUnwanted() async throws {
    let wanted = Set(
      try await store.read { transaction in
        try await transaction.run("SELECT DISTINCT stored_hash FROM \(Image.table) WHERE stored_hash IS NOT NULL")
          .compactMap { try $0.first.map { try String(columnValue: $0) } }
      })
    for hash in try await backend.list() where !wanted.contains(hash) {
      try await release(hash)
      Self.log.info("bytes without an image removed", ["hash": hash])
    }
  }
}
