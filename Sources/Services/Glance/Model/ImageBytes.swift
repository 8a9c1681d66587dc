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
  private let node: String
  private static let log = Log("glance.bytes")

  /// - Parameter node: of this process, as uploads name it.
  public init(store: Store, backend: any ImageBackend, world: World, node: String = "local") {
    self.store = store
    self.backend = backend
    self.world = world
    self.node = node
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
  public func start() async throws {
    try await backend.removeStrays()
    // By range and not by LIKE, for which a node's `_` would match any other's letter; `0` is the byte after `/`.
    let (first, end) = (node + "/", node + "0")
    try await requeue("upload_until IS NOT NULL AND upload_id >= \(first) AND upload_id < \(end)")
  }

  public func requeueDeadUploads() async throws {
    try await requeue("upload_until IS NOT NULL AND upload_until < \(world.now())")
  }

  private func requeue(_ condition: SQL) async throws {
    let now = world.now()
    for image in try await store.read({ try await $0.all(Image.self, "WHERE \(condition)") }) {
      let id = image.id
      try await store.write { transaction in
        guard var current = try await transaction.one(Image.self, "WHERE id = \(id) AND \(condition)") else { return }
        current.requeue(now)
        try await transaction.update(current)
      }
      Self.log.warning("an upload stopped and its image waits for data again", ["image": image.id])
    }
  }

  public func removeUnwanted() async throws {
    // A database that never had an image was put before a directory that is none of its own.
    let hadImages = try await store.read { transaction in
      try await transaction.one(Change.self, "WHERE table_name = \(Image.table.name)") != nil
    }
    guard hadImages else { return }
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
