internal import API
internal import Core
internal import JSON
internal import KeystoneModel
internal import Store

/// `GET /v3/role_assignments`: who has which role where, as assigned or as it works out (`effective`).
enum RoleAssignments {
  static let ofTree: Policy =
    """
    rule:admin_required or (role:reader and system_scope:all) or \
    (role:reader and domain_id:%(target.project.domain_id)s) or (role:admin and project_id:%(target.project.id)s)
    """

  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .get(
        "/role_assignments", "list_role_assignments", list,
        allow: """
          rule:admin_required or (role:reader and system_scope:all) or \
          (role:reader and domain_id:%(target.domain_id)s)
          """)
    ])

  /// What a query asks for.
  private struct Question: Sendable {
    var user: String?
    var group: String?
    var role: String?
    var project: String?
    var domain: String?
    var system = false
    var effective = false
    var inheritedOnly = false
    var subtree = false
    var names = false

    init(_ incoming: Incoming) throws {
      func given(_ name: String) -> String? { incoming.query(name).flatMap { $0.isEmpty ? nil : $0 } }
      user = given("user.id")
      group = given("group.id")
      role = given("role.id")
      project = given("scope.project.id")
      domain = given("scope.domain.id")
      system = given("scope.system") != nil
      effective = isSet(incoming, "effective")
      subtree = isSet(incoming, "include_subtree")
      names = isSet(incoming, "include_names")
      inheritedOnly = given("scope.OS-INHERIT:inherited_to") == "projects"
      if effective, group != nil {
        throw Fault.badRequest("Combining effective and group filter will always result in an empty list.")
      }
      if project != nil, domain != nil {
        throw Fault.badRequest("Specifying both project and domain is not allowed: choose one scope.")
      }
      if subtree, project == nil {
        throw Fault.badRequest("scope.project.id must be specified if include_subtree is also specified")
      }
    }
    private func isSet(_ incoming: Incoming, _ name: String) -> Bool {
      incoming.query(name).map { isTrue($0) } ?? false
    }
  }

  /// One line of the answer.
  private struct Line: Sendable, Hashable {
    var actor: Assignment.Actor
    var actorID: String
    var target: Assignment.Target
    var targetID: String
    var role: String
    var inherited = false
    /// The group through which a user has it, and the role that implies it, where the line was worked out.
    var group: String?
    var prior: String?
  }

  static func list(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    let question = try Question(call.incoming)
    let isFree = call.permits(["target.domain_id": "\u{0}"])
    let home = call.incoming.caller.domainID ?? "\u{0}"
    if question.subtree, let id = question.project {
      var target = ["target.project.id": id]
      target["target.project.domain_id"] = try await call.service.store.read { try await $0.project(id)?.home }
      try call.enforce(target, rule: "identity:list_role_assignments_for_tree")
    } else {
      try call.enforce(["target.domain_id": home])
    }
    try await freshen(question, call.service)
    let now = call.service.world.now()
    let (lines, names) = try await call.service.store.read { transaction in
      var rows = try await assignments(question, now, transaction)
      if !isFree {
        // A reader of a domain sees what is assigned on the domain and on its projects.
        let own = Set(try await transaction.all(Project.self, "WHERE domain_id = \(home)").map(\.id) + [home])
        rows = rows.filter { own.contains($0.targetID) }
      }
      let lines = try await question.effective ? workOut(rows, question, transaction) : rows.map { line($0) }
      let wanted = lines.filter { matches($0, question) }
      return (wanted, question.names ? try await Names(wanted, transaction) : nil)
    }
    return listing("role_assignments", lines.map { show($0, names, call) }, call.incoming)
  }

  /// Who is in which group of a directory matters where roles are worked out.
  private static func freshen(_ question: Question, _ service: Keystone) async throws {
    guard question.effective, service.directories.areUsed else { return }
    if let user = question.user { return try await service.freshen(user: user) }
    let groups = try await service.store.read { transaction in
      try await transaction.all(Assignment.self, "WHERE actor = \(Assignment.Actor.group)").map(\.actorID)
    }
    for group in Set(groups).sorted() { try await service.freshen(membersOf: group) }
  }

  /// The rows that can bear on the question; roles and, where groups and trees matter, parties are looked at later.
  private static func assignments(
    _ question: Question, _ now: Timestamp, _ transaction: any ReadTransaction
  ) async throws -> [Assignment] {
    var conditions: [SQL] = []
    if let user = question.user {
      if question.effective {
        let groups = try await transaction.groups(of: user) + transaction.lentGroups(of: user, at: now)
        conditions.append(
          """
          (actor = \(Assignment.Actor.user) AND actor_id = \(user)) \
          OR (actor = \(Assignment.Actor.group) AND actor_id IN (\(list: groups)))
          """)
      } else {
        conditions.append("actor = \(Assignment.Actor.user) AND actor_id = \(user)")
      }
    }
    if let group = question.group { conditions.append("actor = \(Assignment.Actor.group) AND actor_id = \(group)") }
    if question.effective, let id = question.project, let project = try await transaction.project(id) {
      // What is inherited comes from above; nothing else can bear on these projects.
      let above = try await transaction.ancestors(of: project).map(\.id)
      let below = question.subtree ? try await transaction.descendants(of: id).map(\.id) : []
      conditions.append("target_id IN (\(list: [id, project.home] + above + below))")
    }
    if question.system { conditions.append("target = \(Assignment.Target.system)") }
    if !question.effective {
      if let role = question.role { conditions.append("role_id = \(role)") }
      if let domain = question.domain {
        conditions.append("target = \(Assignment.Target.domain) AND target_id = \(domain)")
      }
      if let project = question.project {
        let below = question.subtree ? try await transaction.descendants(of: project).map(\.id) : []
        conditions.append("target = \(Assignment.Target.project) AND target_id IN (\(list: [project] + below))")
      }
      if question.inheritedOnly { conditions.append("inherited = \(true)") }
    }
    return try await transaction.all(
      Assignment.self, SQL.allOf(conditions) + " ORDER BY actor, actor_id, target, target_id, role_id")
  }

  private static func line(_ row: Assignment) -> Line {
    Line(
      actor: row.actor, actorID: row.actorID, target: row.target, targetID: row.targetID, role: row.roleID,
      inherited: row.inherited)
  }

  /// Groups become their members, inherited roles the projects they hold for, prior roles what they imply.
  private static func workOut(
    _ rows: [Assignment], _ question: Question, _ transaction: any ReadTransaction
  ) async throws -> [Line] {
    let inferences = try await transaction.inferences()
    let domainRoles = Set(try await transaction.all(Role.self, "WHERE domain_id IS NOT NULL").map(\.id))
    var scopes: Set<String>?
    if let project = question.project {
      scopes = Set([project] + (question.subtree ? try await transaction.descendants(of: project).map(\.id) : []))
    }
    var lines: [Line] = []
    for row in rows {
      var targets = [(row.target, row.targetID)]
      if row.inherited { targets = try await transaction.descendants(of: row.targetID).map { (.project, $0.id) } }
      if let scopes { targets = targets.filter { $0.0 == .project && scopes.contains($0.1) } }
      if targets.isEmpty { continue }
      var users = [row.actorID]
      if row.actor == .group {
        users = try await transaction.all(Membership.self, "WHERE group_id = \(row.actorID)").map(\.userID)
      }
      for (target, targetID) in targets {
        for user in users {
          for role in inferences.closure([row.roleID]) where !domainRoles.contains(role) {
            var line = Line(actor: .user, actorID: user, target: target, targetID: targetID, role: role)
            line.group = row.actor == .group ? row.actorID : nil
            line.prior = role == row.roleID ? nil : row.roleID
            lines.append(line)
          }
        }
      }
    }
    var seen: Set<Line> = []
    return lines.filter { line in
      var bare = line
      bare.group = nil
      bare.prior = nil
      return seen.insert(bare).inserted
    }
  }

  private static func matches(_ line: Line, _ question: Question) -> Bool {
    if let role = question.role, line.role != role { return false }
    if let user = question.user, line.actor != .user || line.actorID != user { return false }
    if let domain = question.domain, line.target != .domain || line.targetID != domain { return false }
    if question.system, line.target != .system { return false }
    return true
  }

  /// The records that lines speak of, for `include_names`.
  private struct Names: Sendable {
    var users: [String: User] = [:]
    var groups: [String: Group] = [:]
    var roles: [String: Role] = [:]
    var projects: [String: Project] = [:]

    init(_ lines: [Line], _ transaction: any ReadTransaction) async throws {
      for user in try await transaction.all(User.self, "WHERE id IN (\(list: Set(lines.map(\.actorID)).sorted()))") {
        users[user.id] = user
      }
      for group in try await transaction.all(Group.self, "WHERE id IN (\(list: Set(lines.map(\.actorID)).sorted()))") {
        groups[group.id] = group
      }
      for role in try await transaction.all(Role.self) { roles[role.id] = role }
      for project in try await transaction.all(
        Project.self, "WHERE is_domain = \(true) OR id IN (\(list: Set(lines.map(\.targetID)).sorted()))")
      { projects[project.id] = project }
    }

    func of(_ id: String, _ name: String?, domain: String?) -> JSON {
      var object: JSONObject = ["id": .string(id)]
      object["name"] = name.map { .string($0) }
      if let domain { object["domain"] = ["id": .string(domain), "name": (projects[domain]?.name).json] }
      return .object(object)
    }
  }

  private static func show(_ line: Line, _ names: Names?, _ call: Call<Keystone>) -> JSON {
    func shown(_ id: String, _ name: String?, _ domain: String?) -> JSON {
      names?.of(id, name, domain: domain) ?? ["id": .string(id)]
    }
    var object = JSONObject()
    let role = names?.roles[line.role]
    object.append("role", shown(line.role, role?.name, role?.domainID))
    switch line.actor {
    case .user:
      let user = names?.users[line.actorID]
      object.append("user", shown(line.actorID, user?.name, user?.domainID))
    case .group:
      let group = names?.groups[line.actorID]
      object.append("group", shown(line.actorID, group?.name, group?.domainID))
    }
    var scope = JSONObject()
    let place = names?.projects[line.targetID]
    switch line.target {
    case .project: scope.append("project", shown(line.targetID, place?.name, place?.domainID))
    case .domain: scope.append("domain", shown(line.targetID, place?.name, nil))
    case .system: scope.append("system", ["all": true])
    }
    if line.inherited { scope.append("OS-INHERIT:inherited_to", "projects") }
    object.append("scope", .object(scope))
    object.append("links", .object(links(line, call)))
    return .object(object)
  }

  private static func links(_ line: Line, _ call: Call<Keystone>) -> JSONObject {
    let base = call.baseURL + "/v3"
    let actor =
      line.group.map { "groups/\($0)" } ?? (line.actor == .user ? "users/\(line.actorID)" : "groups/\(line.actorID)")
    let place: String =
      switch line.target {
      case .project: "projects/\(line.targetID)"
      case .domain: "domains/\(line.targetID)"
      case .system: "system"
      }
    var path = "\(place)/\(actor)/roles/\(line.prior ?? line.role)"
    if line.inherited { path = "OS-INHERIT/\(path)/inherited_to_projects" }
    var links: JSONObject = ["assignment": .string("\(base)/\(path)")]
    if let group = line.group { links.append("membership", .string("\(base)/groups/\(group)/users/\(line.actorID)")) }
    if let prior = line.prior { links.append("prior_role", .string("\(base)/roles/\(prior)/implies/\(line.role)")) }
    return links
  }
}
