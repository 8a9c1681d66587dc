internal import API
internal import Core
internal import JSON
internal import KeystoneModel
internal import Store

/// `/v3/limits`: how much of something one project or one domain may have.
enum Limits {
  static let reading: Policy =
    """
    rule:admin_required or (role:reader and system_scope:all) or domain_id:%(target.limit.domain.id)s or \
    domain_id:%(target.limit.project.domain_id)s or project_id:%(target.limit.project_id)s
    """

  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .get("/limits", "list_limits", list, allow: .anyone),
      .get("/limits/model", "get_limit_model", model, allow: .anyone),
      .get("/limits/{id}", "get_limit", show, allow: reading),
      .post("/limits", "create_limits", create, allow: .admin),
      .patch("/limits/{id}", "update_limit", update, allow: .admin),
      .delete("/limits/{id}", "delete_limit", delete, allow: .admin),
    ])

  /// The objects in a list that a body holds under a key; it may not be empty.
  static func list(_ body: JSON, _ key: String) throws -> [JSONObject] {
    guard let items = body[key]?.array else { throw Fault.badRequest("'\(key)' is a required property") }
    guard !items.isEmpty else {
      throw Fault.badRequest("Invalid input for field/attribute \(key). Value: []. It is empty.")
    }
    return try items.map { item in
      guard let object = item.object else { throw Fault.badRequest("\(item.text) is not of type 'object'") }
      return object
    }
  }

  /// Who administers the cloud, and services, see all; others those of their project, or of their domain.
  static func list(_ call: Call<Keystone>, _: Nothing) async throws -> Many<Limit> {
    let caller = call.incoming.caller
    var conditions = call.filters([
      "service_id": "service_id", "region_id": "region_id", "resource_name": "resource_name",
      "project_id": "project_id", "domain_id": "domain_id",
    ])
    if !caller.systemScope, !caller.isAdmin, !caller.roles.contains("service") {
      if let domain = caller.domainID {
        conditions.append(
          """
          domain_id = \(domain) OR project_id IN (SELECT id FROM \(Project.table) WHERE domain_id = \(domain))
          """)
      } else {
        conditions.append("project_id = \(caller.projectID ?? "")")
      }
    }
    return try await call.page(conditions, by: "resource_name")
  }

  static func model(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    let model = call.service.options.limitModel
    return ["model": ["name": .string(model.rawValue), "description": .string(model.details)]]
  }

  static func show(_ call: Call<Keystone>, _: Nothing) async throws -> One<Limit> {
    let id = call.id
    let (limit, home) = try await call.service.store.read { transaction in
      let limit = try await transaction.existingLimit(id)
      var home: String?
      if let project = limit.projectID { home = try await transaction.project(project)?.home }
      return (limit, home)
    }
    var target: [String: String] = [:]
    target["target.limit.project_id"] = limit.projectID
    target["target.limit.project.domain_id"] = home
    target["target.limit.domain.id"] = limit.domainID
    try call.enforce(target)
    return One(limit)
  }

  struct Body: Draft {
    var projectID: String?
    var domainID: String?
    var serviceID: String?
    var regionID: String?
    var resource: String?
    var value: Int?
    var details: Given<String?> = .absent
    static let shape = Shape<Body>(
      "limit",
      [
        .key("project_id", \.projectID), .key("domain_id", \.domainID), .key("service_id", \.serviceID),
        .key("region_id", \.regionID), .key("resource_name", \.resource, .text(1...255)),
        .key("resource_limit", \.value, .range(-1...0x7fff_ffff)), .key("description", \.details),
      ])
  }

  private static func read(_ object: JSONObject, _ call: Call<Keystone>) throws -> Limit {
    var draft = Body()
    try Body.shape.read(object, into: &draft, version: call.version)
    guard let service = draft.serviceID, let resource = draft.resource, let value = draft.value else {
      throw Fault.badRequest(
        "Invalid input for field/attribute limits. Each has a service_id, a resource_name and a resource_limit.")
    }
    guard (draft.projectID == nil) != (draft.domainID == nil) else {
      throw Fault.badRequest("Invalid input for field/attribute limits. Each has a project_id or a domain_id.")
    }
    var limit = Limit()
    limit.id = call.service.world.hexID()
    limit.projectID = draft.projectID
    limit.domainID = draft.domainID
    limit.serviceID = service
    limit.regionID = draft.regionID
    limit.resource = resource
    limit.value = value
    draft.details.apply(to: &limit.details)
    return limit
  }

  static func create(_ call: Call<Keystone>, _ body: JSON) async throws -> JSON {
    let drafts = try list(body, "limits").map { try read($0, call) }
    let model = call.service.options.limitModel
    let added = try await call.service.store("limit", drafts.first?.resource ?? "") { transaction in
      var added: [Limit] = []
      for var limit in drafts {
        limit.registeredID = try await transaction.registered(for: limit)
        try await transaction.insert(limit)
        added.append(limit)
      }
      for limit in added { try await transaction.check(limit, model) }
      return added
    }
    return [
      "limits": .array(added.map { Limit.render($0, as: Limit.view, at: "limits", for: call.incoming) })
    ]
  }

  static func update(_ call: Call<Keystone>, _ body: Body) async throws -> One<Limit> {
    let id = call.id
    let model = call.service.options.limitModel
    for (key, isThere) in [
      ("project_id", body.projectID != nil), ("domain_id", body.domainID != nil), ("service_id", body.serviceID != nil),
      ("region_id", body.regionID != nil), ("resource_name", body.resource != nil),
    ] where isThere { throw Fault.badRequest("Additional properties are not allowed ('\(key)' was unexpected)") }
    return One(
      try await call.service.change { transaction in
        var limit = try await transaction.existingLimit(id)
        if let value = body.value { limit.value = value }
        body.details.apply(to: &limit.details)
        limit = try await transaction.update(limit)
        try await transaction.check(limit, model)
        return limit
      })
  }

  static func delete(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let id = call.id
    try await call.service.change { try await $0.delete(try await $0.existingLimit(id)) }
    return Nothing()
  }
}

extension Limit: Resource {
  static let collection = "limits"
  var extra: JSONObject { JSONObject() }
  static let view = View<Limit>(
    "limit",
    [
      .field("id", \.id), .field("project_id", \.projectID), .field("domain_id", \.domainID),
      .field("service_id", \.serviceID), .field("region_id", \.regionID), .field("resource_name", \.resource),
      .field("resource_limit", \.value), .field("description", \.details),
    ])
}

extension ReadTransaction {
  fileprivate func existingLimit(_ id: String) async throws -> Limit {
    guard let limit = try await get(Limit.self, id) else { throw Fault.notFound("Could not find limit for \(id).") }
    return limit
  }

  /// The registered limit of which this one is the exception; its parties must exist.
  fileprivate func registered(for limit: Limit) async throws -> String {
    try await check(service: limit.serviceID, region: limit.regionID, "limit")
    if let project = limit.projectID, try await self.project(project) == nil { throw missing("project_id", "limit") }
    if let domain = limit.domainID, try await self.domain(domain) == nil { throw missing("domain_id", "limit") }
    let region: SQL = limit.regionID.map { "region_id = \($0)" } ?? "region_id IS NULL"
    let found = try await one(
      RegisteredLimit.self,
      "WHERE service_id = \(limit.serviceID) AND resource_name = \(limit.resource) AND \(region) ORDER BY id")
    guard let found else {
      throw Fault.forbidden("Unable to create a limit that has no corresponding registered limit.")
    }
    return found.id
  }

  /// In the model of two levels no project's limit is above its domain's.
  fileprivate func check(_ limit: Limit, _ model: LimitModel) async throws {
    guard model == .strictTwoLevel else { return }
    let isRight: Bool
    if let project = limit.projectID {
      let domain = try await self.project(project)?.home ?? ""
      let own = try await one(
        Limit.self, "WHERE registered_id = \(limit.registeredID) AND domain_id = \(domain) ORDER BY id")?.value
      let usual = try await get(RegisteredLimit.self, limit.registeredID)?.value ?? -1
      isRight = Self.fits(limit.value, under: own ?? usual)
    } else {
      let below = try await all(
        Limit.self,
        """
        WHERE registered_id = \(limit.registeredID) AND project_id IN \
        (SELECT id FROM \(Project.table) WHERE domain_id = \(limit.domainID ?? ""))
        """)
      isRight = below.allSatisfy { Self.fits($0.value, under: limit.value) }
    }
    guard !isRight else { return }
    let owner = limit.projectID.map { "project_id: \($0)" } ?? "domain_id: \(limit.domainID ?? "")"
    throw Fault.forbidden(
      "Invalid resource limit: The resource limit (\(owner), resource_name: \(limit.resource), resource_limit: "
        + "\(limit.value), service_id: \(limit.serviceID), region_id: \(limit.regionID ?? "None")) doesn't satisfy "
        + "current hierarchy model.")
  }

  /// -1 is no limit.
  private static func fits(_ value: Int, under roof: Int) -> Bool { roof == -1 || value != -1 && value <= roof }
}
