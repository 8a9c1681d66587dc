internal import API
internal import Core
internal import JSON
internal import KeystoneModel
internal import Store

/// `/v3/OS-EP-FILTER/endpoint_groups`: rules that pick endpoints, and the projects that have them.
enum EndpointGroups {
  static let reading: Policy = "rule:admin_required or (role:reader and system_scope:all)"
  private static let root = "/OS-EP-FILTER/endpoint_groups"

  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .get(root, "list_endpoint_groups", list, allow: reading),
      .post(root, "create_endpoint_group", create, allow: .admin),
      .get(root + "/{id}", "get_endpoint_group", show, allow: reading),
      .patch(root + "/{id}", "update_endpoint_group", update, allow: .admin),
      .delete(root + "/{id}", "delete_endpoint_group", delete, allow: .admin),
      .get(root + "/{id}/projects", "list_projects_associated_with_endpoint_group", projects, allow: reading),
      .get(root + "/{id}/endpoints", "list_endpoints_associated_with_endpoint_group", endpoints, allow: reading),
      .get(root + "/{id}/projects/{project}", "get_endpoint_group_in_project", check, allow: reading),
      .put(root + "/{id}/projects/{project}", "add_endpoint_group_to_project", add, allow: .admin, status: 204),
      .delete(root + "/{id}/projects/{project}", "remove_endpoint_group_from_project", remove, allow: .admin),
    ])

  static func list(_ call: Call<Keystone>, _: Nothing) async throws -> Many<EndpointGroup> {
    try await call.page(call.filters(["name": "name"]))
  }
  static func show(_ call: Call<Keystone>, _: Nothing) async throws -> One<EndpointGroup> {
    let id = call.id
    return One(try await call.service.store.read { try await $0.existingEndpointGroup(id) })
  }

  struct Body: Draft {
    var name: String?
    var details: Given<String?> = .absent
    var filters: JSONObject?
    static let shape = Shape<Body>(
      "endpoint_group", unknown: .ignored,
      [
        .key("name", \.name, .name(limit: 255)), .key("description", \.details),
        .key("filters", \.filters, .custom(checkFilters)),
      ])

    func apply(to group: inout EndpointGroup) {
      if let name { group.name = name }
      details.apply(to: &group.details)
      if let filters { group.filters = filters }
    }
  }

  private static func checkFilters(_ json: JSON) throws {
    for (key, value) in json.object?.members ?? [] {
      guard ["service_id", "region_id", "interface"].contains(key) else {
        throw missing("service_id or region_id or interface", "endpoint_group")
      }
      let isKnown = key != "interface" || value.string.flatMap { CatalogEndpoint.Interface(rawValue: $0) } != nil
      guard value.string != nil, isKnown else {
        throw Fault.badRequest("Invalid input for field/attribute \(key). Value: \(value.text).")
      }
    }
  }

  static func create(_ call: Call<Keystone>, _ body: Body) async throws -> One<EndpointGroup> {
    guard body.name != nil else {
      throw Fault.badRequest("Invalid input for field/attribute endpoint_group. 'name' is a required property")
    }
    guard let filters = body.filters, !filters.isEmpty else {
      throw Fault.badRequest("filters field is required and cannot be empty")
    }
    var group = EndpointGroup()
    group.id = call.service.world.hexID()
    body.apply(to: &group)
    let added = group
    try await call.service.change { try await $0.insert(added) }
    return One(group)
  }

  static func update(_ call: Call<Keystone>, _ body: Body) async throws -> One<EndpointGroup> {
    let id = call.id
    return One(
      try await call.service.change { transaction in
        var group = try await transaction.existingEndpointGroup(id)
        body.apply(to: &group)
        return try await transaction.update(group)
      })
  }

  static func delete(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let id = call.id
    try await call.service.change { transaction in
      let group = try await transaction.existingEndpointGroup(id)
      try await transaction.deleteAll(ProjectEndpointGroup.self, "WHERE group_id = \(id)")
      try await transaction.delete(group)
    }
    return Nothing()
  }

  static func projects(_ call: Call<Keystone>, _: Nothing) async throws -> Many<Project> {
    let id = call.id
    return Many(
      try await call.service.store.read { transaction in
        _ = try await transaction.existingEndpointGroup(id)
        let ids = try await transaction.all(ProjectEndpointGroup.self, "WHERE group_id = \(id)").map(\.projectID)
        return try await transaction.all(Project.self, "WHERE id IN (\(list: ids)) ORDER BY name")
      })
  }

  static func endpoints(_ call: Call<Keystone>, _: Nothing) async throws -> Many<CatalogEndpoint> {
    let id = call.id
    return Many(
      try await call.service.store.read { transaction in
        let group = try await transaction.existingEndpointGroup(id)
        return try await transaction.all(CatalogEndpoint.self, "ORDER BY id").filter { group.picks($0) }
      })
  }

  /// The group and the project of the path, both of which must exist.
  private static func pair(_ call: Call<Keystone>, _ transaction: any ReadTransaction) async throws
    -> ProjectEndpointGroup
  {
    let project = try await transaction.existingProject(call.path["project"] ?? "")
    return ProjectEndpointGroup(group: try await transaction.existingEndpointGroup(call.id).id, project: project.id)
  }

  static func check(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    let row = try await call.service.store.read { transaction in
      let row = try await pair(call, transaction)
      try await transaction.requirePresent(row)
      return row
    }
    let link = "\(call.baseURL)/v3\(root)/\(row.groupID)/projects/\(row.projectID)"
    return [
      "project_endpoint_group": [
        "endpoint_group_id": .string(row.groupID), "project_id": .string(row.projectID),
        "links": ["self": .string(link)],
      ]
    ]
  }
  static func add(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    try await call.service.change { transaction in
      let row = try await pair(call, transaction)
      guard try await transaction.insertUnlessPresent(row) else {
        throw Fault.conflict(
          "Conflict occurred attempting to store project_endpoint_group - Duplicate entry found: the project has it.")
      }
    }
    return Nothing()
  }
  static func remove(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    try await call.service.change { transaction in
      let row = try await pair(call, transaction)
      try await transaction.requirePresent(row)
      try await transaction.delete(row)
    }
    return Nothing()
  }
}

extension EndpointGroup: Resource {
  static let collection = "OS-EP-FILTER/endpoint_groups"
  var extra: JSONObject { JSONObject() }
  static let view = View<EndpointGroup>(
    "endpoint_group",
    [
      .field("id", \.id), .field("name", \.name), .field("description", \.details), .field("filters", \.filters),
    ])
}

extension ReadTransaction {
  func existingEndpointGroup(_ id: String) async throws -> EndpointGroup {
    guard let group = try await get(EndpointGroup.self, id) else {
      throw Fault.notFound("Could not find Endpoint Group: \(id).")
    }
    return group
  }
  fileprivate func requirePresent(_ row: ProjectEndpointGroup) async throws {
    guard try await get(ProjectEndpointGroup.self, row.groupID, row.projectID) != nil else {
      throw Fault.notFound("Endpoint Group Project Association not found")
    }
  }
}
