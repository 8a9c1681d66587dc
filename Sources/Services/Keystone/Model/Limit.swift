public import Store

/// How much of something each project may have unless it has a limit of its own.
public struct RegisteredLimit: Versioned {
  public var id = ""
  public var serviceID = ""
  public var regionID: String?
  public var resource = ""
  public var value = 0
  public var details: String?
  public var generation = 0

  public init() {}

  public static let table = Table<RegisteredLimit>(
    "keystone_registered_limits", since: 2,
    [
      .column("id", \.id, key: true),
      .column("service_id", \.serviceID),
      .column("region_id", \.regionID),
      .column("resource_name", \.resource),
      .column("default_limit", \.value),
      .column("description", \.details),
      .column("generation", \.generation),
    ],
    indexes: [
      .unique("service_id", "region_id", "resource_name", since: 2),
      .unique("service_id", "resource_name", since: 2, where: "region_id IS NULL"),
    ])
}

/// How much of something one project, or one domain, may have.
public struct Limit: Versioned {
  public var id = ""
  public var projectID: String?
  public var domainID: String?
  public var registeredID = ""
  public var serviceID = ""
  public var regionID: String?
  public var resource = ""
  public var value = 0
  public var details: String?
  public var generation = 0

  public init() {}

  public static let table = Table<Limit>(
    "keystone_limits", since: 2,
    [
      .column("id", \.id, key: true),
      .column("project_id", \.projectID, indexed: true),
      .column("domain_id", \.domainID, indexed: true),
      .column("registered_id", \.registeredID, indexed: true),
      .column("service_id", \.serviceID),
      .column("region_id", \.regionID),
      .column("resource_name", \.resource),
      .column("resource_limit", \.value),
      .column("description", \.details),
      .column("generation", \.generation),
    ],
    indexes: [
      .unique("project_id", "registered_id", since: 2), .unique("domain_id", "registered_id", since: 2),
    ])
}

/// How the limits of a tree of projects bear on one another.
public enum LimitModel: String, Sendable, CaseIterable {
  /// Each limit stands for itself.
  case flat
  /// A project's limit may not be more than its domain's, and trees have two levels.
  case strictTwoLevel = "strict_two_level"

  /// What `GET /v3/limits/model` says of it.
  public var details: String {
    switch self {
    case .flat: "Limit enforcement and validation does not take project hierarchy into consideration."
    case .strictTwoLevel:
      "This model requires project hierarchy never exceeds a depth of two. The limit of a project is never more than "
        + "that of its parent."
    }
  }
}
