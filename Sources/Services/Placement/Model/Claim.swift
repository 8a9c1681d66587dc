public import Core
public import Store

/// What one consumer is to hold from now on, instead of all it held before; nothing at all lets it go.
public struct Claim: Sendable {
  /// Which state of the consumer the claim was thought out on.
  public enum Basis: Sendable, Equatable {
    /// It does not matter (before 1.28).
    case any
    /// The consumer was not there.
    case absent
    case generation(Int)
  }
  public var consumerID: String
  public var projectID: String
  public var userID: String
  public var type: String?
  public var basis: Basis
  /// Provider, class, amount.
  public var resources: [(provider: String, amounts: [(name: String, amount: Int)])]

  public init(
    consumerID: String, projectID: String, userID: String, type: String? = nil, basis: Basis,
    resources: [(provider: String, amounts: [(name: String, amount: Int)])]
  ) {
    self.consumerID = consumerID
    self.projectID = projectID
    self.userID = userID
    self.type = type
    self.basis = basis
    self.resources = resources
  }
}

extension Claim {
  /// Makes all claims true together, or none.
  /// - Throws: a conflict where a provider lacks the room or the consumer has changed, `badRequest` for providers and
  ///   classes that do not exist.
  public static func apply(_ claims: [Claim], in transaction: Transaction, now: Timestamp) async throws {
    var consumers: [String: Consumer] = [:]
    for claim in claims { consumers[claim.consumerID] = try await claim.consumer(in: transaction) }
    let ids = claims.map(\.consumerID)
    let old = try await transaction.all(Allocation.self, "WHERE consumer_id IN (\(list: ids))")
    var touched = Set(claims.flatMap { $0.resources.map(\.provider) })
    let before = try await Allocation.usage(of: touched.sorted(), in: transaction)
    for allocation in old {
      try await transaction.delete(allocation)
      if claims.contains(where: { $0.consumerID == allocation.consumerID && $0.resources.isEmpty }) {
        touched.insert(allocation.providerID)
      }
    }
    let providers = try await transaction.all(Provider.self, "WHERE id IN (\(list: touched.sorted()))")
    for id in touched where !providers.contains(where: { $0.id == id }) {
      throw Fault.badRequest("Allocation for resource provider '\(id)' that does not exist.")
    }
    var ledger = try await Ledger(of: touched.sorted(), before: before, in: transaction)
    for claim in claims {
      for (provider, amounts) in claim.resources {
        for (name, amount) in amounts {
          try await ResourceClass.require(name, in: transaction)
          try ledger.take(amount, of: name, from: provider)
          var allocation = Allocation()
          allocation.consumerID = claim.consumerID
          allocation.providerID = provider
          allocation.resourceClass = name
          allocation.used = amount
          allocation.createdAt = now
          try await transaction.insert(allocation)
        }
      }
      try await claim.keep(consumers[claim.consumerID], in: transaction, now: now)
    }
    for provider in providers.sorted(by: { $0.id < $1.id }) { try await provider.advanced(in: transaction, now: now) }
  }

  /// The consumer as it is; nil where there is none.
  private func consumer(in transaction: Transaction) async throws -> Consumer? {
    let consumer = try await transaction.get(Consumer.self, consumerID)
    let isExpected =
      switch basis {
      case .any: true
      case .absent: consumer == nil
      case .generation(let n): consumer?.generation == n
      }
    guard isExpected else {
      let expected = consumer.map { String($0.generation) } ?? "null"
      let given = if case .generation(let n) = basis { String(n) } else { "null" }
      throw Fault.conflict(
        "consumer generation conflict - expected \(expected) but got \(given)", code: "placement.concurrent_update")
    }
    return consumer
  }

  /// Writes the consumer, or forgets it where it holds nothing any more.
  private func keep(_ known: Consumer?, in transaction: Transaction, now: Timestamp) async throws {
    guard !resources.isEmpty else {
      if let known { try await transaction.delete(known) }
      return
    }
    var consumer = known ?? Consumer()
    consumer.id = consumerID
    consumer.projectID = projectID
    consumer.userID = userID
    consumer.type = type ?? known?.type
    consumer.generation += 1
    consumer.updatedAt = now
    if known == nil {
      consumer.createdAt = now
      try await transaction.insert(consumer)
    } else {
      try await transaction.update(consumer)
    }
  }

  /// Lets go of everything a consumer holds; whether it held anything.
  public static func release(_ consumer: String, in transaction: Transaction) async throws -> Bool {
    let gone = try await transaction.deleteAll(Allocation.self, "WHERE consumer_id = \(consumer)")
    try await transaction.deleteAll(Consumer.self, "WHERE id = \(consumer)")
    return gone > 0
  }
}

/// What providers have and what is taken of it, while claims are entered one by one.
private struct Ledger {
  private var inventories: [String: [String: Inventory]] = [:]
  private var used: [String: [String: Int]]
  /// The usage before the claims' old allocations were taken back.
  private let before: [String: [String: Int]]

  init(of providers: [String], before: [String: [String: Int]], in transaction: some ReadTransaction) async throws {
    for inventory in try await transaction.all(Inventory.self, "WHERE provider_id IN (\(list: providers))") {
      inventories[inventory.providerID, default: [:]][inventory.resourceClass] = inventory
    }
    used = try await Allocation.usage(of: providers, in: transaction)
    self.before = before
  }

  mutating func take(_ amount: Int, of name: String, from provider: String) throws {
    guard let inventory = inventories[provider]?[name] else {
      throw Fault.conflict(
        "Unable to allocate inventory: Inventory for '\(name)' on resource provider '\(provider)' invalid.")
    }
    guard inventory.portions(amount) else {
      throw Fault.conflict(
        "Unable to allocate inventory: Unable to create allocation for '\(name)' on resource provider '\(provider)'. "
          + "The requested amount would violate inventory constraints: \(amount) is not between "
          + "\(inventory.minUnit) and \(inventory.maxUnit) in steps of \(inventory.stepSize).")
    }
    let taken = (used[provider]?[name] ?? 0) + amount
    // A provider whose inventory shrank below its use may still be relieved step by step.
    let isNoWorse = before[provider]?[name].map { taken <= $0 } ?? false
    guard Double(taken) <= inventory.room || isNoWorse else {
      throw Fault.conflict(
        "Unable to allocate inventory: Unable to create allocation for '\(name)' on resource provider '\(provider)'. "
          + "The requested amount would exceed the capacity: \(taken) of \(inventory.capacity).")
    }
    used[provider, default: [:]][name] = taken
  }
}
