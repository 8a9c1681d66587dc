internal import API
internal import Core
internal import JSON
internal import KeystoneModel
internal import Store

/// `/v3/OS-TRUST/trusts`: what one user lets another do in his place.
enum Trusts {
  static let ofEveryone: Policy = "rule:admin_required or (role:reader and system_scope:all)"
  static let ofTrustor: Policy =
    "rule:admin_required or (role:reader and system_scope:all) or user_id:%(target.trust.trustor_user_id)s"
  static let ofTrustee: Policy =
    "rule:admin_required or (role:reader and system_scope:all) or user_id:%(target.trust.trustee_user_id)s"
  static let ofParties: Policy =
    """
    rule:admin_required or (role:reader and system_scope:all) or \
    user_id:%(target.trust.trustor_user_id)s or user_id:%(target.trust.trustee_user_id)s
    """
  private static let root = "/OS-TRUST/trusts"

  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .get(root, "list_trusts_for_trustor", list, allow: ofTrustor),
      .post(root, "create_trust", NewTrusts.create, allow: "user_id:%(target.trust.trustor_user_id)s"),
      .get(root + "/{id}", "get_trust", show, allow: ofParties),
      .delete(
        root + "/{id}", "delete_trust", delete,
        allow: "rule:admin_required or user_id:%(target.trust.trustor_user_id)s"),
      .get(root + "/{id}/roles", "list_roles_for_trust", roles, allow: ofParties),
      .get(root + "/{id}/roles/{role}", "get_role_for_trust", role, allow: ofParties),
    ])

  /// All, or those of one trustor or trustee. Everyone may ask for his own.
  static func list(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    let (trustor, trustee) = (call.query("trustor_user_id"), call.query("trustee_user_id"))
    if let trustor {
      try call.enforce(["target.trust.trustor_user_id": trustor])
    } else if let trustee {
      try call.enforce(["target.trust.trustee_user_id": trustee], rule: "identity:list_trusts_for_trustee")
    } else {
      try call.enforce([:], rule: "identity:list_trusts")
    }
    try await call.refuseDelegated("manage trusts")
    let found = try await call.service.store.read { transaction in
      try await transaction.all(
        Trust.self,
        SQL.allOf(call.filters(["trustor_user_id": "trustor_id", "trustee_user_id": "trustee_id"])) + " ORDER BY id")
    }
    let now = call.service.world.now()
    let shown = found.filter { $0.expires.map { now < $0 } ?? true }
    return listing("trusts", shown.map { .object(render($0, call)) }, call.incoming)
  }

  /// The trust in the path, if it is in force and the caller may ask for it.
  private static func trust(_ call: Call<Keystone>) async throws -> Trust {
    let id = call.id
    let now = call.service.world.now()
    let found = try await call.service.store.read { transaction -> Trust? in
      guard let trust = try await transaction.trust(id, at: now), trust.remainingUses != 0 else { return nil }
      return trust
    }
    guard let found else { throw Fault.notFound("Could not find trust: \(id).") }
    try call.enforce([
      "target.trust.trustor_user_id": found.trustorID, "target.trust.trustee_user_id": found.trusteeID,
    ])
    try await call.refuseDelegated("manage trusts")
    return found
  }

  static func show(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    let trust = try await trust(call)
    let roles = try await call.service.store.read { try await $0.roles(trust.roleIDs) }
    return ["trust": shown(trust, roles, call)]
  }

  /// A trust with its roles.
  static func shown(_ trust: Trust, _ roles: [Role], _ call: Call<Keystone>) -> JSON {
    var object = render(trust, call)
    object.append(
      "roles", .array(roles.map { Role.render($0, as: Role.view, at: "roles", for: call.incoming) }))
    object.append(
      "roles_links",
      ["self": .string("\(call.baseURL)/v3\(root)/\(trust.id)/roles"), "next": nil, "previous": nil])
    return .object(object)
  }

  private static func render(_ trust: Trust, _ call: Call<Keystone>) -> JSONObject {
    var object: JSONObject = [
      "id": .string(trust.id), "trustor_user_id": .string(trust.trustorID),
      "trustee_user_id": .string(trust.trusteeID), "project_id": trust.projectID.json,
      "impersonation": .bool(trust.impersonation), "expires_at": (trust.expires?.isoMicrosecondsZ).json,
      "deleted_at": nil, "remaining_uses": trust.remainingUses.json,
      "redelegation_count": .int(trust.redelegationCount), "redelegated_trust_id": trust.sourceID.json,
    ]
    for (key, value) in trust.extra.members where object[key] == nil { object.append(key, value) }
    object.append("links", ["self": .string("\(call.baseURL)/v3\(root)/\(trust.id)")])
    return object
  }

  static func delete(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let trust = try await trust(call)
    try await call.service.change { transaction in
      guard let trust = try await transaction.get(Trust.self, trust.id) else { return }
      try await transaction.remove(trust)
    }
    return Nothing()
  }

  static func roles(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    let trust = try await trust(call)
    let roles = try await call.service.store.read { try await $0.roles(trust.roleIDs) }
    let items = roles.map { Role.render($0, as: Role.view, at: "roles", for: call.incoming) }
    return listing("roles", items, call.incoming)
  }

  static func role(_ call: Call<Keystone>, _: Nothing) async throws -> One<Role> {
    let trust = try await trust(call)
    let id = call.path["role"] ?? ""
    guard trust.roleIDs.contains(id) else { throw Fault.notFound("Could not find role: \(id).") }
    return One(try await call.service.store.read { try await $0.existingRole(id) })
  }
}

extension ReadTransaction {
  /// The roles with these ids, by name.
  func roles(_ ids: [String]) async throws -> [Role] {
    try await all(Role.self, "WHERE id IN (\(list: ids)) ORDER BY name")
  }
}

extension Call where Service == Keystone {
  /// Programs that act for a user by an application credential, an access token or an EC2 key may not widen what they
  /// were given.
  func refuseDelegated(_ what: String) async throws {
    guard let token = try await service.valid(incoming.caller.token) else { return }
    if token.payload.methods.isDelegated { throw Fault.forbidden("Delegated tokens cannot \(what).") }
  }
}
