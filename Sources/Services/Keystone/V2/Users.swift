internal import API
internal import Clients
internal import Core
internal import JSON

/// `/v2.0/users`: users of the default domain. A user has at most one tenant of his own (`tenantId`), of which he is a
/// member.
enum Users {
  static let routes = Routes(
    rules: "identity_v2:", of: KeystoneV2.self,
    [
      .get("/users", "list_users", list, allow: .admin),
      .get("/users/{id}", "get_user", show, allow: .admin),
      .post("/users", "create_user", create, allow: .admin, status: 200),
      .put("/users/{id}", "update_user", update, allow: .admin),
      .delete("/users/{id}", "delete_user", delete, allow: .admin),
    ]
      // The paths without the extension's name are older.
      + ["", "/OS-KSADM"].flatMap { prefix -> [Route<KeystoneV2>] in
        ["password", "tenant", "enabled"].map {
          .put("/users/{id}\(prefix)/\($0)", "update_user", update, allow: .admin)
        }
      })

  private static let unknown: Set<String> = [
    "domain_id", "domain", "default_project_id", "links", "options", "password_expires_at", "federated",
  ]

  /// v3's user as v2.0 shows him.
  static func user(_ user: JSONObject) -> JSONObject {
    var shown = user.without(unknown.union(["tenantId"]))
    if shown["username"] == nil { shown["username"] = user["name"] }
    if let tenant = user["default_project_id"], !tenant.isNull { shown.append("tenantId", tenant) }
    return shown
  }

  static func list(_ call: Call<KeystoneV2>, _: Nothing) async throws -> JSON {
    if let name = call.query("name") {
      return ["user": .object(user(try await call.find("/users", "users", "user", named: name)))]
    }
    let users = try await call.list("/users", "users", query: [(name: "domain_id", value: call.domain)])
    return ["users": .array(users.map { .object(user($0)) })]
  }

  static func show(_ call: Call<KeystoneV2>, _: Nothing) async throws -> JSON {
    ["user": .object(user(try await call.ask("GET", path("users", call.id), "user")))]
  }

  /// A body of v2.0's in v3's words.
  private static func draft(_ body: JSON) throws -> JSONObject {
    var given = try body.named("user")
    if let password = given["OS-KSADM:password"] {
      given["OS-KSADM:password"] = nil
      given["password"] = password
    }
    if given["name"] == nil, let name = given["username"] {
      given["username"] = nil
      given.append("name", name)
    }
    if let enabled = given["enabled"], !enabled.isNull, enabled.bool == nil {
      throw Fault.badRequest("Enabled field must be a boolean")
    }
    let tenant = given["tenantId"]
    var draft = given.without(unknown.union(["id", "tenantId"])).withoutNulls
    if let tenant, !tenant.isNull, tenant != "" { draft.append("default_project_id", tenant) }
    return draft
  }

  static func create(_ call: Call<KeystoneV2>, _ body: JSON) async throws -> JSON {
    var draft = try draft(body)
    try draft.requireName()
    let tenant = draft.string("default_project_id")
    if let tenant { _ = try await Tenants.existing(tenant, call) }
    draft.append("domain_id", .string(call.domain))
    let made = try await call.ask("POST", "/users", "user", draft)
    if let tenant, let id = made.string("id") { try await Membership.add(id, to: tenant, call) }
    return ["user": .object(user(made))]
  }

  static func update(_ call: Call<KeystoneV2>, _ body: JSON) async throws -> JSON {
    let draft = try draft(body)
    let before = try await call.ask("GET", path("users", call.id), "user")
    let old = before.string("default_project_id")
    let new = draft.string("default_project_id")
    let moves = new != nil && new != old
    if moves, let new { _ = try await Tenants.existing(new, call) }
    if draft.isEmpty { return ["user": .object(user(before))] }
    let after = try await call.ask("PATCH", path("users", call.id), "user", draft)
    if moves, let new {
      if let old { try await Membership.remove(call.id, from: old, call) }
      try await Membership.add(call.id, to: new, call)
    }
    return ["user": .object(user(after))]
  }

  static func delete(_ call: Call<KeystoneV2>, _: Nothing) async throws -> Nothing {
    _ = try await call.v3.call("DELETE", path("users", call.id))
    return Nothing()
  }
}
