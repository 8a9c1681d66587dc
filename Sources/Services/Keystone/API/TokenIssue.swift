internal import Core
internal import Crypto
internal import JSON
internal import KeystoneModel
internal import Store

extension Keystone {
  /// Makes a token for who is authenticated, with the scope that is asked for.
  /// - Returns: the token's text, and what is said of it.
  /// - Throws: `unauthorized` where the user has nothing to do there.
  func issue(_ who: Authenticated, scope request: AuthRequest.ScopeRequest) async throws -> (String, ValidToken) {
    let now = world.now()
    try await freshen(user: who.userID)
    if case .trust(let id) = request, directories.areUsed { try await freshen(bearersOfTrust: id) }
    let epoch = validated.epoch
    let auditID = TokenPayload.auditID(at: now, world: world)
    let seconds = Timestamp(seconds: now.seconds)
    let lifetime = options.tokenLifetime
    let (payload, token) = try await store.read { transaction -> (TokenPayload, ValidToken) in
      guard let user = try await transaction.get(User.self, who.userID) else { throw Fault.unauthorized() }
      if let hash = who.passwordHash, user.passwordHash != hash { throw Fault.unauthorized() }
      var payload = TokenPayload(
        userID: user.id, methods: who.methods, scope: .unscoped, delegation: who.delegation,
        expires: who.expires ?? seconds + lifetime, auditIDs: [auditID] + (who.chainID.map { [$0] } ?? []))
      if let scope = who.scope {
        payload.scope = scope
      } else if case .trust(let id) = request {
        payload.delegation = .trust(id)
        payload.scope = try await transaction.scope(ofTrust: id, now: now)
      } else {
        payload.scope = try await transaction.scope(request)
      }
      // A provider's word gives no scope of itself: the client asks for one with the token.
      if !who.delegation.isFederation, case .none = request, let home = user.defaultProjectID, who.scope == nil {
        // The default project is a wish: where the user cannot go there, the token has no scope.
        payload.scope = .project(home)
        do { return (payload, try await transaction.inspect(payload, issued: now, now: now)) } catch is TokenRefusal {
          payload.scope = .unscoped
        }
      }
      do { return (payload, try await transaction.inspect(payload, issued: now, now: now)) } catch let refusal
        as TokenRefusal
      {
        throw Fault(refusal.kind, refusal.message)
      }
    }
    if let id = payload.trustID { try await useTrust(id) }
    let text = try seal(payload, issued: seconds)
    validated.keep(token, for: text, now: world.uptime(), lifetime: believes(payload), epoch: epoch)
    return (text, token)
  }

  /// The text of a token: sealed by Fernet, or signed where there are keys for that.
  private func seal(_ payload: TokenPayload, issued: Timestamp) throws -> String {
    guard let signingKeys else { return try tokenKeys.seal(payload.bytes, padded: false) }
    return try signingKeys.sign(payload.claims(issued: issued).bytes)
  }

  /// What a token of either kind says, and when it was issued, to the second; nil for what is none of ours.
  private func open(_ text: String) throws -> (TokenPayload, Timestamp)? {
    if let signingKeys, text.utf8.contains(UInt8(ascii: ".")) {
      guard let bytes = try signingKeys.open(text), let claims = try? JSON(parsing: bytes),
        let payload = TokenPayload(claims: claims), let issued = claims["iat"]?.int
      else { return nil }
      return (payload, Timestamp(seconds: issued))
    }
    guard let opened = try tokenKeys.open(text), let payload = TokenPayload(bytes: opened.bytes) else { return nil }
    return (payload, opened.time)
  }

  /// Counts one use of a trust, where its uses are counted.
  private func useTrust(_ id: String) async throws {
    let counts = try await store.read { try await $0.get(Trust.self, id)?.remainingUses != nil }
    guard counts else { return }
    try await change { transaction in
      guard var trust = try await transaction.get(Trust.self, id), let left = trust.remainingUses else { return }
      guard left > 0 else { throw Fault.forbidden("No remaining uses for trust: \(id).") }
      trust.remainingUses = left - 1
      try await transaction.update(trust)
    }
  }

  /// Looks at a token.
  /// - Parameter window: how long after its end it is still shown.
  /// - Returns: nil for what is no token of ours, is over, revoked, or whose user or scope is gone or disabled.
  func valid(_ text: String, window: Duration = .zero) async throws -> ValidToken? {
    let now = world.now()
    if let known = validated.find(text, now: world.uptime()) {
      let isOver = known.ends.map { $0 <= now } ?? false
      return now < known.payload.expires + window && !isOver ? known : nil
    }
    guard text.utf8.count <= 16_384, let (payload, issued) = try open(text), now < payload.expires + window else {
      return nil
    }
    try await freshen(bearersOf: payload)
    let epoch = validated.epoch
    let token: ValidToken
    do {
      token = try await store.read { transaction in
        try await transaction.inspect(payload, issued: payload.issued(issued), now: now)
      }
    } catch is TokenRefusal { return nil }
    validated.keep(token, for: text, now: world.uptime(), lifetime: believes(payload), epoch: epoch)
    return token
  }
}

extension ReadTransaction {
  fileprivate func scope(ofTrust id: String, now: Timestamp) async throws -> Scope {
    guard let trust = try await trust(id, at: now), let project = trust.projectID else {
      throw Fault.unauthorized("Could not find trust: \(id).")
    }
    return .project(project)
  }

  /// The scope that is meant; whether it may be had is for `inspect` to say.
  fileprivate func scope(_ request: AuthRequest.ScopeRequest) async throws -> Scope {
    switch request {
    case .none, .unscoped, .trust: return .unscoped
    case .system: return .system
    case .project(let reference):
      guard let project = try await findProject(reference) else {
        throw Fault.unauthorized("Could not find project: \(reference.id ?? reference.name ?? "").")
      }
      return .project(project.id)
    case .domain(let reference):
      guard let domain = try await findDomain(reference) else {
        throw Fault.unauthorized("Could not find domain: \(reference.id ?? reference.name ?? "").")
      }
      return .domain(domain.id)
    }
  }
}
