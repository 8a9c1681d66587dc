internal import API
internal import Core
internal import Crypto
internal import HTTP
internal import KeystoneModel
internal import Store

/// Whom the credentials in a request belong to.
struct Authenticated: Sendable {
  var userID: String
  var methods: AuthMethods = []
  /// The hash that the password was checked against: it must still be the user's when the token is made.
  var passwordHash: String?
  /// What bounds the token, and the scope that goes with it, which cannot be chosen then.
  var delegation = Delegation.none
  var scope: Scope?
  /// The end of the token that was given, which a new one made from it does not outlive.
  var expires: Timestamp?
  /// The first audit id of its chain.
  var chainID: String?
}

extension Keystone {
  /// Checks every method of the request; all must belong to the same user, and satisfy his rules.
  func authenticate(_ request: AuthRequest, _ call: Call<Keystone>) async throws -> Authenticated {
    var found: Authenticated?
    for method in request.methods {
      let next = try await check(method, request.scope, call)
      guard var merged = found else {
        found = next
        continue
      }
      guard merged.userID == next.userID else { throw Fault.unauthorized() }
      merged.methods.formUnion(next.methods)
      merged.passwordHash = merged.passwordHash ?? next.passwordHash
      if merged.delegation == .none { merged.delegation = next.delegation }
      merged.scope = merged.scope ?? next.scope
      merged.expires = [merged.expires, next.expires].compactMap { $0 }.min()
      merged.chainID = merged.chainID ?? next.chainID
      found = merged
    }
    guard var found else { throw Fault.unauthorized() }
    found.methods.formUnion(try receiptMethods(call.request, of: found.userID))
    try await checkMethods(of: found)
    return found
  }

  /// - Throws: `MoreMethodsNeeded` where the user's rules want more.
  func checkMethods(of found: Authenticated) async throws {
    let id = found.userID
    guard let user = try await store.read({ try await $0.get(User.self, id) }) else { throw Fault.unauthorized() }
    try checkMethods(found.methods, of: user)
  }

  private func check(
    _ method: AuthRequest.Method, _ scope: AuthRequest.ScopeRequest, _ call: Call<Keystone>
  ) async throws -> Authenticated {
    let peer = call.request.peer
    switch method {
    case .password(let user, let password):
      if let people = try await people(for: user) {
        return try await login(user, from: peer) { try await checkPassword(user, password, in: people) }
      }
      return try await login(user, from: peer) { try await checkPassword(user, password) }
    case .totp(let user, let passcode):
      return try await login(user, from: peer) { try await checkPasscode(user, passcode) }
    case .token(let token): return try await checkToken(token, for: scope)
    case .oauth: return try await checkAccessToken(call)
    case .voucher(let voucher, let name): return try await checkVoucher(voucher, by: name, call)
    case .applicationCredential(let id, let name, let user, let secret):
      return try await checkApplicationCredential(id: id, name: name, user: user, secret: secret)
    }
  }

  /// Whether a password is the hash's. Generated secrets have quick hashes; that one is wrong takes equally long to
  /// learn for all, so that a clock cannot tell users, or kinds of users, apart.
  func matches(_ password: String, _ hash: String) async throws -> Bool {
    if try await hasher.verify(password, hash) { return true }
    if !hash.hasPrefix("$2b$\(hasher.cost.padded(2))$") { try await hasher.dummyVerify(password) }
    return false
  }

  /// Every failure looks the same and takes as long as a right password does.
  private func checkPassword(_ reference: Reference, _ password: String) async throws -> Authenticated {
    let user = try await store.read { try await $0.find(reference) }
    guard let user, let hash = user.passwordHash else {
      try await hasher.dummyVerify(password)
      throw Fault.unauthorized()
    }
    try await checkAccount(user)
    if !verified.contains(user: user.id, hash: hash, password: password) {
      guard try await matches(password, hash) else {
        try await noteFailure(of: user)
        throw Fault.unauthorized()
      }
      verified.remember(user: user.id, hash: hash, password: password)
    }
    try await noteSuccess(of: user)
    if let end = user.passwordExpires, end <= world.now() {
      throw Fault.unauthorized("The password is expired and needs to be changed for user: \(user.id).")
    }
    return Authenticated(userID: user.id, methods: .password, passwordHash: hash)
  }

  private func checkToken(_ text: String, for scope: AuthRequest.ScopeRequest) async throws -> Authenticated {
    guard let token = try await valid(text) else { throw Fault.notFound("Failed to validate token") }
    switch token.payload.delegation {
    case .accessToken:
      throw Fault.forbidden("Using OAuth-scoped token to create another token. Create a new OAuth-scoped token instead")
    case .trust:
      throw Fault.forbidden("Using trust-scoped token to create another token. Create a new trust-scoped token instead")
    case .federation(let groups, let provider, let name):
      return try await rescope(token, groups, Voucher(provider: provider, protocolName: name))
    default: break
    }
    guard !token.payload.methods.isDelegated else {
      throw Fault.forbidden("Using a delegated token to create another token is not allowed.")
    }
    if token.payload.scope == .system, scope.isOfProjectOrDomain {
      throw Fault.forbidden(
        "Using a system-scoped token to create a project-scoped or domain-scoped token is not allowed.")
    }
    return Authenticated(
      userID: token.payload.userID, methods: token.payload.methods.union(.token), delegation: token.payload.delegation,
      expires: token.payload.expires, chainID: token.payload.auditIDs.last)
  }

  private func checkApplicationCredential(
    id: String?, name: String?, user: Reference?, secret: String
  ) async throws -> Authenticated {
    var owner = user
    if id == nil, let user { owner = try await freshened(user) }
    let found = try await store.read { [owner] transaction -> ApplicationCredential? in
      if let id { return try await transaction.get(ApplicationCredential.self, id) }
      guard let owner, let name, let owner = try await transaction.find(owner) else { return nil }
      return try await transaction.one(
        ApplicationCredential.self, "WHERE user_id = \(owner.id) AND name = \(name)")
    }
    guard let found else {
      try await hasher.dummyVerify(secret)
      throw Fault.unauthorized()
    }
    if !verified.contains(user: found.id, hash: found.secretHash, password: secret) {
      guard try await matches(secret, found.secretHash) else { throw Fault.unauthorized() }
      verified.remember(user: found.id, hash: found.secretHash, password: secret)
    }
    return Authenticated(
      userID: found.userID, methods: .applicationCredential, delegation: .applicationCredential(found.id),
      scope: .project(found.projectID))
  }
}

extension ReadTransaction {
  /// The user that is meant; nil when there is none.
  func find(_ reference: Reference) async throws -> User? {
    if let id = reference.id { return try await get(User.self, id) }
    guard let name = reference.name, let domain = try await domainID(reference) else { return nil }
    return try await user(named: name, in: domain)
  }
  func findProject(_ reference: Reference) async throws -> Project? {
    if let id = reference.id { return try await project(id) }
    guard let name = reference.name, let domain = try await domainID(reference) else { return nil }
    return try await project(named: name, in: domain)
  }
  func findDomain(_ reference: Reference) async throws -> Project? {
    if let id = reference.id { return try await domain(id) }
    guard let name = reference.name else { return nil }
    return try await domain(named: name)
  }
  private func domainID(_ reference: Reference) async throws -> String? {
    if let id = reference.domainID { return id }
    guard let name = reference.domainName else { return nil }
    return try await domain(named: name)?.id
  }
}
