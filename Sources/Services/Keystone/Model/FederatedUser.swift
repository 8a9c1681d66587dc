public import Core
public import Store

/// That a user of this cloud is somebody whom an identity provider knows.
public struct FederatedUser: Record {
  public var providerID = ""
  public var protocolName = ""
  /// What the mapping says is his id, percent-encoded: the same at every login.
  public var uniqueID = ""
  public var userID = ""
  /// The name that he had at his last login.
  public var displayName = ""

  public init() {}
  public init(provider: String, protocol name: String, uniqueID: String, user: String, displayName: String) {
    providerID = provider
    protocolName = name
    self.uniqueID = uniqueID
    userID = user
    self.displayName = displayName
  }

  public static let table = Table<FederatedUser>(
    "keystone_federated_users", since: 3,
    [
      .column("provider_id", \.providerID, key: true),
      .column("protocol", \.protocolName, key: true),
      .column("unique_id", \.uniqueID, key: true, indexed: true),
      .column("user_id", \.userID, indexed: true),
      .column("display_name", \.displayName),
    ])
}

/// That an identity provider said a user to be in a group, which is believed for a while.
public struct ExpiringMembership: Record {
  public var userID = ""
  public var groupID = ""
  public var providerID = ""
  /// The last login at which it was said.
  public var verified = Timestamp(microseconds: 0)
  public var expires = Timestamp(microseconds: 0)

  public init() {}

  public static let table = Table<ExpiringMembership>(
    "keystone_expiring_memberships", since: 3, logged: false,
    [
      .column("user_id", \.userID, key: true),
      .column("group_id", \.groupID, key: true, indexed: true),
      .column("provider_id", \.providerID, indexed: true),
      .column("verified", \.verified),
      .column("expires", \.expires),
    ])
}

/// The state of a login by browser that has come back from its provider: none comes back twice.
public struct UsedLogin: Record {
  public var state = ""
  public var expires = Timestamp(microseconds: 0)

  public init() {}
  public init(state: String, expires: Timestamp) {
    self.state = state
    self.expires = expires
  }

  public static let table = Table<UsedLogin>(
    "keystone_used_logins", since: 3, logged: false,
    [.column("state", \.state, key: true), .column("expires", \.expires, indexed: true)])
}

extension ReadTransaction {
  /// The groups in which a user is, at that time, by the word of an identity provider.
  public func lentGroups(of user: String, at now: Timestamp) async throws -> [String] {
    try await all(ExpiringMembership.self, "WHERE user_id = \(user) AND expires > \(now) ORDER BY group_id")
      .map(\.groupID)
  }
  public func federatedIdentities(of user: String) async throws -> [FederatedUser] {
    try await all(FederatedUser.self, "WHERE user_id = \(user) ORDER BY provider_id, protocol, unique_id")
  }
}
