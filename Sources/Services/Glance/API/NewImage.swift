internal import API
internal import Core
internal import GlanceModel
internal import JSON
internal import Store

/// An image as it comes to be: by a request, by a task, or by v1. What one way may not make, none may.
enum NewImage {
  /// The image that an object describes.
  static func read(_ object: JSONObject, _ call: Call<Glance>) throws -> Image {
    // What the service alone derives is refused whatever it looks like; the rest must first look right.
    for key in ["direct_url", "self", "file", "schema", "stores"] where object[key] != nil {
      try ImageAttributes.requireWritable(key)
    }
    try SchemaCheck.require(.object(object), Schemas.imageSchema)
    let now = call.service.world.now()
    var image = Image()
    image.id = call.service.world.uuid()
    image.owner = call.caller.projectID
    (image.createdAt, image.updatedAt) = (now, now)
    for (key, value) in object.members where key != "id" {
      try ImageAttributes.requireWritable(key)
      try ImageAttributes.set(key, to: value, on: &image, options: call.service.options)
    }
    if let json = object["id"] {
      // The schema says that it is a UUID.
      image.id = json.string ?? image.id
    }
    guard image.owner == call.caller.projectID || Images.isPrivileged(call) else {
      throw Fault.forbidden("You are not permitted to create images owned by '\(image.owner ?? "nobody")'.")
    }
    try require(image, call)
    return image
  }

  /// Refuses what the caller may not say of an image.
  static func require(_ image: Image, _ call: Call<Glance>) throws {
    try ImageAccess.requireVisibility(image.visibility, image, call)
    try ProtectedProperties.requireChange(from: [:], to: image.properties, call)
  }

  static func insert(_ image: Image, _ allowance: Allowance, in transaction: Transaction) async throws {
    try await allowance.require([.countTotal: 1], in: transaction)
    let isTaken = try await transaction.get(DeletedImage.self, image.id) != nil
    guard !isTaken, try await transaction.insertUnlessPresent(image) else {
      throw Fault.conflict("Image ID \(image.id) already exists!")
    }
  }

  static func insert(_ image: Image, _ call: Call<Glance>) async throws {
    let allowance = try await Allowance(call)
    try await call.service.store.write { try await insert(image, allowance, in: $0) }
  }
}
