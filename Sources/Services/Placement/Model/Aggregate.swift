public import Store

/// That a provider is a member of an aggregate, which is nothing but an id that others agreed on.
public struct ProviderAggregate: Record {
  public var providerID = ""
  public var aggregate = ""
  public init() {}
  public init(_ provider: String, _ aggregate: String) {
    providerID = provider
    self.aggregate = aggregate
  }
  public static let table = Table<ProviderAggregate>(
    "placement_provider_aggregates",
    [.column("provider_id", \.providerID, key: true), .column("aggregate", \.aggregate, key: true, indexed: true)])

  public static func of(_ provider: String, in transaction: some ReadTransaction) async throws -> [String] {
    try await transaction.all(ProviderAggregate.self, "WHERE provider_id = \(provider) ORDER BY aggregate")
      .map(\.aggregate)
  }

  /// Makes these the provider's only aggregates.
  public static func replace(of provider: String, with ids: Set<String>, in transaction: Transaction) async throws {
    let old = Set(try await of(provider, in: transaction))
    for id in old.subtracting(ids).sorted() { try await transaction.delete(ProviderAggregate(provider, id)) }
    for id in ids.subtracting(old).sorted() { try await transaction.insert(ProviderAggregate(provider, id)) }
  }
}
