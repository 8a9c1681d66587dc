public import Core
public import Store

/// That an image's bytes are to be at hand on a host of the image API, or are.
///
///     queued --saga image.cache--> cached <--the end-- filling <--a download-- (nothing)
public struct CachedImage: Record {
  public enum Status: String, ColumnValue {
    case queued, cached
    /// A download has brought the bytes, and they are being put into place.
    case filling
  }

  public var imageID = ""
  /// The node whose cache it is.
  public var node = ""
  public var status = Status.queued
  public var size = 0
  public var hits = 0
  /// When it was queued, and from when on it is cached.
  public var cachedAt = Timestamp(microseconds: 0)
  public var readAt = Timestamp(microseconds: 0)
  /// What the cache calls the bytes: the hash of the content. Named before they are put there.
  public var key: String?
  /// Of whoever brings the bytes: an entry that was removed and made anew has another.
  public var ticket = ""
  public init() {}

  public init(_ image: Image, on node: String, _ status: Status, ticket: String, at now: Timestamp) {
    imageID = image.id
    self.node = node
    self.status = status
    self.ticket = ticket
    size = image.size ?? 0
    (cachedAt, readAt) = (now, now)
  }

  public static let table = Table<CachedImage>(
    "glance_cached_images", since: 2, logged: false,
    [
      .column("image_id", \.imageID, key: true, since: 2),
      .column("node", \.node, key: true, since: 2),
      .column("status", \.status, since: 2),
      .column("size", \.size, since: 2),
      .column("hits", \.hits, since: 2),
      .column("cached_at", \.cachedAt, since: 2),
      .column("read_at", \.readAt, since: 2),
      .column("content_key", \.key, since: 2, indexed: true),
      .column("ticket", \.ticket, since: 2),
    ])
}

extension CachedImage {
  /// A node's entry of an image.
  public static func entry(
    of image: String, on node: String, in transaction: some ReadTransaction
  ) async throws -> CachedImage? {
    try await transaction.one(CachedImage.self, "WHERE image_id = \(image) AND node = \(node)")
  }

  /// Which entries have to go so that the rest is within the limit: those that nobody read for the longest time.
  /// - Parameter entries: all that have bytes, the least recently read first. Several may share the same bytes.
  static func surplus(_ entries: [CachedImage], over limit: Int) -> [CachedImage] {
    var users: [String: Int] = [:]
    var total = 0
    for entry in entries {
      guard let key = entry.key else { continue }
      if users[key] == nil { total += entry.size }
      users[key, default: 0] += 1
    }
    var gone: [CachedImage] = []
    for entry in entries where entry.status == .cached {
      guard total > limit, let key = entry.key else { continue }
      gone.append(entry)
      users[key, default: 0] -= 1
      if users[key] == 0 { total -= entry.size }
    }
    return gone
  }
}
