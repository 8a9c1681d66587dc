public import Core
public import Store

/// What logins leave behind on an account. Kept apart from the user, whom a login does not change.
public struct LoginState: Record {
  public var userID = ""
  /// Wrong passwords in a row.
  public var failures = 0
  public var failedAt: Timestamp?
  /// The last login, to the day; kept where accounts are disabled for inactivity.
  public var lastActive: Timestamp?

  public init() {}
  public init(user: String) { userID = user }

  public static let table = Table<LoginState>(
    "keystone_login_states", since: 2, logged: false,
    [
      .column("user_id", \.userID, key: true),
      .column("failures", \.failures),
      .column("failed_at", \.failedAt),
      .column("last_active", \.lastActive),
    ])

  /// Whether the account is closed by wrong passwords.
  public func isLocked(_ rules: PasswordRules, now: Timestamp) -> Bool {
    guard rules.lockoutAttempts > 0, failures >= rules.lockoutAttempts, let failedAt else { return false }
    return rules.lockoutDuration == .zero || now < failedAt + rules.lockoutDuration
  }
}

/// A password that a user has or had, so that he does not take it again too soon.
public struct PastPassword: Record {
  public var userID = ""
  public var created = Timestamp(microseconds: 0)
  public var hash = ""

  public init() {}
  public init(user: String, created: Timestamp, hash: String) {
    userID = user
    self.created = created
    self.hash = hash
  }

  public static let table = Table<PastPassword>(
    "keystone_past_passwords", since: 2, logged: false,
    [
      .column("user_id", \.userID, key: true),
      .column("created", \.created, key: true),
      .column("hash", \.hash, secret: true),
    ])
}

/// The last step of a TOTP seed that was used: no passcode is good twice.
public struct UsedPasscode: Record {
  public var credentialID = ""
  public var step = 0

  public init() {}
  public init(credential: String, step: Int) {
    credentialID = credential
    self.step = step
  }

  public static let table = Table<UsedPasscode>(
    "keystone_used_passcodes", since: 2, logged: false,
    [.column("credential_id", \.credentialID, key: true), .column("step", \.step)])
}
