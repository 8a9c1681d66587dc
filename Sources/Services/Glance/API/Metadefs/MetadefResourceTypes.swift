internal import API
internal import Core
internal import GlanceModel
internal import JSON
internal import Store

/// `/v2/metadefs/resource_types`, and the types that a namespace is about.
enum MetadefResourceTypes {
  private static let all = MetadefAccess.path + "/resource_types"

  static let routes = Routes(
    rules: "", of: Glance.self,
    [
      .get("/metadefs/resource_types", "list_metadef_resource_types", list, allow: MetadefAccess.read),
      .get(all, "list_metadef_resource_types", listAssociations, allow: MetadefAccess.read),
      .post(all, "add_metadef_resource_type_association", associate, allow: MetadefAccess.change),
      .delete(
        all + "/{name}", "remove_metadef_resource_type_association", dissociate, allow: MetadefAccess.change),
    ])

  static func list(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    let types = try await call.service.store.read { try await $0.all(MetadefResourceType.self, "ORDER BY name") }
    return [
      "resource_types": .array(
        types.map {
          ["name": .string($0.name), "created_at": $0.createdAt.json, "updated_at": $0.updatedAt.json]
        })
    ]
  }

  static func show(_ association: MetadefAssociation) -> JSON {
    var object: JSONObject = ["name": .string(association.name)]
    if let prefix = association.prefix { object.append("prefix", .string(prefix)) }
    if let target = association.propertiesTarget { object.append("properties_target", .string(target)) }
    object.append("created_at", association.createdAt.json)
    object.append("updated_at", association.updatedAt.json)
    return .object(object)
  }

  static func missing(_ type: String, _ namespace: String) -> Fault {
    .notFound(
      "The metadata definition resource-type association of resource-type=\(type) to namespace=\(namespace), was not "
        + "found.")
  }

  static func listAssociations(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    let associations = try await call.service.store.read { transaction -> [MetadefAssociation] in
      let namespace = try await MetadefAccess.namespace(call, in: transaction)
      guard call.permits(namespace.target, rule: "get_metadef_resource_type") else { return [] }
      return try await transaction.all(
        MetadefAssociation.self, "WHERE namespace_id = \(namespace.id) ORDER BY name")
    }
    return ["resource_type_associations": .array(associations.map(show))]
  }

  static func associate(_ call: Call<Glance>, _ body: JSON) async throws -> JSON {
    let object = try MetadefAccess.body(body, MetadefSchemas.association, readOnly: MetadefAccess.times)
    let association = MetadefDocument.association(object)
    let now = call.service.world.now()
    return show(
      try await call.service.store.write { transaction in
        let namespace = try await MetadefAccess.namespace(call, in: transaction)
        return try await MetadefDocument.add(association, to: namespace, in: transaction, now: now)
      })
  }

  static func dissociate(_ call: Call<Glance>, _: Nothing) async throws -> Nothing {
    let type = call.path["name"] ?? ""
    try await call.service.store.write { transaction in
      let namespace = try await MetadefAccess.namespace(call, in: transaction)
      guard let found = try await transaction.get(MetadefAssociation.self, namespace.id, type) else {
        throw Fault.notFound("Failed to find resource type \(type) to delete")
      }
      try MetadefAccess.requireUnprotected(namespace, "resource-type-association \(type)")
      try await transaction.delete(found)
    }
    return Nothing()
  }
}
