internal import API
internal import Clients
internal import Core
internal import JSON
internal import Log
internal import NovaModel
internal import Store

/// Gathers what a page of servers needs beyond its rows: a handful of queries a page, however many servers it has.
struct ServerFacts: Sendable {
  let nova: Nova
  private static let log = Log("nova.servers")
  /// So many ids stand in one question to another service, so that its URL stays within every limit.
  private static let batch = 100

  func show(_ servers: [Server]) async throws -> [ShownServer] {
    let ids = servers.map(\.id)
    guard !ids.isEmpty else { return [] }
    let (volumes, members, hosts) = try await nova.store.read { tx in
      (
        try await tx.all(VolumeAttachment.self, "WHERE server_id IN (\(list: ids)) ORDER BY created_at, device"),
        try await tx.all(ServerGroupMember.self, "WHERE server_id IN (\(list: ids))"),
        try await tx.all(ComputeHost.self, "WHERE host IN (\(list: Array(Set(servers.compactMap(\.host)))))")
      )
    }
    let volumesOf = Dictionary(grouping: volumes, by: \.serverID)
    let groupsOf = Dictionary(grouping: members, by: \.serverID)
    let network = await facts(of: servers)
    let now = nova.world.now()
    return servers.map { server in
      var shown = ShownServer(server: server)
      shown.volumes = volumesOf[server.id] ?? []
      shown.serverGroups = (groupsOf[server.id] ?? []).map(\.groupID)
      shown.groups = network.groups(of: server)
      // As upstream, addresses are hidden while a server is being built.
      if server.state != .building { shown.addresses = network.addresses(of: server) }
      if let name = server.host { shown.hostStatus = Self.status(hosts.first { $0.host == name }, now) }
      return shown
    }
  }

  private static func status(_ host: ComputeHost?, _ now: Timestamp) -> String {
    guard let host else { return "UNKNOWN" }
    if host.forcedDown { return "DOWN" }
    if host.disabled { return "MAINTENANCE" }
    return host.isUp(at: now) ? "UP" : "UNKNOWN"
  }

  /// Servers can be listed while the network service is away; they then show no addresses.
  func facts(of servers: [Server]) async -> NetworkFacts {
    do { return try await ask(servers) } catch {
      Self.log.warning("addresses of servers cannot be shown", ["cause": "\(error)"])
      return NetworkFacts()
    }
  }

  private func ask(_ servers: [Server]) async throws -> NetworkFacts {
    // A server without cards has no ports, so it is not worth a question.
    let ids = servers.filter { !$0.nics.isEmpty || $0.state != .building }.map(\.id)
    var facts = NetworkFacts()
    let ports = try await all(
      ids, "device_id", ["id", "device_id", "network_id", "security_groups", "mac_address", "fixed_ips"]
    ) { try await nova.network.ports($0) }
    guard !ports.isEmpty else { return facts }
    let portIDs = ports.compactMap { $0["id"]?.string }
    let networks = Array(Set(ports.compactMap { $0["network_id"]?.string }))
    let groups = Array(Set(ports.flatMap { $0["security_groups"]?.array ?? [] }.compactMap(\.string)))
    facts.ports = Dictionary(grouping: ports) { $0["device_id"]?.string ?? "" }
    for network in try await all(networks, "id", ["id", "name"], { try await nova.network.networks($0) }) {
      if let id = network["id"]?.string { facts.networkNames[id] = network["name"]?.string ?? "" }
    }
    for group in try await all(groups, "id", ["id", "name"], { try await nova.network.securityGroups($0) }) {
      if let id = group["id"]?.string { facts.groupNames[id] = group["name"]?.string ?? id }
    }
    let floating = try await all(portIDs, "port_id", ["port_id", "fixed_ip_address", "floating_ip_address"]) {
      try await nova.network.floatingIPs($0)
    }
    facts.floatingIPs = Dictionary(grouping: floating) { $0["port_id"]?.string ?? "" }
    return facts
  }

  /// - Parameter fields: what is wanted of each; the rest would be read, shown and thrown away.
  private func all(
    _ ids: [String], _ key: String, _ fields: [String], _ ask: (NetworkClient.Query) async throws -> [JSON]
  ) async throws -> [JSON] {
    var found: [JSON] = []
    for start in stride(from: 0, to: ids.count, by: Self.batch) {
      let some = ids[start..<min(start + Self.batch, ids.count)]
      found += try await ask(some.map { (name: key, value: $0) } + fields.map { (name: "fields", value: $0) })
    }
    return found
  }
}

/// The network service's answers about a page of servers.
struct NetworkFacts: Sendable {
  /// By device.
  var ports: [String: [JSON]] = [:]
  var networkNames: [String: String] = [:]
  var groupNames: [String: String] = [:]
  /// By port.
  var floatingIPs: [String: [JSON]] = [:]

  /// The server's ports in the order of its cards.
  func ports(of server: Server) -> [JSON] {
    let order = server.nics.map(\.port)
    return (ports[server.id] ?? []).sorted { a, b in
      let (i, j) = (order.firstIndex(of: a["id"]?.string ?? ""), order.firstIndex(of: b["id"]?.string ?? ""))
      return (i ?? .max) < (j ?? .max)
    }
  }

  func groups(of server: Server) -> [String] {
    var names: [String] = []
    for id in ports(of: server).flatMap({ $0["security_groups"]?.array ?? [] }).compactMap(\.string) {
      let name = groupNames[id] ?? id
      if !names.contains(name) { names.append(name) }
    }
    return names
  }

  func addresses(of server: Server) -> JSONObject {
    var object = JSONObject()
    for port in ports(of: server) {
      let name = networkNames[port["network_id"]?.string ?? ""] ?? port["network_id"]?.string ?? ""
      let mac = port["mac_address"] ?? .null
      let fixed = (port["fixed_ips"]?.array ?? []).compactMap { $0["ip_address"]?.string }
      let floating = (floatingIPs[port["id"]?.string ?? ""] ?? [])
      var rows: [JSON] = object[name]?.array ?? []
      for address in fixed {
        rows.append(Self.row(address, "fixed", mac))
        for ip in floating where ip["fixed_ip_address"]?.string == address {
          if let text = ip["floating_ip_address"]?.string { rows.append(Self.row(text, "floating", mac)) }
        }
      }
      object[name] = .array(rows)
    }
    return object
  }

  private static func row(_ address: String, _ kind: String, _ mac: JSON) -> JSON {
    [
      "version": address.contains(":") ? 6 : 4, "addr": .string(address), "OS-EXT-IPS:type": .string(kind),
      "OS-EXT-IPS-MAC:mac_addr": mac,
    ]
  }
}
