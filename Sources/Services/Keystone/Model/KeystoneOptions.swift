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

  public init() {}
}
