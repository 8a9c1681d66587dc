public import JSON
public import Store

/// Users who are given roles together.
public struct Group: Versioned {
  public var id = ""
  public var name = ""
  public var domainID = ""
  public var details = ""
  public var extra = JSONObject()
  public var generation = 0

  public init() {}

  public static let table = Table<Group>(
    "keystone_groups",
    [
      .column("id", \.id, key: true),
      .column("name", \.name),
      .column("domain_id", \.domainID),
      .column("description", \.details),
      .column("extra", \.extra),
      .column("generation", \.generation),
    ],
    indexes: [.unique("domain_id", "name")])
}

/// That a user belongs to a group.
public struct Membership: Record {
  public var groupID = ""
  public var userID = ""

  public init() {}
  public init(group: String, user: String) {
    groupID = group
    userID = user
  }

  public static let table = Table<Membership>(
    "keystone_memberships",
    [.column("group_id", \.groupID, key: true), .column("user_id", \.userID, key: true, indexed: true)])
}
