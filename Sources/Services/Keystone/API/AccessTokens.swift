internal import API
internal import Core
internal import JSON
internal import KeystoneModel
internal import Store

/// `/v3/users/{user}/OS-OAUTH1/access_tokens`: what a user has allowed to programs.
enum AccessTokens {
  private static let root = "/users/{user}/OS-OAUTH1/access_tokens"
  static let policy = Policy.admin

  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .get(root, "list_access_tokens", list, allow: policy),
      .get(root + "/{id}", "get_access_token", show, allow: policy),
      .delete(root + "/{id}", "delete_access_token", delete, allow: policy),
      .get(root + "/{id}/roles", "list_access_token_roles", roles, allow: policy),
      .get(root + "/{id}/roles/{role}", "get_access_token_role", role, allow: policy),
    ])

  private static func owner(_ call: Call<Keystone>) async throws -> String {
    let user = call.path["user"] ?? ""
    try call.enforce(["user_id": user])
    try await call.refuseDelegated("manage access tokens")
    return user
  }

  private static func token(_ call: Call<Keystone>) async throws -> AccessToken {
    let user = try await owner(call)
    let id = call.id
    guard let token = try await call.service.store.read({ try await $0.get(AccessToken.self, id) }),
      token.userID == user
    else { throw Fault.notFound("Could not find Access Token: \(id).") }
    return token
  }

  private static func render(_ token: AccessToken, _ call: Call<Keystone>) -> JSON {
    let link = "\(call.baseURL)/v3/users/\(token.userID)/OS-OAUTH1/access_tokens/\(token.id)"
    return [
      "id": .string(token.id), "consumer_id": .string(token.consumerID), "project_id": .string(token.projectID),
      "authorizing_user_id": .string(token.userID), "expires_at": (token.expires?.isoMicrosecondsZ).json,
      "links": ["self": .string(link), "roles": .string(link + "/roles")],
    ]
  }

  static func list(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    let user = try await owner(call)
    let found = try await call.service.store.read { transaction in
      _ = try await transaction.existingUser(user)
      return try await transaction.all(AccessToken.self, "WHERE user_id = \(user) ORDER BY id")
    }
    return listing("access_tokens", found.map { render($0, call) }, call.incoming)
  }

  static func show(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    ["access_token": render(try await token(call), call)]
  }

  static func delete(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let token = try await token(call)
    _ = try await call.service.change { try await $0.deleteAll(AccessToken.self, "WHERE id = \(token.id)") }
    return Nothing()
  }

  static func roles(_ call: Call<Keystone>, _: Nothing) async throws -> Many<Role> {
    let token = try await token(call)
    return Many(try await call.service.store.read { try await $0.roles(token.roleIDs) })
  }

  static func role(_ call: Call<Keystone>, _: Nothing) async throws -> One<Role> {
    let token = try await token(call)
    let id = call.path["role"] ?? ""
    guard token.roleIDs.contains(id) else { throw Fault.notFound("Could not find role: \(id).") }
    return One(try await call.service.store.read { try await $0.existingRole(id) })
  }
}
