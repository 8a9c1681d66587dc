internal import Core
internal import KeystoneModel
internal import Store

/// Why a token is not, or no more, good; shown to its user alone.
struct TokenRefusal: Error {
  let kind: Fault.Kind
  let message: String
  init(_ message: String = "The request you have made requires authentication.", _ kind: Fault.Kind = .unauthorized) {
    self.message = message
    self.kind = kind
  }
}

/// Everything that the store knows today of who a token speaks for, where, and with which roles.
struct Standing: Sendable {
  /// Whom the token shows: of an impersonating trust, the trustor.
  var user: User
  var userDomain: Project
  /// Everyone whose rights it carries: void for one of them, it is void.
  var bearers: [String]
  var project: Project?
  var domain: Project?
  var roles: [Role] = []
  var credential: ApplicationCredential?
  var rules: [AccessRule] = []
  var trust: Trust?
  var access: AccessToken?
  /// When what it was had through ends, be it before the token itself.
  var ends: Timestamp?
}

extension ReadTransaction {
  /// - Throws: `TokenRefusal`.
  func standing(of payload: TokenPayload, now: Timestamp) async throws -> Standing {
    guard let user = try await get(User.self, payload.userID), user.enabled,
      let domain = try await domain(user.domainID), domain.enabled
    else { throw TokenRefusal() }
    var standing = Standing(user: user, userDomain: domain, bearers: [user.id])
    try await place(payload.scope, &standing)
    let lent = payload.scope == .unscoped ? [] : try await lentGroups(of: user.id, at: now)
    switch payload.delegation {
    case .none: try await hold(payload.scope, &standing, groups: lent)
    case .federation(let groups, let provider, _):
      guard try await get(IdentityProvider.self, provider) != nil else { throw TokenRefusal() }
      try await hold(payload.scope, &standing, groups: groups + lent)
    case .applicationCredential(let id):
      try await hold(payload.scope, &standing, groups: lent)
      try await bound(by: id, &standing, now)
    case .accessToken(let id):
      try await hold(payload.scope, &standing, groups: lent)
      guard let access = try await get(AccessToken.self, id), access.userID == user.id else { throw TokenRefusal() }
      standing.access = access
      try await keep(access.roleIDs, &standing)
    case .trust(let id): try await entrusted(id, &standing, now)
    }
    return standing
  }

  /// Project and domain of the scope, which must be enabled.
  private func place(_ scope: Scope, _ standing: inout Standing) async throws {
    switch scope {
    case .unscoped, .system: return
    case .domain(let id):
      guard let domain = try await domain(id), domain.enabled else { throw TokenRefusal() }
      standing.domain = domain
    case .project(let id):
      guard let project = try await project(id), project.enabled, let domain = try await domain(project.home),
        domain.enabled
      else { throw TokenRefusal() }
      standing.project = project
      standing.domain = domain
    }
  }

  /// The user's own roles there.
  private func hold(_ scope: Scope, _ standing: inout Standing, groups: [String]) async throws {
    let user = standing.user.id
    switch scope {
    case .unscoped: return
    case .system:
      standing.roles = try await systemRoles(of: user, in: groups)
      if standing.roles.isEmpty { throw TokenRefusal("User \(user) has no access to the system") }
    case .domain(let id):
      standing.roles = try await roles(of: user, onDomain: id, in: groups)
      if standing.roles.isEmpty { throw TokenRefusal("User \(user) has no access to domain \(id)") }
    case .project(let id):
      guard let project = standing.project else { throw TokenRefusal() }
      standing.roles = try await roles(of: user, onProject: project, in: groups)
      if standing.roles.isEmpty { throw TokenRefusal("User \(user) has no access to project \(id)") }
    }
  }

  /// Leaves of the user's roles those that were passed on, and what follows from them.
  private func keep(_ ids: [String], _ standing: inout Standing) async throws {
    let granted = Set(try await inferences().closure(ids))
    standing.roles = standing.roles.filter { granted.contains($0.id) }
    if standing.roles.isEmpty { throw TokenRefusal() }
  }

  private func bound(by id: String, _ standing: inout Standing, _ now: Timestamp) async throws {
    guard let found = try await get(ApplicationCredential.self, id), found.expires.map({ now < $0 }) ?? true else {
      throw TokenRefusal()
    }
    standing.credential = found
    standing.ends = found.expires
    if let ids = found.accessRuleIDs, !ids.isEmpty {
      standing.rules = try await all(AccessRule.self, "WHERE id IN (\(list: ids)) ORDER BY id")
      // Rules that are gone must not leave the credential without any.
      if standing.rules.isEmpty { throw TokenRefusal() }
    }
    try await keep(found.roleIDs, &standing)
  }

  /// What the trustor has there now bounds what he passed on: a role that he lost is lost to the trustee, with the
  /// whole trust.
  private func entrusted(_ id: String, _ standing: inout Standing, _ now: Timestamp) async throws {
    guard let trust = try await trust(id, at: now) else { throw TokenRefusal() }
    guard trust.trusteeID == standing.user.id else { throw TokenRefusal("User is not a trustee.", .forbidden) }
    let chain = try await chain(of: trust)
    guard let first = chain.last, first.sourceID == nil else { throw TokenRefusal() }
    for link in chain.dropFirst() {
      guard try await get(User.self, link.trusteeID)?.enabled == true, link.expires.map({ now < $0 }) ?? true else {
        throw TokenRefusal("One of the trust agents is disabled or deleted", .forbidden)
      }
    }
    guard let trustor = try await get(User.self, trust.trustorID), trustor.enabled else {
      throw TokenRefusal("Trustor is disabled.", .forbidden)
    }
    guard let trustorDomain = try await domain(trustor.domainID), trustorDomain.enabled else { throw TokenRefusal() }
    guard let project = standing.project else { throw TokenRefusal() }
    let inferences = try await inferences()
    let held = Set(
      inferences.closure(
        try await assignments(
          of: first.trustorID, onProject: project, in: lentGroups(of: first.trustorID, at: now)
        ).map(\.roleID)))
    let passedOn = inferences.closure(trust.roleIDs)
    guard !passedOn.isEmpty, held.isSuperset(of: passedOn) else {
      throw TokenRefusal("Trustee has no delegated roles.", .forbidden)
    }
    standing.roles = try await all(
      Role.self, "WHERE id IN (\(list: passedOn)) AND domain_id IS NULL ORDER BY name")
    standing.trust = trust
    standing.ends = chain.compactMap(\.expires).min()
    standing.bearers += chain.map(\.trustorID)
    if trust.impersonation {
      standing.user = trustor
      standing.userDomain = trustorDomain
    }
  }
}
