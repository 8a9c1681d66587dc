internal import Bus
internal import Core
internal import NeutronModel
internal import Store

/// What plans follow from, as it was last read: plans are asked for at every change, and changes are small.
final class KnownPlanRows: Sendable {
  let networks = KnownRows<Network>()
  let subnets = KnownRows<Subnet>()
  let ports = KnownRows<Port>()
  let routers = KnownRows<Router>()
  let floatingIPs = KnownRows<FloatingIP>()
  let rules = KnownRows<SecurityGroupRule>()
}

/// The bus side of the service: plans for agents, and what agents report.
extension Neutron {
  /// Answers the verbs of `NeutronTopic.api`. Call it once where the service runs.
  public func serve() {
    bus.serve(
      NeutronTopic.api,
      [
        .on(GetPlan.self) { try await plan(for: $0) },
        .on(ReportPorts.self) { try await note($0) },
        .on(ReportAgent.self) { try await note($0) },
        .on(FindPortByAddress.self) { try await find($0) },
      ])
  }

  private func plan(for verb: GetPlan) async throws -> HostPlan {
    let known = known
    let rows = try await store.read { tx in
      var rows = PlanRows()
      rows.networks = try await known.networks.all(orderedBy: "id", in: tx)
      rows.subnets = try await known.subnets.all(orderedBy: "created_at, id", in: tx)
      rows.ports = try await known.ports.all(orderedBy: "id", in: tx)
      rows.routers = try await known.routers.all(orderedBy: "id", in: tx)
      rows.floatingIPs = try await known.floatingIPs.all(orderedBy: "id", in: tx)
      rows.rules = try await known.rules.all(orderedBy: "id", in: tx)
      return rows
    }
    return NeutronPlan(rows).host(verb.host, central: verb.central)
  }

  /// Shows ports as their host says they are. No plan hangs on the status, so nobody is woken.
  private func note(_ report: ReportPorts) async throws -> Done {
    try await write(wakes: false) { tx in
      for (ids, status) in [(report.active, Port.Status.active), (report.down, .down)] where !ids.isEmpty {
        let ports = try await tx.all(Port.self, "WHERE id IN (\(list: ids)) AND host_id = \(report.host)")
        for var port in ports where port.status != status {
          port.status = status
          try await tx.save(port, world)
        }
      }
      return Done()
    }
  }

  private func note(_ report: ReportAgent) async throws -> Done {
    try await write(wakes: false) { tx in
      let now = world.now()
      let known = try await tx.one(AgentRecord.self, "WHERE host = \(report.host)")
      var agent = known ?? AgentRecord()
      if known == nil {
        agent.id = world.uuid()
        agent.host = report.host
        agent.standard.createdAt = now
      }
      if known == nil || report.started { agent.startedAt = now }
      agent.heartbeatAt = now
      (agent.ports, agent.networks, agent.routers) = (report.ports, report.networks, report.routers)
      if known == nil { try await tx.insert(agent) } else { try await tx.update(agent) }
      return Done()
    }
  }

  private func find(_ verb: FindPortByAddress) async throws -> FindPortByAddress.Reply {
    try await store.read { tx in
      var place: SQL = "1 = 0"
      if let network = verb.network {
        place = "a.network_id = \(network)"
      } else if let router = verb.router {
        // Subnets behind one router never overlap, so the address names one port.
        place = """
          a.subnet_id IN (SELECT l.subnet_id FROM neutron_addresses l JOIN neutron_ports r ON r.id = l.port_id \
          WHERE r.device_id = \(router) AND r.device_owner = \(DeviceOwner.routerInterface))
          """
      }
      let found = try await tx.one(
        Port.self,
        "WHERE id IN (SELECT a.port_id FROM neutron_addresses a WHERE a.address = \(verb.address) AND \(place))")
      return FindPortByAddress.Reply(
        found: found.map {
          FindPortByAddress.Found(
            portID: $0.id, deviceID: $0.deviceID, projectID: $0.projectID, networkID: $0.networkID)
        })
    }
  }
}
