public import Store

/// What is counted for each project, by the API's names.
public enum QuotaResource: String, Sendable, CaseIterable {
  case network, subnet, subnetpool, port, router, floatingip
  case securityGroup = "security_group"
  case securityGroupRule = "security_group_rule"

  /// Upstream's defaults; -1 is no limit.
  public var usual: Int {
    switch self {
    case .network, .subnet, .securityGroupRule: 100
    case .port: 500
    case .router, .securityGroup: 10
    case .floatingip: 50
    case .subnetpool: -1
    }
  }
}

/// A limit that an administrator set for one project.
public struct QuotaLimit: Record {
  public var projectID = ""
  public var resource = ""
  public var limit = -1

  public init() {}
  public init(projectID: String, resource: String, limit: Int) {
    (self.projectID, self.resource, self.limit) = (projectID, resource, limit)
  }

  public static let table = Table<QuotaLimit>(
    "neutron_quotas",
    [
      .column("project_id", \.projectID, key: true),
      .column("resource", \.resource, key: true),
      .column("max", \.limit),
    ])
}
