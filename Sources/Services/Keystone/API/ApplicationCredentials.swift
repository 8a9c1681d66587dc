internal import API
internal import Core
internal import Crypto
internal import JSON
internal import KeystoneModel
internal import Store

/// `/v3/users/{user}/application_credentials`: secrets for programs, made by their users themselves.
enum ApplicationCredentials {
  static let reading: Policy = "rule:admin_required or (role:reader and system_scope:all) or user_id:%(user_id)s"

  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .get("/users/{user}/application_credentials", "list_application_credentials", list, allow: reading),
      .get("/users/{user}/application_credentials/{id}", "get_application_credential", show, allow: reading),
      .post(
        "/users/{user}/application_credentials", "create_application_credential", create, allow: "user_id:%(user_id)s"),
      .delete(
        "/users/{user}/application_credentials/{id}", "delete_application_credential", delete,
        allow: "rule:admin_required or user_id:%(user_id)s"),
    ])

  private static func owner(_ call: Call<Keystone>) throws -> String {
    let user = call.path["user"] ?? ""
    try call.enforce(["user_id": user])
    return user
  }

  static func list(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    let user = try owner(call)
    let name = call.query("name")
    let (found, context) = try await call.service.store.read { transaction in
      _ = try await transaction.existingUser(user)
      return (
        try await transaction.all(ApplicationCredential.self, "WHERE user_id = \(user) ORDER BY name"),
        try await Context(of: user, transaction)
      )
    }
    let wanted = found.filter { name == nil || $0.name == name }
    return listing("application_credentials", wanted.map { render($0, context, call) }, call.incoming)
  }

  static func show(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    let user = try owner(call)
    let id = call.id
    let (found, context) = try await call.service.store.read { transaction in
      (try await transaction.applicationCredential(id, of: user), try await Context(of: user, transaction))
    }
    return ["application_credential": render(found, context, call)]
  }

  struct Body: Draft {
    var name = ""
    var details: String?
    var secret: String?
    var roles: [JSON]?
    var expires: String?
    var unrestricted: Bool?
    var accessRules: [JSON]?
    static let shape = Shape<Body>(
      "application_credential", unknown: .ignored,
      [
        .key("name", \.name, .name(limit: 255), required: true), .key("description", \.details),
        .key("secret", \.secret, .text(1...255)), .key("roles", \.roles), .key("expires_at", \.expires),
        .key("unrestricted", \.unrestricted), .key("access_rules", \.accessRules),
      ])
  }

  /// What credentials refer to.
  private struct Context: Sendable {
    let roles: [Role]
    let rules: [AccessRule]

    init(of user: String, _ transaction: any ReadTransaction) async throws {
      roles = try await transaction.all(Role.self, "ORDER BY name")
      rules = try await transaction.all(AccessRule.self, "WHERE user_id = \(user)")
    }
  }

  static func create(_ call: Call<Keystone>, _ body: Body) async throws -> JSON {
    let user = try owner(call)
    try await call.refuseRestrictedProgram()
    let service = call.service
    var credential = ApplicationCredential()
    credential.id = service.world.hexID()
    credential.userID = user
    credential.projectID = try call.incoming.project()
    credential.name = body.name
    credential.details = body.details
    credential.unrestricted = body.unrestricted ?? false
    if let text = body.expires {
      guard let expires = Timestamp(text) else { throw Fault.badRequest("Timestamp not in expected format: \(text)") }
      guard expires > service.world.now() else { throw Fault.badRequest("The 'expires_at' must not be before now.") }
      credential.expires = expires
    }
    // A generated secret of 512 bits needs no slow hash.
    let secret = body.secret ?? Base64.encode(service.world.random(64), .urlSafe, padded: false)
    let hasher = body.secret == nil ? PasswordHasher(cost: 5, world: service.world) : service.hasher
    credential.secretHash = try await hasher.hash(secret)
    let draft = credential
    let held = call.incoming.caller.roles
    // Genuine clients send an empty list for all the caller's roles.
    let wanted = body.roles?.isEmpty == false ? body.roles : Optional<[JSON]>.none
    let givenRules = body.accessRules
    let ruleIDs = (givenRules ?? []).map { _ in service.world.hexID() }
    let (added, context) = try await service.store("application_credential", draft.name) { transaction in
      var credential = draft
      let roles = try await transaction.all(Role.self, "WHERE domain_id IS NULL ORDER BY name")
      let own = roles.filter { held.contains($0.name) }
      credential.roleIDs = try wanted.map { try pick($0, from: own) } ?? own.map(\.id)
      if let givenRules {
        credential.accessRuleIDs = try await AccessRules.ensure(givenRules, of: user, ids: ruleIDs, transaction)
          .map(\.id)
      }
      try await transaction.insert(credential)
      return (credential, try await Context(of: user, transaction))
    }
    guard case .object(var shown) = render(added, context, call) else { return .null }
    shown["secret"] = .string(secret)
    return ["application_credential": .object(shown)]
  }

  /// The roles that are named, each of which the caller must have.
  private static func pick(_ named: [JSON], from own: [Role]) throws -> [String] {
    try named.map { item in
      guard let role = own.first(where: { $0.id == item["id"]?.string || $0.name == item["name"]?.string }) else {
        throw Fault.badRequest(
          "Invalid application credential: Could not find role assignment with role: "
            + "\(item["id"]?.string ?? item["name"]?.string ?? item.text).")
      }
      return role.id
    }
  }

  static func delete(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let user = try owner(call)
    try await call.refuseRestrictedProgram()
    let id = call.id
    try await call.service.change { transaction in
      try await transaction.delete(try await transaction.applicationCredential(id, of: user))
    }
    return Nothing()
  }

  private static func render(_ credential: ApplicationCredential, _ context: Context, _ call: Call<Keystone>) -> JSON {
    let own = context.roles.filter { credential.roleIDs.contains($0.id) }
    let link = "\(call.baseURL)/v3/users/\(credential.userID)/application_credentials/\(credential.id)"
    var object: JSONObject = [
      "id": .string(credential.id), "name": .string(credential.name), "description": credential.details.json,
      "project_id": .string(credential.projectID), "user_id": .string(credential.userID), "system": nil,
      "expires_at": (credential.expires?.isoMicroseconds).json, "unrestricted": .bool(credential.unrestricted),
      "roles": .array(
        own.map { ["id": .string($0.id), "name": .string($0.name), "domain_id": $0.domainID.json] }),
      "links": ["self": .string(link)],
    ]
    if let ids = credential.accessRuleIDs {
      object.append("access_rules", .array(context.rules.filter { ids.contains($0.id) }.map(\.shown)))
    }
    return .object(object)
  }
}

extension ReadTransaction {
  fileprivate func applicationCredential(_ id: String, of user: String) async throws -> ApplicationCredential {
    guard let found = try await get(ApplicationCredential.self, id), found.userID == user else {
      throw Fault.notFound("Could not find Application Credential: \(id).")
    }
    return found
  }
}

extension Incoming {
  /// The caller's project, for what belongs to one.
  fileprivate func project() throws -> String {
    guard let project = caller.projectID else {
      throw Fault.badRequest("Could not find project: None. Use a token that is scoped to a project.")
    }
    return project
  }
}

extension Call where Service == Keystone {
  /// Through what the caller's token was had.
  func delegation() async throws -> Delegation {
    try await service.valid(incoming.caller.token)?.payload.delegation ?? .none
  }

  /// A program may not make or remove secrets of its user, which could do more than it may itself, unless its own
  /// application credential was made for that.
  func refuseRestrictedProgram() async throws {
    guard let token = try await service.valid(incoming.caller.token), let id = token.payload.applicationCredentialID
    else { return }
    let own = try await service.store.read { try await $0.get(ApplicationCredential.self, id) }
    guard own?.unrestricted == true else {
      throw Fault.forbidden(
        "Using method 'application_credential' is not allowed for managing additional application credentials or "
          + "other secrets. Use a password, or an unrestricted application credential.")
    }
  }
}
