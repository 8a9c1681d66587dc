internal import API
internal import CinderModel
internal import Core
internal import JSON
internal import Store

/// A snapshot's metadata, as a whole and key by key.
enum SnapshotMetadata {
  static let routes = Routes(
    rules: "volume:", of: Cinder.self,
    [
      .get("/snapshots/{id}/metadata", "get_snapshot_metadata", all, allow: .reader),
      .post("/snapshots/{id}/metadata", "update_snapshot_metadata", add, allow: .member, status: 200),
      .put("/snapshots/{id}/metadata", "update_snapshot_metadata", replace, allow: .member),
      .get("/snapshots/{id}/metadata/{key}", "get_snapshot_metadata", one, allow: .reader),
      .put("/snapshots/{id}/metadata/{key}", "update_snapshot_metadata", set, allow: .member),
      .delete("/snapshots/{id}/metadata/{key}", "delete_snapshot_metadata", remove, allow: .member, status: 200),
    ])

  static func all(_ call: Call<Cinder>, _: Nothing) async throws -> JSON {
    ["metadata": try await call.service.store.read { try await call.snapshot(call.id, in: $0).metadata.json }]
  }
  static func one(_ call: Call<Cinder>, _: Nothing) async throws -> JSON {
    let key = call.path["key"] ?? ""
    let snapshot = try await call.service.store.read { try await call.snapshot(call.id, in: $0) }
    guard let value = snapshot.metadata[key] else { throw missing(call.id, key) }
    return ["meta": [key: .string(value)]]
  }
  static func add(_ call: Call<Cinder>, _ body: JSON) async throws -> JSON {
    let more = try MetadataBody.read(body)
    return [
      "metadata": try await Snapshots.change(call) { snapshot, _ in snapshot.metadata.merge(more) { $1 } }.metadata.json
    ]
  }
  static func replace(_ call: Call<Cinder>, _ body: JSON) async throws -> JSON {
    let new = try MetadataBody.read(body)
    return ["metadata": try await Snapshots.change(call) { snapshot, _ in snapshot.metadata = new }.metadata.json]
  }
  static func set(_ call: Call<Cinder>, _ body: JSON) async throws -> JSON {
    let pair = try MetadataBody.read(body, "meta")
    let key = call.path["key"] ?? ""
    guard pair.count == 1, let value = pair[key] else { throw Fault.badRequest("Request body and URI mismatch") }
    _ = try await Snapshots.change(call) { snapshot, _ in snapshot.metadata[key] = value }
    return ["meta": [key: .string(value)]]
  }
  static func remove(_ call: Call<Cinder>, _: Nothing) async throws -> Nothing {
    let key = call.path["key"] ?? ""
    let missing = missing(call.id, key)
    _ = try await Snapshots.change(call) { snapshot, _ in
      if snapshot.metadata.removeValue(forKey: key) == nil { throw missing }
    }
    return Nothing()
  }
  private static func missing(_ snapshot: String, _ key: String) -> Fault {
    .notFound("Snapshot \(snapshot) has no metadata with key \(key).")
  }
}
