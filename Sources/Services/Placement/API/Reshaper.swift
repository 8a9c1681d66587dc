internal import API
internal import Core
internal import JSON
internal import PlacementModel
internal import Store

/// `/reshaper`: inventories and the allocations on them, moved between providers at once.
enum Reshaper {
  static let routes = Routes(
    rules: "placement:reshaper:", of: Placement.self,
    [.post("/reshaper", "reshape", reshape, allow: .service, since: "1.30", status: 204)])

  private struct Part: Sendable {
    let provider: String
    let generation: Int
    let inventories: [Inventory]
  }

  static func reshape(_ call: Call<Placement>, _ body: JSON) async throws -> Nothing {
    let keys: Set<String> = ["inventories", "allocations"]
    let object = try call.objectBody(body, keys: keys, required: keys)
    guard let members = object["inventories"]?.object?.members, !members.isEmpty else {
      throw Fault.badRequest("JSON does not validate: inventories must be an object that is not empty.")
    }
    let parts = try members.map { text, value in
      let keys: Set<String> = ["resource_provider_generation", "inventories"]
      let record = try call.objectBody(value, keys: keys, required: keys)
      guard let id = dashed(text) else {
        throw Fault.badRequest("JSON does not validate: '\(text)' is not a provider's uuid.")
      }
      return Part(
        provider: id, generation: try Inventories.generation(record),
        inventories: try Inventories.records(record["inventories"] ?? .null, provider: id, call))
    }
    let claims = try ClaimBody(call, isPost: true).readAll(object["allocations"] ?? .null, mayBeEmpty: true)
    let now = call.now
    try await call.service.store.write { transaction in
      try await apply(parts, claims, in: transaction, now: now)
    }
    return Nothing()
  }

  /// First every inventory that is new, then the claims, then the inventories as they are to be: so that claims can
  /// move off an inventory that goes, onto one that comes.
  private static func apply(
    _ parts: [Part], _ claims: [Claim], in transaction: Transaction, now: Timestamp
  ) async throws {
    for part in parts {
      guard let provider = try await transaction.get(Provider.self, part.provider) else {
        throw Fault.badRequest(
          "Resource provider \(part.provider) in inventories not found: No resource provider with uuid "
            + "\(part.provider) found", code: "placement.resource_provider.not_found")
      }
      try provider.require(generation: part.generation)
      for var inventory in part.inventories {
        try await ResourceClass.require(inventory.resourceClass, in: transaction)
        inventory.updatedAt = now
        if try await transaction.get(Inventory.self, part.provider, inventory.resourceClass) == nil {
          try await transaction.insert(inventory)
        } else {
          try await transaction.update(inventory)
        }
      }
    }
    try await Claim.apply(claims, in: transaction, now: now)
    for part in parts {
      let provider = try await Provider.find(part.provider, in: transaction)
      _ = try await Inventory.replace(of: provider, with: part.inventories, in: transaction, now: now)
    }
  }
}
