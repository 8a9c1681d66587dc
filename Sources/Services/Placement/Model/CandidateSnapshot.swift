internal import Core
public import Store

/// All providers with what they have and what is taken, at one moment.
public struct CandidateSnapshot: Sendable {
  /// One provider. A class, since a search looks at each many times and should not copy it.
  public final class Entry: Sendable {
    public let provider: Provider
    public let facts: ProviderFacts
    /// By resource class.
    public let used: [String: Int]
    public let aggregates: Set<String>

    init(_ provider: Provider, _ facts: ProviderFacts, used: [String: Int], aggregates: Set<String>) {
      self.provider = provider
      self.facts = facts
      self.used = used
      self.aggregates = aggregates
    }

    public var traits: Set<String> { facts.traits }

    /// Whether this many more can be given to one consumer.
    func hasRoom(_ amount: Int, of name: String) -> Bool {
      guard let inventory = facts.inventory(of: name) else { return false }
      return inventory.portions(amount) && Double((used[name] ?? 0) + amount) <= inventory.room
    }
  }
  /// A provider that stands alone or above others, and all of its tree, in the order in which they were made.
  public struct Tree: Sendable {
    public var root: String
    public var members: [Entry]
  }
  public let entries: [String: Entry]
  public let trees: [Tree]
  /// Those whose inventories serve other trees too.
  let sharers: [Entry]

  init(_ list: [Entry]) {
    entries = Dictionary(list.map { ($0.provider.id, $0) }, uniquingKeysWith: { $1 })
    var trees: [Tree] = []
    var places: [String: Int] = [:]
    for entry in list {
      let root = entry.provider.rootID
      if let place = places[root] {
        trees[place].members.append(entry)
      } else {
        places[root] = trees.count
        trees.append(Tree(root: root, members: [entry]))
      }
    }
    self.trees = trees
    sharers = list.filter { $0.traits.contains(Trait.sharing) }
  }

  /// - Parameter known: what was read before; only providers that changed since are read again.
  public static func take(
    in transaction: some ReadTransaction, known: KnownProviders
  ) async throws -> CandidateSnapshot {
    let providers = try await transaction.all(Provider.self, "ORDER BY created_at, id")
    let facts = try await known.facts(of: providers, in: transaction)
    var aggregates: [String: Set<String>] = [:]
    for row in try await transaction.all(ProviderAggregate.self) {
      aggregates[row.providerID, default: []].insert(row.aggregate)
    }
    var used: [String: [String: Int]] = [:]
    let usage = try await transaction.run(
      """
      SELECT provider_id, resource_class, CAST(SUM(used) AS BIGINT) FROM \(Allocation.table)
      GROUP BY provider_id, resource_class
      """)
    for row in usage where row.count == 3 {
      let name = try String(columnValue: row[1])
      used[try String(columnValue: row[0]), default: [:]][name] = try Int(columnValue: row[2])
    }
    return CandidateSnapshot(
      zip(providers, facts).map { provider, facts in
        Entry(provider, facts, used: used[provider.id] ?? [:], aggregates: aggregates[provider.id] ?? [])
      })
  }
}
