public import Core
internal import JSON
public import Store

/// A namespace of metadata definitions: what properties of images, flavors and volumes mean, for those who set them.
public struct MetadefNamespace: Versioned {
  public enum Visibility: String, ColumnValue, CaseIterable { case `public`, `private` }

  public var id = ""
  public var generation = 0
  /// Its name, which may change: `OS::Compute::Watchdog`.
  public var namespace = ""
  public var displayName: String?
  public var description: String?
  public var visibility = Visibility.private
  /// A project.
  public var owner = ""
  public var isProtected = false
  public var createdAt = Timestamp(microseconds: 0)
  public var updatedAt = Timestamp(microseconds: 0)
  public init() {}

  public static let table = Table<MetadefNamespace>(
    "glance_metadef_namespaces", since: 2,
    [
      .column("id", \.id, key: true, since: 2),
      .column("generation", \.generation, since: 2),
      .column("namespace", \.namespace, since: 2, unique: true),
      .column("display_name", \.displayName, since: 2),
      .column("description", \.description, since: 2),
      .column("visibility", \.visibility, since: 2),
      .column("owner", \.owner, since: 2),
      .column("protected", \.isProtected, since: 2),
      .column("created_at", \.createdAt, since: 2),
      .column("updated_at", \.updatedAt, since: 2),
    ])

  /// What policy rules know of it.
  public var target: [String: String] {
    ["project_id": owner, "owner": owner, "visibility": visibility.rawValue]
  }
}
