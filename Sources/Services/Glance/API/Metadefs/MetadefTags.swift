internal import API
internal import Core
internal import GlanceModel
internal import HTTP
internal import JSON
internal import Store

/// `/v2/metadefs/namespaces/{namespace}/tags`
enum MetadefTags {
  private static let all = MetadefAccess.path + "/tags"
  private static let one = MetadefAccess.path + "/tags/{name}"

  static let routes = Routes(
    rules: "", of: Glance.self,
    [
      .get(all, "get_metadef_tags", list, allow: MetadefAccess.read, query: ListPage.parameters),
      .post(all, "add_metadef_tags", createAll, allow: MetadefAccess.change),
      .delete(all, "delete_metadef_tags", deleteAll, allow: MetadefAccess.change),
      .get(one, "get_metadef_tag", show, allow: MetadefAccess.read),
      .post(one, "add_metadef_tag", create, allow: MetadefAccess.change),
      .put(one, "modify_metadef_tag", update, allow: MetadefAccess.change),
      .delete(one, "delete_metadef_tag", delete, allow: MetadefAccess.change),
    ])

  private static func view(_ item: MetadefItem) -> JSON {
    ["name": .string(item.name), "created_at": item.createdAt.json, "updated_at": item.updatedAt.json]
  }

  static func list(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    let page = try ListPage(call, sortable: MetadefItems.sortable, usual: nil)
    let items = try await MetadefItems.list(.tag, call, page).1
    return ["tags": .array(items.map { ["name": .string($0.name)] })]
  }

  private static func tag(_ name: String) -> MetadefItem {
    var item = MetadefItem()
    item.kind = .tag
    item.name = name
    return item
  }

  /// The tags of the body instead of those that are there, or beside them with `X-Openstack-Append`.
  static func createAll(_ call: Call<Glance>, _ body: JSON) async throws -> JSON {
    let object = try MetadefAccess.body(body, MetadefSchemas.tags, readOnly: MetadefAccess.times)
    let names = (object["tags"]?.array ?? []).compactMap { $0["name"]?.string }
    let appends = call.request.headers["X-Openstack-Append"]?.saysTrue ?? false
    let (world, now) = (call.service.world, call.service.world.now())
    try await call.service.store.write { transaction in
      let namespace = try await MetadefAccess.namespace(call, in: transaction)
      if !appends {
        try await transaction.deleteAll(
          MetadefItem.self, "WHERE namespace_id = \(namespace.id) AND kind = 'tag'")
      }
      for name in names {
        try await MetadefDocument.add(tag(name), to: namespace, in: transaction, world: world, now: now)
      }
    }
    return ["tags": .array(names.map { ["name": .string($0)] })]
  }

  static func create(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    let name = call.path["name"] ?? ""
    guard name.count <= 80 else { throw Fault.badRequest("A tag's name has at most 80 characters.") }
    return view(try await MetadefItems.create(tag(name), call).1)
  }

  static func show(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    view(try await MetadefItems.find(.tag, call).1)
  }

  static func update(_ call: Call<Glance>, _ body: JSON) async throws -> JSON {
    let object = try MetadefAccess.body(body, MetadefSchemas.tag, readOnly: MetadefAccess.times)
    return view(
      try await MetadefItems.update(.tag, call, name: object["name"]?.string ?? "", content: [:]).1)
  }

  static func delete(_ call: Call<Glance>, _: Nothing) async throws -> Nothing {
    try await MetadefItems.delete(.tag, call)
    return Nothing()
  }
  static func deleteAll(_ call: Call<Glance>, _: Nothing) async throws -> Nothing {
    try await MetadefItems.deleteAll(.tag, call)
    return Nothing()
  }
}
