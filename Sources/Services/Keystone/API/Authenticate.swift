internal import Core
internal import Crypto
internal import KeystoneModel
internal import Store

/// Whom the credentials in a request belong to.
struct Authenticated: Sendable {
  var userID: String
  var methods: AuthMethods = []
  /// The hash that the password was checked against: it must still be the user's when the token is made.
  var passwordHash: String?
  var applicationCredential: ApplicationCredential?
  /// The end of the token that was given, which a new one made from it does not outlive.
  var expires: Timestamp?
  /// The first audit id of its chain.
  var chainID: String?
}

extension Keystone {
  /// Checks every method of the request; all must belong to the same user.
  func authenticate(_ request: AuthRequest) async throws -> Authenticated {
    var found: Authenticated?
    for method in request.methods {
      let next: Authenticated
      switch method {
      case .password(let user, let password): next = try await checkPassword(user, password)
      case .token(let token): next = try await checkToken(token)
      case .applicationCredential(let id, let name, let user, let secret):
        next = try await checkApplicationCredential(id: id, name: name, user: user, secret: secret)
      }
      guard var merged = found else {
        found = next
        continue
      }
      guard merged.userID == next.userID else { throw Fault.unauthorized() }
      merged.methods.formUnion(next.methods)
      merged.passwordHash = merged.passwordHash ?? next.passwordHash
      merged.applicationCredential = merged.applicationCredential ?? next.applicationCredential
      merged.expires = merged.expires ?? next.expires
      merged.chainID = merged.chainID ?? next.chainID
      found = merged
    }
    guard let found else { throw Fault.unauthorized() }
    return found
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
    if !verified.contains(user: user.id, hash: hash, password: password) {
      guard try await matches(password, hash) else { throw Fault.unauthorized() }
      verified.remember(user: user.id, hash: hash, password: password)
    }
    if let end = user.passwordExpires, end <= world.now() {
      throw Fault.unauthorized("The password is expired and needs to be changed for user: \(user.id).")
    }
    return Authenticated(userID: user.id, methods: .password, passwordHash: hash)
  }

  private func checkToken(_ text: String) async throws -> Authenticated {
    guard let token = try await valid(text) else { throw Fault.unauthorized() }
    guard token.payload.applicationCredentialID == nil else {
      throw Fault.forbidden(
        "You are not authorized to perform the requested action: rescope a token of an application credential.")
    }
    return Authenticated(
      userID: token.payload.userID, methods: token.payload.methods.union(.token), expires: token.payload.expires,
      chainID: token.payload.auditIDs.last)
  }

  private func checkApplicationCredential(
    id: String?, name: String?, user: Reference?, secret: String
  ) async throws -> Authenticated {
    let found = try await store.read { transaction -> ApplicationCredential? in
      if let id { return try await transaction.get(ApplicationCredential.self, id) }
      guard let user, let name, let owner = try await transaction.find(user) else { return nil }
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
    return Authenticated(userID: found.userID, methods: .applicationCredential, applicationCredential: found)
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
