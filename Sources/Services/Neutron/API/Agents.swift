internal import API
internal import Core
internal import JSON
internal import NeutronModel
internal import Store

/// An agent and the moment at which it is shown, which decides whether it lives.
struct ShownAgent: Sendable {
  var record: AgentRecord
  var now: Timestamp
  var isAlive: Bool { now.microseconds - record.heartbeatAt.microseconds < AgentRecord.deadAfter.microseconds }
}

struct AgentBody: ResourceBody {
  var adminStateUp: Given<Flag> = .absent
  var description: Given<String> = .absent
  static var name: String { "agent" }
  static let keys: [Key<AgentBody>] = [
    .key("admin_state_up", \.adminStateUp), .key("description", \.description, .text(0...255)),
  ]
}

enum Agents {
  static let view = View<ShownAgent>(
    "agent",
    [
      .field("id", \.record.id), .computed("agent_type") { _, _ in "Linux bridge agent" },
      .computed("binary") { _, _ in "martlet-network-agent" },
      .computed("topic") { agent, _ in .string(NeutronTopic.agent(agent.record.host)) },
      .field("host", \.record.host), .field("admin_state_up", \.record.adminStateUp), .field("alive", \.isAlive),
      .computed("availability_zone") { _, _ in "nova" }, .field("description", \.record.standard.description),
      .computed("created_at") { agent, _ in .string(agent.record.standard.createdAt.spaced) },
      .computed("started_at") { agent, _ in .string(agent.record.startedAt.spaced) },
      .computed("heartbeat_timestamp") { agent, _ in .string(agent.record.heartbeatAt.spaced) },
      .computed("configurations") { agent, _ in
        [
          "devices": .int(agent.record.ports), "networks": .int(agent.record.networks),
          "routers": .int(agent.record.routers),
        ]
      },
      .computed("resources_synced") { _, _ in JSON.null },
    ])

  static let listing = Listing<AgentRecord>([
    "host": .text("host"), "admin_state_up": .flag("admin_state_up"),
    "agent_type": .custom { $0.contains("Linux bridge agent") ? "1 = 1" : "1 = 0" },
    "binary": .custom { $0.contains("martlet-network-agent") ? "1 = 1" : "1 = 0" },
    "availability_zone": .custom { $0.contains("nova") ? "1 = 1" : "1 = 0" }, "topic": .custom { _ in "1 = 1" },
    "alive": .custom { _ in "1 = 1" },
  ])

  static let routes = Routes(
    rules: "", of: Neutron.self, shows: view,
    [
      .get("/agents", "get_agent", list, allow: .service, query: listing.keys),
      .get("/agents/{id}", "get_agent", show, allow: .service),
      .put("/agents/{id}", "update_agent", update, allow: .admin),
      .delete("/agents/{id}", "delete_agent", delete, allow: .admin),
      .get("/networks/{id}/dhcp-agents", "get_dhcp-agents", listForNetwork, allow: .admin),
      .get("/agents/{id}/dhcp-networks", "get_dhcp-networks", networks, allow: .admin),
      .get("/agents/{id}/l3-routers", "get_l3-routers", routers, allow: .admin),
    ])

  static func list(_ call: Call<Neutron>, _: Nothing) async throws -> Page<ShownAgent> {
    let now = call.service.world.now()
    return try await call.service.read { tx in
      let (agents, next) = try await listing.page(call.incoming, visible: "1 = 1", in: tx)
      var shown = agents.map { ShownAgent(record: $0, now: now) }
      if let wanted = try call.query("alive").map({ try Flag(json: .string($0)).on }) {
        shown = shown.filter { $0.isAlive == wanted }
      }
      return Page(shown, as: view, next: next)
    }
  }

  private static func find(_ id: String, _ tx: some ReadTransaction) async throws -> AgentRecord {
    guard let agent = try await tx.get(AgentRecord.self, id) else { throw Fault.missing(.agent, id) }
    return agent
  }

  static func show(_ call: Call<Neutron>, _: Nothing) async throws -> Shown<ShownAgent> {
    let now = call.service.world.now()
    return try await call.service.read { tx in
      Shown(ShownAgent(record: try await find(call.id, tx), now: now), as: view)
    }
  }

  static func update(_ call: Call<Neutron>, _ body: Changed<AgentBody>) async throws -> Shown<ShownAgent> {
    let now = call.service.world.now()
    return try await call.service.write(wakes: false) { tx in
      var agent = try await find(call.id, tx)
      body.draft.adminStateUp.apply(to: &agent.adminStateUp)
      body.draft.description.apply(to: &agent.standard.description)
      return Shown(ShownAgent(record: try await tx.save(agent, call.service.world), now: now), as: view)
    }
  }

  static func delete(_ call: Call<Neutron>, _: Nothing) async throws -> Nothing {
    try await call.service.write(wakes: false) { tx in
      try await tx.delete(try await find(call.id, tx))
      return Nothing()
    }
  }

  private static func all(_ call: Call<Neutron>) async throws -> JSON {
    let now = call.service.world.now()
    let agents = try await call.service.read { tx in try await tx.all(AgentRecord.self, "ORDER BY host") }
    return ["agents": .array(agents.map { view.render(ShownAgent(record: $0, now: now), for: call.incoming) })]
  }
  static func listForNetwork(_ call: Call<Neutron>, _: Nothing) async throws -> JSON { try await all(call) }
  static func listForRouter(_ call: Call<Neutron>, _: Nothing) async throws -> JSON { try await all(call) }

  static func networks(_ call: Call<Neutron>, _: Nothing) async throws -> JSON {
    try await call.service.read { tx in
      _ = try await find(call.id, tx)
      let ids = try await tx.all(Port.self, "WHERE device_owner = \(DeviceOwner.dhcp) ORDER BY network_id")
      return ["networks": .array(ids.map { ["id": .string($0.networkID)] })]
    }
  }
  static func routers(_ call: Call<Neutron>, _: Nothing) async throws -> JSON {
    try await call.service.read { tx in
      _ = try await find(call.id, tx)
      let routers = try await RoutersAPI.detail(try await tx.all(Router.self, "ORDER BY created_at, id"), tx)
      return ["routers": .array(routers.map { RoutersAPI.view.render($0, for: call.incoming) })]
    }
  }
}

extension Timestamp {
  /// `2026-11-21 06:00:00`, as neutron writes the times of agents.
  var spaced: String { String(iso8601.map { $0 == "T" ? " " : $0 }.filter { $0 != "Z" }) }
}
