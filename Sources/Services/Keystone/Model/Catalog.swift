public import JSON
public import Store

/// A part of the cloud with endpoints of its own.
public struct Region: Versioned {
  public var id = ""
  public var parentID: String?
  public var details = ""
  public var extra = JSONObject()
  public var generation = 0

  public init() {}

  public static let table = Table<Region>(
    "keystone_regions",
    [
      .column("id", \.id, key: true),
      .column("parent_id", \.parentID),
      .column("description", \.details),
      .column("extra", \.extra),
      .column("generation", \.generation),
    ])
}

/// A service of the catalogue.
public struct CatalogService: Versioned {
  public var id = ""
  /// `compute`, `image`, ...: what clients look for.
  public var type = ""
  public var name: String?
  public var details: String?
  public var enabled = true
  public var extra = JSONObject()
  public var generation = 0

  public init() {}

  public static let table = Table<CatalogService>(
    "keystone_services",
    [
      .column("id", \.id, key: true),
      .column("type", \.type, indexed: true),
      .column("name", \.name),
      .column("description", \.details),
      .column("enabled", \.enabled),
      .column("extra", \.extra),
      .column("generation", \.generation),
    ])
}

/// Where a service answers.
public struct CatalogEndpoint: Versioned {
  public enum Interface: String, ColumnValue, JSONValue, CaseIterable {
    case `public`, `internal`, admin
  }
  public var id = ""
  public var serviceID = ""
  public var interface = Interface.public
  public var regionID: String?
  /// May hold `$(project_id)s`, `%(tenant_id)s` and their like.
  public var url = ""
  public var enabled = true
  public var extra = JSONObject()
  public var generation = 0

  public init() {}

  public static let table = Table<CatalogEndpoint>(
    "keystone_endpoints",
    [
      .column("id", \.id, key: true),
      .column("service_id", \.serviceID, indexed: true),
      .column("interface", \.interface),
      .column("region_id", \.regionID),
      .column("url", \.url),
      .column("enabled", \.enabled),
      .column("extra", \.extra),
      .column("generation", \.generation),
    ])

  /// The URL for a caller; nil when it asks for a project and there is none, as upstream leaves such endpoints out.
  public func url(project: String?, user: String) -> String? {
    var result = ""
    var rest = url[...]
    while let mark = rest.firstIndex(where: { $0 == "$" || $0 == "%" }) {
      result += rest[..<mark]
      rest = rest[mark...]
      guard rest.dropFirst().first == "(", let end = rest.firstIndex(of: ")") else {
        result.append(rest.removeFirst())
        continue
      }
      let afterEnd = rest.index(after: end)
      let name = rest[rest.index(rest.startIndex, offsetBy: 2)..<end]
      guard rest[afterEnd...].first == "s" else {
        result.append(rest.removeFirst())
        continue
      }
      switch name {
      case "project_id", "tenant_id":
        guard let project else { return nil }
        result += project
      case "user_id": result += user
      default: return nil
      }
      rest = rest[rest.index(after: afterEnd)...]
    }
    return result + rest
  }
}

extension ReadTransaction {
  /// The catalogue as tokens carry it: enabled services with the endpoints that make sense for this project, or that
  /// were given to it.
  public func catalog(project: String?, user: String) async throws -> JSON {
    var own: [CatalogEndpoint]?
    if let project { own = try await endpointFilter(of: project)?.filter(\.enabled) }
    let shown =
      if let own { own } else {
        try await all(CatalogEndpoint.self, "WHERE enabled = \(true) ORDER BY interface, id")
      }
    let endpoints = Dictionary(grouping: shown, by: \.serviceID)
    let services = try await all(CatalogService.self, "WHERE enabled = \(true) ORDER BY type, id")
    return .array(
      services.map { service in
        let shown = (endpoints[service.id] ?? []).compactMap { endpoint -> JSON? in
          guard let url = endpoint.url(project: project, user: user) else { return nil }
          return [
            "id": .string(endpoint.id), "interface": .string(endpoint.interface.rawValue),
            "region_id": endpoint.regionID.json, "url": .string(url), "region": endpoint.regionID.json,
          ]
        }
        return [
          "endpoints": .array(shown), "id": .string(service.id), "type": .string(service.type),
          "name": .string(service.name ?? ""),
        ]
      })
  }
}
