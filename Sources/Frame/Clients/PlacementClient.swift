public import JSON

/// Placement, as the scheduler and the compute agents' keeper ask it (microversion 1.39).
public struct PlacementClient: Sendable {
  public let service: ServiceClient
  public init(_ service: ServiceClient) { self.service = service }

  public func provider(_ id: String) async throws -> JSON? { try await service.find("/resource_providers/\(id)") }
  public func createProvider(_ id: String, name: String) async throws -> JSON {
    try await service.call("POST", "/resource_providers", ["uuid": .string(id), "name": .string(name)])
  }
  public func deleteProvider(_ id: String) async throws { try await service.remove("/resource_providers/\(id)") }
  public func setInventories(_ provider: String, generation: Int, _ inventories: JSON) async throws {
    _ = try await service.call(
      "PUT", "/resource_providers/\(provider)/inventories",
      ["resource_provider_generation": .int(generation), "inventories": inventories])
  }
  public func inventories(_ provider: String) async throws -> JSON {
    try await service.call("GET", "/resource_providers/\(provider)/inventories")
  }
  public func usages(_ provider: String) async throws -> JSON {
    try await service.call("GET", "/resource_providers/\(provider)/usages")
  }
  public func setTraits(_ provider: String, generation: Int, _ traits: [String]) async throws {
    _ = try await service.call(
      "PUT", "/resource_providers/\(provider)/traits",
      ["resource_provider_generation": .int(generation), "traits": traits.json])
  }
  /// `resources` as `VCPU:1,MEMORY_MB:512`; the answer holds `allocation_requests` and `provider_summaries`.
  public func candidates(resources: String, required: [String] = [], limit: Int = 1000) async throws -> JSON {
    var query = [(name: "resources", value: resources), (name: "limit", value: String(limit))]
    if !required.isEmpty { query.append((name: "required", value: required.joined(separator: ","))) }
    return try await service.call("GET", "/allocation_candidates", query: query)
  }
  public func allocations(_ consumer: String) async throws -> JSON {
    try await service.call("GET", "/allocations/\(consumer)")
  }
  public func setAllocations(_ consumer: String, _ body: JSON) async throws {
    _ = try await service.call("PUT", "/allocations/\(consumer)", body)
  }
  public func deleteAllocations(_ consumer: String) async throws {
    try await service.remove("/allocations/\(consumer)")
  }
  public func allocations(ofProvider id: String) async throws -> JSON {
    try await service.call("GET", "/resource_providers/\(id)/allocations")
  }
}
