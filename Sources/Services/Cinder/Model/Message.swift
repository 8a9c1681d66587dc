public import Core
public import Store

/// What a user is told of work that failed after its request was answered (API reference: "Messages").
public struct Message: Record {
  /// What was being done, by upstream's number and words for it.
  public enum Action: String, ColumnValue, Sendable {
    case uploadVolume = "003"
    case downloadImage = "005"
    case extendVolume = "007"
    case createVolume = "008"
    case createSnapshot = "009"
    case deleteSnapshot = "010"
    /// Of Martlet's own: upstream tells nobody of a volume that could not be deleted.
    case deleteVolume = "100"

    public var words: String {
      switch self {
      case .uploadVolume: "copy volume to image"
      case .downloadImage: "copy image to volume"
      case .extendVolume: "extend volume"
      case .createVolume: "create volume from backend storage"
      case .createSnapshot: "create snapshot"
      case .deleteSnapshot: "delete snapshot"
      case .deleteVolume: "delete volume"
      }
    }
    /// `VOLUME` or `VOLUME_SNAPSHOT`.
    public var resourceType: String {
      switch self {
      case .createSnapshot, .deleteSnapshot: "VOLUME_SNAPSHOT"
      case .uploadVolume, .downloadImage, .extendVolume, .createVolume, .deleteVolume: "VOLUME"
      }
    }
  }
  public var id = ""
  public var projectID = ""
  public var requestID: String?
  public var action = Action.createVolume
  /// The volume or snapshot.
  public var resourceID = ""
  /// What went wrong, and who must do what about it.
  public var text = ""
  public var createdAt = Timestamp(seconds: 0)
  /// Until when it is kept.
  public var expiresAt = Timestamp(seconds: 0)
  public init() {}

  /// How long a message is kept (upstream's `message_ttl`).
  public static let lifetime = Duration.seconds(30 * 24 * 3600)

  public static let table = Table<Message>(
    "cinder_messages",
    [
      .column("id", \.id, key: true), .column("project_id", \.projectID), .column("request_id", \.requestID),
      .column("action", \.action), .column("resource_id", \.resourceID), .column("text", \.text),
      .column("created_at", \.createdAt), .column("expires_at", \.expiresAt),
    ], indexes: [.index("project_id"), .index("resource_id"), .index("expires_at")])
}
