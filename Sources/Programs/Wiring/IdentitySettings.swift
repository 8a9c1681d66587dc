package import Config
internal import Core
internal import KeystoneModel

/// What can be set of the identity service beyond the length of a token and the work of a password.
package struct IdentitySettings: Sendable {
  package enum Limits: String, OptionValue, CaseIterable {
    case flat
    case strictTwoLevel = "strict_two_level"
  }

  package enum TokenProvider: String, OptionValue, CaseIterable { case fernet, jws }

  package enum Driver: String, OptionValue, CaseIterable { case sql, ldap }

  package var driver = Driver.sql
  package var domainDrivers = false
  package var domainsInDatabase = false
  package var domainDirectory = ""
  package var keepsLocalIDs = true
  package var directoryLifetime = Duration.seconds(1)
  package var directoryOutage = Duration.minutes(5)
  package var tokenProvider = TokenProvider.fernet
  package var lockoutAttempts = 0
  package var lockoutDuration = Duration.minutes(30)
  package var passwordExpiryDays = 0
  package var uniquePasswords = 0
  package var minimumPasswordAge = 0
  package var inactiveDays = 0
  package var passwordRegex = ""
  package var passwordRegexDescription = ""
  package var changeUponFirstUse = false
  package var throttleAttempts = 20
  package var throttleWindow = Duration.minutes(1)
  package var limitModel = Limits.flat
  package var maximumProjectDepth = 5
  package var maximumRedelegation = 3
  package var maximumKeys = 3
  package var enforceScope = true

  package init() {}

  package static let options = directories + users

  private static let users: [Option<Settings>] = [
    .option(
      "identity", "token_provider", \.identity.tokenProvider, default: .fernet,
      "What tokens are: sealed with keys of the state directory, or signed JSON Web Tokens, which anyone can read."),
    .option(
      "identity", "lockout_failure_attempts", \.identity.lockoutAttempts, default: 0, in: 0...10_000,
      "How many wrong passwords in a row lock an account; 0 for never."),
    .option(
      "identity", "lockout_duration", \.identity.lockoutDuration, default: .minutes(30),
      "How long an account stays locked; 0s for until an administrator sets its password."),
    .option(
      "identity", "password_expires_days", \.identity.passwordExpiryDays, default: 0, in: 0...10_000,
      "For how many days a password is good; 0 for ever."),
    .option(
      "identity", "unique_last_password_count", \.identity.uniquePasswords, default: 0, in: 0...24,
      "How many of his last passwords a user may not take again; 0 for no such rule."),
    .option(
      "identity", "minimum_password_age", \.identity.minimumPasswordAge, default: 0, in: 0...10_000,
      "For how many days a user must keep a password before he changes it himself."),
    .option(
      "identity", "disable_user_account_days_inactive", \.identity.inactiveDays, default: 0, in: 0...10_000,
      "After how many days without a login an account is closed; 0 for never."),
    .option(
      "identity", "password_regex", \.identity.passwordRegex, default: "",
      "What every new password must match; empty for anything."),
    .option(
      "identity", "password_regex_description", \.identity.passwordRegexDescription, default: "",
      "What users are told when their new password does not match."),
    .option(
      "identity", "change_password_upon_first_use", \.identity.changeUponFirstUse, default: false,
      "Whether a password that an administrator set is good for being changed only."),
    .option(
      "identity", "throttle_attempts", \.identity.throttleAttempts, default: 20, in: 0...1_000_000,
      "How many logins may fail for a user from one address within the window; 0 for any number."),
    .option(
      "identity", "throttle_window", \.identity.throttleWindow, default: .minutes(1),
      "How long failed logins are remembered for that."),
    .option(
      "identity", "limit_model", \.identity.limitModel, default: .flat,
      "How limits bear on one another: each for itself, or no project's above its domain's."),
    .option(
      "identity", "max_project_tree_depth", \.identity.maximumProjectDepth, default: 5, in: 1...64,
      "How deep projects may lie in one another, the domain counted as the first level."),
    .option(
      "identity", "max_redelegation_count", \.identity.maximumRedelegation, default: 3, in: 0...64,
      "How many trusts may follow from one, one from another."),
    .option(
      "identity", "max_active_keys", \.identity.maximumKeys, default: 3, in: 3...1000,
      "How many keys of tokens a rotation leaves, the staged one included; a token outlives this many less two."),
    .option(
      "identity", "enforce_scope", \.identity.enforceScope, default: true,
      "Whether requests about the whole cloud refuse tokens of one domain, whatever their roles."),
  ]

  private static let directories: [Option<Settings>] = [
    .option(
      "identity", "driver", \.identity.driver, default: .sql,
      "Where users and groups of the default domain are: in the database, or in the directory of the section ldap."),
    .option(
      "identity", "domain_specific_drivers_enabled", \.identity.domainDrivers, default: false,
      "Whether domains may have directories of their own."),
    .option(
      "identity", "domain_configurations_from_database", \.identity.domainsInDatabase, default: false,
      "Whether they say so through the API (openstack domain config), and not in files."),
    .option(
      "identity", "domain_config_dir", \.identity.domainDirectory, default: "/etc/keystone/domains",
      "The directory with those files, each keystone.DOMAIN.conf; read at the start."),
    .option(
      "identity", "directory_cache_time", \.identity.directoryLifetime, default: .seconds(1),
      in: .zero ... .seconds(600),
      "How long what a directory said of a user is believed while tokens are validated; other services believe the "
        + "answer for less than a second more."),
    .option(
      "identity", "directory_outage_time", \.identity.directoryOutage, default: .minutes(5), in: .zero ... .hours(24),
      "How long tokens stay good while the directory with their users does not answer; nobody logs in meanwhile."),
    .option(
      "identity_mapping", "backward_compatible_ids", \.identity.keepsLocalIDs, default: true,
      "Whether users of the default domain's directory have their ids there, and not hashes, in the API too."),
  ]

  func apply(to options: inout KeystoneOptions) {
    options.enforceScope = enforceScope
    options.maximumProjectDepth = maximumProjectDepth
    options.maximumRedelegation = maximumRedelegation
    options.limitModel = limitModel == .flat ? .flat : .strictTwoLevel
    options.throttle.attempts = throttleAttempts
    options.throttle.window = throttleWindow
    options.compliance.lockoutAttempts = lockoutAttempts
    options.compliance.lockoutDuration = lockoutDuration
    options.compliance.expiryDays = passwordExpiryDays
    options.compliance.uniqueLast = uniquePasswords
    options.compliance.minimumAgeDays = minimumPasswordAge
    options.compliance.inactiveDays = inactiveDays
    options.compliance.passwordRegex = passwordRegex.isEmpty ? nil : passwordRegex
    options.compliance.passwordRegexDescription = passwordRegexDescription.isEmpty ? nil : passwordRegexDescription
    options.compliance.changeUponFirstUse = changeUponFirstUse
  }
}
