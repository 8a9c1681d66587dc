public import Core
public import Store

/// How much of one resource class a provider has, and in which portions it gives it away.
public struct Inventory: Record {
  public var providerID = ""
  public var resourceClass = ""
  public var total = 0
  /// Kept back from all consumers.
  public var reserved = 0
  public var minUnit = 1
  public var maxUnit = Inventory.largest
  public var stepSize = 1
  /// How many times over the resource is given away.
  public var allocationRatio = 1.0
  public var updatedAt = Timestamp(microseconds: 0)
  public init() {}

  /// The largest number the API takes.
  public static let largest = 0x7FFF_FFFF

  public static let table = Table<Inventory>(
    "placement_inventories",
    [
      .column("provider_id", \.providerID, key: true),
      .column("resource_class", \.resourceClass, key: true, indexed: true),
      .column("total", \.total),
      .column("reserved", \.reserved),
      .column("min_unit", \.minUnit),
      .column("max_unit", \.maxUnit),
      .column("step_size", \.stepSize),
      .column("allocation_ratio", \.allocationRatio),
      .column("updated_at", \.updatedAt),
    ])

  /// What may be allocated in all, with its fraction.
  public var room: Double { Double(total - reserved) * allocationRatio }
  /// What may be allocated in all, in whole units, as it is shown.
  public var capacity: Int { Int(max(min(room, 9e18), -9e18)) }

  /// Whether one consumer may ask for this many at a time.
  public func portions(_ amount: Int) -> Bool {
    amount >= minUnit && amount <= maxUnit && amount % stepSize == 0
  }

  /// Refuses an inventory that keeps more back than it has; until 1.26 also one that keeps everything back.
  public func checkCapacity(reservedMayBeTotal: Bool) throws {
    guard reservedMayBeTotal ? room >= 0 : capacity > 0 else {
      throw Fault.badRequest(
        "Unable to update inventory for resource provider \(providerID): Invalid inventory for '\(resourceClass)' on "
          + "resource provider '\(providerID)'. The reserved value is greater than "
          + "\(reservedMayBeTotal ? "" : "or equal to ")total.")
    }
  }

  /// Makes these the provider's only inventories.
  /// - Throws: `badRequest` for a class that does not exist, a conflict when one that goes is in use.
  public static func replace(
    of provider: Provider, with inventories: [Inventory], in transaction: Transaction, now: Timestamp
  ) async throws -> Provider {
    for inventory in inventories { try await ResourceClass.require(inventory.resourceClass, in: transaction) }
    let old = try await transaction.all(Inventory.self, "WHERE provider_id = \(provider.id)")
    let names = Set(inventories.map(\.resourceClass))
    let gone = old.filter { !names.contains($0.resourceClass) }
    try await refuseUse(of: gone.map(\.resourceClass), provider.id, in: transaction)
    for inventory in gone { try await transaction.delete(inventory) }
    for var inventory in inventories {
      inventory.updatedAt = now
      if old.contains(where: { $0.resourceClass == inventory.resourceClass }) {
        try await transaction.update(inventory)
      } else {
        try await transaction.insert(inventory)
      }
    }
    return try await provider.advanced(in: transaction, now: now)
  }

  /// - Throws: a conflict when consumers hold any of these classes of the provider.
  public static func refuseUse(
    of classes: [String], _ provider: String, in transaction: some ReadTransaction
  ) async throws {
    guard !classes.isEmpty else { return }
    let used = try await transaction.run(
      """
      SELECT DISTINCT resource_class FROM \(Allocation.table)
      WHERE provider_id = \(provider) AND resource_class IN (\(list: classes)) ORDER BY resource_class
      """
    ).compactMap { try $0.first.map { try String(columnValue: $0) } }
    guard used.isEmpty else {
      throw Fault.conflict(
        "update conflict: Inventory for '\(used.joined(separator: ", "))' on resource provider '\(provider)' in use.",
        code: "placement.inventory.inuse")
    }
  }
}
