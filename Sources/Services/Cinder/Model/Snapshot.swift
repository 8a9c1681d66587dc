public import Core
public import Store
public import Work

/// A volume as it was at one instant (API reference: "Volume snapshots").
public struct Snapshot: Stateful {
  public enum State: String, ColumnValue, Sendable, CaseIterable {
    case creating, available, error
    case errorDeleting = "error_deleting"
  }
  public enum Doing: String, ColumnValue, Sendable, CaseIterable { case creating, deleting }
  public enum MoveName: String, Sendable, CaseIterable { case create, delete }

  public var id = ""
  public var volumeID = ""
  public var projectID = ""
  public var userID = ""
  public var name = ""
  public var description: String?
  /// The volume's size when it was made.
  public var sizeGiB = 0
  public var state = State.creating
  public var doing: Doing?
  public var saga: String?
  public var host: String?
  public var metadata: [String: String] = [:]
  public var createdAt = Timestamp(seconds: 0)
  public var updatedAt: Timestamp?
  public var generation = 0
  public init() {}

  public var status: String { doing?.rawValue ?? state.rawValue }

  public static let table = Table<Snapshot>(
    "cinder_snapshots",
    [
      .column("id", \.id, key: true), .column("volume_id", \.volumeID), .column("project_id", \.projectID),
      .column("user_id", \.userID), .column("name", \.name), .column("description", \.description),
      .column("size", \.sizeGiB), .column("state", \.state), .column("doing", \.doing), .column("saga", \.saga),
      .column("host", \.host), .column("metadata", \.metadata), .column("created_at", \.createdAt),
      .column("updated_at", \.updatedAt), .column("generation", \.generation),
    ], indexes: [.index("project_id"), .index("volume_id")])

  public static let lifecycle = Lifecycle<Snapshot>([
    .move(.create, from: [.creating], doing: .creating, to: .available, onFailure: .error, by: CreateSnapshot.self),
    .move(
      .delete, from: Set(State.allCases), doing: .deleting, to: nil, onFailure: .errorDeleting, preempts: true,
      by: DeleteSnapshot.self),
  ])

  public static func missing(_ id: String) -> Fault { .notFound("Snapshot \(id) could not be found.") }
}
