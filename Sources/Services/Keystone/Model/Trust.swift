public import Core
public import JSON
public import Store

/// That one user lets another act with some of his roles on a project, in his name or in the other's own.
public struct Trust: Versioned {
  public var id = ""
  public var trustorID = ""
  public var trusteeID = ""
  /// Whether tokens show the trustor as their user.
  public var impersonation = false
  public var projectID: String?
  public var roleIDs: [String] = []
  public var expires: Timestamp?
  /// How many tokens may still be had with it; nil for any number.
  public var remainingUses: Int?
  /// How many trusts may yet follow from it, one from another.
  public var redelegationCount = 0
  /// The trust from which it follows.
  public var sourceID: String?
  public var extra = JSONObject()
  public var generation = 0

  public init() {}

  public static let table = Table<Trust>(
    "keystone_trusts", since: 2,
    [
      .column("id", \.id, key: true),
      .column("trustor_id", \.trustorID, indexed: true),
      .column("trustee_id", \.trusteeID, indexed: true),
      .column("impersonation", \.impersonation),
      .column("project_id", \.projectID, indexed: true),
      .column("role_ids", \.roleIDs),
      .column("expires", \.expires),
      .column("remaining_uses", \.remainingUses),
      .column("redelegation_count", \.redelegationCount),
      .column("source_id", \.sourceID, indexed: true),
      .column("extra", \.extra),
      .column("generation", \.generation),
    ])
}

extension ReadTransaction {
  /// The trust, if it is still in force.
  public func trust(_ id: String, at now: Timestamp) async throws -> Trust? {
    guard let trust = try await get(Trust.self, id), trust.expires.map({ now < $0 }) ?? true else { return nil }
    return trust
  }
  /// The trust and those it follows from, itself first.
  public func chain(of trust: Trust) async throws -> [Trust] {
    var chain = [trust]
    while let source = chain.last?.sourceID, chain.count < 64, let next = try await get(Trust.self, source) {
      chain.append(next)
    }
    return chain
  }
}

extension Transaction {
  /// Removes a trust with all that follow from it.
  public func remove(_ trust: Trust) async throws {
    for next in try await all(Trust.self, "WHERE source_id = \(trust.id)") { try await remove(next) }
    try await delete(trust)
  }
  /// Removes the trusts that name the user, either way.
  public func removeTrusts(of user: String) async throws {
    for trust in try await all(Trust.self, "WHERE trustor_id = \(user) OR trustee_id = \(user)") {
      guard let trust = try await get(Trust.self, trust.id) else { continue }
      try await remove(trust)
    }
  }
}
