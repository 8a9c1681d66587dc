internal import API
internal import Core
internal import JSON
internal import KeystoneModel
internal import Store

/// `/v3/groups` and their members.
enum Groups {
  static let reading: Policy =
    """
    rule:admin_required or (role:reader and system_scope:all) or \
    (role:reader and domain_id:%(target.group.domain_id)s)
    """
  static let changing: Policy = "rule:admin_required or (role:manager and domain_id:%(target.group.domain_id)s)"

  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .get("/groups", "list_groups", list, allow: reading),
      .get("/groups/{id}", "get_group", show, allow: reading),
      .post("/groups", "create_group", create, allow: changing),
      .patch("/groups/{id}", "update_group", update, allow: changing),
      .delete("/groups/{id}", "delete_group", delete, allow: changing),
      .get("/groups/{id}/users", "list_users_in_group", users, allow: reading),
      .put("/groups/{id}/users/{user}", "add_user_to_group", add, allow: changing, status: 204),
      .head("/groups/{id}/users/{user}", "check_user_in_group", check, allow: reading),
      .get("/groups/{id}/users/{user}", "check_user_in_group", check, allow: reading, status: 204),
      .delete("/groups/{id}/users/{user}", "remove_user_from_group", remove, allow: changing),
    ])

  static func list(_ call: Call<Keystone>, _: Nothing) async throws -> Many<Group> {
    let all = call.permits(["target.group.domain_id": "\u{0}"])
    var domain = all ? call.query("domain_id") : call.incoming.caller.domainID
    try call.enforce(["target.group.domain_id": domain ?? "\u{0}"])
    if all { domain = call.listedDomain(domain) }
    return try await call.page(try await call.freshenGroups(of: domain) + (domain.map { ["domain_id = \($0)"] } ?? []))
  }

  private static func group(_ call: Call<Keystone>) async throws -> Group {
    let id = call.id
    try await call.service.freshen(group: id)
    let group = try await call.service.store.read { try await $0.existingGroup(id) }
    try call.enforce(["target.group.domain_id": group.domainID])
    return group
  }

  static func show(_ call: Call<Keystone>, _: Nothing) async throws -> One<Group> { One(try await group(call)) }

  struct Body: OpenDraft {
    var name: String?
    var domainID: String?
    var details: Given<String?> = .absent
    var extra = JSONObject()
    static let shape = Shape<Body>(
      "group", unknown: .ignored,
      [
        .key("name", \.name, .name(limit: 64)), .key("domain_id", \.domainID), .key("description", \.details),
      ])
  }

  static func create(_ call: Call<Keystone>, _ body: Body) async throws -> One<Group> {
    guard let name = body.name else {
      throw Fault.badRequest("Invalid input for field/attribute group. 'name' is a required property")
    }
    var group = Group()
    group.id = call.service.world.hexID()
    group.name = name
    group.domainID = call.domain(body.domainID)
    group.details = (body.details.value ?? nil) ?? ""
    group.extra = body.extra
    try call.enforce(["target.group.domain_id": group.domainID])
    if let people = try await call.service.directories.people(of: group.domainID) {
      return One(try await call.service.create(group, in: people))
    }
    let added = group
    try await call.service.store("group", name, domain: group.domainID) { transaction in
      _ = try await transaction.existingDomain(added.domainID)
      try await transaction.insert(added)
    }
    return One(group)
  }

  static func update(_ call: Call<Keystone>, _ body: Body) async throws -> One<Group> {
    let before = try await group(call)
    if let domain = body.domainID, domain != before.domainID { throw Fault.badRequest("Cannot change Domain ID") }
    if let found = try await call.service.located(group: before.id) {
      return One(try await call.service.update(before, with: body, of: found))
    }
    let after = try await call.service.store("group", body.name ?? before.name, domain: before.domainID) {
      transaction in
      var group = try await transaction.existingGroup(before.id)
      if let name = body.name { group.name = name }
      if let details = body.details.value { group.details = details ?? "" }
      group.extra = group.extra.merging(body.extra)
      return try await transaction.update(group)
    }
    return One(after)
  }

  static func delete(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let group = try await group(call)
    let id = group.id
    if let found = try await call.service.located(group: id) {
      try await call.service.delete(group, found)
      return Nothing()
    }
    try await call.service.change { transaction in
      try await transaction.remove(try await transaction.existingGroup(id))
    }
    return Nothing()
  }

  static func users(_ call: Call<Keystone>, _: Nothing) async throws -> Many<User> {
    let group = try await group(call)
    try await call.service.freshen(membersOf: group.id)
    return try await call.page(
      [
        "id IN (SELECT user_id FROM \(Membership.table) WHERE group_id = \(group.id))"
          + " OR id IN (\(call.lent("user_id", where: "group_id = \(group.id)")))"
      ] + call.userNameFilters() + call.enabledFilter())
  }

  static func add(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let group = try await group(call)
    let id = call.path["user"] ?? ""
    if try await call.service.setMember(id, of: group, to: true) { return Nothing() }
    try await call.service.change { transaction in
      let user = try await transaction.existingUser(id)
      _ = try await transaction.insertUnlessPresent(Membership(group: group.id, user: user.id))
    }
    return Nothing()
  }

  static func check(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let group = try await group(call)
    let user = call.path["user"] ?? ""
    try await call.service.freshen(user: user)
    let now = call.service.world.now()
    let isMember = try await call.service.store.read { transaction in
      let own = try await transaction.get(Membership.self, group.id, user) != nil
      if own { return true }
      return try await transaction.lentGroups(of: user, at: now).contains(group.id)
    }
    guard isMember else {
      throw Fault.notFound("User '\(user)' not found in group '\(group.id)'")
    }
    return Nothing()
  }

  static func remove(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let group = try await group(call)
    let user = call.path["user"] ?? ""
    if try await call.service.setMember(user, of: group, to: false) { return Nothing() }
    try await call.service.change { transaction in
      guard let row = try await transaction.get(Membership.self, group.id, user) else {
        throw Fault.notFound("User '\(user)' not found in group '\(group.id)'")
      }
      try await transaction.delete(row)
    }
    return Nothing()
  }
}

extension Group: Resource {
  static let collection = "groups"
  static let view = View<Group>(
    "group",
    [
      .field("id", \.id), .field("name", \.name), .field("domain_id", \.domainID), .field("description", \.details),
    ])
}

extension ReadTransaction {
  func existingGroup(_ id: String) async throws -> Group {
    guard let group = try await get(Group.self, id) else { throw Fault.notFound("Could not find group: \(id).") }
    return group
  }
}

extension Transaction {
  func remove(_ group: Group) async throws {
    try await deleteAll(Assignment.self, "WHERE actor_id = \(group.id)")
    try await deleteAll(Membership.self, "WHERE group_id = \(group.id)")
    try await deleteAll(ExpiringMembership.self, "WHERE group_id = \(group.id)")
    try await delete(group)
  }
}
