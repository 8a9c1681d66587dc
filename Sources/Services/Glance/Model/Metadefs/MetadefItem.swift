public import Core
public import JSON
public import Store

/// What stands in a namespace: a property, an object that groups properties, or a tag.
public struct MetadefItem: Record {
  public enum Kind: String, ColumnValue, CaseIterable { case object, property, tag }

  public var id = ""
  public var namespaceID = ""
  public var kind = Kind.tag
  public var name = ""
  /// A property's schema; an object's description, required names and properties; nothing of a tag.
  public var content: JSON = [:]
  public var createdAt = Timestamp(microseconds: 0)
  public var updatedAt = Timestamp(microseconds: 0)
  public init() {}

  public static let table = Table<MetadefItem>(
    "glance_metadef_items", since: 2, logged: false,
    [
      .column("id", \.id, key: true, since: 2),
      .column("namespace_id", \.namespaceID, since: 2),
      .column("kind", \.kind, since: 2),
      .column("name", \.name, since: 2),
      .column("content", \.content, since: 2),
      .column("created_at", \.createdAt, since: 2),
      .column("updated_at", \.updatedAt, since: 2),
    ],
    indexes: [.unique("namespace_id", "kind", "name", since: 2)])
}
