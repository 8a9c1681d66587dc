internal import API
internal import Core
internal import JSON
internal import KeystoneModel
internal import Store

/// `/v3/roles`.
enum Roles {
  static let reading: Policy =
    """
    rule:admin_required or (role:reader and system_scope:all) or (role:manager and rule:domain_managed_target_role)
    """
  static let listing: Policy =
    "rule:admin_required or (role:reader and system_scope:all) or (role:manager and not domain_id:None)"

  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .get("/roles", "list_roles", list, allow: listing),
      .get("/roles/{id}", "get_role", show, allow: reading),
      .post("/roles", "create_role", create, allow: .admin),
      .patch("/roles/{id}", "update_role", update, allow: .admin),
      .delete("/roles/{id}", "delete_role", delete, allow: .admin),
    ])

  /// Without `domain_id` only the roles of no domain are listed, as upstream does.
  static func list(_ call: Call<Keystone>, _: Nothing) async throws -> Many<Role> {
    if call.query("domain_id") != nil { try call.enforce([:], rule: "identity:list_domain_roles") }
    let domain: SQL = call.query("domain_id").map { "domain_id = \($0)" } ?? "domain_id IS NULL"
    return try await call.page([domain] + call.filters(["name": "name"]))
  }

  static func show(_ call: Call<Keystone>, _: Nothing) async throws -> One<Role> {
    let id = call.id
    let role = try await call.service.store.read { try await $0.get(Role.self, id) }
    try call.enforce(["target.role.name": role?.name ?? ""])
    guard let role else { throw Fault.notFound("Could not find role: \(id).") }
    if role.domainID != nil { try call.enforce([:], rule: "identity:get_domain_role") }
    return One(role)
  }

  struct Body: OpenDraft {
    var name: String?
    var domainID: String?
    var details: Given<String?> = .absent
    var options = JSONObject()
    var extra = JSONObject()
    static let shape = Shape<Body>(
      "role", unknown: .ignored,
      [
        .key("name", \.name, .name(limit: 255)), .key("domain_id", \.domainID), .key("description", \.details),
        .key("options", \.options),
      ])
  }

  static func create(_ call: Call<Keystone>, _ body: Body) async throws -> One<Role> {
    guard let name = body.name else {
      throw Fault.badRequest("Invalid input for field/attribute role. 'name' is a required property")
    }
    if body.domainID != nil { try call.enforce([:], rule: "identity:create_domain_role") }
    var role = Role()
    role.id = call.service.world.hexID()
    role.name = name
    role.domainID = body.domainID
    role.details = body.details.value ?? nil
    role.options = body.options
    role.extra = body.extra
    let added = role
    try await call.service.store("role", name, domain: role.domainID) { transaction in
      if let domain = added.domainID { _ = try await transaction.existingDomain(domain) }
      try await transaction.insert(added)
    }
    return One(role)
  }

  static func update(_ call: Call<Keystone>, _ body: Body) async throws -> One<Role> {
    let id = call.id
    let after = try await call.service.store("role", body.name ?? id) { transaction in
      var role = try await transaction.existingRole(id)
      if role.domainID != nil { try call.enforce([:], rule: "identity:update_domain_role") }
      if let domain = body.domainID, domain != role.domainID { throw Fault.badRequest("Cannot change Domain ID") }
      if role.options.isImmutable, body.options["immutable"] == nil { throw immutable("update", "role", id) }
      if let name = body.name { role.name = name }
      if let details = body.details.value { role.details = details }
      role.options = role.options.mergingOptions(body.options)
      role.extra = role.extra.merging(body.extra)
      return try await transaction.update(role)
    }
    return One(after)
  }

  static func delete(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let id = call.id
    try await call.service.change { transaction in
      let role = try await transaction.existingRole(id)
      if role.domainID != nil { try call.enforce([:], rule: "identity:delete_domain_role") }
      if role.options.isImmutable { throw immutable("delete", "role", id) }
      try await transaction.remove(role)
    }
    return Nothing()
  }
}

extension Role: Resource {
  static let collection = "roles"
  static let view = View<Role>(
    "role",
    [
      .field("id", \.id), .field("name", \.name), .field("domain_id", \.domainID), .field("description", \.details),
      .field("options", \.options),
    ])
}

extension ReadTransaction {
  func existingRole(_ id: String) async throws -> Role {
    guard let role = try await get(Role.self, id) else { throw Fault.notFound("Could not find role: \(id).") }
    return role
  }
}

extension Transaction {
  func remove(_ role: Role) async throws {
    try await deleteAll(Assignment.self, "WHERE role_id = \(role.id)")
    try await deleteAll(ImpliedRole.self, "WHERE prior_id = \(role.id) OR implied_id = \(role.id)")
    for var credential in try await all(ApplicationCredential.self, "WHERE role_ids LIKE \("%\"" + role.id + "\"%")") {
      credential.roleIDs.removeAll { $0 == role.id }
      try await update(credential)
    }
    try await delete(role)
  }
}
