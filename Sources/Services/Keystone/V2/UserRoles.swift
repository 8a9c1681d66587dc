internal import API
internal import Clients
internal import Core
internal import HTTP
internal import JSON

/// Roles of users on tenants, and the older `roleRefs`, which name user, tenant and role in one made-up id.
///
/// v2.0 has paths for roles without a tenant too; no release ever answered them otherwise than 501.
enum UserRoles {
  private static let list = "/tenants/{tenant}/users/{user}/roles"

  static let routes = Routes(
    rules: "identity_v2:", of: KeystoneV2.self,
    [
      .get(list, "list_user_roles", roles, allow: .admin),
      .put(list + "/OS-KSADM/{role}", "add_role", add, allow: .admin),
      .delete(list + "/OS-KSADM/{role}", "remove_role", remove, allow: .admin),
      .get("/users/{user}/roles", "list_user_roles", global, allow: .admin),
      .put("/users/{user}/roles/OS-KSADM/{role}", "add_role", global, allow: .admin),
      .delete("/users/{user}/roles/OS-KSADM/{role}", "remove_role", global, allow: .admin),
      .get("/users/{user}/roleRefs", "list_user_roles", references, allow: .admin),
      .post("/users/{user}/roleRefs", "add_role", addReference, allow: .admin, status: 200),
      .delete("/users/{user}/roleRefs/{reference}", "remove_role", removeReference, allow: .admin),
    ])

  static func global(_ call: Call<KeystoneV2>, _: Nothing) async throws -> Nothing {
    throw Fault(.notImplemented, "User roles not supported: tenant_id required")
  }

  /// What a user has on projects: his own roles and his groups', but not what these imply, of which v2.0 knows nothing.
  private static func held(by user: String, _ tenant: String?, _ call: Call<KeystoneV2>) async throws -> [JSONObject] {
    var query = [(name: "user.id", value: user), (name: "effective", value: "")]
    if let tenant { query.append((name: "scope.project.id", value: tenant)) }
    return try await call.list("/role_assignments", "role_assignments", query: query).filter {
      $0["links"]?["prior_role"] == nil && $0["scope"]?["project"] != nil
    }
  }

  static func roles(_ call: Call<KeystoneV2>, _: Nothing) async throws -> JSON {
    let user = call.path["user"] ?? ""
    let tenant = call.path["tenant"] ?? ""
    _ = try await Tenants.existing(tenant, call)
    _ = try await call.ask("GET", path("users", user), "user")
    var roles: [JSON] = []
    for id in try await held(by: user, tenant, call).compactMap({ $0["role"]?["id"]?.string }) {
      roles.append(try await Roles.existing(id, call))
    }
    return ["roles": .array(roles)]
  }

  static func add(_ call: Call<KeystoneV2>, _: Nothing) async throws -> JSON {
    try await grant(call.path["role"] ?? "", to: call.path["user"] ?? "", on: call.path["tenant"] ?? "", call)
  }

  /// A role that is there already is a conflict here, and is not in v3.
  private static func grant(
    _ role: String, to user: String, on tenant: String, _ call: Call<KeystoneV2>
  ) async throws -> JSON {
    _ = try await Tenants.existing(tenant, call)
    _ = try await call.ask("GET", path("users", user), "user")
    let shown = try await Roles.existing(role, call)
    let grant = path("projects", tenant, "users", user, "roles", role)
    guard try await call.v3.find(grant) == nil else {
      throw Fault.conflict(
        "Conflict occurred attempting to store role grant - User \(user) already has role \(role) in tenant \(tenant).")
    }
    _ = try await call.v3.call("PUT", grant)
    return ["role": shown]
  }

  static func remove(_ call: Call<KeystoneV2>, _: Nothing) async throws -> Nothing {
    try await revoke(call.path["role"] ?? "", of: call.path["user"] ?? "", on: call.path["tenant"] ?? "", call)
  }

  private static func revoke(
    _ role: String, of user: String, on tenant: String, _ call: Call<KeystoneV2>
  ) async throws -> Nothing {
    _ = try await call.v3.call("DELETE", path("projects", tenant, "users", user, "roles", role))
    return Nothing()
  }

  static func references(_ call: Call<KeystoneV2>, _: Nothing) async throws -> JSON {
    let user = call.path["user"] ?? ""
    _ = try await call.ask("GET", path("users", user), "user")
    let references = try await held(by: user, nil, call).compactMap { line -> JSON? in
      guard let role = line["role"]?["id"]?.string, let tenant = line["scope"]?["project"]?["id"]?.string else {
        return nil
      }
      let id = writeQuery([
        (name: "roleId", value: role), (name: "tenantId", value: tenant), (name: "userId", value: user),
      ])
      return ["id": .string(id), "roleId": .string(role), "tenantId": .string(tenant), "userId": .string(user)]
    }
    return ["roles": .array(references)]
  }

  static func addReference(_ call: Call<KeystoneV2>, _ body: JSON) async throws -> JSON {
    let given = try body.named("role")
    guard let role = given.string("roleId") else { throw missing("roleId", "role") }
    guard let tenant = given.string("tenantId") else { throw missing("tenantId", "role") }
    return try await grant(role, to: call.path["user"] ?? "", on: tenant, call)
  }

  static func removeReference(_ call: Call<KeystoneV2>, _: Nothing) async throws -> Nothing {
    var parts: [String: String] = [:]
    for part in (call.path["reference"] ?? "").split(separator: "&") {
      let pair = part.split(separator: "=", maxSplits: 1)
      if pair.count == 2 { parts[String(pair[0])] = percentDecode(String(pair[1])) }
    }
    guard let role = parts["roleId"], let tenant = parts["tenantId"] else {
      throw Fault.notFound("Could not find role reference: \(call.path["reference"] ?? "").")
    }
    return try await revoke(role, of: call.path["user"] ?? "", on: tenant, call)
  }
}
