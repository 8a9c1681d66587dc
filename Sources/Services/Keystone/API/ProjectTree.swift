internal import API
internal import HTTP
internal import JSON
internal import KeystoneModel
internal import Store

/// What lies above and below a project, in the forms that `GET /v3/projects/{id}` can add.
enum ProjectTree {
  static func append(to shown: inout JSONObject, _ project: Project, _ call: Call<Keystone>) async throws {
    let asked = Set(call.request.query.map(\.name))
    guard !asked.isDisjoint(with: ["parents_as_ids", "parents_as_list", "subtree_as_ids", "subtree_as_list"]) else {
      return
    }
    let user = call.incoming.caller.userID
    let (above, below, own) = try await call.service.store.read { transaction in
      (
        try await transaction.ancestors(of: project), try await transaction.descendants(of: project.id),
        Set(try await transaction.projects(ofUser: user).map(\.id))
      )
    }
    func list(_ projects: [Project]) -> JSON {
      .array(
        projects.filter { own.contains($0.id) && !$0.isDomain }.map {
          ["project": Project.render($0, as: Project.view, at: "projects", for: call.incoming)]
        })
    }
    if asked.contains("parents_as_ids") {
      let parents = above.reversed().reduce(JSON.null) { .object([$1.id: $0]) }
      shown.append("parents", parents)
    } else if asked.contains("parents_as_list") {
      shown.append("parents", list(above))
    }
    if asked.contains("subtree_as_ids") {
      shown.append("subtree", ids(below: project.id, Dictionary(grouping: below) { $0.parentID ?? "" }))
    } else if asked.contains("subtree_as_list") {
      shown.append("subtree", list(below))
    }
  }

  private static func ids(below id: String, _ children: [String: [Project]]) -> JSON {
    guard let list = children[id] else { return .null }
    return .object(JSONObject(list.map { (key: $0.id, value: ids(below: $0.id, children)) }))
  }
}
