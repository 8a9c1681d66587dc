public import Core
public import JSON
public import Store

/// A secret that a user keeps with us: an EC2 key, a TOTP seed, a certificate.
public struct Credential: Versioned {
  public var id = ""
  public var userID = ""
  public var projectID: String?
  /// `ec2`, `totp`, `cert`, ...
  public var type = ""
  /// The secret, sealed with the credential keys.
  public var sealed = ""
  public var extra = JSONObject()
  public var generation = 0

  public init() {}

  public static let table = Table<Credential>(
    "keystone_credentials",
    [
      .column("id", \.id, key: true),
      .column("user_id", \.userID, indexed: true),
      .column("project_id", \.projectID, indexed: true),
      .column("type", \.type),
      .column("sealed", \.sealed, secret: true),
      .column("extra", \.extra),
      .column("generation", \.generation),
    ])
}

/// A secret with which a program acts for a user, on one project, with some of his roles.
public struct ApplicationCredential: Versioned {
  public var id = ""
  public var userID = ""
  public var projectID = ""
  public var name = ""
  public var details: String?
  public var secretHash = ""
  public var roleIDs: [String] = []
  public var expires: Timestamp?
  /// Whether it may make other application credentials.
  public var unrestricted = false
  /// The only requests it may be used for; nil for all.
  public var accessRuleIDs: [String]?
  public var generation = 0

  public init() {}

  public static let table = Table<ApplicationCredential>(
    "keystone_application_credentials",
    [
      .column("id", \.id, key: true),
      .column("user_id", \.userID),
      .column("project_id", \.projectID, indexed: true),
      .column("name", \.name),
      .column("description", \.details),
      .column("secret_hash", \.secretHash, secret: true),
      .column("role_ids", \.roleIDs),
      .column("expires", \.expires),
      .column("unrestricted", \.unrestricted),
      .column("access_rule_ids", \.accessRuleIDs, since: 2),
      .column("generation", \.generation),
    ],
    indexes: [.unique("user_id", "name")])
}
