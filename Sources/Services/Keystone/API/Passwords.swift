internal import Core
internal import Crypto
internal import KeystoneModel
internal import Store

/// A password that is about to be a user's, checked against the rules and hashed.
struct NewPassword: Sendable {
  let hash: String
  let created: Timestamp
  let expires: Timestamp?
}

extension Keystone {
  /// - Parameter isOwn: whether the user changes it himself.
  /// - Throws: `badRequest` for a password that the rules do not allow.
  func newPassword(_ text: String, options: UserOptions, isOwn: Bool) async throws -> NewPassword {
    let rules = self.options.compliance
    if let pattern = rules.passwordRegex {
      guard let regex = try? Regex(pattern) else {
        throw Fault.internalError(
          "The administrator's rule for passwords cannot be read.", detail: "identity.password_regex: \(pattern)")
      }
      guard (try? regex.prefixMatch(in: text)) != nil else {
        throw Fault.badRequest(
          "The password does not match the requirements: "
            + (rules.passwordRegexDescription ?? "ask the administrator for them") + ".")
      }
    }
    let now = world.now()
    var expires: Timestamp?
    if rules.expiryDays > 0, !options.ignores(.passwordExpiry) { expires = now + .hours(24 * rules.expiryDays) }
    if rules.changeUponFirstUse, !isOwn, !options.ignores(.firstUse) { expires = now }
    return NewPassword(hash: try await hasher.hash(text), created: now, expires: expires)
  }

  /// - Throws: `badRequest` for a password that the user had too lately, or that he changes too soon.
  func checkHistory(of user: User, new text: String) async throws {
    let rules = options.compliance
    guard rules.uniqueLast > 0 || rules.minimumAgeDays > 0 else { return }
    let past = try await store.read { transaction in
      try await transaction.all(PastPassword.self, "WHERE user_id = \(user.id) ORDER BY created DESC")
    }
    let now = world.now()
    let isExpired = user.passwordExpires.map { $0 <= now } ?? false
    if rules.minimumAgeDays > 0, !isExpired, let last = past.first {
      let end = last.created + .hours(24 * rules.minimumAgeDays)
      if now < end {
        let days = ((end - now).microseconds + 86_399_999_999) / 86_400_000_000
        throw Fault.badRequest(
          "You cannot change your password at this time due to the minimum password age. Once you change your "
            + "password, it must be used for \(rules.minimumAgeDays) day(s) before it can be changed. Please try again "
            + "in \(days) day(s) or contact your administrator to reset your password.")
      }
    }
    guard rules.uniqueLast > 0 else { return }
    var hashes = past.prefix(rules.uniqueLast).map(\.hash)
    if let current = user.passwordHash, !hashes.contains(current) { hashes.append(current) }
    for hash in hashes where try await hasher.verify(text, hash) {
      throw Fault.badRequest(
        "The new password cannot be identical to a previous password. The total number which includes the new "
          + "password must be unique is \(rules.uniqueLast).")
    }
  }
}

extension Transaction {
  /// Notes a password in its user's history, and forgets what is too old to matter. What wrong passwords did to the
  /// account is over with it.
  func remember(_ password: NewPassword, of user: String, keeping count: Int) async throws {
    let before = try await all(PastPassword.self, "WHERE user_id = \(user) ORDER BY created DESC")
    // Two changes within a clock's tick are still one after the other.
    let earliest = before.first.map { $0.created + .microseconds(1) } ?? password.created
    try await insert(PastPassword(user: user, created: max(password.created, earliest), hash: password.hash))
    let all = try await all(PastPassword.self, "WHERE user_id = \(user) ORDER BY created DESC")
    for old in all.dropFirst(max(count, 1)) {
      try await deleteAll(PastPassword.self, "WHERE user_id = \(user) AND created = \(old.created)")
    }
    _ = try await run("UPDATE \(LoginState.table) SET failures = \(0) WHERE user_id = \(user)")
  }
}
