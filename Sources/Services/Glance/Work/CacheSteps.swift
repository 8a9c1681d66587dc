public import Core
internal import Crypto
public import GlanceModel
internal import Hardware
internal import Log
internal import Store
public import Work

extension CacheImage: Saga {
  public static let steps: [Step<CacheImage>] = [
    .step("fetch", fetch, undo: withdraw, tries: 3),
    .step("prune", prune),
  ]

  private static func fetch(_ saga: inout CacheImage, _ c: ImageWork) async throws {
    let (id, cache) = (saga.image, try c.openCache())
    try await cache.requireQueued(id, ticket: saga.ticket)
    guard let image = try await c.store.read({ try await $0.get(Image.self, id) }), image.status == .active,
      let size = image.size
    else { throw Fault.notFound("The image \(id) is not active any more.") }
    guard size <= cache.limit else {
      throw Fault(.tooLarge, "The image has \(size) bytes, more than the whole cache may have: \(cache.limit).")
    }
    let key = try await c.bring(image, saga, into: cache)
    guard try await cache.backend.content(key)?.size == size else {
      try await cache.withdraw(id, ticket: saga.ticket)
      throw Fault.unavailable("The image \(id) could not be put into the cache whole.")
    }
    do { try await cache.requireQueued(id, ticket: saga.ticket) } catch {
      // Who removed the entry meanwhile may have found no bytes yet.
      await cache.release(key: key)
      throw error
    }
  }

  private static func withdraw(_ saga: inout CacheImage, _ c: ImageWork) async throws {
    try await c.cache?.withdraw(saga.image, ticket: saga.ticket)
  }

  /// Before it counts as cached, so that it does not go itself.
  private static func prune(_ saga: inout CacheImage, _ c: ImageWork) async throws {
    try await c.openCache().prune()
  }

  public func succeed(_ end: Ending, _ context: ImageWork) async throws {
    let (image, ticket) = (image, ticket)
    let entry = try await end.tx.one(CachedImage.self, "WHERE image_id = \(image) AND ticket = \(ticket)")
    guard let entry else { return }
    _ = try await entry.settle(at: end.now, in: end.tx)
  }

  public func fail(_ fault: Fault, _ end: Ending, _ context: ImageWork) async throws {
    let (image, ticket) = (image, ticket)
    guard try await end.tx.deleteAll(CachedImage.self, "WHERE image_id = \(image) AND ticket = \(ticket)") > 0 else {
      return
    }
    end.tx.afterCommit {
      ImageWork.log.warning(
        "an image could not be cached and was taken out of the queue",
        ["image": image, "reason": fault.message, "detail": fault.detail ?? ""])
    }
  }
}

extension ImageWork {
  /// - Throws: `badRequest` where it was switched off since the image was queued.
  fileprivate func openCache() throws -> ImageCache {
    guard let cache else { throw Fault.badRequest("The image cache is switched off.") }
    return cache
  }

  /// The bytes of an image into the cache, by a link where they are on its file system.
  /// - Returns: the key under which they are there, which the entry names.
  fileprivate func bring(_ image: Image, _ saga: CacheImage, into cache: ImageCache) async throws -> String {
    let content = try await stores.content(of: image, log: Self.log)
    if case .file(let path, let size) = content, let hash = image.contentHash {
      try await cache.refer(image.id, ticket: saga.ticket, to: hash, size: size)
      if let key = try await cache.backend.link(path, as: hash) { return key }
    }
    let writer = try await cache.backend.begin(for: image.id)
    do {
      let hash = try await write(content, of: image, saga, writer, cache)
      let key = writer.key(of: hash)
      try await cache.refer(image.id, ticket: saga.ticket, to: key, size: content.size)
      try await writer.finish(as: key)
      return key
    } catch {
      await writer.abandon()
      throw error
    }
  }

  /// - Returns: the SHA-512 of what was written, which is what the image says of its bytes.
  private func write(
    _ content: ImageContent, of image: Image, _ saga: CacheImage, _ writer: any ImageWriter, _ cache: ImageCache
  ) async throws -> String {
    let expected = image.fingerprint
    var intake = try ImageIntake(
      into: writer, limit: content.size, declared: nil, digests: expected.map { [$0.algorithm] } ?? [])
    let taken: ImageIntake.Taken
    do {
      let pieces = try await pieces(of: content)
      var looked = world.uptime()
      while let piece = try await pieces() {
        try await intake.add(piece)
        guard world.uptime() - looked > .minutes(1) else { continue }
        looked = world.uptime()
        try await cache.requireQueued(image.id, ticket: saga.ticket)
      }
      taken = try await intake.end()
    } catch {
      await intake.stop()
      throw error
    }
    guard taken.size == content.size, expected.map({ taken.digests[$0.algorithm] == $0.hex }) ?? true else {
      throw Fault.badRequest(
        "The data of the image \(image.id) is damaged where it is now. An administrator must look at its store.")
    }
    return taken.hash
  }
}
