internal import API
internal import CinderModel
internal import Core
internal import JSON
internal import Store

/// The extra specs of a type.
enum VolumeTypeSpecs {
  static let routes = Routes(
    rules: "volume_extension:types_extra_specs:", of: Cinder.self,
    [
      .get("/types/{type_id}/extra_specs", "index", all, allow: .admin),
      .post("/types/{type_id}/extra_specs", "create", add, allow: .admin, status: 200),
      .get("/types/{type_id}/extra_specs/{key}", "show", one, allow: .admin),
      .put("/types/{type_id}/extra_specs/{key}", "update", set, allow: .admin),
      .delete("/types/{type_id}/extra_specs/{key}", "delete", remove, allow: .admin, status: 202),
    ])

  static func all(_ call: Call<Cinder>, _: Nothing) async throws -> JSON {
    let type = try await call.service.store.read { try await VolumeTypes.find(call, in: $0) }
    return ["extra_specs": type.extraSpecs.json]
  }
  static func one(_ call: Call<Cinder>, _: Nothing) async throws -> JSON {
    let key = call.path["key"] ?? ""
    let type = try await call.service.store.read { try await VolumeTypes.find(call, in: $0) }
    guard let value = type.extraSpecs[key] else { throw missing(type.id, key) }
    return [key: .string(value)]
  }
  static func add(_ call: Call<Cinder>, _ body: JSON) async throws -> JSON {
    let more = try MetadataBody.read(body, "extra_specs")
    _ = try await VolumeTypes.change(call) { type, _ in type.extraSpecs.merge(more) { $1 } }
    return ["extra_specs": more.json]
  }
  static func set(_ call: Call<Cinder>, _ body: JSON) async throws -> JSON {
    let pair = try MetadataBody(json: body).values
    let key = call.path["key"] ?? ""
    guard pair.count == 1, let value = pair[key] else { throw Fault.badRequest("Request body and URI mismatch") }
    _ = try await VolumeTypes.change(call) { type, _ in type.extraSpecs[key] = value }
    return body
  }
  static func remove(_ call: Call<Cinder>, _: Nothing) async throws -> Nothing {
    let key = call.path["key"] ?? ""
    _ = try await VolumeTypes.change(call) { type, _ in
      guard type.extraSpecs.removeValue(forKey: key) != nil else { throw missing(type.id, key) }
    }
    return Nothing()
  }
  private static func missing(_ type: String, _ key: String) -> Fault {
    .notFound("Volume Type \(type) has no extra specs with key \(key).")
  }
}
