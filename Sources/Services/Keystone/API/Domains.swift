internal import API
internal import Core
internal import JSON
internal import KeystoneModel
internal import Store

/// `/v3/domains`.
enum Domains {
  static let reading: Policy =
    """
    rule:admin_required or (role:reader and system_scope:all) or domain_id:%(target.domain.id)s or \
    project_domain_id:%(target.domain.id)s
    """

  static let listing: Policy =
    "rule:admin_required or (role:reader and system_scope:all) or (role:reader and domain_id:%(target.domain.id)s)"

  static let routes = Routes(
    rules: "identity:", of: Keystone.self, shows: Project.domainView,
    [
      .get("/domains", "list_domains", list, allow: listing),
      .get("/domains/{id}", "get_domain", show, allow: reading),
      .post("/domains", "create_domain", create, allow: .admin),
      .patch("/domains/{id}", "update_domain", update, allow: .admin),
      .delete("/domains/{id}", "delete_domain", delete, allow: .admin),
    ])

  static func list(_ call: Call<Keystone>, _: Nothing) async throws -> Many<Project> {
    // A reader of a domain sees that one.
    let own = call.incoming.caller.domainID
    try call.enforce(["target.domain.id": own ?? "\u{0}"])
    let visible: [SQL] =
      call.permits(["target.domain.id": "\u{0}"]) ? [] : ["id = \(own ?? "")"]
    let page: Many<Project> = try await call.page(
      ["is_domain = \(true)"] + visible + call.filters(["name": "name", "id": "id"]) + call.enabledFilter())
    return Many(page.records, next: page.next, as: Project.domainView, at: "domains")
  }

  static func show(_ call: Call<Keystone>, _: Nothing) async throws -> One<Project> {
    let id = call.id
    try call.enforce(["target.domain.id": id])
    return shown(try await call.service.store.read { try await $0.existingDomain(id) })
  }

  struct Draft: OpenDraft {
    var name: String?
    var details: Given<String?> = .absent
    var enabled: Bool?
    var explicitID: String?
    var tags: [String]?
    var options = JSONObject()
    var extra = JSONObject()
    static let shape = Shape<Draft>(
      "domain", unknown: .ignored,
      [
        .key("name", \.name, .name(limit: 64)), .key("description", \.details), .key("enabled", \.enabled),
        .key("explicit_domain_id", \.explicitID), .key("tags", \.tags, .custom(ProjectTags.check)),
        .key("options", \.options),
      ])
  }

  static func create(_ call: Call<Keystone>, _ draft: Draft) async throws -> One<Project> {
    guard let name = draft.name else {
      throw Fault.badRequest("Invalid input for field/attribute domain. 'name' is a required property")
    }
    var domain = Project()
    domain.isDomain = true
    domain.id = draft.explicitID ?? call.service.world.hexID()
    guard isUUID(domain.id), domain.id.utf8.count == 32 else {
      throw Fault.badRequest("Domain ID does not conform to required UUID format.")
    }
    domain.name = name
    domain.details = (draft.details.value ?? nil) ?? ""
    domain.enabled = draft.enabled ?? true
    domain.tags = draft.tags ?? []
    domain.options = draft.options
    domain.extra = draft.extra
    return shown(try await add(domain, call.service))
  }

  static func add(_ domain: Project, _ service: Keystone) async throws -> Project {
    do {
      try await service.change { try await $0.insert(domain) }
    } catch let fault as Fault where fault.code == "duplicate" {
      throw Fault.conflict(
        "Conflict occurred attempting to store project - it is not permitted to have two projects acting as domains "
          + "with the same name: \(domain.name).")
    }
    return domain
  }

  static func update(_ call: Call<Keystone>, _ draft: Draft) async throws -> One<Project> {
    let id = call.id
    let event = call.service.revocation()
    let after = try await call.service.store("project", draft.name ?? id) { transaction in
      var domain = try await transaction.existingDomain(id)
      if domain.options.isImmutable, draft.options["immutable"] == nil { throw immutable("update", "domain", id) }
      if let name = draft.name { domain.name = name }
      if let details = draft.details.value { domain.details = details ?? "" }
      if let tags = draft.tags { domain.tags = tags }
      domain.options = domain.options.mergingOptions(draft.options)
      domain.extra = domain.extra.merging(draft.extra)
      if let enabled = draft.enabled, enabled != domain.enabled {
        domain.enabled = enabled
        if !enabled { try await transaction.revoke(event.of(domain), now: event.issuedBefore) }
      }
      return try await transaction.update(domain)
    }
    return shown(after)
  }

  static func delete(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let id = call.id
    try await call.service.change { transaction in
      try await delete(try await transaction.existingDomain(id), transaction)
    }
    return Nothing()
  }

  /// Removes a domain with all its users, groups, projects and roles.
  static func delete(_ domain: Project, _ transaction: Transaction) async throws {
    if domain.options.isImmutable { throw immutable("delete", "domain", domain.id) }
    guard !domain.enabled else {
      throw Fault.forbidden("Cannot delete a domain that is enabled, please disable it first.")
    }
    for provider in try await transaction.all(IdentityProvider.self, "WHERE domain_id = \(domain.id)") {
      try await transaction.remove(provider)
    }
    for project in try await transaction.descendants(of: domain.id).reversed() { try await transaction.remove(project) }
    for user in try await transaction.all(User.self, "WHERE domain_id = \(domain.id)") {
      try await transaction.remove(user)
    }
    for group in try await transaction.all(Group.self, "WHERE domain_id = \(domain.id)") {
      try await transaction.remove(group)
    }
    for mapping in try await transaction.all(IdentityMapping.self, "WHERE domain_id = \(domain.id)") {
      try await transaction.deleteAll(Assignment.self, "WHERE actor_id = \(mapping.publicID)")
      try await transaction.delete(mapping)
    }
    for role in try await transaction.all(Role.self, "WHERE domain_id = \(domain.id)") {
      try await transaction.remove(role)
    }
    try await transaction.remove(domain)
  }

  private static func shown(_ domain: Project) -> One<Project> { One(domain, as: Project.domainView, at: "domains") }
}
