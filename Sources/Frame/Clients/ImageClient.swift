public import HTTP
public import JSON

/// Glance, as compute and volumes ask it.
public struct ImageClient: Sendable {
  public let service: ServiceClient
  public init(_ service: ServiceClient) { self.service = service }

  /// The image, as glance shows it; nil when there is none that this token may see.
  public func show(_ id: String) async throws -> JSON? { try await service.find("/images/\(id)") }
  /// The image's bytes.
  public func download(_ id: String) async throws -> Body { try await service.send("GET", "/images/\(id)/file").body }
  /// Makes an image that waits for its bytes.
  public func create(_ properties: JSON) async throws -> JSON { try await service.call("POST", "/images", properties) }
  public func upload(_ id: String, _ body: Body) async throws {
    _ = try await service.send(
      "PUT", "/images/\(id)/file", headers: ["Content-Type": "application/octet-stream"], body: body)
  }
  public func delete(_ id: String) async throws { try await service.remove("/images/\(id)") }
}
