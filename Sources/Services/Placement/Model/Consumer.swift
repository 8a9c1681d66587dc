public import Core
public import Store

/// Whoever holds allocations: a server, a migration, a volume.
public struct Consumer: Record {
  public var id = ""
  public var projectID = ""
  public var userID = ""
  /// `INSTANCE`, `MIGRATION`; nil where nobody said (before 1.38).
  public var type: String?
  /// Counted on with every change of its allocations.
  public var generation = 0
  public var createdAt = Timestamp(microseconds: 0)
  public var updatedAt = Timestamp(microseconds: 0)
  public init() {}

  public static let table = Table<Consumer>(
    "placement_consumers",
    [
      .column("id", \.id, key: true),
      .column("project_id", \.projectID, indexed: true),
      .column("user_id", \.userID),
      .column("type", \.type),
      .column("generation", \.generation),
      .column("created_at", \.createdAt),
      .column("updated_at", \.updatedAt),
    ])
}

/// How many of one class a consumer holds of a provider.
public struct Allocation: Record {
  public var consumerID = ""
  public var providerID = ""
  public var resourceClass = ""
  public var used = 0
  public var createdAt = Timestamp(microseconds: 0)
  public init() {}

  public static let table = Table<Allocation>(
    "placement_allocations",
    [
      .column("consumer_id", \.consumerID, key: true),
      .column("provider_id", \.providerID, key: true),
      .column("resource_class", \.resourceClass, key: true),
      .column("used", \.used),
      .column("created_at", \.createdAt),
    ],
    indexes: [.index("provider_id", "resource_class")])

  public static func of(
    consumer: String, in transaction: some ReadTransaction
  ) async throws -> [Allocation] {
    try await transaction.all(
      Allocation.self, "WHERE consumer_id = \(consumer) ORDER BY provider_id, resource_class")
  }

  /// What is used of these providers, by provider and class.
  public static func usage(
    of providers: [String], in transaction: some ReadTransaction
  ) async throws -> [String: [String: Int]] {
    let rows = try await transaction.run(
      """
      SELECT provider_id, resource_class, CAST(SUM(used) AS BIGINT) FROM \(Allocation.table)
      WHERE provider_id IN (\(list: providers)) GROUP BY provider_id, resource_class
      """)
    var usage: [String: [String: Int]] = [:]
    for row in rows where row.count == 3 {
      usage[try String(columnValue: row[0]), default: [:]][try String(columnValue: row[1])] =
        try Int(columnValue: row[2])
    }
    return usage
  }
}
