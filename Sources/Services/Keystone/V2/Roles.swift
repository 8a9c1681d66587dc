internal import API
internal import Clients
internal import Core
internal import JSON

/// `/v2.0/OS-KSADM/roles`.
enum Roles {
  static let routes = Routes(
    rules: "identity_v2:", of: KeystoneV2.self,
    [
      .get("/OS-KSADM/roles", "list_roles", list, allow: .admin),
      .get("/OS-KSADM/roles/{id}", "get_role", show, allow: .admin),
      .post("/OS-KSADM/roles", "create_role", create, allow: .admin, status: 200),
      .delete("/OS-KSADM/roles/{id}", "delete_role", delete, allow: .admin),
    ])

  private static let unknown: Set<String> = ["domain_id", "links", "options"]

  /// v3's role as v2.0 shows it.
  static func role(_ role: JSONObject) -> JSON { .object(role.without(unknown).withoutNulls) }

  static func existing(_ id: String, _ call: Call<KeystoneV2>) async throws -> JSON {
    role(try await call.ask("GET", path("roles", id), "role"))
  }

  static func list(_ call: Call<KeystoneV2>, _: Nothing) async throws -> JSON {
    ["roles": .array(try await call.list("/roles", "roles").map { role($0) })]
  }
  static func show(_ call: Call<KeystoneV2>, _: Nothing) async throws -> JSON {
    ["role": try await existing(call.id, call)]
  }
  static func create(_ call: Call<KeystoneV2>, _ body: JSON) async throws -> JSON {
    let draft = try body.named("role")
    try draft.requireName()
    return [
      "role": role(try await call.ask("POST", "/roles", "role", draft.without(unknown.union(["id"])).withoutNulls))
    ]
  }
  static func delete(_ call: Call<KeystoneV2>, _: Nothing) async throws -> Nothing {
    _ = try await call.v3.call("DELETE", path("roles", call.id))
    return Nothing()
  }
}
