internal import API
internal import Core
internal import GlanceModel
internal import Store

/// `/v2/images/{id}/tags/{tag}`
enum ImageTags {
  static let routes = Routes(
    rules: "", of: Glance.self,
    [
      .put("/images/{id}/tags/{tag}", "modify_image", add, allow: ImageAccess.change, status: 204),
      .delete("/images/{id}/tags/{tag}", "modify_image", remove, allow: ImageAccess.change),
    ])

  static func add(_ call: Call<Glance>, _: Nothing) async throws -> Nothing {
    let tag = call.path["tag"] ?? ""
    guard tag.count <= 255 else { throw Fault.badRequest("A tag has at most 255 characters.") }
    return try await change(call) { image in
      if !image.tags.contains(tag) { image.tags.append(tag) }
      try ImageLimits.require(image.tags.count, "tags", within: call.service.options.imageTagQuota)
    }
  }

  static func remove(_ call: Call<Glance>, _: Nothing) async throws -> Nothing {
    let tag = call.path["tag"] ?? ""
    return try await change(call) { image in
      guard let i = image.tags.firstIndex(of: tag) else {
        throw Fault.notFound("The image \(image.id) has no tag \(tag).")
      }
      image.tags.remove(at: i)
    }
  }

  private static func change(
    _ call: Call<Glance>, _ body: @escaping @Sendable (inout Image) throws -> Void
  ) async throws -> Nothing {
    let now = call.service.world.now()
    try await call.service.store.write { transaction in
      var image = try await ImageAccess.image(call, in: transaction)
      try body(&image)
      image.updatedAt = now
      try await transaction.update(image)
    }
    return Nothing()
  }
}
