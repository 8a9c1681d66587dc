public import Core
internal import Hardware
internal import Log
public import Store
public import Work

/// Keeps records and bytes together: bytes that no image refers to go, images whose upload died are queued again.
public struct ImageBytes: Sendable {
  private let store: Store
  private let stores: ImageStores
  private let world: World
  private let node: String
  private static let log = Log("glance.bytes")

  /// - Parameter node: of this process, as uploads name it.
  public init(store: Store, stores: ImageStores, world: World, node: String = "local") {
    self.store = store
    self.stores = stores
    self.world = world
    self.node = node
  }

  /// Removes the bytes of a location unless an image refers to them.
  public func release(_ location: ImageLocation) async throws {
    guard let backend = stores.backend(of: location) else { return }
    let (store, stores, key, area) = (store, stores, location.key, stores.area(location.store))
    try await backend.remove(key) {
      try await store.read { transaction in
        try await ImagePlace.images(naming: key, in: transaction).contains { image in
          image.allLocations.contains { $0.key == key && stores.area($0.store) == area }
        }
      }
    }
  }

  /// Removes what is left in places that an image had; what cannot be removed now is the reconciler's.
  public func release(all locations: [ImageLocation], of image: String) async {
    for location in locations {
      do { try await release(location) } catch {
        Self.log.warning(
          "bytes of an image stay until the next sweep",
          ["image": image, "store": location.store, "cause": "\(error)"])
      }
    }
  }

  /// The reconcilers of glance, to be started by the program.
  public func reconcilers() -> [Reconciler] {
    [
      Reconciler("glance-uploads", every: .minutes(1)) { try await requeueDeadUploads() },
      Reconciler("glance-bytes", every: .minutes(10)) { try await removeUnwanted() },
      Reconciler("glance-strays", every: .hours(1)) { await removeStrays(of: stores.areas) },
      Reconciler("glance-tasks", every: .hours(1)) { try await ImageTask.forget(in: store, at: world.now()) },
    ]
  }

  /// What no process carries on with after a crash.
  public func start() async throws {
    // A store elsewhere may not answer, for which nobody's start is to wait.
    await removeStrays(of: stores.areas.filter { stores.isHere($0.name) })
    // By range and not by LIKE, for which a node's `_` would match any other's letter; `0` is the byte after `/`.
    let (first, end) = (node + "/", node + "0")
    try await requeue("upload_until IS NOT NULL AND upload_id >= \(first) AND upload_id < \(end)")
  }

  /// What uploads and removals left behind when their processes died.
  private func removeStrays(of areas: [ImageStores.Area]) async {
    for area in areas {
      do { try await area.backend.removeStrays() } catch {
        Self.log.warning("a store could not be tidied", ["store": area.name, "cause": "\(error)"])
      }
    }
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
    // Listed first: what comes meanwhile was named before, and is not on the list.
    for area in stores.areas {
      let keys: [String]
      do { keys = try await area.backend.list() } catch {
        Self.log.warning("a store could not be swept", ["store": area.name, "cause": "\(error)"])
        continue
      }
      for start in stride(from: 0, to: keys.count, by: Self.page) {
        for key in try await unwanted(keys[start..<min(start + Self.page, keys.count)], in: area.name) {
          do {
            try await release(ImageLocation(store: area.name, key: key, isReady: true))
            Self.log.info("bytes without an image removed", ["store": area.name, "key": key])
          } catch let fault as Fault where fault.kind == .conflict {
            // One that somebody reads or was cloned from holds up no other.
            Self.log.info("bytes without an image are in use", ["store": area.name, "key": key])
          } catch {
            Self.log.warning(
              "bytes without an image stay until the next sweep",
              ["store": area.name, "key": key, "cause": "\(error)"])
          }
        }
      }
    }
  }
  /// So many keys are asked about at once, as both engines take them in one statement.
  private static let page = 500

  private func unwanted(_ keys: ArraySlice<String>, in area: String) async throws -> [String] {
    let places = try await store.read { transaction in
      let places = try await transaction.all(ImagePlace.self, "WHERE place_key IN (\(list: Array(keys)))")
      let older = try await transaction.all(Image.self, "WHERE stored_hash IN (\(list: Array(keys)))")
      return places.map { ($0.store, $0.key) } + older.flatMap(\.allLocations).map { ($0.store, $0.key) }
    }
    let wanted = Set(places.filter { stores.area($0.0) == area }.map(\.1))
    return keys.filter { !wanted.contains($0) }
  }
}
