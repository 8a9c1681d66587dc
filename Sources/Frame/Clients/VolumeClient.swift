public import JSON

/// Cinder, as compute asks it: volumes and their attachments (microversion 3.44 and later).
public struct VolumeClient: Sendable {
  public let service: ServiceClient
  public init(_ service: ServiceClient) { self.service = service }

  public func volume(_ id: String) async throws -> JSON? { try await service.find("/volumes/\(id)")?["volume"] }
  /// Why work on a volume failed, as its user is told; nil where nothing was said.
  public func trouble(of volume: String) async throws -> String? {
    try await service.call(
      "GET", "/messages", query: [(name: "resource_uuid", value: volume), (name: "all_tenants", value: "1")])[
        "messages"]?.array?.first?["user_message"]?.string
  }
  public func createVolume(_ volume: JSON) async throws -> JSON {
    try await service.call("POST", "/volumes", ["volume": volume])["volume"] ?? .null
  }
  /// The volumes of all projects whose metadata holds all of that.
  public func volumes(metadata: [String: String]) async throws -> [JSON] {
    try await service.call(
      "GET", "/volumes/detail",
      query: [(name: "metadata", value: metadata.json.text), (name: "all_tenants", value: "1")]
    )["volumes"]?.array ?? []
  }
  public func deleteVolume(_ id: String) async throws { try await service.remove("/volumes/\(id)") }

  /// Takes a snapshot of a volume, whoever uses it.
  public func createSnapshot(of volume: String, name: String, metadata: [String: String]) async throws {
    _ = try await service.call(
      "POST", "/snapshots",
      [
        "snapshot": [
          "volume_id": .string(volume), "name": .string(name), "force": true, "metadata": metadata.json,
        ]
      ])
  }
  /// The snapshots of all projects whose metadata holds all of that.
  public func snapshots(metadata: [String: String]) async throws -> [JSON] {
    try await service.call(
      "GET", "/snapshots/detail",
      query: [(name: "metadata", value: metadata.json.text), (name: "all_tenants", value: "1")]
    )["snapshots"]?.array ?? []
  }
  public func deleteSnapshot(_ id: String) async throws { try await service.remove("/snapshots/\(id)") }

  /// Reserves the volume for a server; without a connector nothing is exported yet.
  public func createAttachment(volume: String, server: String) async throws -> JSON {
    try await service.call(
      "POST", "/attachments", ["attachment": ["volume_uuid": .string(volume), "instance_uuid": .string(server)]])[
        "attachment"] ?? .null
  }
  /// Tells which host connects; the answer holds `connection_info`.
  public func connectAttachment(_ id: String, host: String) async throws -> JSON {
    try await service.call("PUT", "/attachments/\(id)", ["attachment": ["connector": ["host": .string(host)]]])[
      "attachment"] ?? .null
  }
  /// Says that the guest has the disk: the volume becomes `in-use`.
  public func completeAttachment(_ id: String) async throws {
    _ = try await service.call("POST", "/attachments/\(id)/action", ["os-complete": [:]])
  }
  public func deleteAttachment(_ id: String) async throws { try await service.remove("/attachments/\(id)") }
  /// All attachments of all projects, page by page.
  public func attachments() async throws -> [JSON] {
    var all: [JSON] = []
    while true {
      var query = [(name: "all_tenants", value: "1"), (name: "limit", value: "1000")]
      if let last = all.last?["id"]?.string { query.append((name: "marker", value: last)) }
      let page = try await service.call("GET", "/attachments", query: query)["attachments"]?.array ?? []
      all += page
      if page.count < 1000 { return all }
    }
  }
  public func attachments(server: String) async throws -> [JSON] {
    try await service.call(
      "GET", "/attachments", query: [(name: "instance_id", value: server), (name: "all_tenants", value: "1")])[
        "attachments"]?.array ?? []
  }
}
