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

/// The page of a list of definitions; markers are names here, and not ids.
struct MetadefPage {
  let limit: Int?
  let marker: String?
  private let column: SQL
  private let key: String
  private let isDescending: Bool

  init(_ call: Call<Glance>, sortable: Set<String>, usual: Int?) throws {
    limit =
      try call.query("limit").map { text in
        guard let number = Int(text) else { throw Fault.badRequest("limit param must be an integer") }
        guard number >= 0 else { throw Fault.badRequest("limit param must be positive") }
        return min(number, call.service.options.pageLimit)
      } ?? usual
    marker = call.query("marker")
    key = call.query("sort_key") ?? "created_at"
    guard sortable.contains(key) else {
      throw Fault.badRequest(
        "Invalid sort key: \(key). It must be one of the following: \(sortable.sorted().joined(separator: ", ")).")
    }
    column = key == "display_name" ? "COALESCE(display_name, '')" : "\(identifier: key)"
    let direction = call.query("sort_dir") ?? "desc"
    guard direction == "asc" || direction == "desc" else {
      throw Fault.badRequest("Invalid sort direction: \(direction)")
    }
    isDescending = direction == "desc"
  }

  static let parameters: [QueryKey] =
    [.key("limit", .integer.with("minimum", 0))] + .keys("marker", "sort_key", "sort_dir", "visibility")

  /// The records of the page.
  /// - Parameter last: the marker's record.
  func fetch<R: Record>(
    _ condition: [SQL], after last: R?, in transaction: some ReadTransaction
  ) async throws -> [R] {
    var all = condition
    if let id = last?.id {
      let value: SQL = "(SELECT \(column) FROM \(R.table) WHERE id = \(id))"
      let beyond: SQL = isDescending ? "<" : ">"
      all.append("\(column) \(beyond) \(value) OR (\(column) = \(value) AND id \(beyond) \(id))")
    }
    let direction: SQL = isDescending ? "DESC" : "ASC"
    let end: SQL = limit.map { "LIMIT \($0)" } ?? ""
    return try await transaction.all(
      R.self, SQL.allOf(all) + " ORDER BY \(column) \(direction), id \(direction) \(end)")
  }
}
