public import Core
public import JSON
public import Store

/// Someone or something that can authenticate.
public struct User: Versioned {
  public var id = ""
  /// Unique within the domain: the name, but for users who are known by a display name alone, their id.
  public var key = ""
  /// What an identity provider calls the user, which others may be called too; nil for who has a name here.
  public var displayName: String?
  public var domainID = ""
  public var enabled = true
  public var defaultProjectID: String?
  /// bcrypt's text; nil for users who cannot log in with a password.
  public var passwordHash: String?
  public var passwordExpires: Timestamp?
  public var options = JSONObject()
  /// Attributes that clients made up: `description`, `email`, ...
  public var extra = JSONObject()
  public var generation = 0

  public init() {}

  public var name: String {
    get { displayName ?? key }
    set {
      key = newValue
      displayName = nil
    }
  }

  public static let table = Table<User>(
    "keystone_users",
    [
      .column("id", \.id, key: true),
      .column("name", \.key),
      .column("domain_id", \.domainID),
      .column("enabled", \.enabled),
      .column("default_project_id", \.defaultProjectID),
      .column("password_hash", \.passwordHash, secret: true),
      .column("password_expires", \.passwordExpires),
      .column("options", \.options),
      .column("extra", \.extra),
      .column("generation", \.generation),
      .column("display_name", \.displayName, since: 3, indexed: true),
    ],
    indexes: [.unique("domain_id", "name"), .index("name", "id", since: 2)])
}

extension ReadTransaction {
  public func user(named name: String, in domain: String) async throws -> User? {
    try await one(User.self, "WHERE name = \(name) AND domain_id = \(domain)")
  }
  /// The groups that the user is a member of.
  public func groups(of user: String) async throws -> [String] {
    try await run("SELECT group_id FROM \(Membership.table) WHERE user_id = \(user)")
      .map { try String(columnValue: $0[0]) }
  }
}
