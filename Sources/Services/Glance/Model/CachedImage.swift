public import Core
public import Store

/// That an image's bytes are to be at hand on this node, or are.
public struct CachedImage: Record {
  public enum Status: String, ColumnValue { case queued, cached }

  public var imageID = ""
  public var status = Status.queued
  public var size = 0
  public var hits = 0
  public var cachedAt = Timestamp(microseconds: 0)
  public var readAt = Timestamp(microseconds: 0)
  public init() {}

  public static let table = Table<CachedImage>(
    "glance_cached_images", since: 2, logged: false,
    [
      .column("image_id", \.imageID, key: true, since: 2),
      .column("status", \.status, since: 2),
      .column("size", \.size, since: 2),
      .column("hits", \.hits, since: 2),
      .column("cached_at", \.cachedAt, since: 2),
      .column("read_at", \.readAt, since: 2),
    ])
}
