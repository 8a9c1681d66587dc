internal import API
internal import Core
internal import HTTP
internal import JSON
internal import KeystoneModel
internal import Store

/// `/v3/auth`: tokens, and what a token could be scoped to.
enum Tokens {
  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .post("/auth/tokens", "authenticate", authenticate, allow: .open),
      .get("/auth/tokens", "validate_token", show, allow: validating),
      .head("/auth/tokens", "check_token", show, allow: checking, status: 200),
      .delete("/auth/tokens", "revoke_token", revoke, allow: revoking),
      .get("/auth/catalog", "get_auth_catalog", catalog, allow: .anyone),
      .get("/auth/projects", "get_auth_projects", projects, allow: .anyone),
      .get("/auth/domains", "get_auth_domains", domains, allow: .anyone, shows: Project.domainView.many),
      .get("/auth/system", "get_auth_system", system, allow: .anyone),
      .get("/auth/tokens/OS-PKI/revoked", "revocation_list", revoked, allow: .admin),
    ])

  static let validating: Policy =
    "rule:admin_required or role:service or (role:reader and system_scope:all) or user_id:%(target.token.user_id)s"
  static let checking: Policy =
    "rule:admin_required or (role:reader and system_scope:all) or user_id:%(target.token.user_id)s"
  static let revoking: Policy = "rule:admin_required or user_id:%(target.token.user_id)s"

  static func authenticate(_ call: Call<Keystone>, _ body: JSON) async throws -> Response {
    let request = try AuthRequest(body)
    let who: Authenticated
    do { who = try await call.service.authenticate(request, call) } catch let needed as MoreMethodsNeeded {
      return try await call.service.receipt(for: needed)
    }
    let (text, token) = try await call.service.issue(who, scope: request.scope)
    return answer(call, text, token, status: 201)
  }

  static func show(_ call: Call<Keystone>, _: Nothing) async throws -> Response {
    let window = isTrue(call.query("allow_expired")) ? call.service.options.allowExpiredWindow : .zero
    let (text, token) = try await subject(call, window: window)
    // Who does not say that he looks at access rules would take such a token for good everywhere.
    guard !token.hasAccessRules || call.request.headers["OpenStack-Identity-Access-Rules"] != nil else {
      throw Fault.notFound("Failed to validate token")
    }
    return answer(call, text, token, status: 200)
  }

  static func revoke(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let (_, token) = try await subject(call, window: .zero)
    let cascade = call.query("cascade").map { isTrue($0) } ?? true
    try await call.service.revoke(token, cascade: cascade)
    return Nothing()
  }

  private static func subject(_ call: Call<Keystone>, window: Duration) async throws -> (String, ValidToken) {
    guard let text = call.request.headers["X-Subject-Token"], !text.isEmpty,
      let token = try await call.service.valid(text, window: window)
    else { throw Fault.notFound("Failed to validate token") }
    try call.enforce(["target.token.user_id": token.caller.userID])
    return (text, token)
  }

  static func answer(_ call: Call<Keystone>, _ text: String, _ token: ValidToken, status: Int) -> Response {
    let bytes = call.query("nocatalog") == nil ? token.bytes : token.bytesWithoutCatalog
    return Response(
      status: status,
      headers: ["Content-Type": "application/json", "X-Subject-Token": text, "Vary": "X-Auth-Token"],
      body: .bytes(bytes))
  }

  static func catalog(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    let caller = call.incoming.caller
    guard let project = caller.projectID else {
      throw Fault.forbidden("A project-scoped token is required to produce a service catalog.")
    }
    let catalog = try await call.service.store.read { try await $0.catalog(project: project, user: caller.userID) }
    return ["catalog": catalog, "links": ["self": .string(call.baseURL + call.request.path)]]
  }

  static func projects(_ call: Call<Keystone>, _: Nothing) async throws -> Many<Project> {
    let user = call.incoming.caller.userID
    let groups = try await call.service.lentGroups(call.incoming.caller)
    return Many(
      try await call.service.store.read { try await $0.projects(ofUser: user, in: groups).filter(\.enabled) })
  }

  static func domains(_ call: Call<Keystone>, _: Nothing) async throws -> Many<Project> {
    let user = call.incoming.caller.userID
    let groups = try await call.service.lentGroups(call.incoming.caller)
    let found = try await call.service.store.read { try await $0.domains(ofUser: user, in: groups).filter(\.enabled) }
    return Many(found, as: Project.domainView, at: "domains")
  }

  static func system(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    let user = call.incoming.caller.userID
    let groups = try await call.service.lentGroups(call.incoming.caller)
    let roles = try await call.service.store.read { try await $0.systemRoles(of: user, in: groups) }
    return [
      "system": roles.isEmpty ? [] : [["all": true]], "links": ["self": .string(call.baseURL + call.request.path)],
    ]
  }

  static func revoked(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    throw Fault(.gone, "Lists of revoked tokens are not kept. Validate each token instead.")
  }
}

extension Keystone {
  /// The groups in which the caller is by an identity provider's word: his token's, and those that outlive it.
  func lentGroups(_ caller: Caller) async throws -> [String] {
    let now = world.now()
    let lasting = try await store.read { try await $0.lentGroups(of: caller.userID, at: now) }
    guard case .federation(let groups, _, _)? = try await valid(caller.token)?.payload.delegation else {
      return lasting
    }
    return groups + lasting
  }

  /// Makes a token void, and all that were made from it.
  func revoke(_ token: ValidToken, cascade: Bool) async throws {
    let now = world.now()
    let expires = now + options.tokenLifetime + options.allowExpiredWindow
    let ids = (world.hexID(), world.hexID())
    try await change { transaction in
      var event = Revocation()
      event.id = ids.0
      event.auditID = token.payload.auditIDs.first
      event.issuedBefore = now
      event.expires = expires
      try await transaction.revoke(event, now: now)
      guard cascade else { return }
      event.id = ids.1
      event.auditID = nil
      event.chainID = token.payload.auditIDs.first
      try await transaction.revoke(event, now: now)
    }
  }

  /// A revocation of what was issued until now; give it a user, project or domain.
  func revocation() -> Revocation {
    var event = Revocation()
    event.id = world.hexID()
    event.issuedBefore = world.now()
    event.expires = event.issuedBefore + options.tokenLifetime + options.allowExpiredWindow
    return event
  }
}

/// A flag in a query: upstream takes `1`, `true`, `t`, `yes`, `on` in any case, and nothing at all.
func isTrue(_ text: String?) -> Bool {
  guard let text else { return false }
  return ["", "1", "t", "true", "y", "yes", "on"].contains(text.lowercased())
}
