internal import API
internal import Core
internal import GlanceModel
internal import JSON

/// `/v2/metadefs/namespaces/{namespace}/objects`
enum MetadefObjects {
  private static let all = MetadefAccess.path + "/objects"
  private static let one = MetadefAccess.path + "/objects/{name}"

  static let routes = Routes(
    rules: "", of: Glance.self,
    [
      .get(all, "get_metadef_objects", list, allow: MetadefAccess.read, query: ListPage.parameters),
      .post(all, "add_metadef_object", create, allow: MetadefAccess.change),
      .delete(all, "delete_metadef_namespace", deleteAll, allow: MetadefAccess.change),
      .get(one, "get_metadef_object", show, allow: MetadefAccess.read),
      .put(one, "modify_metadef_object", update, allow: MetadefAccess.change),
      .delete(one, "delete_metadef_object", delete, allow: MetadefAccess.change),
    ])

  static func list(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    let page = try ListPage(call, sortable: MetadefItems.sortable, usual: nil)
    let (namespace, items) = try await MetadefItems.list(.object, call, page)
    return [
      "objects": .array(items.map { MetadefItems.show(object: $0, of: namespace.namespace) }),
      "schema": "v2/schemas/metadefs/objects",
    ]
  }

  static func create(_ call: Call<Glance>, _ body: JSON) async throws -> JSON {
    let object = try MetadefAccess.body(body, MetadefSchemas.object, readOnly: MetadefAccess.generated)
    var item = MetadefItem()
    item.kind = .object
    item.name = object["name"]?.string ?? ""
    item.content = MetadefDocument.content(ofObject: object)
    let (namespace, made) = try await MetadefItems.create(item, call)
    return MetadefItems.show(object: made, of: namespace.namespace)
  }

  static func show(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    let (namespace, item) = try await MetadefItems.find(.object, call)
    return MetadefItems.show(object: item, of: namespace.namespace)
  }

  static func update(_ call: Call<Glance>, _ body: JSON) async throws -> JSON {
    let object = try MetadefAccess.body(body, MetadefSchemas.object, readOnly: MetadefAccess.generated)
    let (namespace, item) = try await MetadefItems.update(
      .object, call, name: object["name"]?.string ?? "", content: MetadefDocument.content(ofObject: object))
    return MetadefItems.show(object: item, of: namespace.namespace)
  }

  static func delete(_ call: Call<Glance>, _: Nothing) async throws -> Nothing {
    try await MetadefItems.delete(.object, call)
    return Nothing()
  }
  static func deleteAll(_ call: Call<Glance>, _: Nothing) async throws -> Nothing {
    try await MetadefItems.deleteAll(.object, call)
    return Nothing()
  }
}
