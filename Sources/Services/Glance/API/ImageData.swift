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
    let type = call.request.headers["Content-Type"] ?? "application/octet-stream"
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
    if let text = call.request.headers["Range"], let wanted = ByteRange(text) {
      guard let part = wanted.within(content.size) else {
        throw Fault(.rangeNotSatisfiable, "The range '\(text)' is not within the image's \(content.size) bytes.")
      }
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

/// One range of bytes of a `Range` header (RFC 9110 section 14); several, and other units, are as if not asked for.
struct ByteRange: Equatable {
  enum Form: Equatable {
    case from(Int, through: Int?)
    case last(Int)
  }
  let form: Form

  init?(_ header: String) {
    let text = header.filter { $0 != " " }
    guard text.lowercased().hasPrefix("bytes="), !text.contains(",") else { return nil }
    let ends = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2 else { return nil }
    if ends[0].isEmpty {
      guard let count = Int(ends[1]), count >= 0 else { return nil }
      form = .last(count)
    } else {
      guard let from = Int(ends[0]), from >= 0 else { return nil }
      if ends[1].isEmpty {
        form = .from(from, through: nil)
      } else {
        guard let last = Int(ends[1]), last >= from else { return nil }
        form = .from(from, through: last)
      }
    }
  }

  /// The range of a content of that size; nil when it has none of it.
  func within(_ size: Int) -> Range<Int>? {
    switch form {
    case .last(let count): count == 0 || size == 0 ? nil : max(0, size - count)..<size
    case .from(let from, let last): from >= size ? nil : from..<(min(last ?? size, size - 1) + 1)
    }
  }
}
