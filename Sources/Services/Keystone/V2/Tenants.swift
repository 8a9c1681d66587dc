internal import API
internal import Clients
internal import Core
internal import JSON

/// `/v2.0/tenants`: projects of the default domain, by their older name.
enum Tenants {
  /// On the public port: those that the token's user may go to.
  static let ownRoutes = Routes(
    rules: "identity_v2:", of: KeystoneV2.self, [.get("/tenants", "list_own_tenants", listOwn, allow: .anyone)])

  static let routes = Routes(
    rules: "identity_v2:", of: KeystoneV2.self,
    [
      .get("/tenants", "list_tenants", list, allow: .admin),
      .get("/tenants/{id}", "get_tenant", show, allow: .admin),
      .post("/tenants", "create_tenant", create, allow: .admin, status: 200),
      .put("/tenants/{id}", "update_tenant", update, allow: .admin),
      .post("/tenants/{id}", "update_tenant", update, allow: .admin, status: 200),
      .delete("/tenants/{id}", "delete_tenant", delete, allow: .admin),
      .get("/tenants/{id}/users", "list_tenant_users", users, allow: .admin),
    ])

  private static let unknown: Set<String> = ["domain_id", "parent_id", "is_domain", "links", "options", "tags"]

  /// v3's project as v2.0 shows it.
  static func tenant(_ project: JSONObject) -> JSONObject { project.without(unknown) }

  static func listOwn(_ call: Call<KeystoneV2>, _: Nothing) async throws -> JSON {
    let own = try await call.list("/auth/projects", "projects").filter { $0.string("domain_id") == call.domain }
    return try page(own, call)
  }

  static func list(_ call: Call<KeystoneV2>, _: Nothing) async throws -> JSON {
    if let name = call.query("name") {
      return ["tenant": .object(tenant(try await call.find("/projects", "projects", "project", named: name)))]
    }
    return try page(
      try await call.list("/projects", "projects", query: [(name: "domain_id", value: call.domain)]), call)
  }

  /// v2.0 pages tenants, and nothing else.
  private static func page(_ projects: [JSONObject], _ call: Call<KeystoneV2>) throws -> JSON {
    var projects = projects[...]
    if let marker = call.query("marker") {
      guard let place = projects.firstIndex(where: { $0.string("id") == marker }) else {
        throw Fault.badRequest("Marker could not be found")
      }
      projects = projects[(place + 1)...]
    }
    if let limit = call.query("limit") {
      guard let count = Int(limit), count >= 0 else { throw Fault.badRequest("Invalid limit value") }
      projects = projects.prefix(count)
    }
    return ["tenants": .array(projects.map { .object(tenant($0)) }), "tenants_links": []]
  }

  /// The project that v2.0 knows by this id: no domain is one.
  static func existing(_ id: String, _ call: Call<KeystoneV2>) async throws -> JSONObject {
    guard !id.isEmpty else { throw Fault.notFound("Could not find project: .") }
    let project = try await call.ask("GET", path("projects", id), "project")
    guard project["is_domain"] != true else { throw Fault.notFound("Could not find project: \(id).") }
    return project
  }

  static func show(_ call: Call<KeystoneV2>, _: Nothing) async throws -> JSON {
    ["tenant": .object(tenant(try await existing(call.id, call)))]
  }

  static func create(_ call: Call<KeystoneV2>, _ body: JSON) async throws -> JSON {
    var project = try body.named("tenant")
    try project.requireName()
    guard project["is_domain"] == nil else {
      throw Fault.badRequest("The creation of projects acting as domains is not allowed in v2.")
    }
    project = project.without(unknown.union(["id"])).withoutNulls
    project.append("domain_id", .string(call.domain))
    return ["tenant": .object(tenant(try await call.ask("POST", "/projects", "project", project)))]
  }

  static func update(_ call: Call<KeystoneV2>, _ body: JSON) async throws -> JSON {
    let change = try body.named("tenant").without(unknown.union(["id"])).withoutNulls
    let before = try await existing(call.id, call)
    if change.isEmpty { return ["tenant": .object(tenant(before))] }
    return ["tenant": .object(tenant(try await call.ask("PATCH", path("projects", call.id), "project", change)))]
  }

  static func delete(_ call: Call<KeystoneV2>, _: Nothing) async throws -> Nothing {
    _ = try await existing(call.id, call)
    _ = try await call.v3.call("DELETE", path("projects", call.id))
    return Nothing()
  }

  /// Whoever has any role there, also through a group.
  static func users(_ call: Call<KeystoneV2>, _: Nothing) async throws -> JSON {
    _ = try await existing(call.id, call)
    let lines = try await call.list(
      "/role_assignments", "role_assignments",
      query: [(name: "scope.project.id", value: call.id), (name: "effective", value: "")])
    var seen: Set<String> = []
    var users: [JSON] = []
    for id in lines.compactMap({ $0["user"]?["id"]?.string }) where seen.insert(id).inserted {
      guard let user = try await call.v3.find(path("users", id))?["user"]?.object else { continue }
      users.append(.object(Users.user(user)))
    }
    return ["users": .array(users)]
  }
}
