public import Core
public import JSON
public import Store

/// All definitions at once: loaded from documents, removed, written out, as `glance-manage` does.
public struct MetadefLibrary: Sendable {
  /// What to do with a namespace that is there already.
  public enum Loading: Sendable {
    case skip
    /// Adds what it lacks; with `preferNew`, what it has is replaced too.
    case merge(preferNew: Bool)
    /// Removes it first.
    case overwrite
  }
  private let store: Store
  private let world: World

  public init(store: Store, world: World) {
    self.store = store
    self.world = world
  }

  /// The usual definitions, into a store that never had any: those that an operator took away stay away.
  public func loadUsual() async throws {
    let (hadThem, isEmpty) = try await store.read { transaction in
      (
        try await transaction.get(MetadefLoading.self, MetadefLoading.usual) != nil,
        try await transaction.count(MetadefResourceType.self) == 0
      )
    }
    guard !hadThem else { return }
    if isEmpty { try await load(UsualMetadefs.documents()) }
    try await store.write { try await MetadefLoading.note(in: $0, at: world.now()) }
  }

  /// Loads documents, each in a transaction of its own.
  /// - Returns: the names of the namespaces that were written.
  @discardableResult
  public func load(_ documents: [JSONObject], _ loading: Loading = .skip) async throws -> [String] {
    var written: [String] = []
    for json in documents {
      let document = MetadefDocument(json, owner: "admin")
      let name = document.namespace.namespace
      guard !name.isEmpty else { throw Fault.badRequest("A document of definitions names no namespace.") }
      let (world, now) = (world, world.now())
      let isWritten = try await store.write { transaction in
        let found = try await transaction.one(MetadefNamespace.self, "WHERE namespace = \(name)")
        guard let found else {
          try await document.insert(in: transaction, world: world, now: now, protects: true)
          return true
        }
        switch loading {
        case .skip: return false
        case .overwrite:
          try await MetadefDocument.remove(found, in: transaction)
          try await document.insert(in: transaction, world: world, now: now, protects: true)
        case .merge(let preferNew):
          try await Self.merge(document, into: found, in: transaction, world: world, now: now, preferNew: preferNew)
        }
        return true
      }
      if isWritten { written.append(name) }
    }
    return written
  }

  private static func merge(
    _ document: MetadefDocument, into found: MetadefNamespace, in transaction: Transaction, world: World,
    now: Timestamp, preferNew: Bool
  ) async throws {
    if preferNew {
      var row = document.namespace
      (row.id, row.generation, row.createdAt, row.updatedAt) = (found.id, found.generation, found.createdAt, now)
      try await transaction.update(row)
    }
    for item in document.items {
      let old = try await transaction.one(
        MetadefItem.self, "WHERE namespace_id = \(found.id) AND kind = \(item.kind) AND name = \(item.name)")
      if var old {
        guard preferNew else { continue }
        old.content = item.content
        old.updatedAt = now
        try await transaction.update(old)
      } else {
        try await MetadefDocument.add(item, to: found, in: transaction, world: world, now: now)
      }
    }
    for association in document.associations {
      if let old = try await transaction.get(MetadefAssociation.self, found.id, association.name) {
        guard preferNew else { continue }
        try await transaction.delete(old)
      }
      try await MetadefDocument.add(association, to: found, in: transaction, now: now, protects: true)
    }
  }

  /// Removes every definition.
  public func unload() async throws {
    let now = world.now()
    try await store.write { transaction in
      try await MetadefLoading.note(in: transaction, at: now)
      try await transaction.deleteAll(MetadefItem.self)
      try await transaction.deleteAll(MetadefAssociation.self)
      try await transaction.deleteAll(MetadefResourceType.self)
      try await transaction.deleteAll(MetadefNamespace.self)
    }
  }

  /// Every namespace as a document that `load` takes.
  public func export() async throws -> [JSONObject] {
    try await store.read { transaction in
      var documents: [JSONObject] = []
      for namespace in try await transaction.all(MetadefNamespace.self, "ORDER BY namespace") {
        documents.append(try await Self.document(namespace, in: transaction))
      }
      return documents
    }
  }

  private static func document(
    _ namespace: MetadefNamespace, in transaction: some ReadTransaction
  ) async throws -> JSONObject {
    let items = try await transaction.all(MetadefItem.self, "WHERE namespace_id = \(namespace.id) ORDER BY name")
    let associations = try await transaction.all(
      MetadefAssociation.self, "WHERE namespace_id = \(namespace.id) ORDER BY name")
    return [
      "namespace": .string(namespace.namespace), "display_name": namespace.displayName.json,
      "description": namespace.description.json, "visibility": .string(namespace.visibility.rawValue),
      "protected": .bool(namespace.isProtected),
      "resource_type_associations": .array(
        associations.map {
          ["name": .string($0.name), "prefix": $0.prefix.json, "properties_target": $0.propertiesTarget.json]
        }),
      "properties": .object(
        JSONObject(items.filter { $0.kind == .property }.map { (key: $0.name, value: $0.content) })),
      "objects": .array(
        items.filter { $0.kind == .object }.map { item in
          .object(JSONObject([(key: "name", value: .string(item.name))] + (item.content.object?.members ?? [])))
        }),
      "tags": .array(items.filter { $0.kind == .tag }.map { ["name": .string($0.name)] }),
    ]
  }
}
