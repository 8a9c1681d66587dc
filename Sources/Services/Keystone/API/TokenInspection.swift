public import API
internal import Core
internal import JSON
internal import KeystoneModel
internal import Store

/// Why a token is not, or no more, good; shown to its user alone.
struct TokenRefusal: Error {
  let message: String
  init(_ message: String = "The request you have made requires authentication.") { self.message = message }
}

/// The scope of a token, fetched.
private struct Standing {
  var project: Project?
  var domain: Project?
  var roles: [Role] = []
}

extension ReadTransaction {
  /// Everything that is to be said of a token today.
  /// - Throws: `TokenRefusal`.
  func inspect(_ payload: TokenPayload, issued: Timestamp, now: Timestamp) async throws -> ValidToken {
    guard let user = try await get(User.self, payload.userID), user.enabled,
      let userDomain = try await domain(user.domainID), userDomain.enabled
    else { throw TokenRefusal() }
    let credential = try await applicationCredential(of: payload, at: now)
    var standing = try await standing(of: user, payload.scope)
    if let credential {
      let granted = Set(credential.roleIDs)
      standing.roles = standing.roles.filter { granted.contains($0.id) }
      if standing.roles.isEmpty { throw TokenRefusal() }
    }
    let domains = [userDomain.id] + [standing.domain?.id].compactMap { $0 }
    if try await isRevoked(payload, issued: issued, project: standing.project, domains: domains) {
      throw TokenRefusal()
    }

    let issuedAt = Timestamp(seconds: issued.seconds)
    var shown: JSONObject = [
      "methods": payload.methods.names.json,
      "user": [
        "domain": ["id": .string(userDomain.id), "name": .string(userDomain.name)], "id": .string(user.id),
        "name": .string(user.name), "password_expires_at": (user.passwordExpires?.isoMicroseconds).json,
      ],
      "audit_ids": payload.auditIDs.json,
      "expires_at": .string(payload.expires.isoMicrosecondsZ),
      "issued_at": .string(issuedAt.isoMicrosecondsZ),
    ]
    describe(payload.scope, standing, in: &shown)
    if let credential {
      shown.append(
        "application_credential",
        [
          "id": .string(credential.id), "name": .string(credential.name),
          "restricted": .bool(!credential.unrestricted),
        ])
    }
    var services: JSON?
    if payload.scope != .unscoped { services = try await catalog(project: standing.project?.id, user: user.id) }
    return ValidToken(
      payload: payload, caller: caller(payload, user, standing), shown: shown, catalog: services)
  }

  private func applicationCredential(of payload: TokenPayload, at now: Timestamp) async throws -> ApplicationCredential?
  {
    guard let id = payload.applicationCredentialID else { return nil }
    guard let found = try await get(ApplicationCredential.self, id), found.expires.map({ now < $0 }) ?? true else {
      throw TokenRefusal()
    }
    return found
  }

  private func standing(of user: User, _ scope: Scope) async throws -> Standing {
    var standing = Standing()
    switch scope {
    case .unscoped: return standing
    case .system:
      standing.roles = try await systemRoles(of: user.id)
      if standing.roles.isEmpty { throw TokenRefusal("User \(user.id) has no access to the system") }
    case .domain(let id):
      guard let domain = try await domain(id), domain.enabled else { throw TokenRefusal() }
      standing.domain = domain
      standing.roles = try await roles(of: user.id, onDomain: id)
      if standing.roles.isEmpty { throw TokenRefusal("User \(user.id) has no access to domain \(id)") }
    case .project(let id):
      guard let project = try await project(id), project.enabled, let domain = try await domain(project.home),
        domain.enabled
      else { throw TokenRefusal() }
      standing.project = project
      standing.domain = domain
      standing.roles = try await roles(of: user.id, onProject: project)
      if standing.roles.isEmpty { throw TokenRefusal("User \(user.id) has no access to project \(id)") }
    }
    return standing
  }

  private func describe(_ scope: Scope, _ standing: Standing, in shown: inout JSONObject) {
    let roles = JSON.array(standing.roles.map { ["id": .string($0.id), "name": .string($0.name)] })
    let domain: JSON = standing.domain.map { ["id": .string($0.id), "name": .string($0.name)] } ?? .null
    switch scope {
    case .unscoped: break
    case .system:
      shown.append("roles", roles)
      shown.append("system", ["all": true])
    case .domain:
      shown.append("domain", domain)
      shown.append("roles", roles)
    case .project:
      guard let project = standing.project else { return }
      shown.append("project", ["domain": domain, "id": .string(project.id), "name": .string(project.name)])
      shown.append("is_domain", .bool(project.isDomain))
      shown.append("roles", roles)
    }
  }

  private func caller(_ payload: TokenPayload, _ user: User, _ standing: Standing) -> Caller {
    var caller = Caller(
      userID: user.id, userName: user.name, userDomainID: user.domainID, roles: Set(standing.roles.map(\.name)),
      expires: payload.expires)
    caller.projectID = standing.project?.id
    caller.projectName = standing.project?.name
    caller.projectDomainID = standing.project?.home
    if case .domain(let id) = payload.scope { caller.domainID = id }
    caller.systemScope = payload.scope == .system
    return caller
  }
}

extension Keystone {
  /// The caller of a token, for this service's own endpoint.
  /// - Throws: `unauthorized`.
  public func validate(token: String) async throws -> Caller {
    guard let valid = try await valid(token) else { throw Fault.unauthorized() }
    var caller = valid.caller
    caller.token = token
    return caller
  }
}
