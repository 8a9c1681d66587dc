public import Core
public import Store

/// A volume on a server (nova's block device mapping).
public struct VolumeAttachment: Versioned {
  public enum State: String, ColumnValue, Sendable { case attaching, attached, detaching, error }
  /// The id of cinder's attachment, once there is one; until then an id of nova's own.
  public var id = ""
  public var serverID = ""
  public var volumeID = ""
  /// Cinder's attachment.
  public var attachmentID: String?
  /// `/dev/vdb`; nil until the host has chosen.
  public var device: String?
  public var bootIndex: Int?
  public var deleteOnTermination = false
  public var tag: String?
  public var state = State.attaching
  public var createdAt = Timestamp(seconds: 0)
  public var generation = 0
  public init() {}

  public static let table = Table<VolumeAttachment>(
    "nova_volume_attachments",
    [
      .column("id", \.id, key: true), .column("server_id", \.serverID), .column("volume_id", \.volumeID),
      .column("attachment_id", \.attachmentID), .column("device", \.device), .column("boot_index", \.bootIndex),
      .column("delete_on_termination", \.deleteOnTermination), .column("tag", \.tag), .column("state", \.state),
      .column("created_at", \.createdAt), .column("generation", \.generation),
    ], indexes: [.unique("server_id", "volume_id"), .index("volume_id")])
}
