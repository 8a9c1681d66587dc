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
  /// Sets properties of an image.
  public func update(_ id: String, _ properties: [(name: String, value: String)]) async throws {
    let changes = properties.map { ["op": "add", "path": .string("/\($0.name)"), "value": .string($0.value)] as JSON }
    _ = try await service.send(
      "PATCH", "/images/\(id)", headers: ["Content-Type": "application/openstack-images-v2.1-json-patch"],
      body: .bytes(JSON.array(changes).bytes))
  }
  public func delete(_ id: String) async throws { try await service.remove("/images/\(id)") }
}
