internal import API
internal import Core
internal import HTTP
internal import JSON
internal import KeystoneModel
internal import Store

/// `/v3/projects/{id}/tags`, and how projects are found by them.
enum ProjectTags {
  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .get("/projects/{id}/tags", "list_project_tags", list, allow: Projects.reading),
      .get("/projects/{id}/tags/{tag}", "get_project_tag", show, allow: Projects.reading, status: 204),
      .put("/projects/{id}/tags", "update_project_tags", replace, allow: Projects.changing),
      .put("/projects/{id}/tags/{tag}", "create_project_tag", add, allow: Projects.changing, status: 201),
      .delete("/projects/{id}/tags/{tag}", "delete_project_tag", remove, allow: Projects.changing),
      .delete("/projects/{id}/tags", "delete_project_tags", removeAll, allow: Projects.changing),
    ])

  /// A list of at most 80 different words of 1 to 255 characters without slash or comma.
  static func check(_ json: JSON) throws {
    let tags = try [String](json: json)
    guard tags.count <= 80 else { throw Fault.badRequest("A project has at most 80 tags.") }
    guard Set(tags).count == tags.count else { throw Fault.badRequest("\(json) has non-unique elements") }
    for tag in tags { try check(tag) }
  }
  private static func check(_ tag: String) throws {
    guard (1...255).contains(tag.count), !tag.contains("/"), !tag.contains(",") else {
      throw Fault.badRequest("'\(tag)' is no tag: it has 1 to 255 characters without '/' and ','.")
    }
  }

  /// The conditions of `tags`, `tags-any`, `not-tags` and `not-tags-any`.
  static func filters(_ incoming: Incoming) -> [SQL] {
    func conditions(_ name: String) -> [SQL] {
      (incoming.query(name) ?? "").split(separator: ",").map { tag in
        let quoted = SQL.plain(inLike: JSON.string(String(tag)).text)
        return "tags LIKE \("%" + quoted + "%") ESCAPE '\\'"
      }
    }
    let rows: [(name: String, word: String, negated: Bool)] = [
      ("tags", " AND ", false), ("tags-any", " OR ", false), ("not-tags", " AND ", true),
      ("not-tags-any", " OR ", true),
    ]
    return rows.compactMap { row in
      let list = conditions(row.name)
      guard !list.isEmpty else { return nil }
      let joined = SQL.joined(list, row.word)
      return row.negated ? "NOT (\(joined))" : joined
    }
  }

  static func list(_ call: Call<Keystone>, _: Nothing) async throws -> JSON { try await shown(project(call), call) }

  static func show(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let tag = call.path["tag"] ?? ""
    guard try await project(call).tags.contains(tag) else {
      throw Fault.notFound("Could not find project tag: \(tag).")
    }
    return Nothing()
  }

  static func replace(_ call: Call<Keystone>, _ body: JSON) async throws -> JSON {
    guard let tags = body["tags"] else { throw Fault.badRequest("'tags' is a required property") }
    try check(tags)
    let list = try [String](json: tags)
    return try await shown(change(call) { $0 = list }, call)
  }
  static func add(_ call: Call<Keystone>, _: Nothing) async throws -> Response {
    let tag = call.path["tag"] ?? ""
    try check(tag)
    _ = try await change(call) { if !$0.contains(tag) { $0.append(tag) } }
    let location = call.baseURL + call.request.path
    return Response(status: 201, headers: ["Location": location])
  }
  static func remove(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let tag = call.path["tag"] ?? ""
    _ = try await change(call) { tags in
      guard tags.contains(tag) else { throw Fault.notFound("Could not find project tag: \(tag).") }
      tags.removeAll { $0 == tag }
    }
    return Nothing()
  }
  static func removeAll(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    _ = try await change(call) { $0 = [] }
    return Nothing()
  }

  private static func shown(_ project: Project, _ call: Call<Keystone>) async throws -> JSON {
    [
      "tags": project.tags.json,
      "links": ["next": nil, "self": .string(call.baseURL + call.request.path), "previous": nil],
    ]
  }
  private static func project(_ call: Call<Keystone>) async throws -> Project {
    let id = call.id
    let project = try await call.service.store.read { try await $0.existingProject(id) }
    try call.enforce(project.policyTarget)
    return project
  }
  private static func change(
    _ call: Call<Keystone>, _ body: @escaping @Sendable (inout [String]) throws -> Void
  ) async throws -> Project {
    let id = try await project(call).id
    return try await call.service.change { transaction in
      var project = try await transaction.existingProject(id)
      try body(&project.tags)
      try check(project.tags.json)
      return try await transaction.update(project)
    }
  }
}
