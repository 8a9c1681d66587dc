internal import API
internal import Core
internal import GlanceModel
internal import HTTP
internal import JSON
internal import Store

/// `POST /v1/images` and `PUT /v1/images/{id}`: metadata, and with it the bytes or where they are.
enum V1Changes {
  static let routes = Routes(
    rules: "", of: Glance.self,
    [
      .post("/images", "add_image", create, allow: ImageAccess.add),
      .put("/images/{id}", "modify_image", update, allow: ImageAccess.change),
    ])

  static func create(_ call: Call<Glance>, _: RawBody) async throws -> Response {
    let headers = try V1Headers(call.request.headers)
    let source = try await V1Source(call, headers, isNew: true)
    let now = call.service.world.now()
    var image = Image()
    image.owner = call.caller.projectID
    if Images.isPrivileged(call), headers.fields["owner"] != nil { image.owner = headers.text("owner") }
    (image.createdAt, image.updatedAt) = (now, now)
    try headers.apply(to: &image, purges: false, options: call.service.options)
    image.id = headers.text("id") ?? call.service.world.uuid()
    guard isUUID(image.id) else { throw Fault.badRequest("Invalid image id format") }
    try NewImage.require(image, call)
    try source.requireFormats(image)
    _ = try call.service.stores.writable(headers.text("store"))
    let size = try await source.look(image, headers, call)
    switch source {
    case .nowhere: try await NewImage.insert(image, call)
    case .body:
      try V1Source.requireOctets(call)
      try await NewImage.insert(image, call)
      try await source.fill(image, size: size, headers, call)
    case .copy, .location: try await source.fill(image, size: size, isNew: true, headers, call)
    }
    var response = answer(ProtectedProperties.readable(try await current(image.id, call), call), status: 201)
    response.headers["Location"] = call.baseURL + "/v1/images/\(image.id)"
    return response
  }

  private static func current(_ id: String, _ call: Call<Glance>) async throws -> Image {
    guard let image = try await call.service.store.read({ try await $0.get(Image.self, id) }) else {
      throw Image.missing(id)
    }
    return image
  }

  private static func answer(_ image: Image, status: Int) -> Response {
    let body: JSON = ["image": .object(VersionOne.view(image))]
    var response = Response(
      status: status, headers: ["Content-Type": "application/json"], body: .bytes(body.bytes))
    if let checksum = image.checksum { response.headers["ETag"] = checksum }
    return response
  }

  static func update(_ call: Call<Glance>, _: RawBody) async throws -> Response {
    let headers = try V1Headers(call.request.headers)
    let source = try await V1Source(call, headers, isNew: false)
    if case .body = source { try V1Source.requireOctets(call) }
    let purges = call.request.headers["x-glance-registry-purge-props"].map(\.saysTrue) ?? true
    let change: @Sendable (Image) throws -> Image = { try changed($0, by: headers, source, purges: purges, call) }
    // Nobody is asked for data before it is known that the change may be made.
    let size = try await source.look(try change(try await ImageAccess.image(call)), headers, call)
    let image = try await call.service.store.write { transaction in
      try await transaction.update(try change(try await ImageAccess.image(call, in: transaction)))
    }
    try await source.fill(image, size: size, headers, call)
    return answer(ProtectedProperties.readable(try await current(image.id, call), call), status: 200)
  }

  private static func changed(
    _ found: Image, by headers: V1Headers, _ source: V1Source, purges: Bool, _ call: Call<Glance>
  ) throws -> Image {
    try requireMutable(found, headers, call)
    var image = found
    var hasBody = false
    switch source {
    case .nowhere: break
    case .body:
      hasBody = true
      guard found.status == .queued else { throw Fault.conflict("Cannot upload to an unqueued image") }
    case .copy, .location:
      guard found.status == .queued else {
        throw Fault.badRequest("Attempted to update Location field for an image not in queued status.")
      }
    }
    try headers.apply(to: &image, purges: purges && !hasBody, options: call.service.options)
    // What the caller does not see he cannot mean to take away.
    let seen = ProtectedProperties.readable(found, call).properties
    for (key, value) in found.properties where seen[key] == nil && image.properties[key] == nil {
      image.properties[key] = value
    }
    try ProtectedProperties.requireChange(from: found.properties, to: image.properties, call)
    if image.visibility != found.visibility { try ImageAccess.requireVisibility(image.visibility, found, call) }
    if Images.isPrivileged(call), headers.fields["owner"] != nil { image.owner = headers.text("owner") }
    try source.requireFormats(image)
    image.updatedAt = call.service.world.now()
    return image
  }

  /// Refuses changes of what only the service itself says.
  private static func requireMutable(_ image: Image, _ headers: V1Headers, _ call: Call<Glance>) throws {
    let shown = VersionOne.view(image)
    let isWhole = image.status == .active || image.status == .deactivated
    for key in ["size", "checksum"] where isWhole && !call.caller.isAdmin {
      guard let text = headers.text(key), text != shown[key]?.string ?? shown[key]?.text else { continue }
      throw Fault.forbidden("Forbidden to modify '\(key)' of \(image.status.rawValue) image.")
    }
    for key in ["status", "id"] {
      guard let text = headers.text(key), text != shown[key]?.string else { continue }
      throw Fault.forbidden("Forbidden to modify '\(key)' of image.")
    }
  }
}
