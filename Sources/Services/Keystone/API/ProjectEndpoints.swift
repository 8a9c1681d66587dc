internal import API
internal import Core
internal import JSON
internal import KeystoneModel
internal import Store

/// `/v3/OS-EP-FILTER/projects` and `/endpoints`: which endpoints stand in which project's catalogue.
enum ProjectEndpoints {
  private static let pairPath = "/OS-EP-FILTER/projects/{project}/endpoints/{endpoint}"

  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .get(
        "/OS-EP-FILTER/endpoints/{endpoint}/projects", "list_projects_for_endpoint", projects,
        allow: EndpointGroups.reading),
      .get(
        "/OS-EP-FILTER/projects/{project}/endpoints", "list_endpoints_for_project", endpoints,
        allow: EndpointGroups.reading),
      .get(
        "/OS-EP-FILTER/projects/{project}/endpoint_groups", "list_endpoint_groups_for_project", groups,
        allow: EndpointGroups.reading),
      .put(pairPath, "add_endpoint_to_project", add, allow: .admin, status: 204),
      .get(pairPath, "check_endpoint_in_project", check, allow: EndpointGroups.reading, status: 204),
      .delete(pairPath, "remove_endpoint_from_project", remove, allow: .admin),
    ])

  static func projects(_ call: Call<Keystone>, _: Nothing) async throws -> Many<Project> {
    let id = call.path["endpoint"] ?? ""
    return Many(
      try await call.service.store.read { transaction in
        _ = try await transaction.existingEndpoint(id)
        let ids = try await transaction.all(ProjectEndpoint.self, "WHERE endpoint_id = \(id)").map(\.projectID)
        return try await transaction.all(Project.self, "WHERE id IN (\(list: ids)) ORDER BY name")
      })
  }

  static func endpoints(_ call: Call<Keystone>, _: Nothing) async throws -> Many<CatalogEndpoint> {
    let id = call.path["project"] ?? ""
    return Many(
      try await call.service.store.read { transaction in
        _ = try await transaction.existingProject(id)
        return try await transaction.endpointFilter(of: id) ?? []
      })
  }

  static func groups(_ call: Call<Keystone>, _: Nothing) async throws -> Many<EndpointGroup> {
    let id = call.path["project"] ?? ""
    return Many(
      try await call.service.store.read { transaction in
        _ = try await transaction.existingProject(id)
        let ids = try await transaction.all(ProjectEndpointGroup.self, "WHERE project_id = \(id)").map(\.groupID)
        return try await transaction.all(EndpointGroup.self, "WHERE id IN (\(list: ids)) ORDER BY name")
      })
  }

  private static func pair(_ call: Call<Keystone>, _ transaction: any ReadTransaction) async throws -> ProjectEndpoint {
    let endpoint = try await transaction.existingEndpoint(call.path["endpoint"] ?? "")
    return ProjectEndpoint(
      endpoint: endpoint.id, project: try await transaction.existingProject(call.path["project"] ?? "").id)
  }

  static func add(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    try await call.service.change { transaction in
      guard try await transaction.insertUnlessPresent(pair(call, transaction)) else {
        throw Fault.conflict(
          "Conflict occurred attempting to store project_endpoint - Duplicate entry found: the project has it.")
      }
    }
    return Nothing()
  }
  static func check(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    try await call.service.store.read { transaction in
      try await transaction.requirePresent(try await pair(call, transaction))
    }
    return Nothing()
  }
  static func remove(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    try await call.service.change { transaction in
      let row = ProjectEndpoint(endpoint: call.path["endpoint"] ?? "", project: call.path["project"] ?? "")
      try await transaction.requirePresent(row)
      try await transaction.delete(row)
    }
    return Nothing()
  }
}

extension ReadTransaction {
  fileprivate func requirePresent(_ row: ProjectEndpoint) async throws {
    guard try await get(ProjectEndpoint.self, row.endpointID, row.projectID) != nil else {
      throw Fault.notFound("Endpoint \(row.endpointID) not found in project \(row.projectID)")
    }
  }
}
