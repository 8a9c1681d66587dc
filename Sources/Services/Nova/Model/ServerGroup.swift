public import Core
public import Store

/// Servers that are to be placed together or apart (API reference: "Server groups").
public struct ServerGroup: Record {
  public var id = ""
  public var projectID = ""
  public var userID = ""
  public var name = ""
  /// `affinity`, `anti-affinity`, `soft-affinity` or `soft-anti-affinity`.
  public var policy = ""
  /// How many members of an anti-affinity group one host may have.
  public var maxServerPerHost: Int?
  public var createdAt = Timestamp(seconds: 0)
  public init() {}

  public static let policies = ["anti-affinity", "affinity", "soft-anti-affinity", "soft-affinity"]

  public static let table = Table<ServerGroup>(
    "nova_server_groups",
    [
      .column("id", \.id, key: true), .column("project_id", \.projectID, indexed: true),
      .column("user_id", \.userID), .column("name", \.name), .column("policy", \.policy),
      .column("max_server_per_host", \.maxServerPerHost), .column("created_at", \.createdAt),
    ])
}

/// A server in its group; a server is in one at most.
public struct ServerGroupMember: Record {
  public var serverID = ""
  public var groupID = ""
  public init() {}
  public init(serverID: String, groupID: String) {
    self.serverID = serverID
    self.groupID = groupID
  }

  public static let table = Table<ServerGroupMember>(
    "nova_server_group_members", logged: false,
    [.column("server_id", \.serverID, key: true), .column("group_id", \.groupID, indexed: true)])
}

/// Hosts that an administrator has put together; a zone is an aggregate with that metadata.
public struct Aggregate: Versioned {
  /// Small and rising: clients know aggregates by numbers.
  public var number = 0
  public var uuid = ""
  public var name = ""
  public var hosts: [String] = []
  public var metadata: [String: String] = [:]
  public var createdAt = Timestamp(seconds: 0)
  public var updatedAt: Timestamp?
  public var generation = 0
  public init() {}

  public var availabilityZone: String? { metadata["availability_zone"] }

  public static let table = Table<Aggregate>(
    "nova_aggregates",
    [
      .column("number", \.number, key: true), .column("uuid", \.uuid), .column("name", \.name, unique: true),
      .column("hosts", \.hosts), .column("metadata", \.metadata), .column("created_at", \.createdAt),
      .column("updated_at", \.updatedAt), .column("generation", \.generation),
    ])
}
