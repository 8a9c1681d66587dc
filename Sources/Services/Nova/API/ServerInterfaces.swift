internal import API
internal import Clients
internal import Core
internal import JSON
internal import NovaModel
internal import Store
internal import Work

/// A server's network cards (API reference: "Port interfaces").
enum ServerInterfaces {
  private static let path = "/servers/{id}/os-interface"

  static let routes = Routes(
    rules: "os_compute_api:os-attach-interfaces:", of: Nova.self,
    [
      .get(path, "list", list, allow: .reader), .get(path + "/{port}", "show", show, allow: .reader),
      .post(path, "create", create, allow: .member, status: 200),
      .delete(path + "/{port}", "delete", delete, allow: .member, status: 202),
    ])

  private static func row(_ port: JSON, _ server: Server, _ call: Call<Nova>) -> JSON {
    let fixed = (port["fixed_ips"]?.array ?? []).map { address -> JSON in
      ["ip_address": address["ip_address"] ?? .null, "subnet_id": address["subnet_id"] ?? .null]
    }
    var row: JSONObject = [
      "net_id": port["network_id"] ?? .null, "port_id": port["id"] ?? .null, "mac_addr": port["mac_address"] ?? .null,
      "port_state": port["status"] ?? .null, "fixed_ips": .array(fixed),
    ]
    if call.version >= "2.70" {
      row.append("tag", (server.nics.first { $0.port == port["id"]?.string }?.tag).json)
    }
    return .object(row)
  }

  private static func list(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    let server = try await call.server()
    let ports = try await call.nova.network.ports([(name: "device_id", value: server.id)])
    return ["interfaceAttachments": .array(ports.map { row($0, server, call) })]
  }

  private static func show(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    let server = try await call.server()
    let id = call.path["port"] ?? ""
    guard isUUID(id), let port = try await call.nova.network.port(id), port["device_id"]?.string == server.id else {
      throw Fault.notFound("Instance \(server.id) does not have a port with id \(id)")
    }
    return ["interfaceAttachment": row(port, server, call)]
  }

  // MARK: Attaching

  private static func create(_ call: Call<Nova>, _: JSON) async throws -> JSON {
    let asked = call.body["interfaceAttachment"] ?? [:]
    let (network, port) = (asked["net_id"]?.string, asked["port_id"]?.string)
    let addresses = (asked["fixed_ips"]?.array ?? []).compactMap { $0["ip_address"]?.string }
    if asked["tag"] != nil, call.version < "2.49" {
      throw Fault.badRequest("Additional properties are not allowed ('tag' was unexpected)")
    }
    if network != nil, port != nil { throw Fault.badRequest("Must not input both network_id and port_id") }
    if !addresses.isEmpty, network == nil { throw Fault.badRequest("Must input network_id when request IP address") }
    guard addresses.count <= 1 else { throw Fault.badRequest("One address can be asked for at a time.") }
    let server = try await call.server()
    try ServerMoves.unlocked(server, call)
    try ready(server)
    let row: JSON =
      port.map { ["port": .string($0)] }
      ?? network.map { network in
        var wanted: JSONObject = ["uuid": .string(network)]
        if let address = addresses.first { wanted["fixed_ip"] = .string(address) }
        return .object(wanted)
      } ?? .null
    let wanted = try await NetworkChecks(call).resolve(row.isNull ? .null : [row], servers: 1)
    guard let wanted = wanted.first else { throw Fault.badRequest("No network is there to attach the instance to.") }
    return try await attach(wanted, to: server, call)
  }

  /// Makes the port (or takes the user's), then begins the saga; a port that was made goes again if that fails.
  private static func attach(_ wanted: RequestedNetwork, to server: Server, _ call: Call<Nova>) async throws -> JSON {
    let port: JSON
    if let id = wanted.port {
      guard let found = try await call.nova.network.port(id) else {
        throw Fault.badRequest("Port id \(id) could not be found.")
      }
      port = found
    } else {
      var fields: JSONObject = [
        "network_id": .string(wanted.network ?? ""), "tenant_id": .string(server.projectID),
        "device_id": .string(server.id),
        "device_owner": .string("compute:\(server.availabilityZone ?? "nova")"), "binding:profile": MadePort.profile,
      ]
      if let address = wanted.fixedIP { fields["fixed_ips"] = [["ip_address": .string(address)]] }
      port = try await call.nova.network.createPort(.object(fields))
    }
    guard let id = port["id"]?.string else {
      throw Fault.internalError("The network service described a port without its id.")
    }
    let made = wanted.port == nil
    do {
      try await begin(
        "attach_interface", AttachInterface(server: server.id, port: id, made: made), call
      ) { _ in }
    } catch {
      if made { try? await call.nova.network.deletePort(id) }
      throw error
    }
    return ["interfaceAttachment": row(port, server, call)]
  }

  private static func delete(_ call: Call<Nova>, _: Nothing) async throws -> Nothing {
    let id = call.path["port"] ?? ""
    try await begin("detach_interface", DetachInterface(server: call.id, port: id), call) { server in
      guard server.nics.contains(where: { $0.port == id }) else {
        throw Fault.notFound("Port id \(id) could not be found.")
      }
    }
    return Nothing()
  }

  private static func begin<S: SagaValue>(
    _ action: String, _ saga: S, _ call: Call<Nova>, _ check: @escaping @Sendable (Server) throws -> Void
  ) async throws {
    let (id, queue) = (call.id, call.nova.queue)
    try await call.nova.store.write { tx in
      let server = try await call.server(id, in: tx)
      try ServerMoves.unlocked(server, call)
      try ready(server)
      try check(server)
      let row = try await queue.begin(saga, in: tx)
      try await ServerMoves.record(action, of: server, saga: row, call, in: tx)
    }
  }

  private static func ready(_ server: Server) throws {
    let allowed: Set<Server.State> = [.active, .paused, .stopped]
    guard allowed.contains(server.state), server.doing == nil else {
      throw Refusals.state(server, "attach_interface", allowed: allowed)
    }
  }
}
