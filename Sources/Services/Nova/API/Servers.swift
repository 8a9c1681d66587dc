internal import API
internal import Clients
internal import Core
internal import HTTP
internal import JSON
internal import NovaModel
internal import Store
internal import Work

/// Servers: listing, showing, making, renaming and deleting (API reference: "Servers").
enum Servers {
  static let routes = Routes(
    rules: "os_compute_api:servers:", of: Nova.self, shows: ServerViews.full,
    [
      .get("/servers", "index", index, allow: .reader, query: ServerFilter.keys, shows: ServerViews.brief.many),
      .get(
        "/servers/detail", "detail", detail, allow: .reader, query: ServerFilter.keys, shows: ServerViews.detail.many),
      .get("/servers/{id}", "show", show, allow: .reader),
      .post("/servers", "create", CreateServers.create, allow: .member, status: 202),
      .put("/servers/{id}", "update", update, allow: .member),
      .delete("/servers/{id}", "delete", delete, allow: .member),
      .action(
        "/servers/{id}/action", "forceDelete", "os_compute_api:os-deferred-delete:force", forceDelete, allow: .member),
    ])

  // MARK: Reading

  private static func index(_ call: Call<Nova>, _: Nothing) async throws -> Page<ShownServer> {
    let (servers, next) = try await list(call)
    return Page(servers.map { ShownServer(server: $0) }, as: ServerViews.brief, next: next)
  }

  private static func detail(_ call: Call<Nova>, _: Nothing) async throws -> Page<ShownServer> {
    let (servers, next) = try await list(call)
    return Page(try await ServerFacts(nova: call.nova).show(servers), as: ServerViews.detail, next: next)
  }

  private static func list(_ call: Call<Nova>) async throws -> (items: [Server], next: String?) {
    let page = try PageRequest(
      call.incoming, sortable: ServerFilter.sortable,
      fallback: [(column: "created_at", descending: true), (column: "id", descending: true)])
    var filter = try ServerFilter(call)
    if let text = filter.address {
      filter.conditions.append("id IN (\(list: try await devices(with: text, call)))")
    }
    let asked = filter
    return try await call.nova.store.read { tx in
      guard let condition = try await asked.condition(in: tx) else { return ([], nil) }
      return try await page.fetch(Server.self, where: condition, in: tx)
    }
  }

  /// The servers that have an address like this, as the network service knows.
  private static func devices(with text: String, _ call: Call<Nova>) async throws -> [String] {
    let pattern = try NamePattern(text)
    let mine = call.caller.isAdmin ? [] : [(name: "tenant_id", value: try call.project())]
    return try await call.nova.network.ports(mine).compactMap { port in
      let addresses = (port["fixed_ips"]?.array ?? []).compactMap { $0["ip_address"]?.string }
      return addresses.contains { pattern.matches($0) } ? port["device_id"]?.string : nil
    }
  }

  private static func show(_ call: Call<Nova>, _: Nothing) async throws -> Shown<ShownServer> {
    try await shown(try await call.server(), call)
  }

  /// The server with everything that belongs to it, for the answer of one.
  static func shown(_ server: Server, _ call: Call<Nova>) async throws -> Shown<ShownServer> {
    let shown = try await ServerFacts(nova: call.nova).show([server]).first ?? ShownServer(server: server)
    return Shown(shown, as: ServerViews.full)
  }

  // MARK: Changing

  struct Change: Draft {
    var name: Given<String> = .absent
    var description: Given<String?> = .absent
    var hostname: Given<String> = .absent
    var accessIPv4: Given<String?> = .absent
    var accessIPv6: Given<String?> = .absent
    var diskConfig: String?
    static let shape = Shape<Change>(
      "server",
      [
        .key("name", \.name, .name(limit: 255)), .key("accessIPv4", \.accessIPv4, .custom(ServerChecks.address4)),
        .key("accessIPv6", \.accessIPv6, .custom(ServerChecks.address6)),
        .key("OS-DCF:diskConfig", \.diskConfig, .oneOf(["AUTO", "MANUAL"])),
        .key("description", \.description, .text(0...255), since: "2.19"),
        .key("hostname", \.hostname, .custom(ServerChecks.hostname), since: "2.90"),
      ])
  }

  private static func update(_ call: Call<Nova>, _ draft: Change) async throws -> Shown<ShownServer> {
    let (id, now) = (call.id, call.nova.world.now())
    let server = try await call.nova.store.write { tx in
      var server = try await call.server(id, in: tx)
      if case .given(let name) = draft.name { server.name = name.trimmed }
      draft.description.apply(to: &server.description)
      draft.hostname.apply(to: &server.hostname)
      draft.accessIPv4.apply(to: &server.accessIPv4)
      draft.accessIPv6.apply(to: &server.accessIPv6)
      server.updatedAt = now
      return try await tx.update(server)
    }
    return try await shown(server, call)
  }

  private static func delete(_ call: Call<Nova>, _: Nothing) async throws -> Nothing {
    try await remove(call)
    return Nothing()
  }
  private static func forceDelete(_ call: Call<Nova>, _ body: JSON) async throws -> Nothing {
    try await remove(call)
    return Nothing()
  }

  /// A delete is taken in every state; it waits for whatever is under way to give up.
  private static func remove(_ call: Call<Nova>) async throws {
    let id = call.id
    try await call.nova.store.write { tx in
      let server = try await call.server(id, in: tx)
      if server.doing == .deleting { return }
      try ServerMoves.unlocked(server, call)
      try await ServerMoves.begin(.delete, "delete", DeleteServer(server: id), on: server, call, in: tx)
    }
  }
}
