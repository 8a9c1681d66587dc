internal import API
internal import Core
internal import HTTP
internal import JSON
internal import PlacementModel
internal import Store

/// `/resource_providers`
enum Providers {
  static let routes = Routes(
    rules: "placement:resource_providers:", of: Placement.self,
    [
      .get("/resource_providers", "list", list, allow: .service),
      .post("/resource_providers", "create", create, allow: .service),
      .get("/resource_providers/{id}", "show", show, allow: .service),
      .put("/resource_providers/{id}", "update", update, allow: .service),
      .delete("/resource_providers/{id}", "delete", delete, allow: .service),
    ])

  static func list(_ call: Call<Placement>, _: Nothing) async throws -> Response {
    let query = try ProviderQuery(call)
    let providers = try await call.service.store.read { transaction in
      try await query.fetch(in: transaction)
    }
    return call.answer(
      ["resource_providers": .array(providers.map { show($0, call) })],
      modified: providers.map(\.updatedAt).max())
  }

  static func create(_ call: Call<Placement>, _ body: JSON) async throws -> Response {
    let keys: Set<String> = call.version >= "1.14" ? ["name", "uuid", "parent_provider_uuid"] : ["name", "uuid"]
    let object = try call.objectBody(body, keys: keys, required: ["name"])
    let name = try name(object)
    let id = try object["uuid"].map { try uuid($0, "uuid") } ?? call.service.world.uuid()
    let parent = try object["parent_provider_uuid"].flatMap { $0.isNull ? nil : try uuid($0, "parent_provider_uuid") }
    let now = call.now
    let provider = try await call.service.store.write { transaction in
      try await Provider.create(id: id, name: name, parent: parent, in: transaction, now: now)
    }
    let location = "/resource_providers/\(provider.id)"
    guard call.version >= "1.20" else { return call.answer(nil, status: 201, location: location, isDated: false) }
    return call.answer(show(provider, call), modified: provider.updatedAt, location: location)
  }

  static func show(_ call: Call<Placement>, _: Nothing) async throws -> Response {
    let id = call.id
    let provider = try await call.service.store.read { try await Provider.find(id, in: $0) }
    return call.answer(show(provider, call), modified: provider.updatedAt)
  }

  static func update(_ call: Call<Placement>, _ body: JSON) async throws -> Response {
    let keys: Set<String> = call.version >= "1.14" ? ["name", "parent_provider_uuid"] : ["name"]
    let object = try call.objectBody(body, keys: keys, required: ["name"])
    let name = try name(object)
    let parent: String?? = try object["parent_provider_uuid"].map {
      $0.isNull ? nil : try uuid($0, "parent_provider_uuid")
    }
    let (id, now, movable) = (call.id, call.now, call.version >= "1.37")
    let provider = try await call.service.store.write { transaction in
      let found = try await Provider.find(id, in: transaction)
      return try await found.changed(name: name, parent: parent, movable: movable, in: transaction, now: now)
    }
    return call.answer(show(provider, call), modified: provider.updatedAt)
  }

  static func delete(_ call: Call<Placement>, _: Nothing) async throws -> Nothing {
    let id = call.id
    try await call.service.store.write { transaction in
      guard let provider = try await transaction.get(Provider.self, id) else {
        throw Fault.notFound("No resource provider with uuid \(id) found for delete")
      }
      try await provider.remove(in: transaction)
    }
    return Nothing()
  }

  private static func name(_ object: JSONObject) throws -> String {
    guard let name = object["name"]?.string, name.count <= 200 else {
      throw Fault.badRequest("JSON does not validate: 'name' must be a string of at most 200 characters.")
    }
    return name
  }

  private static func uuid(_ json: JSON, _ key: String) throws -> String {
    guard let id = json.string.flatMap(dashed) else {
      throw Fault.badRequest("JSON does not validate: \(json) is not a 'uuid' (\(key))")
    }
    return id
  }

  static func show(_ provider: Provider, _ call: Call<Placement>) -> JSON {
    let path = "/resource_providers/\(provider.id)"
    let since: [(String, Microversion)] = [
      ("inventories", "1.0"), ("usages", "1.0"), ("aggregates", "1.1"), ("traits", "1.6"), ("allocations", "1.11"),
    ]
    var links: [JSON] = [["rel": "self", "href": .string(path)]]
    for (rel, version) in since where call.version >= version {
      links.append(["rel": .string(rel), "href": .string("\(path)/\(rel)")])
    }
    var object: JSONObject = [
      "uuid": .string(provider.id), "name": .string(provider.name), "generation": .int(provider.generation),
      "links": .array(links),
    ]
    if call.version >= "1.14" {
      object.append("parent_provider_uuid", provider.parentID.json)
      object.append("root_provider_uuid", .string(provider.rootID))
    }
    return .object(object)
  }
}
