internal import API
internal import Core
internal import GlanceModel
internal import JSON
internal import Store

/// Who sees and who changes definitions, and what all their handlers share.
enum MetadefAccess {
  static let read: Policy = """
    rule:context_is_admin or (role:reader and (project_id:%(project_id)s or 'public':%(visibility)s))
    """
  static let list: Policy = "rule:context_is_admin or (role:reader and project_id:%(project_id)s)"
  static let change: Policy = "rule:metadef_admin"

  static let path = "/metadefs/namespaces/{namespace}"

  /// The namespace in the path, for a caller who may do what the row's rule names.
  /// - Throws: `notFound` where he does not even see it, else `forbidden`.
  static func namespace(_ call: Call<Glance>, in transaction: some ReadTransaction) async throws -> MetadefNamespace {
    let name = call.path["namespace"] ?? ""
    guard let found = try await transaction.one(MetadefNamespace.self, "WHERE namespace = \(name)"),
      call.permits(found.target, rule: "get_metadef_namespace")
    else { throw Fault.notFound("Metadata definition namespace=\(name) was not found.") }
    guard call.permits(found.target) else {
      throw Fault.forbidden("You are not authorized to complete \(call.rule) action.")
    }
    return found
  }

  /// - Throws: `forbidden` for what stands in a namespace that is protected.
  static func requireUnprotected(_ namespace: MetadefNamespace, _ what: String) throws {
    guard !namespace.isProtected else {
      throw Fault.forbidden("Metadata definition \(what) is protected and cannot be deleted.")
    }
  }

  /// The object in the body, held against its schema.
  static func body(_ body: JSON, _ schema: JSON, readOnly: [String]) throws -> JSONObject {
    guard let object = body.object else { throw Fault.badRequest("Body expected in request.") }
    for key in readOnly where object[key] != nil { throw Fault.forbidden("Attribute '\(key)' is read-only.") }
    try SchemaCheck.require(body, schema)
    return object
  }
  static let times = ["created_at", "updated_at"]
  static let generated = ["self", "schema"] + times
}
