internal import API
internal import Core
internal import JSON
internal import KeystoneModel
internal import Store

/// `/v3/projects`.
enum Projects {
  static let reading: Policy =
    """
    rule:admin_required or (role:reader and system_scope:all) or \
    (role:reader and domain_id:%(target.project.domain_id)s) or project_id:%(target.project.id)s
    """
  static let listing: Policy =
    "rule:admin_required or (role:reader and system_scope:all) or (role:reader and domain_id:%(target.domain_id)s)"
  static let changing: Policy = "rule:admin_required or (role:manager and domain_id:%(target.project.domain_id)s)"

  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .get("/projects", "list_projects", list, allow: listing),
      .get("/projects/{id}", "get_project", show, allow: reading),
      .post("/projects", "create_project", create, allow: changing),
      .patch("/projects/{id}", "update_project", update, allow: changing),
      .delete("/projects/{id}", "delete_project", delete, allow: changing),
    ])

  static func list(_ call: Call<Keystone>, _: Nothing) async throws -> Many<Project> {
    // A reader of a domain sees that domain's, whichever he asks for.
    let domain = call.permits(["target.domain_id": "\u{0}"]) ? call.query("domain_id") : call.incoming.caller.domainID
    try call.enforce(["target.domain_id": domain ?? "\u{0}"])
    var conditions = call.filters(["name": "name", "parent_id": "parent_id"]) + call.enabledFilter()
    conditions.append("is_domain = \(isTrue(call.query("is_domain")))")
    if let domain { conditions.append("domain_id = \(domain)") }
    return try await call.page(conditions + ProjectTags.filters(call.incoming))
  }

  static func show(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    let id = call.id
    let project = try await call.service.store.read { try await $0.existingProject(id) }
    try call.enforce(project.policyTarget)
    guard case .object(var shown) = Project.render(project, as: Project.view, at: "projects", for: call.incoming) else {
      return .null
    }
    try await ProjectTree.append(to: &shown, project, call)
    return ["project": .object(shown)]
  }

  struct Create: OpenDraft {
    var name = ""
    var domainID: String?
    var parentID: String?
    var isDomain = false
    var details: String?
    var enabled: Bool?
    var tags: [String] = []
    var options = JSONObject()
    var extra = JSONObject()
    static let shape = Shape<Create>(
      "project",
      unknown: .ignored,
      [
        .key("name", \.name, .name(limit: 64), required: true), .key("domain_id", \.domainID),
        .key("parent_id", \.parentID), .key("is_domain", \.isDomain), .key("description", \.details),
        .key("enabled", \.enabled), .key("tags", \.tags, .custom(ProjectTags.check)), .key("options", \.options),
      ])
  }

  static func create(_ call: Call<Keystone>, _ draft: Create) async throws -> One<Project> {
    let service = call.service
    var project = Project()
    project.id = service.world.hexID()
    project.name = draft.name
    project.isDomain = draft.isDomain
    project.details = draft.details ?? ""
    project.enabled = draft.enabled ?? true
    project.tags = draft.tags
    project.options = draft.options
    project.extra = draft.extra
    if project.isDomain {
      try call.enforce(["target.project.domain_id": "\u{0}"])
      return One(try await Domains.add(project, service))
    }
    let caller = call.incoming.caller
    let parentID = draft.parentID
    let parent = try await service.store.read { transaction -> Project? in
      guard let parentID else { return nil }
      return try await transaction.existingProject(parentID)
    }
    let domain =
      draft.domainID ?? parent?.home ?? caller.domainID ?? caller.projectDomainID ?? service.options.defaultDomainID
    project.domainID = domain
    project.parentID = parentID ?? domain
    try call.enforce(project.policyTarget)
    if let parent, parent.home != domain {
      throw Fault.badRequest(
        "Cannot create project, since it specifies its domain_id \(domain), but specifies a parent in a different "
          + "domain (\(parent.home))."
      )
    }
    let added = project
    let options = service.options
    let depth = options.limitModel == .flat ? options.maximumProjectDepth : min(2, options.maximumProjectDepth)
    try await service.store("project", project.name, domain: domain) { transaction in
      _ = try await transaction.existingDomain(domain)
      let above = try await transaction.ancestors(of: added)
      guard above.count < depth else {
        throw Fault.forbidden(
          "You are not authorized to perform the requested action: Max hierarchy depth reached for "
            + "\(added.parentID ?? domain) branch."
        )
      }
      guard above.allSatisfy(\.enabled) else {
        throw Fault.forbidden("Cannot create project, since a project it lies in is disabled. Enable that one first.")
      }
      try await transaction.insert(added)
    }
    return One(project)
  }

  struct Update: OpenDraft {
    var name: String?
    var domainID: Given<String?> = .absent
    var parentID: Given<String?> = .absent
    var isDomain: Bool?
    var details: Given<String?> = .absent
    var enabled: Bool?
    var tags: [String]?
    var options = JSONObject()
    var extra = JSONObject()
    static let shape = Shape<Update>(
      "project", unknown: .ignored,
      [
        .key("name", \.name, .name(limit: 64)), .key("domain_id", \.domainID), .key("parent_id", \.parentID),
        .key("is_domain", \.isDomain), .key("description", \.details), .key("enabled", \.enabled),
        .key("tags", \.tags, .custom(ProjectTags.check)), .key("options", \.options),
      ])
  }

  static func update(_ call: Call<Keystone>, _ draft: Update) async throws -> One<Project> {
    let id = call.id
    let service = call.service
    let before = try await service.store.read { try await $0.existingProject(id) }
    try call.enforce(before.policyTarget)
    let event = service.revocation()
    let after = try await service.store("project", draft.name ?? before.name, domain: before.home) { transaction in
      var project = try await transaction.existingProject(id)
      try refuseImmutable(project, draft)
      if let name = draft.name { project.name = name }
      if let details = draft.details.value { project.details = details ?? "" }
      if let tags = draft.tags { project.tags = tags }
      project.options = project.options.mergingOptions(draft.options)
      project.extra = project.extra.merging(draft.extra)
      if let enabled = draft.enabled, enabled != project.enabled {
        project.enabled = enabled
        if enabled, try await !transaction.ancestors(of: project).allSatisfy(\.enabled) {
          throw Fault.forbidden("Cannot enable project \(id) since it has disabled parents. Enable those first.")
        }
        if !enabled { try await transaction.revoke(event.of(project), now: event.issuedBefore) }
      }
      return try await transaction.update(project)
    }
    return One(after)
  }

  private static func refuseImmutable(_ project: Project, _ draft: Update) throws {
    if project.options.isImmutable, draft.options["immutable"] == nil {
      throw immutable("update", "project", project.id)
    }
    if let domain = draft.domainID.value, domain != project.domainID {
      throw Fault.badRequest("Cannot change Domain ID")
    }
    if let parent = draft.parentID.value, parent != project.parentID {
      throw Fault.forbidden(
        "You are not authorized to perform the requested action: Update of `parent_id` is not allowed.")
    }
    if let isDomain = draft.isDomain, isDomain != project.isDomain {
      throw Fault.badRequest("Update of `is_domain` is not allowed.")
    }
  }

  static func delete(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let id = call.id
    let before = try await call.service.store.read { try await $0.existingProject(id) }
    try call.enforce(before.policyTarget)
    try await call.service.change { transaction in
      let project = try await transaction.existingProject(id)
      if project.options.isImmutable { throw immutable("delete", "project", id) }
      if project.isDomain { return try await Domains.delete(project, transaction) }
      guard try await transaction.count(Project.self, "WHERE parent_id = \(id)") == 0 else {
        throw Fault.forbidden(
          "You are not authorized to perform the requested action: Cannot delete the project \(id) since it is not a "
            + "leaf in the hierarchy. Delete what lies in it first."
        )
      }
      try await transaction.remove(project)
    }
    return Nothing()
  }
}

func immutable(_ verb: String, _ type: String, _ id: String) -> Fault {
  .forbidden("Cannot \(verb) immutable resource: \(type) \(id). Set its option \"immutable\" to false first.")
}

extension Revocation {
  /// The same for all tokens of a project, or of a domain's users and of tokens scoped to it.
  func of(_ project: Project) -> Revocation {
    var event = self
    if project.isDomain { event.domainID = project.id } else { event.projectID = project.id }
    return event
  }
  func of(user: String) -> Revocation {
    var event = self
    event.userID = user
    return event
  }
}

extension Project {
  var policyTarget: [String: String] { ["target.project.id": id, "target.project.domain_id": home] }
}

extension Project: Resource {
  static let collection = "projects"
  static let view = View<Project>(
    "project",
    [
      .field("id", \.id), .field("name", \.name), .field("domain_id", \.domainID), .field("description", \.details),
      .field("enabled", \.enabled), .field("parent_id", \.parentID), .field("is_domain", \.isDomain),
      .field("tags", \.tags), .field("options", \.options),
    ])
  static let domainView = View<Project>(
    "domain",
    [
      .field("id", \.id), .field("name", \.name), .field("description", \.details), .field("enabled", \.enabled),
      .field("tags", \.tags), .field("options", \.options),
    ])
}

extension ReadTransaction {
  func existingProject(_ id: String) async throws -> Project {
    guard let project = try await project(id) else { throw Fault.notFound("Could not find project: \(id).") }
    return project
  }
  func existingDomain(_ id: String) async throws -> Project {
    guard let domain = try await domain(id) else { throw Fault.notFound("Could not find domain: \(id).") }
    return domain
  }
}

extension Transaction {
  /// Removes a project with everything that hangs on it alone.
  func remove(_ project: Project) async throws {
    try await deleteAll(Assignment.self, "WHERE target_id = \(project.id)")
    try await deleteAll(Credential.self, "WHERE project_id = \(project.id)")
    try await deleteAll(ApplicationCredential.self, "WHERE project_id = \(project.id)")
    try await deleteAll(Trust.self, "WHERE project_id = \(project.id)")
    try await deleteAll(AccessToken.self, "WHERE project_id = \(project.id)")
    try await deleteAll(ProjectEndpoint.self, "WHERE project_id = \(project.id)")
    try await deleteAll(ProjectEndpointGroup.self, "WHERE project_id = \(project.id)")
    try await deleteAll(DomainOption.self, "WHERE domain_id = \(project.id)")
    try await deleteAll(Limit.self, "WHERE project_id = \(project.id) OR domain_id = \(project.id)")
    for var user in try await all(User.self, "WHERE default_project_id = \(project.id)") {
      user.defaultProjectID = nil
      try await update(user)
    }
    try await delete(project)
  }
}
