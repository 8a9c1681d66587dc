// CinderModel: what block storage keeps: volumes with their lifecycle, attachments, snapshots, types, quotas, transfers
// and hosts; and what it says to its agents.
//
// The API begins moves, CinderWork carries them out as sagas, agents beside the disks do as they are told over the bus.
// Whether a volume is attached is never kept twice: its state follows from the rows of its attachments, each of which
// goes by its own id, so that letting an old one go cannot free a newer one.
//
//            create               reserve             connect             complete
//   (new) ──▶ available ────────────▶ reserved ─────────▶ attaching ────────▶ in-use
//     │          ▲  ▲                                                            │
//     ▼          │  └────────────────── the last attachment is deleted ──────────┘
//   error     extend, upload
//
//   (every state without attachments) ── delete ──▶ gone

public import Core
internal import JSON
public import Store
public import Work

/// A volume (API reference: block storage v3, "Volumes").
public struct Volume: Stateful {
  /// Where it stands while nothing is done to it.
  public enum State: String, ColumnValue, Sendable, CaseIterable {
    case creating, available, reserved, attaching, detaching, maintenance, error
    case inUse = "in-use"
    case awaitingTransfer = "awaiting-transfer"
    case errorDeleting = "error_deleting"
    case errorExtending = "error_extending"
  }
  /// What is being done to it; shown in place of its state.
  public enum Doing: String, ColumnValue, Sendable, CaseIterable {
    case creating, downloading, extending, uploading, deleting
  }
  public enum MoveName: String, Sendable, CaseIterable { case create, download, extend, upload, delete }

  public var id = ""
  public var projectID = ""
  public var userID = ""
  public var name = ""
  public var description: String?
  public var sizeGiB = 0
  public var state = State.creating
  public var doing: Doing?
  public var saga: String?
  /// Where it lives; nil until it is scheduled.
  public var host: String?
  public var availabilityZone = ""
  public var typeID: String?
  /// What it was made from.
  public var snapshotID: String?
  public var sourceID: String?
  public var metadata: [String: String] = [:]
  /// What the image that it was made from said of itself; nil for none.
  public var imageMetadata: [String: String]?
  public var bootable = false
  public var multiattach = false
  public var isReadOnly = false
  /// The size it is being extended to, which its project's quota already counts.
  public var extendingTo: Int?
  public var createdAt = Timestamp(seconds: 0)
  public var updatedAt: Timestamp?
  public var generation = 0
  public init() {}

  /// Cinder's `status`.
  public var status: String { doing?.rawValue ?? state.rawValue }

  public static let table = Table<Volume>(
    "cinder_volumes",
    [
      .column("id", \.id, key: true), .column("project_id", \.projectID), .column("user_id", \.userID),
      .column("name", \.name), .column("description", \.description), .column("size", \.sizeGiB),
      .column("state", \.state), .column("doing", \.doing), .column("saga", \.saga), .column("host", \.host),
      .column("availability_zone", \.availabilityZone), .column("type_id", \.typeID),
      .column("snapshot_id", \.snapshotID), .column("source_id", \.sourceID), .column("metadata", \.metadata),
      .column("image_metadata", \.imageMetadata), .column("bootable", \.bootable),
      .column("multiattach", \.multiattach), .column("is_read_only", \.isReadOnly),
      .column("extending_to", \.extendingTo), .column("created_at", \.createdAt), .column("updated_at", \.updatedAt),
      .column("generation", \.generation),
    ], indexes: [.index("project_id"), .index("host"), .index("type_id")])

  /// Every transition of a volume that takes time; attachments move it by themselves (`settle`).
  public static let lifecycle = Lifecycle<Volume>([
    .move(.create, from: [.creating], doing: .creating, to: .available, onFailure: .error, by: CreateVolume.self),
    .move(.download, from: [.creating], doing: .downloading, to: .available, onFailure: .error, by: CreateVolume.self),
    .move(
      .extend, from: [.available, .errorExtending], doing: .extending, to: .available, onFailure: .errorExtending,
      by: ExtendVolume.self),
    .move(.upload, from: [.available, .inUse], doing: .uploading, to: nil, by: UploadVolume.self),
    // In every state: what is attached, has snapshots or awaits a transfer is refused before, with its own words.
    .move(
      .delete, from: Set(State.allCases), doing: .deleting, to: nil, onFailure: .errorDeleting, preempts: true,
      by: DeleteVolume.self),
  ])

  /// The fault for a volume that the caller cannot see.
  public static func missing(_ id: String) -> Fault { .notFound("Volume \(id) could not be found.") }
}
