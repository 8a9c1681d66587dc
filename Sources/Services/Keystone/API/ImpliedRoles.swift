internal import API
internal import Core
internal import HTTP
internal import JSON
internal import KeystoneModel
internal import Store

/// `/v3/roles/{id}/implies` and `/v3/role_inferences`: which role follows from which.
enum ImpliedRoles {
  static let reading: Policy = "rule:admin_required or (role:reader and system_scope:all)"

  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .get("/roles/{id}/implies", "list_implied_roles", list, allow: reading),
      .get("/roles/{id}/implies/{implied}", "get_implied_role", show, allow: reading),
      .head("/roles/{id}/implies/{implied}", "check_implied_role", check, allow: reading),
      .put("/roles/{id}/implies/{implied}", "create_implied_role", create, allow: .admin, status: 201),
      .delete("/roles/{id}/implies/{implied}", "delete_implied_role", delete, allow: .admin),
      .get("/role_inferences", "list_role_inference_rules", inferences, allow: reading),
    ])

  static func list(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    let id = call.id
    let (prior, implied) = try await call.service.store.read { transaction in
      let prior = try await transaction.existingRole(id)
      let rows = try await transaction.all(ImpliedRole.self, "WHERE prior_id = \(id)")
      return (
        prior,
        try await transaction.all(Role.self, "WHERE id IN (\(list: rows.map(\.impliedID))) ORDER BY name")
      )
    }
    return [
      "role_inference": [
        "prior_role": brief(prior, call), "implies": .array(implied.map { brief($0, call) }),
      ],
      "links": ["self": .string(call.baseURL + call.request.path)],
    ]
  }

  /// The prior role and one that it implies.
  private static func pair(_ call: Call<Keystone>) async throws -> (Role, Role) {
    let prior = call.id
    let implied = call.path["implied"] ?? ""
    return try await call.service.store.read { transaction in
      let roles = (try await transaction.existingRole(prior), try await transaction.existingRole(implied))
      guard try await transaction.get(ImpliedRole.self, prior, implied) != nil else {
        throw Fault.notFound("\(prior) does not imply \(implied).")
      }
      return roles
    }
  }
  private static func shown(_ roles: (Role, Role), _ call: Call<Keystone>) -> JSON {
    [
      "role_inference": ["prior_role": brief(roles.0, call), "implies": brief(roles.1, call)],
      "links": ["self": .string(call.baseURL + call.request.path)],
    ]
  }

  static func show(_ call: Call<Keystone>, _: Nothing) async throws -> JSON { shown(try await pair(call), call) }

  static func check(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    _ = try await pair(call)
    return Nothing()
  }

  static func create(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    let prior = call.id
    let implied = call.path["implied"] ?? ""
    try await call.service.change { transaction in
      let from = try await transaction.existingRole(prior)
      let to = try await transaction.existingRole(implied)
      // Whoever gets any role must not become administrator by a rule, upstream's prohibited_implied_role.
      if to.name == "admin" && to.domainID == nil { throw Fault.forbidden("\(implied) cannot be an implied roles.") }
      if from.domainID == nil, to.domainID != nil {
        throw Fault.forbidden("\(implied) cannot be an implied roles: it belongs to a domain, and \(prior) does not.")
      }
      if try await transaction.inferences().closure([implied]).contains(prior) {
        throw Fault.forbidden("\(implied) cannot be an implied roles: it implies \(prior) itself.")
      }
      _ = try await transaction.insertUnlessPresent(ImpliedRole(prior: prior, implied: implied))
    }
    return shown(try await pair(call), call)
  }

  static func delete(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    _ = try await pair(call)
    let row = ImpliedRole(prior: call.id, implied: call.path["implied"] ?? "")
    try await call.service.change { try await $0.delete(row) }
    return Nothing()
  }

  static func inferences(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    let (rows, roles) = try await call.service.store.read { transaction in
      (try await transaction.all(ImpliedRole.self), try await transaction.all(Role.self, "ORDER BY name"))
    }
    let byID = Dictionary(roles.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    let implied = Dictionary(grouping: rows, by: \.priorID)
    let list = roles.compactMap { role -> JSON? in
      guard let rows = implied[role.id] else { return nil }
      return [
        "prior_role": brief(role, call),
        "implies": .array(rows.compactMap { byID[$0.impliedID] }.map { brief($0, call) }),
      ]
    }
    return ["role_inferences": .array(list), "links": ["self": .string(call.baseURL + call.request.path)]]
  }

  private static func brief(_ role: Role, _ call: Call<Keystone>) -> JSON {
    [
      "id": .string(role.id), "name": .string(role.name), "domain_id": role.domainID.json,
      "description": role.details.json, "links": ["self": .string("\(call.baseURL)/v3/roles/\(role.id)")],
    ]
  }
}
