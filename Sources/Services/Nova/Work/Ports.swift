internal import Clients
internal import Core
internal import JSON
internal import NovaModel

/// The ports of servers, as the conductor makes and releases them.
extension Conductor {
  func ports(of server: String) async throws -> [JSON] {
    try await network.ports([(name: "device_id", value: server)])
  }

  /// Makes a port on the wanted network, or takes the user's own, and binds it to the server's host.
  func plug(_ wanted: RequestedNetwork, _ groups: [String], into server: Server) async throws -> ServerNIC {
    var binding: JSONObject = [
      "device_id": .string(server.id), "device_owner": .string("compute:\(server.availabilityZone ?? "nova")"),
      "binding:host_id": server.host.json,
    ]
    let port: JSON
    if let id = wanted.port {
      port = try await network.updatePort(id, .object(binding))
    } else {
      binding["network_id"] = wanted.network.json
      binding["tenant_id"] = .string(server.projectID)
      binding["dns_name"] = nil
      binding["binding:profile"] = MadePort.profile
      if !groups.isEmpty { binding["security_groups"] = groups.json }
      if let address = wanted.fixedIP { binding["fixed_ips"] = [["ip_address": .string(address)]] }
      port = try await network.createPort(.object(binding))
    }
    guard let id = port["id"]?.string, let mac = port["mac_address"]?.string, let net = port["network_id"]?.string
    else {
      throw Fault.internalError("The network service described a port without its id, address or network.")
    }
    let mtu = try await network.network(net)?["mtu"]?.int ?? 1500
    return ServerNIC(port: id, network: net, mac: mac, mtu: mtu, made: wanted.port == nil, tag: wanted.tag)
  }

  /// Gives a port back to the user who brought it.
  func release(_ port: String) async throws {
    do {
      _ = try await network.updatePort(port, ["device_id": "", "device_owner": "", "binding:host_id": ""])
    } catch let fault as Fault where fault.kind == .notFound {}
  }

  /// Ids of security groups that were given by name or id; the project's default where none were.
  func securityGroups(_ names: [String], project: String) async throws -> [String] {
    guard !names.isEmpty else { return [] }
    let known = try await network.securityGroups([(name: "tenant_id", value: project)])
    return try names.map { name in
      let found = known.filter { $0["id"]?.string == name || $0["name"]?.string == name }
      guard let id = found.first?["id"]?.string else {
        throw Fault.badRequest("Security group \(name) not found for project \(project).")
      }
      if found.count > 1, !found.contains(where: { $0["id"]?.string == name }) {
        throw Fault.badRequest("Several security groups are named \(name). Name it by its id.")
      }
      return found.first { $0["id"]?.string == name }?["id"]?.string ?? id
    }
  }
}
