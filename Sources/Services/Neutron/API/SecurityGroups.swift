internal import API
internal import Core
internal import HTTP
internal import JSON
internal import NeutronModel
internal import Store

/// A group with its rules.
typealias ShownGroup = Detailed<SecurityGroup, [SecurityGroupRule]>

struct SecurityGroupBody: ResourceBody {
  var projectID: String?
  var name: Given<String> = .absent
  var description: Given<String> = .absent
  var stateful: Given<Flag> = .absent
  var shared: Given<Flag> = .absent
  static var name: String { "security_group" }
  static var guarded: [String: JSON] { ["shared": false] }
  static let keys: [Key<SecurityGroupBody>] = [
    .key("tenant_id", \.projectID), .key("project_id", \.projectID), .key("name", \.name, .text(0...255)),
    .key("description", \.description, .text(0...255)), .key("stateful", \.stateful), .key("shared", \.shared),
  ]
}

enum SecurityGroups {
  static let view = View<ShownGroup>(
    "security_group",
    StandardFields.head(id: \.record.id, \.record.standard) + [
      .field("stateful", \.record.stateful), .field("shared", \.record.shared),
      .computed("security_group_rules") { group, _ in .array(group.extra.map(SecurityGroupRules.json)) },
    ] + StandardFields.tail(\.record.standard, \.record.generation))

  static let listing = Listing<SecurityGroup>(["stateful": .flag("stateful"), "shared": .flag("shared")])

  static let routes = Routes(
    rules: "", of: Neutron.self, shows: view,
    [
      .get("/security-groups", "get_security_group", list, allow: .readerOrService, query: listing.keys),
      .post("/security-groups", "create_security_group", create, allow: .member),
      .get("/security-groups/{id}", "get_security_group", show, allow: .readerOrService),
      .put("/security-groups/{id}", "update_security_group", update, allow: .member),
      .delete("/security-groups/{id}", "delete_security_group", delete, allow: .member),
    ])

  static func list(_ call: Call<Neutron>, _: Nothing) async throws -> Page<ShownGroup> {
    if let project = call.caller.projectID {
      let has = try await call.service.read { tx in
        try await tx.count(SecurityGroup.self, "WHERE project_id = \(project) AND name = 'default'") > 0
      }
      if !has {
        _ = try await call.service.write(wakes: false) { tx in
          try await ensureDefault(project, call.service.world, tx)
        }
      }
    }
    return try await call.service.read { tx in
      let visible: SQL = "\(call.incoming.ownProject) OR shared = \(true)"
      let (groups, next) = try await listing.page(call.incoming, visible: visible, in: tx)
      return Page(try await detail(groups, tx), as: view, next: next)
    }
  }

  static func show(_ call: Call<Neutron>, _: Nothing) async throws -> Shown<ShownGroup> {
    try await call.service.read { tx in
      Shown(try await detail([try await find(call.id, call, tx)], tx)[0], as: view)
    }
  }

  static func find(_ id: String, _ call: Call<Neutron>, _ tx: some ReadTransaction) async throws -> SecurityGroup {
    guard let group = try await tx.get(SecurityGroup.self, id) else { throw Fault.missing(.securityGroup, id) }
    if !group.shared || call.request.method != "GET" {
      try call.require(["project_id": group.projectID], else: .missing(.securityGroup, id))
    }
    return group
  }

  static func create(_ call: Call<Neutron>, _ posted: Posted<SecurityGroupBody>) async throws -> Made<ShownGroup> {
    try await call.service.write(wakes: false) { tx in
      var made: [ShownGroup] = []
      for draft in posted.drafts {
        let project = try call.incoming.owner(draft.projectID)
        _ = try await ensureDefault(project, call.service.world, tx)
        if draft.name.value == SecurityGroup.defaultName {
          throw Fault.conflict("Default security group already exists.", code: "SecurityGroupDefaultAlreadyExists")
        }
        try await Quotas.check(.securityGroup, project, call.service, tx)
        var group = SecurityGroup()
        group.standard = Standard(projectID: project, at: call.service.world.now())
        group.id = call.service.world.uuid()
        draft.name.apply(to: &group.standard.name)
        draft.description.apply(to: &group.standard.description)
        draft.stateful.apply(to: &group.stateful)
        draft.shared.apply(to: &group.shared)
        made.append(try await insert(group, ingress: false, call.service.world, tx))
      }
      return Made(items: made, view: view, isBulk: posted.isBulk)
    }
  }

  static func update(_ call: Call<Neutron>, _ body: Changed<SecurityGroupBody>) async throws -> Shown<ShownGroup> {
    try await call.service.write(wakes: false) { tx in
      var group = try await find(call.id, call, tx)
      if group.name == SecurityGroup.defaultName, let name = body.draft.name.value, name != group.name {
        throw Fault.conflict("Updating default security group not allowed.", code: "SecurityGroupCannotUpdateDefault")
      }
      if group.name != SecurityGroup.defaultName, body.draft.name.value == SecurityGroup.defaultName {
        throw Fault.conflict("Default security group already exists.", code: "SecurityGroupDefaultAlreadyExists")
      }
      let stateful = group.stateful
      body.draft.name.apply(to: &group.standard.name)
      body.draft.description.apply(to: &group.standard.description)
      body.draft.stateful.apply(to: &group.stateful)
      body.draft.shared.apply(to: &group.shared)
      if stateful != group.stateful { try await refuseIfUsed(group, tx) }
      return Shown(try await detail([try await tx.save(group, call.service.world)], tx)[0], as: view)
    }
  }

  static func delete(_ call: Call<Neutron>, _: Nothing) async throws -> Nothing {
    try await call.service.write { tx in
      let group = try await find(call.id, call, tx)
      if group.name == SecurityGroup.defaultName, !call.caller.isAdmin {
        throw Fault.conflict(
          "Insufficient rights for removing default security group.", code: "SecurityGroupCannotRemoveDefault")
      }
      try await refuseIfUsed(group, tx)
      // Rules elsewhere that let this group's members in go with it, as upstream's foreign key has it.
      try await tx.deleteAll(
        SecurityGroupRule.self, "WHERE security_group_id = \(group.id) OR remote_group_id = \(group.id)")
      try await tx.delete(group)
      return Nothing()
    }
  }

  private static func refuseIfUsed(_ group: SecurityGroup, _ tx: Transaction) async throws {
    guard try await tx.count(GroupMember.self, "WHERE group_id = \(group.id)") == 0 else {
      throw Fault.conflict("Security Group \(group.id) in use.", code: "SecurityGroupInUse")
    }
  }

  /// The id of the project's default group, which is made with its four rules on first use.
  static func ensureDefault(_ project: String, _ world: World, _ tx: Transaction) async throws -> String? {
    guard !project.isEmpty else { return nil }
    if let group = try await tx.one(SecurityGroup.self, "WHERE project_id = \(project) AND name = 'default'") {
      return group.id
    }
    var group = SecurityGroup()
    group.id = world.uuid()
    group.standard = Standard(
      projectID: project, name: SecurityGroup.defaultName, description: "Default security group", at: world.now())
    return try await insert(group, ingress: true, world, tx).id
  }

  /// Adds a group with the rules each begins with: everything out, and for a default group its own members in.
  private static func insert(
    _ group: SecurityGroup, ingress: Bool, _ world: World, _ tx: Transaction
  ) async throws -> ShownGroup {
    try await tx.insert(group)
    var rules: [SecurityGroupRule] = []
    for ethertype in ["IPv4", "IPv6"] {
      for direction in [SecurityGroupRule.Direction.egress, .ingress] where ingress || direction == .egress {
        var rule = SecurityGroupRule()
        rule.id = world.uuid()
        rule.standard = Standard(projectID: group.projectID, at: world.now())
        (rule.groupID, rule.direction, rule.ethertype) = (group.id, direction, ethertype)
        if direction == .ingress { rule.remoteGroupID = group.id }
        try await tx.insert(rule)
        rules.append(rule)
      }
    }
    return ShownGroup(record: group, extra: rules)
  }

  private static func detail(_ groups: [SecurityGroup], _ tx: some ReadTransaction) async throws -> [ShownGroup] {
    let rules = try await tx.all(
      SecurityGroupRule.self, "WHERE security_group_id IN (\(list: groups.map(\.id))) ORDER BY created_at, id")
    let byGroup = Dictionary(grouping: rules, by: \.groupID)
    return groups.map { ShownGroup(record: $0, extra: byGroup[$0.id] ?? []) }
  }
}
