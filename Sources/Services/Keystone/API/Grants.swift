internal import API
internal import Core
internal import HTTP
internal import JSON
internal import KeystoneModel
internal import Store

/// Roles of users and groups on projects and domains, and those that are inherited below them
/// (`/v3/OS-INHERIT/…/inherited_to_projects`).
enum Grants {
  static let reading: Policy = "rule:admin_required or (role:reader and system_scope:all)"

  /// Within the caller's domain: the actor and the target are both its own.
  private static func within(_ role: String) -> String {
    ["user", "group"].flatMap { actor in
      ["project.domain_id", "domain.id"].map { place in
        "(role:\(role) and domain_id:%(target.\(actor).domain_id)s and domain_id:%(target.\(place))s)"
      }
    }.joined(separator: " or ")
  }
  private static let ofDomain = "(domain_id:%(target.role.domain_id)s or None:%(target.role.domain_id)s)"
  static let listing = Policy(
    stringLiteral: "rule:admin_required or (role:reader and system_scope:all) or \(within("reader"))")
  static let checking = Policy(
    stringLiteral:
      "rule:admin_required or (role:reader and system_scope:all) or (\(within("reader"))) and \(ofDomain)")
  static let changing = Policy(
    stringLiteral: "rule:admin_required or (\(within("admin"))) and \(ofDomain) or "
      + "(\(within("manager"))) and rule:domain_managed_target_role")

  static let routes = Routes(rules: "identity:", of: Keystone.self, rows)

  /// The same four questions for each pair of target and actor, direct and inherited.
  private static let rows: [Route<Keystone>] = [("projects", "project"), ("domains", "domain")].flatMap { target in
    [("users", "user"), ("groups", "group")].flatMap { actor -> [Route<Keystone>] in
      let list = "/\(target.0)/{\(target.1)}/\(actor.0)/{\(actor.1)}/roles"
      let one = list + "/{role}"
      let inherited = "/OS-INHERIT" + one + "/inherited_to_projects"
      return [
        .get(list, "list_grants", Self.list, allow: listing),
        .get("/OS-INHERIT" + list + "/inherited_to_projects", "list_grants", Self.list, allow: listing),
      ]
        + [one, inherited].flatMap { path -> [Route<Keystone>] in
          [
            .put(path, "create_grant", grant, allow: changing, status: 204),
            .head(path, "check_grant", check, allow: checking),
            .get(path, "check_grant", check, allow: checking, status: 204),
            .delete(path, "revoke_grant", revoke, allow: changing),
          ]
        }
    }
  }

  /// The assignment that the path speaks of.
  private static func assignment(_ call: Call<Keystone>) -> Assignment {
    let path = call.path
    return Assignment(
      path["role"] ?? "", to: path["user"] != nil ? .user : .group, path["user"] ?? path["group"] ?? "",
      on: path["project"] != nil ? .project : .domain, path["project"] ?? path["domain"] ?? "",
      inherited: call.request.path.hasSuffix("/inherited_to_projects") || call.request.path.hasSuffix("_projects/"))
  }

  /// Decides on what is there of the role, the actor and the target; who may know is told later what is missing.
  private static func enforce(_ row: Assignment, _ call: Call<Keystone>) async throws {
    try await call.service.freshen(row.actor, row.actorID)
    let target = try await call.service.store.read { transaction in
      var target: [String: String] = [:]
      if let role = try await transaction.get(Role.self, row.roleID) {
        target["target.role.name"] = role.name
        target["target.role.domain_id"] = role.domainID ?? "None"
      }
      switch row.actor {
      case .user: target["target.user.domain_id"] = try await transaction.get(User.self, row.actorID)?.domainID
      case .group: target["target.group.domain_id"] = try await transaction.get(Group.self, row.actorID)?.domainID
      }
      switch row.target {
      case .project: target["target.project.domain_id"] = try await transaction.project(row.targetID)?.home
      case .domain: target["target.domain.id"] = try await transaction.domain(row.targetID)?.id
      case .system: break
      }
      return target
    }
    try call.enforce(target)
  }

  static func list(_ call: Call<Keystone>, _: Nothing) async throws -> Many<Role> {
    let row = assignment(call)
    try await enforce(row, call)
    try await call.service.store.read { try await $0.checkParties(of: row, role: false) }
    return try await call.page([
      """
      id IN (SELECT role_id FROM \(Assignment.table) WHERE actor = \(row.actor) AND actor_id = \(row.actorID) \
      AND target = \(row.target) AND target_id = \(row.targetID) AND inherited = \(row.inherited))
      """
    ])
  }

  static func grant(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let row = assignment(call)
    try await enforce(row, call)
    try await call.service.change { transaction in
      try await transaction.checkParties(of: row)
      _ = try await transaction.insertUnlessPresent(row)
    }
    return Nothing()
  }

  static func check(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let row = assignment(call)
    try await enforce(row, call)
    try await call.service.store.read { transaction in
      try await transaction.checkParties(of: row)
      try await transaction.checkPresent(row)
    }
    return Nothing()
  }

  static func revoke(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let row = assignment(call)
    try await enforce(row, call)
    try await call.service.change { transaction in
      try await transaction.checkPresent(row)
      try await transaction.delete(row)
      try await transaction.removePrograms(of: row)
    }
    return Nothing()
  }
}

/// `/v3/system/users/{id}/roles` and the same for groups: roles on the whole system.
enum SystemGrants {
  static let routes = Routes(rules: "identity:", of: Keystone.self, rows("users", "user") + rows("groups", "group"))

  private static func rows(_ collection: String, _ actor: String) -> [Route<Keystone>] {
    let list = "/system/\(collection)/{\(actor)}/roles"
    let one = list + "/{role}"
    let name = "system_grant_for_\(actor)"
    return [
      .get(list, "list_system_grants_for_\(actor)", Self.list, allow: Grants.reading),
      .put(one, "create_" + name, grant, allow: .admin, status: 204),
      .head(one, "check_" + name, check, allow: Grants.reading),
      .get(one, "check_" + name, check, allow: Grants.reading, status: 204),
      .delete(one, "revoke_" + name, revoke, allow: .admin),
    ]
  }

  private static func assignment(_ call: Call<Keystone>) -> Assignment {
    let path = call.path
    return Assignment(
      path["role"] ?? "", to: path["user"] != nil ? .user : .group, path["user"] ?? path["group"] ?? "", on: .system)
  }

  static func list(_ call: Call<Keystone>, _: Nothing) async throws -> Many<Role> {
    let row = assignment(call)
    try await call.service.freshen(row.actor, row.actorID)
    try await call.service.store.read { try await $0.checkParties(of: row, role: false) }
    return try await call.page([
      """
      id IN (SELECT role_id FROM \(Assignment.table) WHERE actor = \(row.actor) AND actor_id = \(row.actorID) \
      AND target = \(row.target))
      """
    ])
  }
  static func grant(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let row = assignment(call)
    try await call.service.freshen(row.actor, row.actorID)
    try await call.service.change { transaction in
      try await transaction.checkParties(of: row)
      _ = try await transaction.insertUnlessPresent(row)
    }
    return Nothing()
  }
  static func check(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let row = assignment(call)
    try await call.service.store.read { try await $0.checkPresent(row) }
    return Nothing()
  }
  static func revoke(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let row = assignment(call)
    try await call.service.change { transaction in
      try await transaction.checkPresent(row)
      try await transaction.delete(row)
    }
    return Nothing()
  }
}

extension ReadTransaction {
  /// - Throws: `notFound` when the role, the actor or the target does not exist; `forbidden` for a domain's role
  ///   outside it.
  fileprivate func checkParties(of row: Assignment, role isNamed: Bool = true) async throws {
    let role = isNamed ? try await existingRole(row.roleID) : nil
    switch row.actor {
    case .user: _ = try await existingUser(row.actorID)
    case .group: _ = try await existingGroup(row.actorID)
    }
    let place: Project?
    switch row.target {
    case .project: place = try await existingProject(row.targetID)
    case .domain: place = try await existingDomain(row.targetID)
    case .system: place = nil
    }
    if let domain = role?.domainID, domain != place?.home {
      throw Fault.forbidden(
        "Project \(row.targetID) must be in the same domain as the role \(row.roleID) being assigned.")
    }
  }

  fileprivate func checkPresent(_ row: Assignment) async throws {
    guard
      try await get(Assignment.self, row.actor, row.actorID, row.target, row.targetID, row.roleID, row.inherited) != nil
    else {
      throw Fault.notFound(
        "Could not find role assignment with role: \(row.roleID), user or group: \(row.actorID), project, domain, or "
          + "system: \(row.targetID).")
    }
  }
}

extension Transaction {
  /// Whoever loses a role on a project loses with it what programs of his could do there, as upstream does: were he
  /// given it again, none of them would come back unawares.
  fileprivate func removePrograms(of row: Assignment) async throws {
    guard row.target == .project, !row.inherited else { return }
    var users = [row.actorID]
    if row.actor == .group {
      users = try await all(Membership.self, "WHERE group_id = \(row.actorID)").map(\.userID)
    }
    try await deleteAll(
      ApplicationCredential.self, "WHERE project_id = \(row.targetID) AND user_id IN (\(list: users))")
  }
}
