internal import API
internal import Core
internal import JSON
internal import PlacementModel
internal import Store

/// The filters of a list of providers, as one condition in SQL.
struct ProviderQuery: Sendable {
  private var conditions: [SQL] = []
  private var traits: Set<String> = []
  private var classes: [String] = []
  private var tree: String?

  init(_ call: Call<Placement>) throws {
    let since: [(String, Microversion)] = [
      ("name", "1.0"), ("uuid", "1.0"), ("member_of", "1.3"), ("resources", "1.4"), ("in_tree", "1.14"),
      ("required", "1.18"),
    ]
    try call.requireOnly(Set(since.filter { call.version >= $0.1 }.map(\.0)))
    if let name = call.query("name") { conditions.append("name = \(name)") }
    for key in ["uuid", "in_tree"] {
      guard let text = call.query(key) else { continue }
      guard let id = dashed(text) else {
        throw Fault.badRequest("Invalid query string parameters: '\(text)' is not a 'uuid' (\(key))")
      }
      if key == "uuid" { conditions.append("id = \(id)") } else { tree = id }
    }
    let own: SQL = "\(Provider.table).id"
    let members = try QueryText.memberOf(call.incoming, suffix: "")
    for set in members.required {
      conditions.append("EXISTS (\(Self.rows(ProviderAggregate.table, "aggregate", set, of: own)))")
    }
    if !members.forbidden.isEmpty {
      conditions.append("NOT EXISTS (\(Self.rows(ProviderAggregate.table, "aggregate", members.forbidden, of: own)))")
    }
    let wanted = try QueryText.traits(call.incoming, "required")
    try QueryText.refuseContradiction(wanted, "required")
    for set in wanted.required {
      conditions.append("EXISTS (\(Self.rows(ProviderTrait.table, "trait", set, of: own)))")
    }
    if !wanted.forbidden.isEmpty {
      conditions.append("NOT EXISTS (\(Self.rows(ProviderTrait.table, "trait", wanted.forbidden, of: own)))")
    }
    traits = wanted.required.reduce(into: wanted.forbidden) { $0.formUnion($1) }
    var wantedRoom: [(name: String, amount: Int)] = []
    if let text = call.query("resources") { wantedRoom = try QueryText.resources(text) }
    for (name, amount) in wantedRoom {
      classes.append(name)
      conditions.append(
        """
        EXISTS (SELECT 1 FROM \(Inventory.table) i WHERE i.provider_id = \(own) AND i.resource_class = \(name)
        AND i.min_unit <= \(amount) AND i.max_unit >= \(amount) AND \(amount) % i.step_size = 0
        AND (i.total - i.reserved) * i.allocation_ratio >= \(amount) + COALESCE((
          SELECT CAST(SUM(a.used) AS BIGINT) FROM \(Allocation.table) a
          WHERE a.provider_id = i.provider_id AND a.resource_class = i.resource_class), 0))
        """)
    }
  }

  private static func rows<R: Record>(_ table: Table<R>, _ column: String, _ values: Set<String>, of own: SQL) -> SQL {
    "SELECT 1 FROM \(table) x WHERE x.provider_id = \(own) AND x.\(identifier: column) IN (\(list: values.sorted()))"
  }

  func fetch(in transaction: some ReadTransaction) async throws -> [Provider] {
    let unknown = try await Trait.unknown(traits, in: transaction)
    guard unknown.isEmpty else {
      throw Fault.badRequest(
        "Invalid trait(s) in \"required\" parameter: No such trait(s): \(unknown.sorted().joined(separator: ", ")).")
    }
    for name in classes where !(try await ResourceClass.exists(name, in: transaction)) {
      throw Fault.badRequest("Invalid resource class in resources parameter: No such resource class \(name).")
    }
    var all = conditions
    if let tree {
      guard let member = try await transaction.get(Provider.self, tree) else { return [] }
      all.append("root_id = \(member.rootID)")
    }
    return try await transaction.all(Provider.self, SQL.allOf(all) + " ORDER BY created_at, id")
  }
}
