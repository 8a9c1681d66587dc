internal import API
internal import Core
internal import JSON
internal import NovaModel
internal import Store

/// A server's own key-value pairs (API reference: "Server metadata").
enum ServerMetadata {
  private static let path = "/servers/{id}/metadata"

  static let routes = Routes(
    rules: "os_compute_api:server-metadata:", of: Nova.self,
    [
      .get(path, "index", index, allow: .reader), .post(path, "create", create, allow: .member, status: 200),
      .put(path, "update_all", replace, allow: .member), .get(path + "/{key}", "show", show, allow: .reader),
      .put(path + "/{key}", "update", update, allow: .member),
      .delete(path + "/{key}", "delete", delete, allow: .member),
    ])

  private static func index(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    ["metadata": try await call.server().metadata.json]
  }
  private static func show(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    let key = call.path["key"] ?? ""
    guard let value = try await call.server().metadata[key] else { throw missing }
    return ["meta": [key: .string(value)]]
  }
  private static func create(_ call: Call<Nova>, _: JSON) async throws -> JSON {
    let given = try read("metadata", call)
    return ["metadata": try await change(call) { $0.merge(given) { $1 } }.json]
  }
  private static func replace(_ call: Call<Nova>, _: JSON) async throws -> JSON {
    let given = try read("metadata", call)
    return ["metadata": try await change(call) { $0 = given }.json]
  }
  private static func update(_ call: Call<Nova>, _: JSON) async throws -> JSON {
    let key = call.path["key"] ?? ""
    let given = try read("meta", call)
    guard given.count == 1, let value = given[key] else { throw Fault.badRequest("Request body and URI mismatch") }
    try await change(call) { $0[key] = value }
    return ["meta": [key: .string(value)]]
  }
  private static func delete(_ call: Call<Nova>, _: Nothing) async throws -> Nothing {
    let key = call.path["key"] ?? ""
    try await change(call) { metadata in
      guard metadata.removeValue(forKey: key) != nil else { throw missing }
    }
    return Nothing()
  }

  private static let missing = Fault.notFound("Metadata item was not found")

  private static func read(_ name: String, _ call: Call<Nova>) throws -> [String: String] {
    let given = try call.member(name)
    guard given.object != nil else {
      throw Fault.badRequest(
        "Invalid input for field/attribute \(name). Value: \(given.text). It is not of type 'object'")
    }
    try ServerChecks.metadata(given)
    return try [String: String](json: given)
  }

  @discardableResult
  private static func change(
    _ call: Call<Nova>, _ edit: @escaping @Sendable (inout [String: String]) throws -> Void
  ) async throws -> [String: String] {
    let (id, now, options) = (call.id, call.nova.world.now(), call.nova.options)
    return try await call.nova.store.write { tx in
      var server = try await call.server(id, in: tx)
      try ServerMoves.unlocked(server, call)
      try edit(&server.metadata)
      let usage = try await Usage.of(project: server.projectID, options: options, in: tx)
      try QuotaCheck.metadata(server.metadata.count, usage)
      server.updatedAt = now
      return try await tx.update(server).metadata
    }
  }
}

/// A server's tags (API reference: "Server tags").
enum ServerTags {
  private static let path = "/servers/{id}/tags"

  static let routes = Routes(
    rules: "os_compute_api:os-server-tags:", of: Nova.self,
    [
      .get(path, "index", index, allow: .reader, since: "2.26"),
      .put(path, "update_all", replace, allow: .member, since: "2.26"),
      .delete(path, "delete_all", clear, allow: .member, since: "2.26"),
      .get(path + "/{tag}", "show", show, allow: .reader, since: "2.26", status: 204),
      .put(path + "/{tag}", "update", add, allow: .member, since: "2.26"),
      .delete(path + "/{tag}", "delete", remove, allow: .member, since: "2.26"),
    ])

  private static func index(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    ["tags": try await call.server().tags.json]
  }
  private static func show(_ call: Call<Nova>, _: Nothing) async throws -> Nothing {
    let tag = call.path["tag"] ?? ""
    guard try await call.server().tags.contains(tag) else { throw missing(call, tag) }
    return Nothing()
  }
  private static func replace(_ call: Call<Nova>, _: JSON) async throws -> JSON {
    let given = try call.member("tags")
    guard let tags = given.array?.map(\.string), !tags.contains(nil) else {
      throw Fault.badRequest("Invalid input for field/attribute tags. Value: \(given.text). It is a list of texts.")
    }
    try ServerChecks.tags(given)
    var unique: [String] = []
    for case let tag? in tags where !unique.contains(tag) { unique.append(tag) }
    let wanted = unique
    return ["tags": try await ServerMoves.change(call) { $0.tags = wanted }.tags.json]
  }
  private static func clear(_ call: Call<Nova>, _: Nothing) async throws -> Nothing {
    try await ServerMoves.change(call) { $0.tags = [] }
    return Nothing()
  }

  /// 201 for a new tag, 204 for one the server has already.
  private static func add(_ call: Call<Nova>, _: Nothing) async throws -> JSONless {
    let tag = call.path["tag"] ?? ""
    try ServerChecks.check(tag: tag)
    let had = try await call.server().tags.contains(tag)
    try await ServerMoves.change(call) { server in
      if server.tags.contains(tag) { return }
      guard server.tags.count < 50 else {
        throw Fault.badRequest("The number of tags exceeded the per-server limit 50")
      }
      server.tags.append(tag)
    }
    return JSONless(status: had ? 204 : 201, location: "\(call.baseURL)\(call.mount)/servers/\(call.id)/tags/\(tag)")
  }
  private static func remove(_ call: Call<Nova>, _: Nothing) async throws -> Nothing {
    let tag = call.path["tag"] ?? ""
    try await ServerMoves.change(call) { server in
      guard let index = server.tags.firstIndex(of: tag) else { throw missing(call, tag) }
      server.tags.remove(at: index)
    }
    return Nothing()
  }
  private static func missing(_ call: Call<Nova>, _ tag: String) -> Fault {
    .notFound("Server \(call.id) has no tag '\(tag)'")
  }
}
