internal import Core
internal import Store
internal import Synchronization

/// What changes with a provider's generation and not otherwise: its inventories and traits.
public final class ProviderFacts: Sendable {
  /// In the order of their classes.
  public let inventories: [Inventory]
  public let traits: Set<String>

  init(inventories: [Inventory] = [], traits: Set<String> = []) {
    self.inventories = inventories
    self.traits = traits
  }

  /// Providers have a handful, so looking through them beats hashing.
  func inventory(of name: String) -> Inventory? { inventories.first { $0.resourceClass == name } }
}

/// Providers' facts as they were last read.
///
/// A scheduler asks for candidates at every boot, and reading each provider's rows for it was most of the answer's
/// cost. Whoever changes inventories or traits counts the provider's generation on in the same transaction, so facts
/// of the generation that a transaction sees are those it would read. The time of creation tells a provider from a
/// later one that was given the same id.
public final class KnownProviders: Sendable {
  private struct Known {
    let generation: Int
    let createdAt: Timestamp
    let facts: ProviderFacts
  }
  /// So many ids stand in one statement at most.
  private static let batch = 500

  private let known = Mutex<[String: Known]>([:])

  public init() {}

  /// The facts of each, in their order. `providers` are all there are: others are forgotten.
  func facts(of providers: [Provider], in transaction: some ReadTransaction) async throws -> [ProviderFacts] {
    var now = known.withLock { $0 }
    let changed = providers.filter { provider in
      guard let seen = now[provider.id] else { return true }
      return seen.generation != provider.generation || seen.createdAt != provider.createdAt
    }
    for start in stride(from: 0, to: changed.count, by: Self.batch) {
      let some = changed[start..<min(start + Self.batch, changed.count)]
      let read = try await Self.read(some.map(\.id), in: transaction)
      for provider in some {
        now[provider.id] = Known(
          generation: provider.generation, createdAt: provider.createdAt,
          facts: read[provider.id] ?? ProviderFacts())
      }
    }
    if now.count > providers.count {
      let present = Set(providers.map(\.id))
      now = now.filter { present.contains($0.key) }
    }
    if !changed.isEmpty { known.withLock { [now] in $0 = now } }
    return providers.map { now[$0.id]?.facts ?? ProviderFacts() }
  }

  private static func read(_ ids: [String], in transaction: some ReadTransaction) async throws -> [String:
    ProviderFacts]
  {
    let inventories = try await transaction.all(
      Inventory.self, "WHERE provider_id IN (\(list: ids)) ORDER BY provider_id, resource_class")
    let traits = Dictionary(
      grouping: try await transaction.all(ProviderTrait.self, "WHERE provider_id IN (\(list: ids))"),
      by: \.providerID)
    let byProvider = Dictionary(grouping: inventories, by: \.providerID)
    return Dictionary(
      ids.map { id in
        (id, ProviderFacts(inventories: byProvider[id] ?? [], traits: Set((traits[id] ?? []).map(\.trait))))
      }, uniquingKeysWith: { $1 })
  }
}
