internal import API
internal import Clients
internal import Core
internal import JSON
internal import NovaModel
internal import Text

/// What a new server is to be connected to, checked with the network service in the user's own name.
struct NetworkChecks: Sendable {
  let call: Call<Nova>
  let client: NetworkClient

  init(_ call: Call<Nova>) {
    self.call = call
    client = NetworkClient(call.nova.network.service.with(token: call.caller.token))
  }

  /// The networks and ports of the body, each found and free; for `auto` and none given, the project's only network.
  /// - Parameter servers: how many servers are asked for at most.
  func resolve(_ asked: JSON?, servers: Int) async throws -> [RequestedNetwork] {
    switch asked {
    case .string("none")? where call.version >= "2.37": return []
    case .string("auto")? where call.version >= "2.37": return try await available(must: true)
    case nil, .null?: return try await available(must: false)
    case .array(let rows)? where rows.isEmpty: return try await available(must: false)
    case .array(let rows)?:
      var found: [RequestedNetwork] = []
      for row in rows { found.append(try await resolve(row, servers: servers)) }
      let ports = found.compactMap(\.port)
      if let twice = ports.first(where: { port in ports.filter { $0 == port }.count > 1 }) {
        throw Fault.badRequest("Port \(twice) is given more than once.")
      }
      return found
    case let other?:
      throw Fault.badRequest("Invalid input for field/attribute networks. Value: \(other.string ?? other.text).")
    }
  }

  // MARK: Without a choice

  private func available(must: Bool) async throws -> [RequestedNetwork] {
    let project = try call.project()
    let own = try await client.networks([(name: "tenant_id", value: project), (name: "shared", value: "false")])
    let shared = try await client.networks([(name: "shared", value: "true")])
    let networks = (own + shared).compactMap { $0["id"]?.string }
    guard Set(networks).count <= 1 else {
      throw Fault.conflict("Multiple possible networks found, use a Network ID to be more specific.")
    }
    guard let only = networks.first else {
      guard must else { return [] }
      throw Fault.badRequest("Unable to automatically allocate a network for project \(project)")
    }
    let network = (own + shared).first { $0["id"]?.string == only } ?? .null
    try usable(network, only)
    return [RequestedNetwork(network: only)]
  }

  // MARK: As given

  private func resolve(_ row: JSON, servers: Int) async throws -> RequestedNetwork {
    guard let object = row.object else {
      throw Fault.badRequest("Invalid input for field/attribute networks. Value: \(row.text).")
    }
    let tagged = call.version >= "2.42" || call.version == "2.32" || (call.version > "2.32" && call.version < "2.37")
    let known = ["uuid", "port", "fixed_ip"] + (tagged ? ["tag"] : [])
    if let extra = object.keys.first(where: { !known.contains($0) }) {
      throw Fault.badRequest("Additional properties are not allowed ('\(extra)' was unexpected)")
    }
    let (network, port, address) = (object["uuid"]?.string, object["port"]?.string, object["fixed_ip"]?.string)
    let tag = object["tag"]?.string
    if let tag { try ServerChecks.check(tag: tag) }
    if let port { return try await take(port, address, tag, servers: servers) }
    guard let network else {
      throw Fault.badRequest("Bad network format: missing 'uuid'")
    }
    return try await join(network, address, tag, servers: servers)
  }

  private func take(_ id: String, _ address: String?, _ tag: String?, servers: Int) async throws -> RequestedNetwork {
    guard isUUID(id) else {
      throw Fault.badRequest("Invalid input for field/attribute port. Value: \(id). It is not a 'uuid'")
    }
    if address != nil {
      throw Fault.badRequest(
        "Specified Fixed IP '\(address ?? "")' cannot be used with port '\(id)': the two cannot be specified together.")
    }
    guard servers == 1 else {
      throw Fault.badRequest(
        "Failed to launch instances: Unable to launch multiple instances with a single configured port ID. "
          + "Please launch your instance one by one with different ports.")
    }
    guard let port = try await client.port(id) else { throw Fault.badRequest("Port id \(id) could not be found.") }
    if let device = port["device_id"]?.string, !device.isEmpty { throw Fault.conflict("Port \(id) is still in use.") }
    return RequestedNetwork(network: port["network_id"]?.string, port: id, tag: tag)
  }

  private func join(_ id: String, _ address: String?, _ tag: String?, servers: Int) async throws -> RequestedNetwork {
    guard isUUID(id) else {
      throw Fault.badRequest("Bad networks format: network uuid is not in proper format (\(id))")
    }
    guard let network = try await client.network(id) else {
      throw Fault.badRequest("Network \(id) could not be found.")
    }
    try usable(network, id)
    if let address {
      guard IPAddress(address) != nil else { throw Fault.badRequest("Invalid fixed IP address (\(address))") }
      guard servers == 1 else {
        throw Fault.badRequest(
          "Failed to launch instances: max_count cannot be greater than 1 if an fixed_ip is specified.")
      }
      let taken = try await call.nova.network.ports([
        (name: "network_id", value: id), (name: "fixed_ips", value: "ip_address=\(address)"),
      ])
      if let port = taken.first(where: { row in
        (row["fixed_ips"]?.array ?? []).contains { $0["ip_address"]?.string == address }
      }) {
        throw Fault.badRequest(
          "Fixed IP address \(address) is already in use on instance \(port["device_id"]?.string ?? "").")
      }
    }
    return RequestedNetwork(network: id, fixedIP: address, tag: tag)
  }

  private func usable(_ network: JSON, _ id: String) throws {
    if network["router:external"]?.bool == true, network["shared"]?.bool != true, !call.caller.isAdmin {
      throw Fault.forbidden("It is not allowed to create an interface on external network \(id)")
    }
    if network["subnets"]?.array?.isEmpty == true {
      throw Fault.badRequest("Network \(id) requires a subnet in order to boot instances on.")
    }
  }

  // MARK: Security groups

  /// Refuses names that are no security group of the project.
  func checkGroups(_ names: [String]) async throws {
    let asked = names.filter { $0 != "default" }
    guard !asked.isEmpty else { return }
    let project = try call.project()
    let known = try await client.securityGroups([(name: "tenant_id", value: project)])
    for name in asked {
      let byName = known.filter { $0["name"]?.string == name }.count
      if known.contains(where: { $0["id"]?.string == name }) { continue }
      if byName > 1 {
        throw Fault.conflict("Multiple security groups found matching '\(name)'. Use an ID to be more specific.")
      }
      if byName == 0 { throw Fault.badRequest("Security group \(name) not found for project \(project).") }
    }
  }
}
