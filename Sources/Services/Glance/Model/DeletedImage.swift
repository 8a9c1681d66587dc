public import Core
public import Store

/// What is remembered of an image that was deleted: the API v1 shows it to those who ask for it, and an operator's
/// `glance-manage db purge` forgets it.
public struct DeletedImage: Record {
  /// As it was last; its bytes are gone.
  public var image = Image()
  public var deletedAt = Timestamp(microseconds: 0)
  public init() {}

  public init(_ image: Image, at time: Timestamp) {
    self.image = image
    self.image.put([])
    self.image.uploadID = nil
    self.image.uploadUntil = nil
    deletedAt = time
  }

  public var id: String { image.id }

  public static let table = Table<DeletedImage>(
    "glance_deleted_images", since: 2, logged: false,
    Column.part(\.image, Image.table.columns) + [.column("deleted_at", \.deletedAt, since: 2, indexed: true)])

  /// Forgets those that were deleted before a time, at most so many; how many they were.
  public static func purge(before time: Timestamp, limit: Int, in transaction: Transaction) async throws -> Int {
    try await transaction.deleteAll(
      DeletedImage.self,
      "WHERE id IN (SELECT id FROM \(table) WHERE deleted_at < \(time) ORDER BY deleted_at LIMIT \(limit))")
  }
}
