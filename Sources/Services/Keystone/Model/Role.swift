public import JSON
public import Store

/// What a user may be somewhere; policies speak of its name.
public struct Role: Versioned {
  public var id = ""
  public var name = ""
  /// The domain whose administrators made it; such a role never stands in a token, only what it implies.
  public var domainID: String?
  public var details: String?
  public var options = JSONObject()
  public var extra = JSONObject()
  public var generation = 0

  public init() {}

  public static let table = Table<Role>(
    "keystone_roles",
    [
      .column("id", \.id, key: true),
      .column("name", \.name),
      .column("domain_id", \.domainID),
      .column("description", \.details),
      .column("options", \.options),
      .column("extra", \.extra),
      .column("generation", \.generation),
    ],
    indexes: [.unique("domain_id", "name"), .unique("name", where: "domain_id IS NULL")])
}

/// That who has the one role has the other too.
public struct ImpliedRole: Record {
  public var priorID = ""
  public var impliedID = ""

  public init() {}
  public init(prior: String, implied: String) {
    priorID = prior
    impliedID = implied
  }

  public static let table = Table<ImpliedRole>(
    "keystone_implied_roles",
    [.column("prior_id", \.priorID, key: true), .column("implied_id", \.impliedID, key: true)])
}

/// All inferences between roles at once: there are never many.
public struct RoleInferences: Sendable {
  public let implied: [String: [String]]

  public init(_ rows: [ImpliedRole]) {
    implied = Dictionary(grouping: rows, by: \.priorID).mapValues { $0.map(\.impliedID) }
  }

  /// The roles and all that follows from them; the given ones first.
  public func closure(_ roles: [String]) -> [String] {
    var seen: Set<String> = []
    var list: [String] = []
    var next = roles
    while !next.isEmpty {
      let fresh = next.filter { seen.insert($0).inserted }
      list += fresh
      next = fresh.flatMap { implied[$0] ?? [] }
    }
    return list
  }
}

extension ReadTransaction {
  public func inferences() async throws -> RoleInferences { RoleInferences(try await all(ImpliedRole.self)) }

  public func role(named name: String, in domain: String? = nil) async throws -> Role? {
    try await one(
      Role.self,
      domain.map { "WHERE name = \(name) AND domain_id = \($0)" } ?? "WHERE name = \(name) AND domain_id IS NULL")
  }
}
