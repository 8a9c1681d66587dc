internal import Core
public import Store

/// All providers with what they have and what is taken, at one moment.
public struct CandidateSnapshot: Sendable {
  public struct Entry: Sendable {
    public var provider: Provider
    public var inventories: [String: Inventory] = [:]
    public var used: [String: Int] = [:]
    public var traits: Set<String> = []
    public var aggregates: Set<String> = []
    public init(_ provider: Provider) { self.provider = provider }

    /// Whether this many more can be given to one consumer.
    func hasRoom(_ amount: Int, of name: String) -> Bool {
      guard let inventory = inventories[name] else { return false }
      return inventory.portions(amount) && Double((used[name] ?? 0) + amount) <= inventory.room
    }
  }
  public var entries: [String: Entry] = [:]
  /// The ids by the root of their tree, both in the order in which they were made.
  public var trees: [(root: String, members: [String])] = []

  public init(_ list: [Entry]) {
    for entry in list {
      entries[entry.provider.id] = entry
      if let i = trees.firstIndex(where: { $0.root == entry.provider.rootID }) {
        trees[i].members.append(entry.provider.id)
      } else {
        trees.append((root: entry.provider.rootID, members: [entry.provider.id]))
      }
    }
  }

  public static func take(in transaction: some ReadTransaction) async throws -> CandidateSnapshot {
    let providers = try await transaction.all(Provider.self, "ORDER BY created_at, id")
    var entries = Dictionary(providers.map { ($0.id, Entry($0)) }, uniquingKeysWith: { $1 })
    for row in try await transaction.all(Inventory.self) {
      entries[row.providerID]?.inventories[row.resourceClass] = row
    }
    for row in try await transaction.all(ProviderTrait.self) { entries[row.providerID]?.traits.insert(row.trait) }
    for row in try await transaction.all(ProviderAggregate.self) {
      entries[row.providerID]?.aggregates.insert(row.aggregate)
    }
    let usage = try await transaction.run(
      """
      SELECT provider_id, resource_class, CAST(SUM(used) AS BIGINT) FROM \(Allocation.table)
      GROUP BY provider_id, resource_class
      """)
    for row in usage where row.count == 3 {
      let name = try String(columnValue: row[1])
      entries[try String(columnValue: row[0])]?.used[name] = try Int(columnValue: row[2])
    }
    return CandidateSnapshot(providers.compactMap { entries[$0.id] })
  }
}
