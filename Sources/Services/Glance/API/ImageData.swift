internal import API
internal import Core
internal import GlanceModel
internal import HTTP
internal import Hardware
internal import Log
internal import Store

/// `/v2/images/{id}/file`: the bytes in and out.
enum ImageData {
  static let routes = Routes(
    rules: "", of: Glance.self,
    [
      .put("/images/{id}/file", "upload_image", upload, allow: ImageAccess.change, status: 204),
      .get("/images/{id}/file", "download_image", download, allow: ImageAccess.download, query: .keys("prefer")),
    ])

  static func upload(_ call: Call<Glance>, _: RawBody) async throws -> Nothing {
    try requireOctets(call)
    let image = try await ImageAccess.image(call)
    let store = try call.service.stores.writable(call.request.headers["X-Image-Meta-Store"])
    try await Intake(call, image, into: store).run()
    return Nothing()
  }

  static func requireOctets(_ call: Call<Glance>) throws {
    let type = (call.request.headers["Content-Type"] ?? "application/octet-stream").prefix { $0 != ";" && $0 != " " }
    guard type == "application/octet-stream" else {
      throw Fault(.unsupportedMedia, "Unsupported Content-Type \(type). Send the data as application/octet-stream.")
    }
  }

  static func download(_ call: Call<Glance>, _: Nothing) async throws -> Response {
    let image = try await ImageAccess.image(call)
    guard image.status != .deactivated || call.caller.isAdmin else {
      throw Fault.forbidden("The requested image has been deactivated. Image data download is forbidden.")
    }
    guard image.status == .active || image.status == .deactivated, image.size != nil else {
      return Response(status: 204)
    }
    let (service, wanted) = (call.service, try await preferred(image, call))
    let cached = await service.cache?.content(of: image)
    let content =
      if let cached { cached } else {
        try await service.stores.content(of: image, first: wanted, log: service.log)
      }
    var response = Response(
      status: 200, headers: ["Content-Type": "application/octet-stream", "Accept-Ranges": "bytes"])
    var range = 0..<content.size
    if let part = try ByteRange.asked(by: call.request, of: content.size) {
      range = part
      response.status = 206
      response.headers["Content-Range"] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(content.size)"
    } else if let checksum = image.checksum {
      response.headers["Content-MD5"] = checksum
    }
    switch content {
    case .file(let path, _): response.body = .file(path: path, offset: range.lowerBound, length: range.count)
    case .bytes(let bytes): response.body = .bytes(Array(bytes[range]))
    case .remote(_, let read):
      let pieces = try await read(range)
      var next = pieces
      if response.status == 200 {
        next = try VerifiedPieces(pieces, of: image, into: await service.cache?.fill(image), service.log).next
      }
      response.body = .stream(BodyStream(length: range.count, next: next))
    }
    return response
  }

  /// The stores that the request would rather have the bytes from.
  private static func preferred(_ image: Image, _ call: Call<Glance>) async throws -> [String] {
    let names = (call.query("prefer") ?? "").split(separator: ",")
      .map { String($0.filter { !$0.isWhitespace }) }.filter { !$0.isEmpty }
    guard !names.isEmpty else { return [] }
    let target = try await call.service.store.read { try await ImageAccess.target(image, call, in: $0) }
    guard call.permits(target, rule: "download_from_store") else {
      throw Fault.forbidden("You are not authorized to complete download_from_store action. Ask an administrator.")
    }
    for name in names where !call.service.stores.ids.contains(name) {
      throw Fault.badRequest("Store '\(name)' is not configured.")
    }
    return names
  }
}
