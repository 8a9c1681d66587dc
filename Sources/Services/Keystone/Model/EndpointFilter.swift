public import JSON
public import Store

/// A rule that picks endpoints by service, region and interface, and can be given to projects.
public struct EndpointGroup: Versioned {
  public var id = ""
  public var name = ""
  public var details: String?
  /// `service_id`, `region_id` and `interface`, as far as they matter.
  public var filters = JSONObject()
  public var generation = 0

  public init() {}

  public static let table = Table<EndpointGroup>(
    "keystone_endpoint_groups", since: 2,
    [
      .column("id", \.id, key: true),
      .column("name", \.name),
      .column("description", \.details),
      .column("filters", \.filters),
      .column("generation", \.generation),
    ])

  /// Whether the rule picks the endpoint.
  public func picks(_ endpoint: CatalogEndpoint) -> Bool {
    filters.members.allSatisfy { key, value in
      switch key {
      case "service_id": value.string == endpoint.serviceID
      case "region_id": value.string == endpoint.regionID
      case "interface": value.string == endpoint.interface.rawValue
      default: false
      }
    }
  }
}

/// That a project's catalogue holds an endpoint.
public struct ProjectEndpoint: Record {
  public var endpointID = ""
  public var projectID = ""

  public init() {}
  public init(endpoint: String, project: String) {
    endpointID = endpoint
    projectID = project
  }

  public static let table = Table<ProjectEndpoint>(
    "keystone_project_endpoints", since: 2,
    [.column("endpoint_id", \.endpointID, key: true), .column("project_id", \.projectID, key: true, indexed: true)])
}

/// That a project's catalogue holds the endpoints of a group.
public struct ProjectEndpointGroup: Record {
  public var groupID = ""
  public var projectID = ""

  public init() {}
  public init(group: String, project: String) {
    groupID = group
    projectID = project
  }

  public static let table = Table<ProjectEndpointGroup>(
    "keystone_project_endpoint_groups", since: 2,
    [.column("group_id", \.groupID, key: true), .column("project_id", \.projectID, key: true, indexed: true)])
}

extension ReadTransaction {
  /// The endpoints that were given to a project, singly and by groups; nil for a project without any, whose catalogue
  /// holds all.
  public func endpointFilter(of project: String) async throws -> [CatalogEndpoint]? {
    let single = try await all(ProjectEndpoint.self, "WHERE project_id = \(project)").map(\.endpointID)
    let groupIDs = try await all(ProjectEndpointGroup.self, "WHERE project_id = \(project)").map(\.groupID)
    guard !single.isEmpty || !groupIDs.isEmpty else { return nil }
    let groups = try await all(EndpointGroup.self, "WHERE id IN (\(list: groupIDs))")
    let chosen = Set(single)
    return try await all(CatalogEndpoint.self, "ORDER BY interface, id")
      .filter { endpoint in chosen.contains(endpoint.id) || groups.contains { $0.picks(endpoint) } }
  }
}
