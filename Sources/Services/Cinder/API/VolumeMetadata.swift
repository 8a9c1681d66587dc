internal import API
internal import CinderModel
internal import Core
internal import HTTP
internal import JSON
internal import Store

/// A volume's metadata, as a whole and key by key.
enum VolumeMetadata {
  static let routes = Routes(
    rules: "volume:", of: Cinder.self,
    [
      .get("/volumes/{id}/metadata", "get_volume_metadata", all, allow: .reader),
      .post("/volumes/{id}/metadata", "create_volume_metadata", add, allow: .member, status: 200),
      .put("/volumes/{id}/metadata", "update_volume_metadata", replace, allow: .member),
      .get("/volumes/{id}/metadata/{key}", "get_volume_metadata", one, allow: .reader),
      .put("/volumes/{id}/metadata/{key}", "update_volume_metadata", set, allow: .member),
      .delete("/volumes/{id}/metadata/{key}", "delete_volume_metadata", remove, allow: .member, status: 200),
    ])

  static func all(_ call: Call<Cinder>, _: Nothing) async throws -> Response {
    let volume = try await call.service.store.read { try await call.volume(call.id, in: $0) }
    let body: JSON = ["metadata": volume.metadata.json]
    return try MetadataTag.answer(call, body, volume.metadata)
  }

  static func one(_ call: Call<Cinder>, _: Nothing) async throws -> JSON {
    let volume = try await call.service.store.read { try await call.volume(call.id, in: $0) }
    let key = call.path["key"] ?? ""
    guard let value = volume.metadata[key] else { throw missing(call.id, key) }
    return ["meta": [key: .string(value)]]
  }

  static func add(_ call: Call<Cinder>, _ body: JSON) async throws -> JSON {
    let more = try MetadataBody.read(body)
    return try await change(call) { $0.merge(more) { $1 } }
  }

  static func replace(_ call: Call<Cinder>, _ body: JSON) async throws -> JSON {
    let new = try MetadataBody.read(body)
    return try await change(call) { $0 = new }
  }

  static func set(_ call: Call<Cinder>, _ body: JSON) async throws -> JSON {
    let pair = try MetadataBody.read(body, "meta")
    let key = call.path["key"] ?? ""
    guard pair.count == 1, let value = pair[key] else { throw Fault.badRequest("Request body and URI mismatch") }
    _ = try await change(call) { $0[key] = value }
    return ["meta": [key: .string(value)]]
  }

  static func remove(_ call: Call<Cinder>, _: Nothing) async throws -> Nothing {
    let key = call.path["key"] ?? ""
    let missing = missing(call.id, key)
    _ = try await change(call) { if $0.removeValue(forKey: key) == nil { throw missing } }
    return Nothing()
  }

  private static func missing(_ volume: String, _ key: String) -> Fault {
    .notFound("Volume \(volume) has no metadata with key \(key).")
  }

  private static func change(
    _ call: Call<Cinder>, _ change: @escaping @Sendable (inout [String: String]) throws -> Void
  ) async throws -> JSON {
    let now = call.service.world.now()
    return try await call.service.store.write { tx in
      var volume = try await call.volume(call.id, in: tx)
      try MetadataTag.check(call.incoming, volume.metadata)
      try change(&volume.metadata)
      volume.updatedAt = now
      return ["metadata": try await tx.update(volume).metadata.json]
    }
  }
}

/// The tag by which a client says which metadata it has read (since 3.15), so that no change gets lost.
enum MetadataTag {
  static func answer(_ call: Call<Cinder>, _ body: JSON, _ metadata: [String: String]) throws -> Response {
    var response = body.response(to: call.incoming, status: 200)
    if call.version >= "3.15" { response.headers["ETag"] = "\"" + of(metadata) + "\"" }
    return response
  }

  /// - Throws: `preconditionFailed` when the client has read something else.
  static func check(_ incoming: Incoming, _ metadata: [String: String]) throws {
    guard incoming.version >= "3.15", let wanted = incoming.request.headers["If-Match"], wanted != "*" else { return }
    let tags = wanted.split(separator: ",").map { $0.filter { $0 != "\"" && $0 != " " } }
    if !tags.contains(of(metadata)) {
      throw Fault(.preconditionFailed, "The metadata has changed since it was read. Read it again, then change it.")
    }
  }

  /// FNV-1a over the metadata in its one written form: equal where it is equal, and that is all a tag is for.
  private static func of(_ metadata: [String: String]) -> String {
    let hash = metadata.json.bytes.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    return String(hash, radix: 16)
  }
}
