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

  /// Where an image's bytes come from.
  private enum Source {
    case nowhere, body
    /// They are fetched from there, and kept here.
    case copy(String)
    /// They stay there.
    case location(String)
  }

  private static func source(
    _ call: Call<Glance>, _ headers: V1Headers, isNew: Bool
  ) async throws -> Source {
    var found: [Source] = []
    if let url = call.request.headers["x-glance-api-copy-from"] { found.append(.copy(try V1Sources.checked(url))) }
    if headers.fields["location"] != nil { found.append(.location(try V1Sources.checked(headers.text("location")))) }
    switch call.request.body {
    case .empty: break
    case .bytes(let bytes): if !bytes.isEmpty { found.append(.body) }
    case .stream(let stream):
      // Clients that name another source send a body all the same, in chunks: what they read from an empty input.
      var isBody = stream.length != 0
      if isBody, !found.isEmpty { isBody = try await stream.next() != nil }
      if isBody { found.append(.body) }
    case .file: found.append(.body)
    }
    guard found.count < 2 else { throw Fault.badRequest("It's invalid to provide multiple image sources.") }
    // A new image of no bytes is whole as soon as it is said to be one.
    if isNew, found.isEmpty, try headers.number("size") == 0 { return .body }
    return found.first ?? .nowhere
  }

  static func create(_ call: Call<Glance>, _: RawBody) async throws -> Response {
    let headers = try V1Headers(call.request.headers)
    let source = try await source(call, headers, isNew: true)
    let now = call.service.world.now()
    var image = Image()
    image.owner = call.caller.projectID
    if Images.isPrivileged(call), headers.fields["owner"] != nil { image.owner = headers.text("owner") }
    (image.createdAt, image.updatedAt) = (now, now)
    try headers.apply(to: &image, purges: false, options: call.service.options)
    image.id = headers.text("id") ?? call.service.world.uuid()
    guard isUUID(image.id) else { throw Fault.badRequest("Invalid image id format") }
    try ImageAccess.requireVisibility(image.visibility, image, call)
    try ProtectedProperties.requireChange(from: [:], to: image.properties, call)
    try await Quotas.require([.countTotal: 1], call)
    try requireFormats(image, source)
    _ = try call.service.stores.writable(headers.text("store"))
    let made = image
    try await call.service.store.write { transaction in
      guard try await transaction.insertUnlessPresent(made),
        try await transaction.get(DeletedImage.self, made.id) == nil
      else { throw Fault.conflict("An image with identifier \(made.id) already exists") }
    }
    let whole = try await fill(made, from: source, call, headers)
    var response = answer(ProtectedProperties.readable(whole, call), status: 201)
    response.headers["Location"] = call.baseURL + "/v1/images/\(made.id)"
    return response
  }

  private static func answer(_ image: Image, status: Int) -> Response {
    let body: JSON = ["image": .object(VersionOne.view(image))]
    var response = Response(
      status: status, headers: ["Content-Type": "application/json"], body: .bytes(body.bytes))
    if let checksum = image.checksum { response.headers["ETag"] = checksum }
    return response
  }

  private static func requireFormats(_ image: Image, _ source: Source) throws {
    if case .nowhere = source { return }
    guard image.diskFormat != nil else { throw Fault.badRequest("Disk format is not specified.") }
    guard image.containerFormat != nil else { throw Fault.badRequest("Container format is not specified.") }
  }

  /// The image with its bytes, or on its way to them.
  private static func fill(
    _ image: Image, from source: Source, _ call: Call<Glance>, _ headers: V1Headers
  ) async throws -> Image {
    switch source {
    case .nowhere: return image
    case .copy(let url): try await V1Sources.copy(url, into: image, call)
    case .location(let url):
      try await V1Sources.refer(image, to: url, size: try headers.number("size"), call)
    case .body:
      let type = call.request.headers["Content-Type"] ?? "application/octet-stream"
      guard type == "application/octet-stream" else {
        throw Fault.badRequest("Content-Type must be application/octet-stream")
      }
      try await Quotas.require([.sizeTotal: 0, .countUploading: 0], call)
      try await Intake(call, image, into: try call.service.stores.writable(headers.text("store"))).run()
    }
    let id = image.id
    guard let whole = try await call.service.store.read({ try await $0.get(Image.self, id) }) else {
      throw Image.missing(id)
    }
    if let checksum = headers.text("checksum"), let real = whole.checksum, checksum != real {
      try await discard(whole, call)
      throw Fault.badRequest(
        "Supplied checksum (\(checksum)) and checksum generated from uploaded image (\(real)) did not match. The image "
          + "waits for its data again.")
    }
    return whole
  }

  private static func discard(_ image: Image, _ call: Call<Glance>) async throws {
    let now = call.service.world.now()
    try await call.service.store.write { transaction in
      guard var current = try await transaction.get(Image.self, image.id) else { return }
      current.requeue(now)
      try await transaction.update(current)
    }
    await call.service.bytes.release(all: image.allLocations, of: image.id)
  }

  static func update(_ call: Call<Glance>, _: RawBody) async throws -> Response {
    let headers = try V1Headers(call.request.headers)
    let source = try await source(call, headers, isNew: false)
    let now = call.service.world.now()
    let purges = call.request.headers["x-glance-registry-purge-props"].map(V1Headers.isTrue) ?? true
    let image = try await call.service.store.write { transaction in
      let found = try await ImageAccess.image(call, in: transaction)
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
      try requireFormats(image, source)
      image.updatedAt = now
      return try await transaction.update(image)
    }
    let whole = try await fill(image, from: source, call, headers)
    return answer(ProtectedProperties.readable(whole, call), status: 200)
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
