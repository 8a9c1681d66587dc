internal import API
internal import Core
internal import GlanceModel
internal import HTTP
internal import Hardware
internal import JSON
internal import Store
internal import Work

/// `/v2/cache`: which images are at hand on this host, and which are to be.
enum Cache {
  private static let admin: Policy = "rule:context_is_admin"

  static let routes = Routes(
    rules: "", of: Glance.self,
    [
      .get("/cache", "cache_list", list, allow: admin),
      .delete("/cache", "cache_delete", clear, allow: admin),
      .put("/cache/{id}", "cache_image", queue, allow: admin, status: 202),
      .delete("/cache/{id}", "cache_delete", delete, allow: admin),
      .get("/cache/nodes/{id}", "list_cached_nodes", nodes, allow: admin),
      .post("/cache/clean", "cache_clean", clean, allow: admin, status: 200),
      .post("/cache/prune", "cache_prune", prune, allow: admin, status: 200),
    ])

  private static func cache(_ call: Call<Glance>) throws -> ImageCache {
    guard let cache = call.service.cache else {
      throw Fault.notFound("Caching via API is not supported at this site.")
    }
    return cache
  }

  static func list(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    let node = try cache(call).node
    let all = try await call.service.store.read {
      try await $0.all(CachedImage.self, "WHERE node = \(node) ORDER BY cached_at, image_id")
    }
    let cached = all.filter { $0.status == .cached }.map { image -> JSON in
      [
        "image_id": .string(image.imageID), "hits": .int(image.hits), "size": .int(image.size),
        "last_accessed": .double(Double(image.readAt.microseconds) / 1_000_000),
        "last_modified": .double(Double(image.cachedAt.microseconds) / 1_000_000),
      ]
    }
    let queued = all.filter { $0.status == .queued }.map { JSON.string($0.imageID) }
    return ["cached_images": .array(cached), "queued_images": .array(queued)]
  }

  /// What is queued or cached already stays as it is.
  static func queue(_ call: Call<Glance>, _: Nothing) async throws -> Nothing {
    let node = try cache(call).node
    let (id, now, ticket, sagas) = (call.id, call.service.world.now(), call.service.world.uuid(), call.service.queue)
    try await call.service.store.write { transaction in
      guard let image = try await transaction.get(Image.self, id) else {
        throw Fault.notFound("Image \(id) not found.")
      }
      guard image.status == .active else {
        throw Fault.badRequest("Only images with status active can be targeted for queueing")
      }
      let entry = CachedImage(image, on: node, .queued, ticket: ticket, at: now)
      guard try await transaction.insertUnlessPresent(entry) else { return }
      _ = try await sagas.begin(CacheImage(image: id, ticket: ticket), on: sagas.node, in: transaction)
    }
    return Nothing()
  }

  /// Whatever brings the bytes of what was removed finds that out.
  static func delete(_ call: Call<Glance>, _: Nothing) async throws -> Nothing {
    let (cache, id) = (try cache(call), call.id)
    guard try await cache.drop("image_id = \(id)").isEmpty else { return Nothing() }
    guard try await call.service.store.read({ try await $0.get(Image.self, id) }) != nil else {
      throw Fault.notFound("Image \(id) not found.")
    }
    return Nothing()
  }

  static func clear(_ call: Call<Glance>, _: Nothing) async throws -> Nothing {
    let cache = try cache(call)
    let condition: SQL
    switch call.request.headers["x-image-cache-clear-target"]?.lowercased() ?? "" {
    case "": condition = "1 = 1"
    case "cache": condition = "status <> 'queued'"
    case "queue": condition = "status = 'queued'"
    default:
      throw Fault.badRequest("If provided 'x-image-cache-clear-target' must be 'cache', 'queue' or empty string.")
    }
    try await cache.drop(condition)
    return Nothing()
  }

  /// Upstream answers so where its cache is kept in the database, as ours always is.
  static func nodes(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    let (cache, id) = (try cache(call), call.id)
    guard try await call.service.store.read({ try await $0.get(Image.self, id) }) != nil else {
      throw Fault.notFound("Image \(id) not found.")
    }
    return try await cache.urls(caching: id).json
  }

  static func clean(_ call: Call<Glance>, _: Nothing) async throws -> Nothing {
    try await cache(call).sweep()
    return Nothing()
  }

  static func prune(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    let gone = try await cache(call).prune()
    return [
      "total_files_pruned": .int(gone.count), "total_bytes_pruned": .int(gone.reduce(0) { $0 + $1.size }),
    ]
  }
}
