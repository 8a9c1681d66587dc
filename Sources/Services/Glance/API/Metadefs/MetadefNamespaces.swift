internal import API
internal import Core
internal import GlanceModel
internal import HTTP
internal import JSON
internal import Store

/// `/v2/metadefs/namespaces`
enum MetadefNamespaces {
  static let routes = Routes(
    rules: "", of: Glance.self,
    [
      .get(
        "/metadefs/namespaces", "get_metadef_namespaces", list, allow: MetadefAccess.list,
        query: ListPage.parameters + .keys("resource_types")),
      .post("/metadefs/namespaces", "add_metadef_namespace", create, allow: MetadefAccess.change),
      .get(
        MetadefAccess.path, "get_metadef_namespace", show, allow: MetadefAccess.read, query: .keys("resource_type")),
      .put(MetadefAccess.path, "modify_metadef_namespace", update, allow: MetadefAccess.change),
      .delete(MetadefAccess.path, "delete_metadef_namespace", delete, allow: MetadefAccess.change),
    ])

  private static let sortable: Set<String> = [
    "created_at", "updated_at", "id", "namespace", "display_name", "visibility", "owner", "protected",
  ]

  static func list(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    let page = try ListPage(call, sortable: sortable, usual: call.service.options.pageSize)
    var conditions: [SQL] = []
    if let visibility = call.query("visibility") {
      guard MetadefNamespace.Visibility(rawValue: visibility) != nil else {
        throw Fault.badRequest("Invalid visibility value: \(visibility)")
      }
      conditions.append("visibility = \(visibility)")
    }
    if !call.caller.isAdmin {
      conditions.append("visibility = 'public' OR owner = \(call.caller.projectID ?? "\u{1}")")
    }
    if let types = call.query("resource_types") {
      let names = types.split(separator: ",").map(String.init)
      conditions.append(
        "id IN (SELECT namespace_id FROM \(MetadefAssociation.table) WHERE name IN (\(list: names)))")
    }
    let all = conditions
    let found = try await call.service.store.read { transaction in
      var last: MetadefNamespace?
      if let marker = page.marker {
        last = try await transaction.one(MetadefNamespace.self, "WHERE namespace = \(marker)")
        guard let last, call.permits(last.target, rule: "get_metadef_namespace") else {
          throw Fault.notFound("Metadata definition namespace=\(marker) was not found.")
        }
      }
      var shown: [(MetadefNamespace, [MetadefAssociation])] = []
      for namespace in try await page.fetch(all, after: last, in: transaction) {
        shown.append((namespace, try await associations(of: namespace, in: transaction)))
      }
      return shown
    }
    let parameters = call.request.query.filter { $0.name != "marker" }
    let place = "/v2/metadefs/namespaces"
    var object: JSONObject = [
      "first": .string(place + (parameters.isEmpty ? "" : "?" + writeQuery(parameters))),
      "namespaces": .array(found.map { .object(view($0.0, $0.1)) }), "schema": "/v2/schemas/metadefs/namespaces",
    ]
    if let last = found.last, found.count == page.limit {
      let next = parameters + [(name: "marker", value: last.0.namespace)]
      object.append("next", .string(place + "?" + writeQuery(next)))
    }
    return .object(object)
  }

  private static func associations(
    of namespace: MetadefNamespace, in transaction: some ReadTransaction
  ) async throws -> [MetadefAssociation] {
    try await transaction.all(MetadefAssociation.self, "WHERE namespace_id = \(namespace.id) ORDER BY name")
  }

  private static func view(_ namespace: MetadefNamespace, _ associations: [MetadefAssociation] = []) -> JSONObject {
    var object: JSONObject = ["namespace": .string(namespace.namespace)]
    if let name = namespace.displayName { object.append("display_name", .string(name)) }
    if let text = namespace.description { object.append("description", .string(text)) }
    object.append("visibility", .string(namespace.visibility.rawValue))
    object.append("protected", .bool(namespace.isProtected))
    object.append("owner", .string(namespace.owner))
    object.append("created_at", namespace.createdAt.json)
    object.append("updated_at", namespace.updatedAt.json)
    if !associations.isEmpty {
      object.append("resource_type_associations", .array(associations.map(MetadefResourceTypes.show)))
    }
    object.append("self", .string("/v2/metadefs/namespaces/\(namespace.namespace)"))
    object.append("schema", "/v2/schemas/metadefs/namespace")
    return object
  }

  static func create(_ call: Call<Glance>, _ body: JSON) async throws -> Response {
    let object = try MetadefAccess.body(body, MetadefSchemas.namespace, readOnly: MetadefAccess.generated)
    let document = MetadefDocument(object, owner: call.caller.projectID ?? "")
    let (world, now) = (call.service.world, call.service.world.now())
    let made = try await call.service.store.write { transaction in
      try await document.insert(in: transaction, world: world, now: now)
    }
    var shown = view(made)
    for key in ["resource_type_associations", "properties", "objects", "tags"] {
      if let value = object[key] { shown.append(key, value) }
    }
    return Response(
      status: 201,
      headers: [
        "Content-Type": "application/json",
        "Location": call.baseURL + "/v2/metadefs/namespaces/"
          + percentEncode(made.namespace).replacing("%3A", with: ":"),
      ], body: .bytes(JSON.object(shown).bytes))
  }

  static func show(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    let (namespace, items, associations) = try await call.service.store.read { transaction in
      let namespace = try await MetadefAccess.namespace(call, in: transaction)
      let items = try await transaction.all(
        MetadefItem.self, "WHERE namespace_id = \(namespace.id) ORDER BY created_at, name")
      return (namespace, items, try await Self.associations(of: namespace, in: transaction))
    }
    let type = call.query("resource_type")
    let prefix = associations.first { $0.name == type }?.prefix ?? ""
    var object = view(namespace, associations)
    let properties = items.filter { $0.kind == .property }
    if !properties.isEmpty {
      object.append("properties", .object(JSONObject(properties.map { (key: prefix + $0.name, value: $0.content) })))
    }
    let objects = items.filter { $0.kind == .object }
    if !objects.isEmpty {
      object.append(
        "objects", .array(objects.map { MetadefItems.show(object: $0, of: namespace.namespace, prefix: prefix) }))
    }
    let tags = items.filter { $0.kind == .tag }
    if !tags.isEmpty { object.append("tags", .array(tags.map { ["name": .string($0.name)] })) }
    return .object(object)
  }

  static func update(_ call: Call<Glance>, _ body: JSON) async throws -> JSON {
    let object = try MetadefAccess.body(body, MetadefSchemas.namespace, readOnly: MetadefAccess.generated)
    let wanted = MetadefDocument(object, owner: call.caller.projectID ?? "").namespace
    let now = call.service.world.now()
    return try await call.service.store.write { transaction in
      let found = try await MetadefAccess.namespace(call, in: transaction)
      if wanted.namespace != found.namespace,
        try await transaction.one(MetadefNamespace.self, "WHERE namespace = \(wanted.namespace)") != nil
      {
        throw Fault.conflict("The metadata definition namespace=\(wanted.namespace) already exists.")
      }
      var row = wanted
      (row.id, row.generation, row.createdAt, row.updatedAt) = (found.id, found.generation, found.createdAt, now)
      return .object(view(try await transaction.update(row)))
    }
  }

  static func delete(_ call: Call<Glance>, _: Nothing) async throws -> Nothing {
    try await call.service.store.write { transaction in
      let namespace = try await MetadefAccess.namespace(call, in: transaction)
      try MetadefAccess.requireUnprotected(namespace, "namespace \(namespace.namespace)")
      try await MetadefDocument.remove(namespace, in: transaction)
    }
    return Nothing()
  }
}
