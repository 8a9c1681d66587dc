internal import API
internal import Clients
internal import Core
internal import JSON
internal import NovaModel

/// A server's security groups, which are those of its ports (API reference: "Servers security groups").
enum ServerSecurityGroups {
  private static let path = "/servers/{id}/action"

  static let routes = Routes(
    rules: "os_compute_api:os-security-groups:", of: Nova.self,
    [
      .get("/servers/{id}/os-security-groups", "list", list, allow: .reader),
      .action(path, "addSecurityGroup", "add", add, allow: .member),
      .action(path, "removeSecurityGroup", "remove", remove, allow: .member),
    ])

  private static func list(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    let server = try await call.server()
    let ports = try await call.nova.network.ports([(name: "device_id", value: server.id)])
    let ids = Set(ports.flatMap { $0["security_groups"]?.array ?? [] }.compactMap(\.string))
    guard !ids.isEmpty else { return ["security_groups": []] }
    let groups = try await call.nova.network.securityGroups(ids.sorted().map { (name: "id", value: $0) })
    return ["security_groups": .array(groups.map(row))]
  }

  private static func row(_ group: JSON) -> JSON {
    let rules = (group["security_group_rules"]?.array ?? []).filter { $0["direction"]?.string == "ingress" }
    return [
      "id": group["id"] ?? .null, "name": group["name"] ?? .null, "description": group["description"] ?? .null,
      "tenant_id": group["tenant_id"] ?? .null, "rules": .array(rules.map(rule)),
    ]
  }
  private static func rule(_ rule: JSON) -> JSON {
    let range: JSON = (rule["remote_ip_prefix"]?.string).map { ["cidr": .string($0)] } ?? [:]
    return [
      "id": rule["id"] ?? .null, "parent_group_id": rule["security_group_id"] ?? .null,
      "ip_protocol": rule["protocol"] ?? .null, "from_port": rule["port_range_min"] ?? .null,
      "to_port": rule["port_range_max"] ?? .null, "ip_range": range, "group": [:],
    ]
  }

  private static func add(_ call: Call<Nova>, _: JSON) async throws -> Nothing {
    try await change(call, "addSecurityGroup") { groups, id in groups.contains(id) ? groups : groups + [id] }
    return Nothing()
  }
  private static func remove(_ call: Call<Nova>, _: JSON) async throws -> Nothing {
    try await change(call, "removeSecurityGroup") { groups, id in groups.filter { $0 != id } }
    return Nothing()
  }

  /// Sets the groups of every port of the server, in the user's name: the network service judges whether he may.
  private static func change(
    _ call: Call<Nova>, _ action: String, _ edit: ([String], String) -> [String]
  ) async throws {
    guard let name = call.body[action]?["name"]?.string, !name.trimmed.isEmpty else {
      throw Fault.badRequest("Missing parameter dict: the security group's name or id is needed as \(action).name.")
    }
    let server = try await call.server()
    let client = NetworkClient(call.nova.network.service.with(token: call.caller.token))
    let known = try await client.securityGroups([(name: "tenant_id", value: server.projectID)])
    let found = known.filter { $0["id"]?.string == name || $0["name"]?.string == name }
    guard let id = (found.first { $0["id"]?.string == name } ?? found.first)?["id"]?.string else {
      throw Fault.notFound("Security group \(name) not found for project \(server.projectID).")
    }
    if found.count > 1, id != name {
      throw Fault.conflict("Multiple security groups found matching '\(name)'. Use an ID to be more specific.")
    }
    let ports = try await client.ports([(name: "device_id", value: server.id)])
    guard !ports.isEmpty else {
      throw Fault.badRequest("instance_id \(server.id) could not be found as device id on any ports")
    }
    let held = ports.filter { ($0["security_groups"]?.array ?? []).contains(.string(id)) }
    if action == "removeSecurityGroup", held.isEmpty {
      throw Fault.notFound("Security group \(name) not associated with the instance \(server.id)")
    }
    for port in ports {
      guard let portID = port["id"]?.string else { continue }
      let groups = (port["security_groups"]?.array ?? []).compactMap(\.string)
      let next = edit(groups, id)
      if next != groups { _ = try await client.updatePort(portID, ["security_groups": next.json]) }
    }
  }
}
