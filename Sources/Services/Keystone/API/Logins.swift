internal import Core
internal import Crypto
internal import KeystoneModel
internal import Store
internal import Synchronization

/// How often logins as somebody from somewhere failed lately, in this process.
final class LoginThrottle: Sendable {
  private struct Failures {
    var count = 0
    var since: Duration
  }
  private static let limit = 10_000
  private let failures = Mutex<[String: Failures]>([:])

  /// - Throws: `unauthorized` for one that failed too often, without looking at what it says this time.
  func check(_ key: String, _ rules: ThrottleRules, now: Duration) throws {
    guard rules.attempts > 0 else { return }
    let left = failures.withLock { all -> Duration? in
      guard let known = all[key], known.count >= rules.attempts else { return nil }
      return known.since + rules.window - now
    }
    guard let left, left > .zero else { return }
    throw Fault.unauthorized(
      "Too many logins failed. Wait \(max(1, left.microseconds / 1_000_000)) seconds, then try again.")
  }

  func fail(_ key: String, _ rules: ThrottleRules, now: Duration) {
    guard rules.attempts > 0 else { return }
    failures.withLock { all in
      if all.count >= Self.limit { all = all.filter { now - $0.value.since < rules.window } }
      if all.count >= Self.limit { all.removeAll(keepingCapacity: true) }
      var known = all[key] ?? Failures(since: now)
      if now - known.since >= rules.window { known = Failures(since: now) }
      known.count += 1
      all[key] = known
    }
  }

  func succeed(_ key: String) { failures.withLock { $0[key] = nil } }
}

extension Keystone {
  /// Runs a check of a secret as a login: not when too many failed, and counted when it fails.
  /// - Parameter user: the user whom the request means, as far as there is one.
  func login<T: Sendable>(
    _ reference: Reference?, from peer: String, _ check: () async throws -> T
  ) async throws -> T {
    let who = reference.map { "\($0.id ?? "")\u{0}\($0.name ?? "")\u{0}\($0.domainID ?? $0.domainName ?? "")" } ?? ""
    let key = "\(peer)\u{0}\(who)"
    try throttle.check(key, options.throttle, now: world.uptime())
    do {
      let result = try await check()
      throttle.succeed(key)
      return result
    } catch let fault as Fault where fault.kind == .unauthorized {
      throttle.fail(key, options.throttle, now: world.uptime())
      throw fault
    }
  }

  /// - Throws: `unauthorized` for an account that wrong passwords have closed, or that nobody used for too long.
  func checkAccount(_ user: User) async throws {
    let rules = options.compliance
    guard rules.lockoutAttempts > 0 || rules.inactiveDays > 0 else { return }
    guard let state = try await store.read({ try await $0.get(LoginState.self, user.id) }) else { return }
    let own = UserOptions(user.options)
    if state.isLocked(rules, now: world.now()), !own.ignores(.lockout) {
      throw Fault.unauthorized("The account is locked for user: \(user.id).")
    }
    if rules.inactiveDays > 0, !own.ignores(.inactivity), let last = state.lastActive,
      world.now() - last > .hours(24 * rules.inactiveDays)
    {
      throw Fault.unauthorized("The account is disabled for user: \(user.id).")
    }
  }

  /// Counts a wrong password against the account.
  func noteFailure(of user: User) async throws {
    let rules = options.compliance
    guard rules.lockoutAttempts > 0, !UserOptions(user.options).ignores(.lockout) else { return }
    let now = world.now()
    try await store.write { transaction in
      _ = try await transaction.insertUnlessPresent(LoginState(user: user.id))
      guard var state = try await transaction.get(LoginState.self, user.id) else { return }
      // Where a lock is over, counting begins anew.
      if state.failures >= rules.lockoutAttempts, !state.isLocked(rules, now: now) { state.failures = 0 }
      state.failures += 1
      state.failedAt = now
      try await transaction.update(state)
    }
  }

  /// A right password clears the count, and shows that the account is used.
  func noteSuccess(of user: User) async throws {
    let rules = options.compliance
    guard rules.lockoutAttempts > 0 || rules.inactiveDays > 0 else { return }
    let now = world.now()
    let state = try await store.read { try await $0.get(LoginState.self, user.id) } ?? LoginState(user: user.id)
    let isNoted = rules.inactiveDays == 0 || state.lastActive.map { now - $0 < .hours(12) } ?? false
    guard state.failures > 0 || !isNoted else { return }
    try await store.write { transaction in
      _ = try await transaction.insertUnlessPresent(LoginState(user: user.id))
      guard var state = try await transaction.get(LoginState.self, user.id) else { return }
      state.failures = 0
      if rules.inactiveDays > 0 { state.lastActive = now }
      try await transaction.update(state)
    }
  }
}
