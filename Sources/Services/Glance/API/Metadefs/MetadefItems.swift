internal import API
internal import Core
internal import GlanceModel
internal import JSON
internal import Store

/// What the handlers of objects, properties and tags share: all are items of a namespace, found by kind and name.
enum MetadefItems {
  static func missing(_ kind: MetadefItem.Kind, _ name: String, _ namespace: String) -> Fault {
    .notFound(
      "The metadata definition \(kind.rawValue) with name=\(name) was not found in namespace=\(namespace).")
  }

  static func find(
    _ kind: MetadefItem.Kind, _ name: String, in namespace: MetadefNamespace, _ transaction: some ReadTransaction
  ) async throws -> MetadefItem {
    let found = try await transaction.one(
      MetadefItem.self, "WHERE namespace_id = \(namespace.id) AND kind = \(kind) AND name = \(name)")
    guard let found else { throw missing(kind, name, namespace.namespace) }
    return found
  }

  /// The item that the path names.
  static func find(_ kind: MetadefItem.Kind, _ call: Call<Glance>) async throws -> (MetadefNamespace, MetadefItem) {
    try await call.service.store.read { transaction in
      let namespace = try await MetadefAccess.namespace(call, in: transaction)
      return (namespace, try await find(kind, call.path["name"] ?? "", in: namespace, transaction))
    }
  }

  static func list(
    _ kind: MetadefItem.Kind, _ call: Call<Glance>, _ page: ListPage
  ) async throws -> (MetadefNamespace, [MetadefItem]) {
    try await call.service.store.read { transaction in
      let namespace = try await MetadefAccess.namespace(call, in: transaction)
      var last: MetadefItem?
      if let marker = page.marker { last = try await find(kind, marker, in: namespace, transaction) }
      let items = try await page.fetch(
        ["namespace_id = \(namespace.id) AND kind = \(kind)"], after: last, in: transaction)
      return (namespace, items)
    }
  }
  static let sortable: Set<String> = ["created_at", "updated_at", "id", "name"]

  static func create(_ item: MetadefItem, _ call: Call<Glance>) async throws -> (MetadefNamespace, MetadefItem) {
    let (world, now) = (call.service.world, call.service.world.now())
    return try await call.service.store.write { transaction in
      let namespace = try await MetadefAccess.namespace(call, in: transaction)
      return (
        namespace, try await MetadefDocument.add(item, to: namespace, in: transaction, world: world, now: now)
      )
    }
  }

  /// Gives the item in the path another name and content.
  static func update(
    _ kind: MetadefItem.Kind, _ call: Call<Glance>, name: String, content: JSON
  ) async throws -> (MetadefNamespace, MetadefItem) {
    let now = call.service.world.now()
    return try await call.service.store.write { transaction in
      let namespace = try await MetadefAccess.namespace(call, in: transaction)
      var item = try await find(kind, call.path["name"] ?? "", in: namespace, transaction)
      if name != item.name,
        try await transaction.one(
          MetadefItem.self, "WHERE namespace_id = \(namespace.id) AND kind = \(kind) AND name = \(name)") != nil
      {
        throw MetadefDocument.duplicate(kind, name, namespace.namespace)
      }
      item.name = name
      item.content = content
      item.updatedAt = now
      return (namespace, try await transaction.update(item))
    }
  }

  static func delete(_ kind: MetadefItem.Kind, _ call: Call<Glance>) async throws {
    try await call.service.store.write { transaction in
      let namespace = try await MetadefAccess.namespace(call, in: transaction)
      let item = try await find(kind, call.path["name"] ?? "", in: namespace, transaction)
      try MetadefAccess.requireUnprotected(namespace, "\(kind.rawValue) \(item.name)")
      try await transaction.delete(item)
    }
  }

  static func deleteAll(_ kind: MetadefItem.Kind, _ call: Call<Glance>) async throws {
    try await call.service.store.write { transaction in
      let namespace = try await MetadefAccess.namespace(call, in: transaction)
      try MetadefAccess.requireUnprotected(namespace, "namespace \(namespace.namespace)")
      try await transaction.deleteAll(
        MetadefItem.self, "WHERE namespace_id = \(namespace.id) AND kind = \(kind)")
    }
  }

  /// - Parameter prefix: what the names of properties begin with on the resource that was asked for.
  static func show(object item: MetadefItem, of namespace: String, prefix: String = "") -> JSON {
    let content = item.content.object ?? [:]
    var object: JSONObject = ["name": .string(item.name)]
    if let text = content["description"] { object.append("description", text) }
    let required = content["required"]?.array?.compactMap(\.string) ?? []
    object.append("required", required.map { prefix + $0 }.json)
    let properties = content["properties"]?.object?.members ?? []
    object.append("properties", .object(JSONObject(properties.map { (key: prefix + $0.key, value: $0.value) })))
    object.append("created_at", item.createdAt.json)
    object.append("updated_at", item.updatedAt.json)
    object.append("self", .string("/v2/metadefs/namespaces/\(namespace)/objects/\(item.name)"))
    object.append("schema", "/v2/schemas/metadefs/object")
    return .object(object)
  }
}
