public import Store

extension ReadTransaction {
  /// All assignments of a user, his groups' included.
  /// - Parameter extra: groups that he is in by what another cloud says of him.
  public func assignments(ofUser user: String, in extra: [String] = []) async throws -> [Assignment] {
    let groups = try await groups(of: user) + extra
    return try await all(
      Assignment.self,
      """
      WHERE (actor = \(Assignment.Actor.user) AND actor_id = \(user)) \
      OR (actor = \(Assignment.Actor.group) AND actor_id IN (\(list: groups)))
      """)
  }

  /// The assignments that count for a user on a project: given there, or inherited from what it lies in.
  public func assignments(
    of user: String, onProject project: Project, in extra: [String] = []
  ) async throws -> [Assignment] {
    let above = try await ancestors(of: project)
    let domain = project.home
    let projects = Set(above.map(\.id))
    return try await assignments(ofUser: user, in: extra).filter { row in
      switch row.target {
      case .project: row.inherited ? projects.contains(row.targetID) : row.targetID == project.id
      case .domain:
        row.inherited ? row.targetID == domain && !project.isDomain : project.isDomain && row.targetID == domain
      case .system: false
      }
    }
  }

  /// The roles that hold for a user on a project, implied ones too.
  public func roles(of user: String, onProject project: Project, in extra: [String] = []) async throws -> [Role] {
    try await effective(assignments(of: user, onProject: project, in: extra))
  }

  public func roles(of user: String, onDomain domain: String, in extra: [String] = []) async throws -> [Role] {
    try await effective(
      assignments(ofUser: user, in: extra).filter { $0.target == .domain && $0.targetID == domain && !$0.inherited })
  }

  public func systemRoles(of user: String, in extra: [String] = []) async throws -> [Role] {
    try await effective(assignments(ofUser: user, in: extra).filter { $0.target == .system })
  }

  /// The assigned roles with all they imply, without those of a domain, by name.
  public func effective(_ assignments: [Assignment]) async throws -> [Role] {
    guard !assignments.isEmpty else { return [] }
    let ids = try await inferences().closure(assignments.map(\.roleID))
    return try await all(Role.self, "WHERE id IN (\(list: ids)) AND domain_id IS NULL ORDER BY name")
  }

  /// The enabled projects on which a user has a role, by name.
  public func projects(ofUser user: String, in extra: [String] = []) async throws -> [Project] {
    let rows = try await assignments(ofUser: user, in: extra)
    let direct = rows.filter { $0.target == .project && !$0.inherited }.map(\.targetID)
    let domains = rows.filter { $0.target == .domain && $0.inherited }.map(\.targetID)
    var ids = Set(direct)
    for row in rows where row.target == .project && row.inherited {
      for project in try await descendants(of: row.targetID) { ids.insert(project.id) }
    }
    // With nothing inherited from a domain, the ids alone say where to look.
    var places: SQL = "id IN (\(list: ids.sorted()))"
    if !domains.isEmpty { places = "\(places) OR domain_id IN (\(list: domains))" }
    return try await all(Project.self, "WHERE (\(places)) AND is_domain = \(false) ORDER BY name, id")
  }

  /// The domains on which a user has a role of his own or a group's, by name.
  public func domains(ofUser user: String, in extra: [String] = []) async throws -> [Project] {
    let ids = try await assignments(ofUser: user, in: extra).filter { $0.target == .domain && !$0.inherited }.map(
      \.targetID)
    return try await all(Project.self, "WHERE id IN (\(list: ids)) AND is_domain = \(true) ORDER BY name")
  }
}
