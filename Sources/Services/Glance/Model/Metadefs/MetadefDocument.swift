public import Core
public import JSON
public import Store

/// A namespace with all that stands in it, as one JSON document: what a file of definitions holds and what
/// `POST /v2/metadefs/namespaces` takes.
public struct MetadefDocument: Sendable {
  public var namespace = MetadefNamespace()
  public var items: [MetadefItem] = []
  public var associations: [MetadefAssociation] = []

  /// Reads a document whose form is known to be right; ids come with `insert`.
  public init(_ json: JSONObject, owner: String) {
    namespace.namespace = json["namespace"]?.string ?? ""
    namespace.displayName = json["display_name"]?.string
    namespace.description = json["description"]?.string
    namespace.visibility = json["visibility"]?.string.flatMap(MetadefNamespace.Visibility.init) ?? .private
    namespace.isProtected = json["protected"]?.bool ?? false
    namespace.owner = json["owner"]?.string ?? owner
    for (name, schema) in json["properties"]?.object?.members ?? [] {
      items.append(Self.item(.property, name, schema))
    }
    for object in json["objects"]?.array ?? [] {
      items.append(Self.item(.object, object["name"]?.string ?? "", Self.content(ofObject: object.object ?? [:])))
    }
    for tag in json["tags"]?.array ?? [] { items.append(Self.item(.tag, tag["name"]?.string ?? "", [:])) }
    for association in json["resource_type_associations"]?.array ?? [] {
      associations.append(Self.association(association.object ?? [:]))
    }
  }

  private static func item(_ kind: MetadefItem.Kind, _ name: String, _ content: JSON) -> MetadefItem {
    var item = MetadefItem()
    item.kind = kind
    item.name = name
    item.content = content
    return item
  }

  /// What an object's row keeps of its document.
  public static func content(ofObject object: JSONObject) -> JSON {
    .object(
      JSONObject(
        object.members.filter { ["description", "required", "properties"].contains($0.key) && !$0.value.isNull }))
  }

  public static func association(_ json: JSONObject) -> MetadefAssociation {
    var association = MetadefAssociation()
    association.name = json["name"]?.string ?? ""
    association.prefix = json["prefix"]?.string
    association.propertiesTarget = json["properties_target"]?.string
    return association
  }

  /// Writes all of it; resource types that are not known yet become so.
  /// - Parameter protects: whether new resource types are the program's own.
  /// - Throws: a conflict where the namespace is there already, or names something twice.
  @discardableResult
  public func insert(
    in transaction: Transaction, world: World, now: Timestamp, protects: Bool = false
  ) async throws -> MetadefNamespace {
    var row = namespace
    row.id = world.uuid()
    row.createdAt = now
    row.updatedAt = now
    guard try await transaction.insertUnlessPresent(row) else {
      throw Fault.conflict("The metadata definition namespace=\(row.namespace) already exists.")
    }
    for item in items { try await Self.add(item, to: row, in: transaction, world: world, now: now) }
    for association in associations {
      try await Self.add(association, to: row, in: transaction, now: now, protects: protects)
    }
    return row
  }

  /// - Throws: a conflict where the namespace has one of that name.
  @discardableResult
  public static func add(
    _ item: MetadefItem, to namespace: MetadefNamespace, in transaction: Transaction, world: World, now: Timestamp
  ) async throws -> MetadefItem {
    var row = item
    row.id = world.uuid()
    row.namespaceID = namespace.id
    row.createdAt = now
    row.updatedAt = now
    guard try await transaction.insertUnlessPresent(row) else {
      throw duplicate(row.kind, row.name, namespace.namespace)
    }
    return row
  }

  public static func duplicate(_ kind: MetadefItem.Kind, _ name: String, _ namespace: String) -> Fault {
    .conflict(
      kind == .tag
        ? "A metadata tag with name=\(name) already exists in namespace=\(namespace)."
        : "A metadata definition \(kind.rawValue) with name=\(name) already exists in namespace=\(namespace).")
  }

  /// - Throws: a conflict where the namespace is about that type already.
  @discardableResult
  public static func add(
    _ association: MetadefAssociation, to namespace: MetadefNamespace, in transaction: Transaction, now: Timestamp,
    protects: Bool = false
  ) async throws -> MetadefAssociation {
    var type = MetadefResourceType()
    type.name = association.name
    type.isProtected = protects
    type.createdAt = now
    type.updatedAt = now
    _ = try await transaction.insertUnlessPresent(type)
    var row = association
    row.namespaceID = namespace.id
    row.createdAt = now
    row.updatedAt = now
    guard try await transaction.insertUnlessPresent(row) else {
      throw Fault.conflict(
        "The metadata definition resource-type association of resource-type=\(row.name) to "
          + "namespace=\(namespace.namespace) already exists.")
    }
    return row
  }

  /// Removes a namespace with all that stands in it.
  public static func remove(_ namespace: MetadefNamespace, in transaction: Transaction) async throws {
    try await transaction.deleteAll(MetadefItem.self, "WHERE namespace_id = \(namespace.id)")
    try await transaction.deleteAll(MetadefAssociation.self, "WHERE namespace_id = \(namespace.id)")
    try await transaction.delete(namespace)
  }
}
