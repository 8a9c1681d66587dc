public import Core
public import Store

/// A kind of volume that operators offer (API reference: "Volume types").
public struct VolumeType: Versioned {
  public var id = ""
  public var name = ""
  public var description: String?
  public var isPublic = true
  public var extraSpecs: [String: String] = [:]
  /// The projects that may use it although it is not public.
  public var projects: [String] = []
  public var createdAt = Timestamp(seconds: 0)
  public var generation = 0
  public init() {}

  public static let table = Table<VolumeType>(
    "cinder_volume_types",
    [
      .column("id", \.id, key: true), .column("name", \.name, unique: true), .column("description", \.description),
      .column("is_public", \.isPublic), .column("extra_specs", \.extraSpecs), .column("projects", \.projects),
      .column("created_at", \.createdAt), .column("generation", \.generation),
    ])

  public static func missing(_ id: String) -> Fault { .notFound("Volume type \(id) could not be found.") }
}
