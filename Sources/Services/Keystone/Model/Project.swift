internal import Core
public import JSON
public import Store

/// A project, or a domain, which is a project that acts as one.
public struct Project: Versioned {
  /// 32 hexadecimal digits; `default` for the first domain.
  public var id = ""
  public var name = ""
  /// nil for domains alone.
  public var domainID: String?
  /// The project it lies in, or its domain; nil for domains alone.
  public var parentID: String?
  public var isDomain = false
  public var details = ""
  public var enabled = true
  public var tags: [String] = []
  /// Resource options (`immutable`).
  public var options = JSONObject()
  /// Attributes that clients made up.
  public var extra = JSONObject()
  public var generation = 0

  public init() {}

  public static let table = Table<Project>(
    "keystone_projects",
    [
      .column("id", \.id, key: true),
      .column("name", \.name),
      .column("domain_id", \.domainID),
      .column("parent_id", \.parentID, indexed: true),
      .column("is_domain", \.isDomain),
      .column("description", \.details),
      .column("enabled", \.enabled),
      .column("tags", \.tags),
      .column("options", \.options),
      .column("extra", \.extra),
      .column("generation", \.generation),
    ],
    indexes: [
      .unique("domain_id", "name", where: "is_domain = 0"), .unique("name", where: "is_domain = 1"),
      .index("name", "id", since: 2),
    ])

  /// The domain it belongs to; its own id where it is a domain.
  public var home: String { domainID ?? id }
}

extension ReadTransaction {
  /// The project with that id, unless it is a domain.
  public func project(_ id: String) async throws -> Project? { try await get(Project.self, id) }

  public func project(named name: String, in domain: String) async throws -> Project? {
    try await one(Project.self, "WHERE name = \(name) AND domain_id = \(domain) AND is_domain = \(false)")
  }
  /// The domain with that id.
  public func domain(_ id: String) async throws -> Project? {
    guard let project = try await get(Project.self, id), project.isDomain else { return nil }
    return project
  }
  public func domain(named name: String) async throws -> Project? {
    try await one(Project.self, "WHERE name = \(name) AND is_domain = \(true)")
  }
  /// What the project lies in, nearest first, its domain last.
  public func ancestors(of project: Project) async throws -> [Project] {
    var list: [Project] = []
    var next = project.parentID
    while let id = next, list.count < 64, let parent = try await get(Project.self, id) {
      list.append(parent)
      next = parent.parentID
    }
    return list
  }
  /// Everything that lies in the project, at any depth, parents before children.
  public func descendants(of id: String) async throws -> [Project] {
    var list: [Project] = []
    var level = [id]
    while !level.isEmpty {
      let found = try await all(Project.self, "WHERE parent_id IN (\(list: level)) ORDER BY name")
      list += found
      level = found.map(\.id)
    }
    return list
  }
}

extension JSONObject: JSONColumn {
  public var json: JSON { .object(self) }
  public init(json: JSON) throws {
    guard case .object(let object) = json else { throw Fault.badRequest("\(json) is not of type 'object'") }
    self = object
  }
}
