public import Store

/// A limit that an administrator has set for one project.
public struct Quota: Record {
  public var projectID = ""
  public var resource = QuotaResource.instances
  /// -1 for no limit.
  public var limit = 0
  public init() {}
  public init(projectID: String, resource: QuotaResource, limit: Int) {
    self.projectID = projectID
    self.resource = resource
    self.limit = limit
  }

  public static let table = Table<Quota>(
    "nova_quotas",
    [
      .column("project_id", \.projectID, key: true), .column("resource", \.resource, key: true),
      .column("quota_limit", \.limit),
    ])
}

/// What is limited, by the names clients know, in the order in which refusals name them.
public enum QuotaResource: String, ColumnValue, Sendable, CaseIterable {
  case cores, instances
  case keyPairs = "key_pairs"
  case metadataItems = "metadata_items"
  case ram
  case serverGroupMembers = "server_group_members"
  case serverGroups = "server_groups"
}

extension NovaOptions {
  /// The limit of a project for which none has been set.
  public func quota(_ resource: QuotaResource) -> Int {
    switch resource {
    case .instances: quotaInstances
    case .cores: quotaCores
    case .ram: quotaMemoryMiB
    case .keyPairs: quotaKeyPairs
    case .metadataItems: quotaMetadataItems
    case .serverGroups: 10
    case .serverGroupMembers: 10
    }
  }
}

/// A project's limits and what it uses of them, counted from the rows themselves: nothing can drift.
public struct Usage: Sendable, Equatable {
  public var limits: [QuotaResource: Int]
  public var used: [QuotaResource: Int]

  public func limit(_ resource: QuotaResource) -> Int { limits[resource] ?? -1 }
  public func used(_ resource: QuotaResource) -> Int { used[resource] ?? 0 }

  /// Reads both; in a write transaction the count holds until its commit.
  public static func of(project: String, options: NovaOptions, in tx: some ReadTransaction) async throws -> Usage {
    var limits = Dictionary(uniqueKeysWithValues: QuotaResource.allCases.map { ($0, options.quota($0)) })
    for row in try await tx.all(Quota.self, "WHERE project_id = \(project)") { limits[row.resource] = row.limit }
    let sums = try await tx.run(
      """
      SELECT COUNT(*), CAST(COALESCE(SUM(vcpus), 0) AS BIGINT), CAST(COALESCE(SUM(memory_mib), 0) AS BIGINT) \
      FROM \(Server.table) WHERE project_id = \(project)
      """)
    let row = sums.first ?? []
    var used: [QuotaResource: Int] = [:]
    for (resource, value) in zip([QuotaResource.instances, .cores, .ram], row) {
      used[resource] = try Int(columnValue: value)
    }
    used[.serverGroups] = try await tx.count(ServerGroup.self, "WHERE project_id = \(project)")
    return Usage(limits: limits, used: used)
  }
}
