internal import API
internal import Core
internal import GlanceModel
internal import HTTP
internal import JSON
internal import Log
internal import Store
internal import Work

/// `/v2/images`
enum Images {
  static let routes = Routes(
    rules: "", of: Glance.self,
    [
      .get("/images", "get_images", list, allow: ImageAccess.list),
      .post("/images", "add_image", create, allow: ImageAccess.add),
      .get("/images/{id}", "get_image", show, allow: ImageAccess.read),
      .patch("/images/{id}", "modify_image", update, allow: ImageAccess.change),
      .delete("/images/{id}", "delete_image", delete, allow: ImageAccess.change),
    ])

  static func list(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    let query = try ImageQuery(call)
    let (images, next) = try await call.service.store.read { try await query.fetch(call, in: $0) }
    let parameters = call.request.query.filter { $0.name != "marker" }
    var object: JSONObject = [
      "images": .array(images.map { ImageView.show($0, call) }),
      "first": .string("/v2/images" + (parameters.isEmpty ? "" : "?" + writeQuery(parameters))),
      "schema": "/v2/schemas/images",
    ]
    if let next {
      object.append("next", .string("/v2/images?" + writeQuery(parameters + [(name: "marker", value: next)])))
    }
    return .object(object)
  }

  static func create(_ call: Call<Glance>, _ body: JSON) async throws -> Response {
    guard let object = body.object else {
      throw Fault.badRequest("Body expected in request: an object with the image's properties.")
    }
    let made = try NewImage.read(object, call)
    try await NewImage.insert(made, call)
    return Response(
      status: 201,
      headers: [
        "Content-Type": "application/json", "Location": call.baseURL + "/v2/images/\(made.id)",
        "OpenStack-image-import-methods": call.service.options.importMethods.joined(separator: ","),
        "OpenStack-image-store-ids": call.service.stores.ids.joined(separator: ","),
      ], body: .bytes(ImageView.show(made, call).bytes))
  }

  /// Whoever may make images of other projects: administrators, and nova for a snapshot of a user's server.
  static func isPrivileged(_ call: Call<Glance>) -> Bool {
    call.caller.isAdmin || call.caller.roles.contains("service")
  }

  static func show(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    ImageView.show(try await ImageAccess.image(call), call)
  }

  static func update(_ call: Call<Glance>, _ body: JSON) async throws -> JSON {
    let patch = try ImagePatch(body, contentType: call.request.headers["Content-Type"])
    let now = call.service.world.now()
    let sizes = try await patch.look(call)
    let image = try await call.service.store.write { transaction in
      let found = try await ImageAccess.image(call, in: transaction)
      var image = found
      try patch.apply(to: &image, options: call.service.options)
      try LocationPatch.apply(patch, to: &image, sizes, call)
      if image.places.count > found.places.count {
        try await image.requireRoom(
          for: image.size, copies: image.places.count, within: call.service.options.userStorageQuota, in: transaction)
      }
      if image.visibility != found.visibility {
        try ImageAccess.requireVisibility(image.visibility, found, call)
      }
      guard image.owner == found.owner || isPrivileged(call) else {
        throw Fault.forbidden("Only an administrator may give an image to another owner.")
      }
      try ProtectedProperties.requireChange(from: found.properties, to: image.properties, call)
      guard !patch.changes.isEmpty else { return found }
      image.updatedAt = now
      return try await transaction.update(image)
    }
    return ImageView.show(image, call)
  }

  static func delete(_ call: Call<Glance>, _: Nothing) async throws -> Nothing {
    let (now, queue) = (call.service.world.now(), call.service.queue)
    let (id, locations, cached) = try await call.service.store.write { transaction in
      let image = try await ImageAccess.image(call, in: transaction)
      guard !image.isProtected else {
        throw Fault.forbidden("Image \(image.id) is protected and cannot be deleted.")
      }
      try await transaction.deleteAll(ImageMember.self, "WHERE image_id = \(image.id)")
      let cached = try await transaction.all(CachedImage.self, "WHERE image_id = \(image.id)")
      for entry in cached { try await transaction.delete(entry) }
      try await transaction.delete(image)
      if image.importTask != nil { try await queue.giveUp(on: image.id, in: transaction) }
      try await transaction.insert(DeletedImage(image, at: now))
      return (image.id, image.allLocations, cached)
    }
    // The image is gone for good by now; bytes that stay behind are the reconciler's.
    await call.service.bytes.release(all: locations, of: id)
    await call.service.cache?.release(cached)
    return Nothing()
  }
}
