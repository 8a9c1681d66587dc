internal import API
internal import Core
internal import JSON
internal import KeystoneModel
internal import Store

/// `/v3/services`.
enum Services {
  static let reading: Policy = "rule:admin_required or (role:reader and system_scope:all)"

  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .get("/services", "list_services", list, allow: reading),
      .get("/services/{id}", "get_service", show, allow: reading),
      .post("/services", "create_service", create, allow: .admin),
      .patch("/services/{id}", "update_service", update, allow: .admin),
      .delete("/services/{id}", "delete_service", delete, allow: .admin),
    ])

  static func list(_ call: Call<Keystone>, _: Nothing) async throws -> Many<CatalogService> {
    try await call.page(call.filters(["name": "name", "type": "type"]) + call.enabledFilter(), by: "type")
  }
  static func show(_ call: Call<Keystone>, _: Nothing) async throws -> One<CatalogService> {
    let id = call.id
    return One(try await call.service.store.read { try await $0.existingService(id) })
  }

  struct Body: OpenDraft {
    var type: String?
    var name: Given<String?> = .absent
    var details: Given<String?> = .absent
    var enabled: Bool?
    var extra = JSONObject()
    static let shape = Shape<Body>(
      "service", unknown: .ignored,
      [
        .key("type", \.type, .text(1...255)), .key("name", \.name, .text(0...255)), .key("description", \.details),
        .key("enabled", \.enabled),
      ])

    func apply(to service: inout CatalogService) {
      if let type { service.type = type }
      name.apply(to: &service.name)
      details.apply(to: &service.details)
      if let enabled { service.enabled = enabled }
      service.extra = service.extra.merging(extra)
    }
  }

  static func create(_ call: Call<Keystone>, _ body: Body) async throws -> One<CatalogService> {
    guard body.type != nil else {
      throw Fault.badRequest("Invalid input for field/attribute service. 'type' is a required property")
    }
    var service = CatalogService()
    service.id = call.service.world.hexID()
    body.apply(to: &service)
    let added = service
    try await call.service.change { try await $0.insert(added) }
    return One(service)
  }

  static func update(_ call: Call<Keystone>, _ body: Body) async throws -> One<CatalogService> {
    let id = call.id
    return One(
      try await call.service.change { transaction in
        var service = try await transaction.existingService(id)
        body.apply(to: &service)
        return try await transaction.update(service)
      })
  }

  static func delete(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let id = call.id
    try await call.service.change { transaction in
      let service = try await transaction.existingService(id)
      for endpoint in try await transaction.all(CatalogEndpoint.self, "WHERE service_id = \(id)") {
        try await transaction.remove(endpoint)
      }
      try await transaction.deleteAll(PolicyAssociation.self, "WHERE service_id = \(id)")
      try await transaction.delete(service)
    }
    return Nothing()
  }
}

extension CatalogService: Resource {
  static let collection = "services"
  static let view = View<CatalogService>(
    "service",
    [
      .field("id", \.id), .field("type", \.type), .computed("name") { service, _ in .string(service.name ?? "") },
      .computed("description") { service, _ in service.details.map { .string($0) } }, .field("enabled", \.enabled),
    ])
}

extension ReadTransaction {
  func existingService(_ id: String) async throws -> CatalogService {
    guard let service = try await get(CatalogService.self, id) else {
      throw Fault.notFound("Could not find service: \(id).")
    }
    return service
  }
}
