public import Core
public import JSON
public import Store

/// What is known of a piece of long work on an image: an import, or data taken from a location.
///
///     pending -> processing -> success | failure
public struct ImageTask: Record {
  public enum Kind: String, ColumnValue, CaseIterable {
    /// Asked for by the API of tasks: it makes the image too.
    case `import`
    case imageImport = "api_image_import"
    case locationImport = "location_import"
  }
  public enum Status: String, ColumnValue, CaseIterable { case pending, processing, success, failure }

  /// How long it is remembered after its end (upstream's `task_time_to_live`).
  public static let lifetime = Duration.hours(48)

  public var id = ""
  public var kind = Kind.imageImport
  public var status = Status.pending
  /// A project.
  public var owner = ""
  public var input: JSON = [:]
  public var result: JSON = .null
  /// Why it failed; empty otherwise.
  public var message = ""
  public var imageID: String?
  public var requestID: String?
  public var userID: String?
  public var expiresAt: Timestamp?
  public var createdAt = Timestamp(microseconds: 0)
  public var updatedAt = Timestamp(microseconds: 0)
  public init() {}

  public static let table = Table<ImageTask>(
    "glance_tasks", since: 2, logged: false,
    [
      .column("id", \.id, key: true, since: 2),
      .column("type", \.kind, since: 2),
      .column("status", \.status, since: 2),
      .column("owner", \.owner, since: 2),
      .column("input", \.input, since: 2),
      .column("result", \.result, since: 2),
      .column("message", \.message, since: 2),
      .column("image_id", \.imageID, since: 2, indexed: true),
      .column("request_id", \.requestID, since: 2),
      .column("user_id", \.userID, since: 2),
      .column("expires_at", \.expiresAt, since: 2, indexed: true),
      .column("created_at", \.createdAt, since: 2),
      .column("updated_at", \.updatedAt, since: 2),
    ])

  /// Forgets those that ended so long ago that nobody is shown them.
  @discardableResult
  public static func forget(in store: Store, at now: Timestamp) async throws -> Int {
    try await store.write { try await $0.deleteAll(ImageTask.self, "WHERE expires_at < \(now)") }
  }

  /// Says that somebody works on it now.
  public static func begin(_ id: String, in transaction: Transaction, now: Timestamp) async throws {
    guard var task = try await transaction.get(ImageTask.self, id), task.status == .pending else { return }
    task.status = .processing
    task.updatedAt = now
    try await transaction.update(task)
  }

  /// Says how far a task is, in its message.
  public static func tell(_ id: String, _ message: String, in transaction: Transaction, now: Timestamp) async throws {
    guard var task = try await transaction.get(ImageTask.self, id), task.status == .processing else { return }
    task.message = message
    task.updatedAt = now
    try await transaction.update(task)
  }

  /// Says how a task ended; one that is not known is none of ours.
  /// - Parameter failure: why it failed; nil where it did not.
  public static func end(
    _ id: String, in transaction: Transaction, now: Timestamp, failure: String? = nil
  ) async throws {
    guard var task = try await transaction.get(ImageTask.self, id) else { return }
    task.status = failure == nil ? .success : .failure
    task.message = failure ?? ""
    task.result = failure == nil ? .object(JSONObject([("image_id", task.imageID.json)])) : .null
    task.expiresAt = now + lifetime
    task.updatedAt = now
    try await transaction.update(task)
  }
}
