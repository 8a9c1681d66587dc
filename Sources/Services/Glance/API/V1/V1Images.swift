internal import API
internal import Core
internal import GlanceModel
internal import HTTP
internal import JSON
internal import Store

/// `/v1/images`: what is read, and deleting.
enum V1Images {
  static let routes = Routes(
    rules: "", of: Glance.self,
    [
      .get("/", "get_images", index, allow: ImageAccess.list, query: V1Query.parameters),
      .get("/images", "get_images", index, allow: ImageAccess.list, query: V1Query.parameters),
      .get("/images/detail", "get_images", detail, allow: ImageAccess.list, query: V1Query.parameters),
      .head("/images/{id}", "get_image", show, allow: ImageAccess.read, status: 200),
      .get("/images/{id}", "download_image", download, allow: ImageAccess.download),
      .delete("/images/{id}", "delete_image", delete, allow: ImageAccess.change, status: 200),
    ])

  private static let brief = ["id", "name", "size", "disk_format", "container_format", "checksum"]

  static func index(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    let items = try await find(call).map { item in
      let whole = VersionOne.view(item.image)
      return JSON.object(JSONObject(brief.map { (key: $0, value: whole[$0] ?? .null) }))
    }
    return ["images": .array(items)]
  }

  static func detail(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    let items = try await find(call)
    return [
      "images": .array(
        items.map { .object(VersionOne.view(ProtectedProperties.readable($0.image, call), deletedAt: $0.deletedAt)) })
    ]
  }

  private static func find(_ call: Call<Glance>) async throws -> [V1Query.Item] {
    let query = try V1Query(call)
    return try await call.service.store.read { try await query.fetch(call, in: $0) }
  }

  static func show(_ call: Call<Glance>, _: Nothing) async throws -> Response {
    var response = VersionOne.nothing(200)
    V1Headers.write(
      VersionOne.view(ProtectedProperties.readable(try await ImageAccess.image(call), call)), into: &response)
    return response
  }

  static func download(_ call: Call<Glance>, _: Nothing) async throws -> Response {
    let image = try await ImageAccess.image(call)
    guard image.status == .active || image.status == .deactivated else {
      throw Fault.notFound("Image \(image.id) is not active")
    }
    var response = try await ImageData.download(call, Nothing())
    response.headers["Content-MD5"] = nil
    V1Headers.write(VersionOne.view(ProtectedProperties.readable(image, call)), into: &response)
    return response
  }

  static func delete(_ call: Call<Glance>, _: Nothing) async throws -> Response {
    _ = try await Images.delete(call, Nothing())
    return VersionOne.nothing(200)
  }
}
