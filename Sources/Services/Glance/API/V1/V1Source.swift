internal import API
internal import Core
internal import GlanceModel
internal import HTTP
internal import JSON
internal import Store

/// Where an image's bytes come from, as v1 says it in the request for the image. What cannot be read is refused before
/// any record is touched.
enum V1Source: Sendable {
  case nowhere, body
  /// They are fetched from elsewhere, and kept here.
  case copy(ImportWish, request: JSON)
  /// They stay there.
  case location(url: String, ImageLocation)

  /// - Throws: `badRequest` for what is no place that may be read.
  init(_ call: Call<Glance>, _ headers: V1Headers, isNew: Bool) async throws {
    var found: [V1Source] = []
    if let text = call.request.headers["x-glance-api-copy-from"] {
      let request: JSON = ["method": ["name": "web-download", "uri": .string(try Self.checked(text))]]
      found.append(.copy(try ImportWish(request, call), request: request))
    }
    if headers.fields["location"] != nil {
      let url = try Self.checked(headers.text("location"))
      found.append(.location(url: url, try Locations.place(url, call)))
    }
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
    let isWhole = try isNew && headers.number("size") == 0
    self = found.first ?? (isWhole ? .body : .nowhere)
  }

  private static func checked(_ url: String?) throws -> String {
    guard let url, !url.isEmpty else { throw Fault.badRequest("External source should not be empty") }
    guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
      throw Fault.badRequest("External sources are not supported: '\(url)'")
    }
    return url
  }

  static func requireOctets(_ call: Call<Glance>) throws {
    let type = call.request.headers["Content-Type"] ?? "application/octet-stream"
    guard type == "application/octet-stream" else {
      throw Fault.badRequest("Content-Type must be application/octet-stream")
    }
  }

  func requireFormats(_ image: Image) throws {
    if case .nowhere = self { return }
    guard image.diskFormat != nil else { throw Fault.badRequest("Disk format is not specified.") }
    guard image.containerFormat != nil else { throw Fault.badRequest("Container format is not specified.") }
  }

  /// How many bytes there are where they stay, if the caller may let them stay there; else nil.
  func look(_ image: Image, _ headers: V1Headers, _ call: Call<Glance>) async throws -> Int? {
    guard case .location(let url, _) = self else { return nil }
    guard call.permits(image.target(member: nil), rule: "set_image_location") else {
      throw Fault.forbidden("You are not authorized to complete set_image_location action. Ask its owner.")
    }
    let said = try headers.number("size") ?? 0
    let there = try await Locations.size(of: url, call)
    guard said == 0 || said == there else {
      throw Fault.conflict(
        "Provided image size must match the stored image size. (provided size: \(said), stored size: \(there))")
    }
    return there
  }

  /// Gives the image its bytes, or sets them on their way.
  /// - Parameters:
  ///   - size: what `look` found.
  ///   - isNew: whether the image is made only now, if all goes well; that of a body is there before.
  func fill(
    _ image: Image, size: Int?, isNew: Bool = false, _ headers: V1Headers, _ call: Call<Glance>
  ) async throws {
    switch self {
    case .nowhere: return
    case .copy(let wish, let request):
      _ = try await ImageImport.begin(wish, image.id, request, call, making: isNew ? image : nil)
    case .location(_, let place): try await refer(image, to: place, size: size ?? 0, isNew: isNew, call)
    case .body:
      let store = try call.service.stores.writable(headers.text("store"))
      try await Intake(call, image, into: store, promised: headers.text("checksum")).run()
    }
  }

  private func refer(
    _ image: Image, to place: ImageLocation, size: Int, isNew: Bool, _ call: Call<Glance>
  ) async throws {
    let (id, now, quota) = (image.id, call.service.world.now(), call.service.options.userStorageQuota)
    let allowance = try await Allowance(call)
    try await call.service.store.write { transaction in
      if isNew { try await NewImage.insert(image, allowance, in: transaction) }
      guard var current = try await transaction.get(Image.self, id), current.status == .queued else {
        throw Fault.conflict("Image operation conflicts")
      }
      try await allowance.require([.sizeTotal: size >> 20], in: transaction)
      try await current.requireRoom(for: size, within: quota, in: transaction)
      current.stay(at: place)
      current.size = size
      current.status = .active
      current.updatedAt = now
      try await transaction.update(current)
    }
  }
}
