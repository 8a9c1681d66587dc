internal import API
internal import Core
internal import GlanceModel
internal import HTTP
internal import Hardware
internal import JSON
internal import Store

/// `/v2/cache`: which images are to be at hand on this node.
///
/// The file store is on this node, so an image that lies in it is at hand as soon as it is wished.
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

  static func list(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    let all = try await call.service.store.read { try await $0.all(CachedImage.self, "ORDER BY image_id") }
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

  static func queue(_ call: Call<Glance>, _: Nothing) async throws -> Nothing {
    let now = call.service.world.now()
    let id = call.id
    let found = try await call.service.store.read { try await $0.get(Image.self, id) }
    guard let image = found else { throw Fault.notFound("Image \(id) not found.") }
    guard image.status == .active else {
      throw Fault.badRequest("Only images with status active can be targeted for queueing")
    }
    var row = CachedImage()
    row.imageID = id
    row.size = image.size ?? 0
    (row.cachedAt, row.readAt) = (now, now)
    row.status = try await isAtHand(image, call) ? .cached : .queued
    let wanted = row
    try await call.service.store.write { _ = try await $0.insertUnlessPresent(wanted) }
    return Nothing()
  }

  private static func isAtHand(_ image: Image, _ call: Call<Glance>) async throws -> Bool {
    for location in call.service.stores.preferred(image) {
      switch try await call.service.stores.backend(of: location)?.content(location.key) {
      case .file, .bytes: return true
      case .remote, nil: continue
      }
    }
    return false
  }

  static func delete(_ call: Call<Glance>, _: Nothing) async throws -> Nothing {
    let id = call.id
    try await call.service.store.write { transaction in
      if try await transaction.deleteAll(CachedImage.self, "WHERE image_id = \(id)") > 0 { return }
      guard try await transaction.get(Image.self, id) != nil else {
        throw Fault.notFound("Image \(id) not found.")
      }
    }
    return Nothing()
  }

  static func clear(_ call: Call<Glance>, _: Nothing) async throws -> Nothing {
    let condition: SQL
    switch call.request.headers["x-image-cache-clear-target"]?.lowercased() ?? "" {
    case "": condition = ""
    case "cache": condition = "WHERE status = 'cached'"
    case "queue": condition = "WHERE status = 'queued'"
    default:
      throw Fault.badRequest("If provided 'x-image-cache-clear-target' must be 'cache', 'queue' or empty string.")
    }
    _ = try await call.service.store.write { try await $0.deleteAll(CachedImage.self, condition) }
    return Nothing()
  }

  static func nodes(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    throw Fault.conflict("Centralized caching is not enabled")
  }

  /// Forgets images that are no more.
  static func clean(_ call: Call<Glance>, _: Nothing) async throws -> Nothing {
    _ = try await forget(call)
    return Nothing()
  }
  static func prune(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    let gone = try await forget(call)
    return [
      "total_files_pruned": .int(gone.count), "total_bytes_pruned": .int(gone.reduce(0) { $0 + $1.size }),
    ]
  }
  private static func forget(_ call: Call<Glance>) async throws -> [CachedImage] {
    try await call.service.store.write { transaction in
      let gone = try await transaction.all(
        CachedImage.self, "WHERE image_id NOT IN (SELECT id FROM \(Image.table) WHERE status = 'active')")
      for image in gone { try await transaction.delete(image) }
      return gone
    }
  }
}
