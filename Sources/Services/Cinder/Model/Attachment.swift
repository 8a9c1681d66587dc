public import Core
public import JSON
public import Store

/// A volume's connection to a server, from the reservation to the release (API reference: "Attachments").
public struct Attachment: Versioned {
  public enum State: String, ColumnValue, Sendable, CaseIterable { case reserved, attaching, attached, detaching }

  public var id = ""
  public var volumeID = ""
  /// The volume's project.
  public var projectID = ""
  /// The server; nil for a volume that a bare host uses.
  public var serverID: String?
  public var state = State.reserved
  /// `rw`, `ro`, or nil while nobody has said.
  public var mode: String?
  /// Who connects, as it told us; null until it has.
  public var connector = JSON.null
  /// How it connects, as the agent told us; null until it was asked.
  public var connectionInfo = JSON.null
  public var host: String?
  /// The device inside the server: `/dev/vdb`.
  public var mountpoint: String?
  public var attachedAt: Timestamp?
  public var createdAt = Timestamp(seconds: 0)
  public var generation = 0
  public init() {}

  public static let table = Table<Attachment>(
    "cinder_attachments",
    [
      .column("id", \.id, key: true), .column("volume_id", \.volumeID), .column("project_id", \.projectID),
      .column("server_id", \.serverID), .column("state", \.state), .column("mode", \.mode),
      .column("connector", \.connector), .column("connection_info", \.connectionInfo, secret: true),
      .column("host", \.host), .column("mountpoint", \.mountpoint), .column("attached_at", \.attachedAt),
      .column("created_at", \.createdAt), .column("generation", \.generation),
    ], indexes: [.index("volume_id"), .index("server_id"), .index("project_id")])

  public static func missing(_ id: String) -> Fault {
    .notFound("Volume attachment could not be found with filter: attachment_id = \(id).")
  }
}

extension Volume {
  /// States that follow from attachments; every other one stays as it is when attachments change.
  public static let attachedStates: Set<State> = [.available, .reserved, .attaching, .detaching, .inUse]

  /// The state that these attachments put a volume into.
  public static func state(with attachments: [Attachment]) -> State {
    if attachments.contains(where: { $0.state == .attached }) { return .inUse }
    if attachments.contains(where: { $0.state == .detaching }) { return .detaching }
    if attachments.contains(where: { $0.state == .attaching }) { return .attaching }
    return attachments.isEmpty ? .available : .reserved
  }

  /// Brings the volume's state into line with its attachments, in the transaction that changed them.
  @discardableResult
  public static func settle(_ id: String, at now: Timestamp, in tx: Transaction) async throws -> Volume? {
    guard var volume = try await tx.get(Volume.self, id) else { return nil }
    let rows = try await tx.all(Attachment.self, "WHERE volume_id = \(id)")
    guard attachedStates.contains(volume.state) else { return volume }
    let state = state(with: rows)
    guard state != volume.state else { return volume }
    volume.state = state
    volume.updatedAt = now
    return try await tx.update(volume)
  }
}
