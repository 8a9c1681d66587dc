public import JSON

/// Neutron, as compute asks it.
public struct NetworkClient: Sendable {
  public let service: ServiceClient
  public init(_ service: ServiceClient) { self.service = service }

  public typealias Query = [(name: String, value: String)]

  public func network(_ id: String) async throws -> JSON? { try await service.find("/networks/\(id)")?["network"] }
  public func networks(_ query: Query) async throws -> [JSON] { try await list("networks", query) }
  public func subnets(_ query: Query) async throws -> [JSON] { try await list("subnets", query) }
  public func port(_ id: String) async throws -> JSON? { try await service.find("/ports/\(id)")?["port"] }
  public func ports(_ query: Query) async throws -> [JSON] { try await list("ports", query) }
  public func floatingIPs(_ query: Query) async throws -> [JSON] { try await list("floatingips", query) }
  public func securityGroups(_ query: Query) async throws -> [JSON] { try await list("security-groups", query) }

  public func createPort(_ port: JSON) async throws -> JSON {
    try await service.call("POST", "/ports", ["port": port])["port"] ?? .null
  }
  public func updatePort(_ id: String, _ change: JSON) async throws -> JSON {
    try await service.call("PUT", "/ports/\(id)", ["port": change])["port"] ?? .null
  }
  public func deletePort(_ id: String) async throws { try await service.remove("/ports/\(id)") }

  private func list(_ what: String, _ query: Query) async throws -> [JSON] {
    try await service.call("GET", "/\(what)", query: query)[what.replacing("-", with: "_")]?.array ?? []
  }
}
