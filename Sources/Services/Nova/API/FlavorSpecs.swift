internal import API
internal import Core
internal import JSON
internal import NovaModel
internal import Store

/// What a flavor says beyond its size (API reference: "Flavors extra-specs").
enum FlavorSpecs {
  static let routes = Routes(
    rules: "os_compute_api:os-flavor-extra-specs:", of: Nova.self,
    [
      .get("/flavors/{id}/os-extra_specs", "index", index, allow: .anyone),
      .get("/flavors/{id}/os-extra_specs/{key}", "show", show, allow: .anyone),
      .post("/flavors/{id}/os-extra_specs", "create", create, allow: .admin, status: 200),
      .put("/flavors/{id}/os-extra_specs/{key}", "update", update, allow: .admin),
      .delete("/flavors/{id}/os-extra_specs/{key}", "delete", delete, allow: .admin, status: 200),
    ])

  private static func index(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    let id = call.id
    let flavor = try await call.nova.store.read { try await Flavors.visible(id, to: call, in: $0) }
    return ["extra_specs": flavor.extraSpecs.json]
  }

  private static func show(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    let (id, key) = (call.id, call.path["key"] ?? "")
    let flavor = try await call.nova.store.read { try await Flavors.visible(id, to: call, in: $0) }
    guard let value = flavor.extraSpecs[key] else { throw missing(id, key) }
    return [key: .string(value)]
  }

  private static func create(_ call: Call<Nova>, _ body: JSON) async throws -> JSON {
    let specs = try read(try call.member("extra_specs"))
    try await change(call) { $0.merge(specs) { $1 } }
    return ["extra_specs": specs.json]
  }

  private static func update(_ call: Call<Nova>, _ body: JSON) async throws -> JSON {
    let key = call.path["key"] ?? ""
    let specs = try read(body)
    guard specs.count == 1, let value = specs[key] else {
      throw Fault.badRequest("Request body and URI mismatch: the body must hold \(key) and nothing else.")
    }
    try await change(call) { $0[key] = value }
    return [key: .string(value)]
  }

  private static func delete(_ call: Call<Nova>, _: Nothing) async throws -> Nothing {
    let (id, key) = (call.id, call.path["key"] ?? "")
    try await change(call) { specs in
      guard specs.removeValue(forKey: key) != nil else { throw missing(id, key) }
    }
    return Nothing()
  }

  private static func change(
    _ call: Call<Nova>, _ edit: @escaping @Sendable (inout [String: String]) throws -> Void
  ) async throws {
    let (id, now) = (call.id, call.nova.world.now())
    try await call.nova.store.write { tx in
      guard var flavor = try await tx.get(Flavor.self, id) else { throw Refusals.noFlavor(id) }
      try edit(&flavor.extraSpecs)
      flavor.updatedAt = now
      _ = try await tx.update(flavor)
    }
  }

  /// Keys and values as texts; numbers and booleans are written as texts, as upstream does.
  private static func read(_ body: JSON) throws -> [String: String] {
    guard let object = body.object else {
      throw Fault.badRequest("Invalid input for field/attribute extra_specs. \(body.text) is not of type 'object'")
    }
    var specs: [String: String] = [:]
    for (key, value) in object.members {
      let isFit = key.utf8.allSatisfy {
        ($0 >= 48 && $0 <= 57) || ($0 | 32 >= 97 && $0 | 32 <= 122) || "-_:. ".utf8.contains($0)
      }
      guard isFit, (1...255).contains(key.count) else {
        throw Fault.badRequest(
          "Key Names can only contain alphanumeric characters, periods, dashes, underscores, colons and spaces.")
      }
      let text: String
      switch value {
      case .string(let s): text = s
      case .int, .double: text = value.text
      case .bool(let flag): text = flag ? "True" : "False"
      default: throw Fault.badRequest("Invalid input for field/attribute \(key). Value: \(value.text).")
      }
      guard text.count <= 255 else { throw Fault.badRequest("The value of \(key) is longer than 255 characters.") }
      specs[key] = text
    }
    return specs
  }

  private static func missing(_ id: String, _ key: String) -> Fault {
    .notFound("Flavor \(id) has no extra specs with key \(key).")
  }
}

/// Which projects may use a private flavor (API reference: "Flavors access").
enum FlavorAccesses {
  static let routes = Routes(
    rules: "os_compute_api:os-flavor-access:", of: Nova.self,
    [
      .get("/flavors/{id}/os-flavor-access", "os_compute_api:os-flavor-access", index, allow: .admin),
      .action("/flavors/{id}/action", "addTenantAccess", "add_tenant_access", add, allow: .admin, status: 200),
      .action("/flavors/{id}/action", "removeTenantAccess", "remove_tenant_access", remove, allow: .admin, status: 200),
    ])

  private static func index(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    let id = call.id
    return try await call.nova.store.read { tx in
      guard let flavor = try await tx.get(Flavor.self, id) else { throw Refusals.noFlavor(id) }
      guard !flavor.isPublic else { throw Fault.notFound("Access list not available for public flavors.") }
      return try await rows(id, in: tx)
    }
  }

  private static func rows(_ id: String, in tx: some ReadTransaction) async throws -> JSON {
    let rows = try await tx.all(FlavorAccess.self, "WHERE flavor_id = \(id) ORDER BY project_id")
    return [
      "flavor_access": .array(rows.map { ["flavor_id": .string($0.flavorID), "tenant_id": .string($0.projectID)] })
    ]
  }

  private static func add(_ call: Call<Nova>, _ body: JSON) async throws -> JSON {
    let (id, project) = (call.id, try tenant(call, "addTenantAccess"))
    try await call.requireProject(project)
    if call.version >= "2.7" {
      let flavor = try await call.nova.store.read { try await $0.get(Flavor.self, id) }
      if flavor?.isPublic == true { throw Fault.conflict("Can not add access to a public flavor.") }
    }
    return try await call.nova.store.write { tx in
      guard try await tx.get(Flavor.self, id) != nil else { throw Refusals.noFlavor(id) }
      guard try await tx.insertUnlessPresent(FlavorAccess(flavorID: id, projectID: project)) else {
        throw Fault.conflict("Flavor access already exists for flavor \(id) and project \(project) combination.")
      }
      return try await rows(id, in: tx)
    }
  }

  private static func remove(_ call: Call<Nova>, _ body: JSON) async throws -> JSON {
    let (id, project) = (call.id, try tenant(call, "removeTenantAccess"))
    return try await call.nova.store.write { tx in
      guard try await tx.get(Flavor.self, id) != nil else { throw Refusals.noFlavor(id) }
      guard let row = try await tx.get(FlavorAccess.self, id, project) else {
        throw Fault.notFound("Flavor access not found for \(id) / \(project) combination.")
      }
      try await tx.delete(row)
      return try await rows(id, in: tx)
    }
  }

  private static func tenant(_ call: Call<Nova>, _ action: String) throws -> String {
    guard let tenant = call.body[action]?["tenant"]?.string, !tenant.isEmpty else {
      throw Fault.badRequest("Invalid input for field/attribute \(action). 'tenant' is a required property")
    }
    return tenant
  }
}
