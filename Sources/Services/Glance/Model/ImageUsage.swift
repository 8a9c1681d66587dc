public import Core
public import Store

/// What a project's images come to, as upstream counts it.
public struct ImageUsage: Sendable {
  /// Bytes that are kept, those of an image in two stores twice.
  public let kept: Int
  /// Bytes that wait in the staging area.
  public let staged: Int
  public let count: Int
  /// Images to which data is on its way.
  public let uploading: Int

  /// - Parameters:
  ///   - project: whose images.
  ///   - id: an image that is left out.
  public init(of project: String, besides id: String = "", in transaction: some ReadTransaction) async throws {
    let own: SQL = "WHERE owner = \(project) AND id <> \(id)"
    // A place that is whole says so, and a text within the column cannot say it without its quotes escaped.
    let places: SQL = """
      (LENGTH(locations) - LENGTH(REPLACE(locations, '"ready":true', ''))) / 12
      """
    // Images are copied into further stores while they are in use.
    let copying: SQL = """
      (properties LIKE '%"os_glance_importing_to_stores":"%' \
      AND properties NOT LIKE '%"os_glance_importing_to_stores":""%')
      """
    func sum(_ bytes: SQL, _ condition: SQL) async throws -> Int {
      let rows = try await transaction.run(
        "SELECT COALESCE(SUM(\(bytes)), 0) FROM \(Image.table) \(own) AND (\(condition))")
      guard let value = rows.first?.first else { return 0 }
      // PostgreSQL adds integers up to a decimal.
      if case .text(let digits) = value { return Int(digits.prefix { $0 != "." }) ?? Int.max }
      return try Int(columnValue: value)
    }
    let arriving: SQL = "status IN ('uploading', 'importing')"
    kept = try await sum(
      "size * CASE WHEN \(places) > 1 THEN \(places) ELSE 1 END", "NOT \(arriving)")
    staged = try await sum("size", "\(arriving) OR \(copying)")
    count = try await transaction.count(Image.self, own)
    uploading = try await transaction.count(Image.self, own + " AND (status = 'saving' OR \(arriving) OR \(copying))")
  }
}

extension Image {
  /// Holds the bytes that an image is about to take, or has taken, against an operator's limit for all images of its
  /// owner (upstream's `user_storage_quota`).
  /// - Parameters:
  ///   - bytes: in each place; nil where nobody knows yet.
  ///   - copies: in how many places.
  ///   - quota: 0 for no limit.
  /// - Throws: `tooLarge` where there is no room.
  public func requireRoom(
    for bytes: Int?, copies: Int = 1, within quota: Int, in transaction: some ReadTransaction
  ) async throws {
    guard copies > 0, let room = try await room(within: quota, in: transaction) else { return }
    guard bytes ?? 1 > room / copies else { return }
    throw Self.beyond(room, bytes)
  }

  /// How many bytes the image may have; nil where nothing is limited.
  public func room(within quota: Int, in transaction: some ReadTransaction) async throws -> Int? {
    guard quota > 0, let owner else { return nil }
    return max(0, quota - (try await ImageUsage(of: owner, besides: id, in: transaction).kept))
  }

  /// Why data is not taken that is more than there is room for.
  public static func beyond(_ room: Int, _ bytes: Int?) -> Fault {
    Fault(
      .tooLarge,
      "Image exceeds the storage quota: the \(room) bytes that the project may still store are too few"
        + (bytes.map { " for its \($0)" } ?? "") + ". Delete images, or ask an administrator for more.")
  }
}
