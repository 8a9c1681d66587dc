internal import Core

/// What an operator can set of the identity service; the program fills it from the configuration.
public struct KeystoneOptions: Sendable {
  /// How long a token is valid after the password was given; rescoping does not lengthen it.
  public var tokenLifetime: Duration = .hours(1)
  /// How long after its end a service may still validate a token with `allow_expired`, so that long work finishes.
  public var allowExpiredWindow: Duration = .hours(48)
  /// How long a validated token is believed without asking the store again, where another process changes it. Changes
  /// of this process count at once.
  public var validationLifetime: Duration = .seconds(1)
  /// The binary logarithm of bcrypt's rounds, 4 to 31.
  public var passwordCost = 12
  /// How deep projects may lie in one another, the domain counted as the first level.
  public var maximumProjectDepth = 5
  /// The domain of users and projects for which none is named.
  public var defaultDomainID = "default"
  /// How many trusts may follow from one, one from another.
  public var maximumRedelegation = 3
  /// How long a consumer may wait for a user's leave.
  public var requestTokenLifetime: Duration = .hours(8)
  /// How long a consumer's access lasts; zero for without end.
  public var accessTokenLifetime: Duration = .hours(24)
  /// How limits of a tree of projects bear on one another.
  public var limitModel = LimitModel.flat
  /// How long a user may take between the first and the last of several ways to authenticate.
  public var receiptLifetime: Duration = .minutes(5)
  /// Whether requests about the whole cloud refuse tokens of one domain, and the like, whatever their roles.
  public var enforceScope = true
  public var compliance = PasswordRules()
  public var throttle = ThrottleRules()
  public var directories = DirectoryRules()
  public var federation = FederationRules()

  public init() {}
}

/// Which domains have their users and groups in directories.
public struct DirectoryRules: Sendable {
  /// Whether the default domain's are in one.
  public var hasDefault = false
  /// Whether domains may say for themselves where theirs are,
  public var areOfDomains = false
  /// and whether they do so through the API; else in files.
  public var areInStore = false
  /// What those files say: texts by section and option, by the domain's name.
  public var files: [String: [String: [String: String]]] = [:]
  /// What holds for the default domain, and, as to the transport, for the others.
  public var settings = DirectorySettings()
  /// How long is believed what a directory said of a user or group, while tokens are validated: a user who is disabled
  /// or removed there is refused after that. Upstream believes it for ten minutes.
  public var lifetime: Duration = .seconds(1)
  /// How long it is believed while the directory does not answer, so that restarting one does not end all work. Nobody
  /// logs in meanwhile.
  public var lifetimeInOutage: Duration = .minutes(5)
  /// Whether users of the default domain have in the API the ids that they have in its directory, as clouds do that
  /// never had another.
  public var keepsLocalIDs = true
  public var isUsed: Bool { hasDefault || areOfDomains }

  public init() {}
}

/// How users of identity providers are taken in.
public struct FederationRules: Sendable {
  /// The pages to which a login by browser may hand its token.
  public var trustedDashboards: [String] = []
  /// The attribute that says which provider vouches, for protocols that name none; nil for any provider's word.
  public var remoteIDAttribute: String?
  /// For how many minutes a provider's groups outlive a login, for providers that do not say; 0 for not at all.
  public var authorizationTTL = 0
  public var mappingVersion = MappingVersion.first
  /// Only attributes that begin with it reach mappings.
  public var assertionPrefix = ""
  /// This API as browsers reach it, without `/v3`; nil for as each request says.
  public var publicURL: String?

  public init() {}
}

/// What passwords must be like, and when an account is closed. Nothing is asked for by default, as upstream.
public struct PasswordRules: Sendable {
  /// How many wrong passwords in a row lock an account; 0 for never.
  public var lockoutAttempts = 0
  /// How long an account stays locked; zero for until an administrator resets the password.
  public var lockoutDuration: Duration = .minutes(30)
  /// For how many days a password is good; 0 for ever.
  public var expiryDays = 0
  /// How many of the last passwords, the present one included, may not be taken again; 0 for no such rule.
  public var uniqueLast = 0
  /// How many days a user must keep a password before he changes it himself.
  public var minimumAgeDays = 0
  /// After how many days without a login an account is disabled; 0 for never.
  public var inactiveDays = 0
  /// What every password must match, in the syntax of Perl; nil for anything.
  public var passwordRegex: String?
  /// What users are told of `passwordRegex`.
  public var passwordRegexDescription: String?
  /// Whether a password that an administrator set must be changed before anything else is done with it.
  public var changeUponFirstUse = false

  public init() {}
}

/// How failed logins are slowed down: so many for one user from one address within a time, and no more are tried.
public struct ThrottleRules: Sendable {
  /// 0 for without limit.
  public var attempts = 20
  public var window: Duration = .minutes(1)

  public init() {}
}
