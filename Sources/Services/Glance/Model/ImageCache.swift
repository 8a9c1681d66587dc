public import Core
public import Hardware
internal import Log
public import Store
internal import Synchronization
public import Work

/// The bytes of images that are kept on this host besides the stores, so that downloads need no other machine.
///
/// An entry names its bytes before they are put there, and bytes go only when no entry names them; entries come first
/// and go first. What is wrong with the cache never harms a download: the image is read from its store.
public final class ImageCache: Sendable {
  /// Keeps bytes under the SHA-512 of their content.
  public let backend: any ImageBackend
  /// The most bytes that stay; images that are larger are not cached.
  public let limit: Int
  /// By which its entries differ from those of other nodes on the same database.
  public let node: String
  /// Where this node answers.
  let url: String
  let store: Store
  private let world: World
  /// The images that downloads bring in now, with their sizes.
  private let filling = Mutex<[String: Int]>([:])
  static let log = Log("glance.cache")

  public init(
    _ backend: any ImageBackend, limit: Int, node: String = "local", url: String = "", store: Store, world: World
  ) {
    self.backend = backend
    self.limit = limit
    self.node = node
    self.url = url
    self.store = store
    self.world = world
  }

  // MARK: reading

  /// The bytes of an image, which counts as a hit; nil where they are to be had from its stores.
  public func content(of image: Image) async -> ImageContent? {
    do {
      let id = image.id
      guard let entry = try await entry(of: id), entry.status == .cached, let key = entry.key else { return nil }
      guard let content = try await backend.content(key), content.size == entry.size else {
        try await dropDamaged(key, of: id)
        return nil
      }
      guard entry.size == image.size, image.contentHash.map({ $0 == key }) ?? true else {
        Self.log.warning("an image has other data than it had when it was cached", ["image": id])
        try await drop("image_id = \(id)")
        return nil
      }
      let (now, node) = (world.now(), node)
      try await store.write { transaction in
        _ = try await transaction.run(
          """
          UPDATE \(CachedImage.table) SET hits = hits + 1, read_at = \(now) \
          WHERE image_id = \(id) AND node = \(node)
          """)
      }
      return content
    } catch {
      Self.log.warning("the image cache could not be read", ["image": image.id, "cause": "\(error)"])
      return nil
    }
  }

  private func entry(of image: String) async throws -> CachedImage? {
    let node = node
    return try await store.read { try await CachedImage.entry(of: image, on: node, in: $0) }
  }

  // MARK: taking in

  /// Begins to keep what a download brings; nil where it cannot be kept, or comes already.
  public func fill(_ image: Image) async -> CacheFill? {
    let id = image.id
    do {
      guard image.status == .active, let size = image.size, size <= limit,
        try await entry(of: id) == nil, reserve(id, size)
      else { return nil }
    } catch { return nil }
    do { return CacheFill(self, image, try await backend.begin(for: id)) } catch {
      unreserve(id)
      Self.log.warning("an image is not cached", ["image": id, "cause": "\(error)"])
      return nil
    }
  }

  /// Downloads under way hold no more together than may stay.
  private func reserve(_ id: String, _ size: Int) -> Bool {
    filling.withLock { filling in
      guard filling[id] == nil, filling.values.reduce(size, +) <= limit else { return false }
      filling[id] = size
      return true
    }
  }
  func unreserve(_ id: String) { filling.withLock { _ = $0.removeValue(forKey: id) } }

  /// Keeps what a download has brought, unless the image changed meanwhile or is cached by now.
  func keep(_ image: Image, _ writer: any ImageWriter, hash: String) async throws {
    var entry = CachedImage(image, on: node, .filling, ticket: world.uuid(), at: world.now())
    entry.key = writer.key(of: hash)
    let wanted = entry
    let isNew = try await store.write { transaction in
      guard let current = try await transaction.get(Image.self, image.id), current.status == .active,
        current.size == image.size, current.hashValue == image.hashValue
      else { return false }
      return try await transaction.insertUnlessPresent(wanted)
    }
    guard isNew else { return await writer.abandon() }
    do {
      try await writer.finish(as: writer.key(of: hash))
      try await settle(wanted)
    } catch {
      _ = try? await drop("image_id = \(image.id) AND ticket = \(wanted.ticket)")
      throw error
    }
    Self.log.info("an image was cached by its download", ["image": image.id, "size": wanted.size])
    try await prune()
  }

  private func settle(_ entry: CachedImage) async throws {
    let now = world.now()
    let isThere = try await store.write { try await entry.settle(at: now, in: $0) }
    // It was removed while its bytes came.
    if !isThere { await release([entry]) }
  }

  /// Says under which key the bytes of a queued image are about to be kept.
  /// - Throws: `gone` when it was taken out of the queue.
  public func refer(_ image: String, ticket: String, to key: String, size: Int) async throws {
    let node = node
    try await store.write { transaction in
      var entry = try await Self.queued(image, on: node, ticket, in: transaction)
      entry.key = key
      entry.size = size
      try await transaction.update(entry)
    }
  }

  /// - Throws: `gone` when it was taken out of the queue.
  public func requireQueued(_ image: String, ticket: String) async throws {
    let node = node
    _ = try await store.read { try await Self.queued(image, on: node, ticket, in: $0) }
  }

  private static func queued(
    _ image: String, on node: String, _ ticket: String, in transaction: some ReadTransaction
  ) async throws -> CachedImage {
    guard let entry = try await CachedImage.entry(of: image, on: node, in: transaction), entry.ticket == ticket,
      entry.status == .queued
    else { throw Fault(.gone, "The image \(image) was taken out of the cache's queue.") }
    return entry
  }

  /// Takes back what a queued image has named.
  public func withdraw(_ image: String, ticket: String) async throws {
    let node = node
    let before = try await store.write { transaction -> CachedImage? in
      guard var entry = try await CachedImage.entry(of: image, on: node, in: transaction), entry.ticket == ticket else {
        return nil
      }
      let before = entry
      entry.key = nil
      try await transaction.update(entry)
      return before
    }
    if let before { await release([before]) }
  }

  // MARK: taking out

  /// Removes those of this node's entries for which a condition holds, and their bytes.
  @discardableResult
  public func drop(_ condition: SQL) async throws -> [CachedImage] {
    let node = node
    let gone = try await store.write { transaction in
      let entries = try await transaction.all(CachedImage.self, "WHERE node = \(node) AND (\(condition))")
      for entry in entries { try await transaction.delete(entry) }
      return entries
    }
    await release(gone)
    return gone
  }

  /// An entry that only names the bytes may be about to put them there anew.
  private func dropDamaged(_ key: String, of image: String) async throws {
    Self.log.error("a cached image is damaged and was removed from the cache", ["image": image, "key": key])
    try await drop("content_key = \(key) AND status = \(CachedImage.Status.cached)")
  }

  /// Removes the bytes of entries that are gone, where no other entry names them.
  public func release(_ entries: [CachedImage]) async {
    for key in Set(entries.compactMap(\.key)) { await release(key: key) }
  }

  /// Removes bytes that no entry names.
  public func release(key: String) async {
    let (store, node) = (store, node)
    do {
      try await backend.remove(key) {
        try await store.read {
          try await $0.count(CachedImage.self, "WHERE content_key = \(key) AND node = \(node)")
        } > 0
      }
    } catch {
      Self.log.warning("cached bytes stay until the next sweep", ["key": key, "cause": "\(error)"])
    }
  }

  /// Removes what is more than may stay, the least recently read first.
  @discardableResult
  public func prune() async throws -> [CachedImage] {
    let (limit, node) = (limit, node)
    let gone = try await store.write { transaction in
      let entries = try await transaction.all(
        CachedImage.self, "WHERE node = \(node) AND content_key IS NOT NULL ORDER BY read_at, image_id")
      let gone = CachedImage.surplus(entries, over: limit)
      for entry in gone { try await transaction.delete(entry) }
      return gone
    }
    for entry in gone {
      Self.log.info("an image was removed from the full cache", ["image": entry.imageID, "size": entry.size])
    }
    await release(gone)
    return gone
  }

  // MARK: tidying

  /// Removes entries of images that are no more, entries without whole bytes, and bytes without an entry.
  public func sweep() async throws {
    // Listed first: what comes meanwhile was named before, and is not on the list.
    let keys = try await backend.list()
    let alive: [Image.Status] = [.active, .deactivated]
    try await drop("image_id NOT IN (SELECT id FROM \(Image.table) WHERE status IN (\(list: alive)))")
    let node = node
    let entries = try await store.read {
      try await $0.all(CachedImage.self, "WHERE node = \(node) AND content_key IS NOT NULL")
    }
    for entry in entries where entry.status == .cached {
      guard let key = entry.key, try await backend.content(key)?.size != entry.size else { continue }
      try await dropDamaged(key, of: entry.imageID)
    }
    let strays = Set(keys).subtracting(entries.compactMap(\.key))
    for key in strays { await release(key: key) }
    if !strays.isEmpty { Self.log.info("bytes without an image removed from the cache", ["count": strays.count]) }
  }

  /// To be started by the program.
  public func reconcilers() -> [Reconciler] {
    [
      Reconciler("glance-cache", every: .minutes(10)) {
        try await self.sweep()
        try await self.prune()
      }
    ]
  }

  /// What no process carries on with after a crash; to be called before anything is downloaded.
  public func start() async {
    do {
      try await introduce()
      try await backend.removeStrays()
      try await drop("status = \(CachedImage.Status.filling)")
      try await sweep()
      try await prune()
    } catch { Self.log.warning("the image cache could not be tidied", ["cause": "\(error)"]) }
  }
}

extension CachedImage {
  /// The bytes are in their place; whether the entry is still there.
  public func settle(at now: Timestamp, in transaction: Transaction) async throws -> Bool {
    guard var entry = try await Self.entry(of: imageID, on: node, in: transaction), entry.ticket == ticket else {
      return false
    }
    entry.status = .cached
    (entry.cachedAt, entry.readAt) = (now, now)
    try await transaction.update(entry)
    return true
  }
}
