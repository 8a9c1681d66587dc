public import Core
public import Store

/// An offer of a volume to whoever knows the key (API reference: "Volume transfer").
public struct Transfer: Record {
  public var id = ""
  public var volumeID = ""
  public var name = ""
  public var projectID = ""
  /// SHA-256 of the key, which is shown once and not kept.
  public var keyHash = ""
  public var withoutSnapshots = false
  public var createdAt = Timestamp(seconds: 0)
  public init() {}

  public static let table = Table<Transfer>(
    "cinder_transfers",
    [
      .column("id", \.id, key: true), .column("volume_id", \.volumeID, unique: true), .column("name", \.name),
      .column("project_id", \.projectID), .column("key_hash", \.keyHash, secret: true),
      .column("without_snapshots", \.withoutSnapshots), .column("created_at", \.createdAt),
    ], indexes: [.index("project_id")])
}
