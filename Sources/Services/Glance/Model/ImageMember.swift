public import Core
public import Store

/// That an image is shared with a project, and what the project thinks of it.
public struct ImageMember: Record {
  public enum Status: String, ColumnValue {
    /// It can be used, but is not in the project's list.
    case pending
    case accepted, rejected
  }
  public var imageID = ""
  /// A project.
  public var memberID = ""
  public var status = Status.pending
  /// Whether it may share the image on, as the API v1 knows it.
  public var canShare = false
  public var createdAt = Timestamp(microseconds: 0)
  public var updatedAt = Timestamp(microseconds: 0)
  public init() {}

  public static let table = Table<ImageMember>(
    "glance_image_members",
    [
      .column("image_id", \.imageID, key: true),
      .column("member_id", \.memberID, key: true, indexed: true),
      .column("status", \.status),
      .column("can_share", \.canShare, since: 2),
      .column("created_at", \.createdAt),
      .column("updated_at", \.updatedAt),
    ])
}
