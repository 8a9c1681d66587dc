internal import API
internal import Core
internal import GlanceModel
internal import JSON
internal import Store

/// `/v2/metadefs/namespaces/{namespace}/properties`
enum MetadefProperties {
  private static let all = MetadefAccess.path + "/properties"
  private static let one = MetadefAccess.path + "/properties/{name}"

  static let routes = Routes(
    rules: "", of: Glance.self,
    [
      .get(all, "get_metadef_properties", list, allow: MetadefAccess.read),
      .post(all, "add_metadef_property", create, allow: MetadefAccess.change),
      .delete(all, "delete_metadef_namespace", deleteAll, allow: MetadefAccess.change),
      .get(one, "get_metadef_property", show, allow: MetadefAccess.read, query: .keys("resource_type")),
      .put(one, "modify_metadef_property", update, allow: MetadefAccess.change),
      .delete(one, "remove_metadef_property", delete, allow: MetadefAccess.change),
    ])

  static func list(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    let items = try await call.service.store.read { transaction in
      let namespace = try await MetadefAccess.namespace(call, in: transaction)
      return try await transaction.all(
        MetadefItem.self, "WHERE namespace_id = \(namespace.id) AND kind = 'property' ORDER BY name")
    }
    return ["properties": .object(JSONObject(items.map { (key: $0.name, value: $0.content) }))]
  }

  private static func view(_ item: MetadefItem) -> JSON {
    .object(JSONObject([(key: "name", value: .string(item.name))] + (item.content.object?.members ?? [])))
  }
  private static func read(_ body: JSON) throws -> (name: String, content: JSON) {
    let object = try MetadefAccess.body(body, MetadefSchemas.property, readOnly: MetadefAccess.times)
    return (object["name"]?.string ?? "", .object(JSONObject(object.members.filter { $0.key != "name" })))
  }

  static func create(_ call: Call<Glance>, _ body: JSON) async throws -> JSON {
    var item = MetadefItem()
    item.kind = .property
    (item.name, item.content) = try read(body)
    return view(try await MetadefItems.create(item, call).1)
  }

  /// With a resource type, the name in the path is the one that the property has on such a resource.
  static func show(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    guard let type = call.query("resource_type") else { return view(try await MetadefItems.find(.property, call).1) }
    let name = call.path["name"] ?? ""
    return try await call.service.store.read { transaction in
      let namespace = try await MetadefAccess.namespace(call, in: transaction)
      guard let association = try await transaction.get(MetadefAssociation.self, namespace.id, type) else {
        throw MetadefResourceTypes.missing(type, namespace.namespace)
      }
      guard let prefix = association.prefix, !prefix.isEmpty, name.hasPrefix(prefix) else {
        throw Fault.notFound(
          "Property \(name) does not start with the expected resource type association prefix of "
            + "'\(association.prefix ?? "None")'.")
      }
      return view(
        try await MetadefItems.find(.property, String(name.dropFirst(prefix.count)), in: namespace, transaction))
    }
  }

  static func update(_ call: Call<Glance>, _ body: JSON) async throws -> JSON {
    let (name, content) = try read(body)
    return view(try await MetadefItems.update(.property, call, name: name, content: content).1)
  }

  static func delete(_ call: Call<Glance>, _: Nothing) async throws -> Nothing {
    try await MetadefItems.delete(.property, call)
    return Nothing()
  }
  static func deleteAll(_ call: Call<Glance>, _: Nothing) async throws -> Nothing {
    try await MetadefItems.deleteAll(.property, call)
    return Nothing()
  }
}
