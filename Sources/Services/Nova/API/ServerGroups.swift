internal import API
internal import Core
internal import JSON
internal import NovaModel
internal import Store

/// Servers that are to be placed together or apart (API reference: "Server groups").
enum ServerGroups {
  static let routes = Routes(
    rules: "os_compute_api:os-server-groups:", of: Nova.self, shows: view,
    [
      .get("/os-server-groups", "index", index, allow: .reader),
      .get("/os-server-groups/{id}", "show", show, allow: .reader),
      .post("/os-server-groups", "create", create, allow: .member, status: 200),
      .delete("/os-server-groups/{id}", "delete", delete, allow: .member),
    ])

  struct Listed: Sendable {
    var group: ServerGroup
    var members: [String]
  }

  static let view = View<Listed>(
    "server_group",
    [
      .field("id", \.group.id), .field("name", \.group.name),
      .computed("policies", until: "2.63") { listed, _ in [.string(listed.group.policy)] },
      .field("policy", \.group.policy, since: "2.64"), .field("members", \.members),
      .computed("rules", since: "2.64") { listed, _ in
        listed.group.maxServerPerHost.map { ["max_server_per_host": .int($0)] } ?? [:]
      },
      .computed("metadata", until: "2.63") { _, _ in [:] },
      .field("project_id", \.group.projectID, since: "2.13"), .field("user_id", \.group.userID, since: "2.13"),
    ])

  /// A deleted server is no member any more.
  private static let alive: SQL = "server_id IN (SELECT id FROM \(Server.table))"

  private static func listed(_ groups: [ServerGroup], in tx: some ReadTransaction) async throws -> [Listed] {
    let ids = groups.map(\.id)
    let rows = try await tx.all(
      ServerGroupMember.self, "WHERE group_id IN (\(list: ids)) AND \(alive) ORDER BY server_id")
    let members = Dictionary(grouping: rows, by: \.groupID)
    return groups.map { Listed(group: $0, members: (members[$0.id] ?? []).map(\.serverID)) }
  }

  private static func index(_ call: Call<Nova>, _: Nothing) async throws -> Page<Listed> {
    let every = call.flag("all_projects") && call.permitsEveryProject
    let condition: SQL = every ? "1 = 1" : "project_id = \(try call.project())"
    let limit = try call.query("limit").map { try wholeNumber(.string($0), "limit", 0...Int(Int32.max)) } ?? 1000
    let offset = try call.query("offset").map { try wholeNumber(.string($0), "offset", 0...Int(Int32.max)) } ?? 0
    let items = try await call.nova.store.read { tx in
      try await listed(
        try await tx.all(
          ServerGroup.self, "WHERE \(condition) ORDER BY created_at, id LIMIT \(min(limit, 1000)) OFFSET \(offset)"),
        in: tx)
    }
    return Page(items, as: view, links: .none)
  }

  private static func find(_ call: Call<Nova>, in tx: some ReadTransaction) async throws -> ServerGroup {
    let missing = Fault.notFound("Instance group \(call.id) could not be found.")
    guard let group = try await tx.get(ServerGroup.self, call.id) else { throw missing }
    try call.require(["project_id": group.projectID], else: missing)
    return group
  }

  private static func show(_ call: Call<Nova>, _: Nothing) async throws -> Shown<Listed> {
    let items = try await call.nova.store.read { tx in try await listed([try await find(call, in: tx)], in: tx) }
    guard let item = items.first else { throw Fault.notFound("Instance group \(call.id) could not be found.") }
    return Shown(item, as: view)
  }

  private static func delete(_ call: Call<Nova>, _: Nothing) async throws -> Nothing {
    try await call.nova.store.write { tx in
      let group = try await find(call, in: tx)
      _ = try await tx.deleteAll(ServerGroupMember.self, "WHERE group_id = \(group.id)")
      try await tx.delete(group)
    }
    return Nothing()
  }

  struct New: Draft {
    var name = ""
    var policies: [String]?
    var policy: String?
    var rules: JSON?
    static let shape = Shape<New>(
      "server_group",
      [
        .key("name", \.name, .name(limit: 255), required: true),
        .key("policies", \.policies, required: true, until: "2.63"),
        .key("policy", \.policy, .oneOf(ServerGroup.policies), required: true, since: "2.64"),
        .key("rules", \.rules, since: "2.64"),
      ])
  }

  private static func create(_ call: Call<Nova>, _ draft: New) async throws -> Shown<Listed> {
    var group = ServerGroup()
    group.id = call.nova.world.uuid()
    group.projectID = try call.project()
    group.userID = call.caller.userID
    group.name = draft.name.trimmed
    group.createdAt = call.nova.world.now()
    let known = call.version >= "2.15" ? ServerGroup.policies : Array(ServerGroup.policies.prefix(2))
    guard let policy = draft.policy ?? draft.policies?.first, known.contains(policy), draft.policies?.count ?? 1 == 1
    else {
      throw Fault.badRequest(
        "Invalid input for field/attribute policies. It is a list of one of: \(known.joined(separator: ", ")).")
    }
    group.policy = policy
    if let most = draft.rules?["max_server_per_host"] {
      guard policy == "anti-affinity" else {
        throw Fault.badRequest("Only anti-affinity policy supports rules.")
      }
      group.maxServerPerHost = try wholeNumber(most, "max_server_per_host", 1...Int(Int32.max))
    }
    let (new, options) = (group, call.nova.options)
    try await call.nova.store.write { tx in
      let usage = try await Usage.of(project: new.projectID, options: options, in: tx)
      let limit = usage.limit(.serverGroups)
      guard limit < 0 || usage.used(.serverGroups) < limit else {
        throw Fault.overQuota("Quota exceeded, too many server groups.")
      }
      try await tx.insert(new)
    }
    return Shown(Listed(group: group, members: []), as: view)
  }

  // MARK: For new servers

  /// The group that the scheduler hints of a new server name.
  static func hinted(_ call: Call<Nova>) async throws -> String? {
    let hints = call.body["os:scheduler_hints"] ?? call.body["OS-SCH-HNT:scheduler_hints"]
    guard let value = hints?["group"], !value.isNull else { return nil }
    guard let id = value.string ?? value[0]?.string, isUUID(id) else {
      throw Fault.badRequest("Invalid input for field/attribute group. Value: \(value.text). It is not a 'uuid'")
    }
    let group = try await call.nova.store.read { try await $0.get(ServerGroup.self, id) }
    guard let group, group.projectID == call.caller.projectID || call.caller.isAdmin else {
      throw Fault.badRequest("Instance group \(id) could not be found.")
    }
    return id
  }

  /// What the group's policy asks of a new member, as the members that are placed already have it.
  ///
  /// Soft policies are wishes, which any placement meets; members that are made at once do not know of each other yet.
  static func hints(_ id: String, _ hints: SchedulingHints, in tx: Transaction) async throws -> SchedulingHints {
    guard let group = try await tx.get(ServerGroup.self, id) else {
      throw Fault.badRequest("Instance group \(id) could not be found.")
    }
    let members = try await tx.all(
      Server.self,
      "WHERE id IN (SELECT server_id FROM \(ServerGroupMember.table) WHERE group_id = \(id)) AND host IS NOT NULL")
    var hints = hints
    let count = Dictionary(grouping: members.compactMap(\.host)) { $0 }.mapValues(\.count)
    switch group.policy {
    case "affinity": if hints.host == nil { hints.host = count.keys.min() }
    case "anti-affinity":
      hints.avoid += count.filter { $0.value >= group.maxServerPerHost ?? 1 }.keys.sorted()
    default: break
    }
    return hints
  }

  /// Makes a new server a member, within the quota.
  static func join(_ group: String, _ server: String, _ usage: Usage, in tx: Transaction) async throws {
    let limit = usage.limit(.serverGroupMembers)
    let count = try await tx.count(ServerGroupMember.self, "WHERE group_id = \(group) AND \(alive)")
    guard limit < 0 || count < limit else { throw Fault.overQuota("Quota exceeded, too many servers in group") }
    try await tx.insert(ServerGroupMember(serverID: server, groupID: group))
  }
}
