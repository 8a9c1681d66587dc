internal import API
internal import Core
internal import JSON
internal import KeystoneModel
internal import Store

/// `/v3/registered_limits`: how much of something every project may have by default.
enum RegisteredLimits {
  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .get("/registered_limits", "list_registered_limits", list, allow: .anyone),
      .get("/registered_limits/{id}", "get_registered_limit", show, allow: .anyone),
      .post("/registered_limits", "create_registered_limits", create, allow: .admin),
      .patch("/registered_limits/{id}", "update_registered_limit", update, allow: .admin),
      .delete("/registered_limits/{id}", "delete_registered_limit", delete, allow: .admin),
    ])

  static func list(_ call: Call<Keystone>, _: Nothing) async throws -> Many<RegisteredLimit> {
    try await call.page(
      call.filters(["service_id": "service_id", "region_id": "region_id", "resource_name": "resource_name"]),
      by: "resource_name")
  }
  static func show(_ call: Call<Keystone>, _: Nothing) async throws -> One<RegisteredLimit> {
    let id = call.id
    return One(try await call.service.store.read { try await $0.existingRegisteredLimit(id) })
  }

  struct Body: Draft {
    var serviceID: String?
    var regionID: Given<String?> = .absent
    var resource: String?
    var value: Int?
    var details: Given<String?> = .absent
    static let shape = Shape<Body>("registered_limit", keys)
    static let keys: [Key<Body>] = [
      .key("service_id", \.serviceID), .key("region_id", \.regionID), .key("resource_name", \.resource, .text(1...255)),
      .key("default_limit", \.value, .range(-1...0x7fff_ffff)), .key("description", \.details),
    ]

    func apply(to limit: inout RegisteredLimit) {
      if let serviceID { limit.serviceID = serviceID }
      regionID.apply(to: &limit.regionID)
      if let resource { limit.resource = resource }
      if let value { limit.value = value }
      details.apply(to: &limit.details)
    }
    var movesIt: Bool { serviceID != nil || regionID.value != nil || resource != nil }
  }

  /// Several at once: all of them, or none.
  static func create(_ call: Call<Keystone>, _ body: JSON) async throws -> JSON {
    let service = call.service
    let drafts = try Limits.list(body, "registered_limits").map { object -> RegisteredLimit in
      var draft = Body()
      try Body.shape.read(object, into: &draft, version: call.version)
      for (key, isMissing) in [
        ("service_id", draft.serviceID == nil), ("resource_name", draft.resource == nil),
        ("default_limit", draft.value == nil),
      ] where isMissing {
        throw Fault.badRequest("Invalid input for field/attribute registered_limits. '\(key)' is a required property")
      }
      var limit = RegisteredLimit()
      limit.id = service.world.hexID()
      draft.apply(to: &limit)
      return limit
    }
    try await service.store("registered_limit", drafts.first?.resource ?? "") { transaction in
      for limit in drafts {
        try await transaction.check(service: limit.serviceID, region: limit.regionID, "registered_limit")
        try await transaction.insert(limit)
      }
    }
    return [
      "registered_limits": .array(
        drafts.map {
          RegisteredLimit.render($0, as: RegisteredLimit.view, at: "registered_limits", for: call.incoming)
        })
    ]
  }

  static func update(_ call: Call<Keystone>, _ body: Body) async throws -> One<RegisteredLimit> {
    let id = call.id
    let after = try await call.service.store("registered_limit", body.resource ?? id) { transaction in
      var limit = try await transaction.existingRegisteredLimit(id)
      let before = limit
      body.apply(to: &limit)
      if (before.serviceID, before.regionID, before.resource) != (limit.serviceID, limit.regionID, limit.resource) {
        try await transaction.refuseInUse(limit)
      }
      try await transaction.check(service: limit.serviceID, region: limit.regionID, "registered_limit")
      return try await transaction.update(limit)
    }
    return One(after)
  }

  static func delete(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let id = call.id
    try await call.service.change { transaction in
      let limit = try await transaction.existingRegisteredLimit(id)
      try await transaction.refuseInUse(limit)
      try await transaction.delete(limit)
    }
    return Nothing()
  }
}

extension RegisteredLimit: Resource {
  static let collection = "registered_limits"
  var extra: JSONObject { JSONObject() }
  static let view = View<RegisteredLimit>(
    "registered_limit",
    [
      .field("id", \.id), .field("service_id", \.serviceID), .field("region_id", \.regionID),
      .field("resource_name", \.resource), .field("default_limit", \.value), .field("description", \.details),
    ])
}

extension ReadTransaction {
  func existingRegisteredLimit(_ id: String) async throws -> RegisteredLimit {
    guard let limit = try await get(RegisteredLimit.self, id) else {
      throw Fault.notFound("Could not find registered limit for \(id).")
    }
    return limit
  }
  /// - Throws: `badRequest` when the service or the region does not exist.
  func check(service: String, region: String?, _ what: String) async throws {
    if try await get(CatalogService.self, service) == nil { throw missing("service_id", what) }
    if let region, try await get(Region.self, region) == nil { throw missing("region_id", what) }
  }
  fileprivate func refuseInUse(_ limit: RegisteredLimit) async throws {
    guard try await count(Limit.self, "WHERE registered_id = \(limit.id)") > 0 else { return }
    throw Fault.forbidden(
      "Unable to update or delete registered limit \(limit.id) because there are project limits associated with it.")
  }
}
