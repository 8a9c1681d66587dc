public import Core
public import Store

/// What definitions can be about: `OS::Nova::Flavor`.
public struct MetadefResourceType: Record {
  public var name = ""
  /// Whether it came with the program.
  public var isProtected = false
  public var createdAt = Timestamp(microseconds: 0)
  public var updatedAt = Timestamp(microseconds: 0)
  public init() {}

  public static let table = Table<MetadefResourceType>(
    "glance_metadef_resource_types", since: 2, logged: false,
    [
      .column("name", \.name, key: true, since: 2),
      .column("protected", \.isProtected, since: 2),
      .column("created_at", \.createdAt, since: 2),
      .column("updated_at", \.updatedAt, since: 2),
    ])
}

/// That a namespace is about a type of resource.
public struct MetadefAssociation: Record {
  public var namespaceID = ""
  public var name = ""
  /// What the namespace's properties begin with on such a resource: `hw_`.
  public var prefix: String?
  /// Which of a resource's several sets of properties is meant: a volume's `image`.
  public var propertiesTarget: String?
  public var createdAt = Timestamp(microseconds: 0)
  public var updatedAt = Timestamp(microseconds: 0)
  public init() {}

  public static let table = Table<MetadefAssociation>(
    "glance_metadef_associations", since: 2, logged: false,
    [
      .column("namespace_id", \.namespaceID, key: true, since: 2),
      .column("name", \.name, key: true, since: 2, indexed: true),
      .column("prefix", \.prefix, since: 2),
      .column("properties_target", \.propertiesTarget, since: 2),
      .column("created_at", \.createdAt, since: 2),
      .column("updated_at", \.updatedAt, since: 2),
    ])
}
