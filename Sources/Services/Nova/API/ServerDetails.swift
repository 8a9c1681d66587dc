internal import API
internal import Core
internal import JSON
internal import NovaModel

/// The smaller resources of a server: its addresses, diagnostics, password, topology and migrations.
enum ServerDetails {
  static let routes = Routes(
    rules: "os_compute_api:", of: Nova.self,
    [
      .get("/servers/{id}/ips", "os_compute_api:ips:index", addresses, allow: .reader),
      .get("/servers/{id}/ips/{network}", "os_compute_api:ips:show", network, allow: .reader),
      .get("/servers/{id}/diagnostics", "os_compute_api:os-server-diagnostics", diagnostics, allow: .admin),
      .get("/servers/{id}/os-server-password", "os_compute_api:os-server-password:show", password, allow: .reader),
      .delete("/servers/{id}/os-server-password", "os_compute_api:os-server-password:clear", clear, allow: .member),
      .get("/servers/{id}/topology", "compute:server:topology:index", topology, allow: .reader, since: "2.78"),
      .get(
        "/servers/{id}/migrations", "os_compute_api:servers:migrations:index", migrations, allow: .admin,
        since: "2.23"),
      .get("/os-migrations", "os_compute_api:os-migrations:index", allMigrations, allow: .admin),
    ])

  /// Without the extension's keys, which only servers themselves show.
  private static func plain(_ rows: JSON) -> JSON {
    .array((rows.array ?? []).map { ["version": $0["version"] ?? .null, "addr": $0["addr"] ?? .null] })
  }
  private static func shown(_ call: Call<Nova>) async throws -> JSONObject {
    let server = try await call.server()
    return try await ServerFacts(nova: call.nova).show([server]).first?.addresses ?? [:]
  }
  private static func addresses(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    let members = try await shown(call).members.map { (key: $0.key, value: plain($0.value)) }
    return ["addresses": .object(JSONObject(members))]
  }
  private static func network(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    let name = call.path["network"] ?? ""
    guard let rows = try await shown(call)[name] else {
      throw Fault.notFound("Network \(name) could not be found for instance \(call.id)")
    }
    return [name: plain(rows)]
  }

  private static func diagnostics(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    let server = try await call.server()
    guard server.host != nil else { throw Fault.conflict("Instance \(server.id) is not ready") }
    guard call.version >= "2.48" else { return ["memory": .int(server.flavor.memoryMiB * 1024)] }
    let state =
      switch server.power {
      case 1: "running"
      case 3: "paused"
      case 4: "shutdown"
      case 6: "crashed"
      case 7: "suspended"
      default: "pending"
      }
    let nics = server.nics.map { nic -> JSON in ["mac_address": .string(nic.mac)] }
    return [
      "state": .string(state), "driver": "libvirt", "hypervisor": "kvm", "hypervisor_os": "linux",
      "uptime": (server.launchedAt.map { (call.nova.world.now() - $0).components.seconds }.map { Int($0) }).json,
      "config_drive": .bool(server.configDrive), "num_cpus": .int(server.flavor.vcpus),
      "num_nics": .int(server.nics.count), "num_disks": 1, "cpu_details": [], "disk_details": [],
      "nic_details": .array(nics), "memory_details": ["maximum": .int(server.flavor.memoryMiB), "used": .null],
    ]
  }

  /// Guests post it encrypted through the metadata service; no guest here does.
  private static func password(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    _ = try await call.server()
    return ["password": ""]
  }
  private static func clear(_ call: Call<Nova>, _: Nothing) async throws -> Nothing {
    _ = try await call.server()
    return Nothing()
  }
  private static func topology(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    _ = try await call.server()
    return ["nodes": [], "pagesize_kb": .null]
  }
  private static func migrations(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    _ = try await call.server()
    return ["migrations": []]
  }
  private static func allMigrations(_ call: Call<Nova>, _: Nothing) async throws -> JSON { ["migrations": []] }
}
