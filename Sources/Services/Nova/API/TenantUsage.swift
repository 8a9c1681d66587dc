internal import API
internal import Core
internal import JSON
internal import NovaModel
internal import Store

/// Hours of servers by project (API reference: "Usage reports"), of the servers that are there now.
enum TenantUsage {
  static let routes = Routes(
    rules: "os_compute_api:os-simple-tenant-usage:", of: Nova.self,
    [
      .get("/os-simple-tenant-usage", "list", list, allow: .admin),
      .get("/os-simple-tenant-usage/{id}", "show", show, allow: .reader),
    ])

  private static func period(_ call: Call<Nova>) throws -> (start: Timestamp, end: Timestamp) {
    func time(_ name: String) throws -> Timestamp? {
      guard let text = call.query(name), !text.isEmpty else { return nil }
      guard let time = Timestamp(text) else { throw Fault.badRequest("Invalid datetime string: \(text)") }
      return time
    }
    let end = try time("end") ?? call.nova.world.now()
    let start = try time("start") ?? end - .hours(24 * 28)
    guard start < end else {
      throw Fault.badRequest("Invalid start time. The start time cannot occur after the end time.")
    }
    return (start, end)
  }

  private static func list(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    let (start, end) = try period(call)
    let servers = try await call.nova.store.read {
      try await $0.all(Server.self, "WHERE created_at < \(end) ORDER BY project_id, created_at, id LIMIT 10000")
    }
    let rows = Dictionary(grouping: servers, by: \.projectID).sorted { $0.key < $1.key }
      .map { JSON.object(usage($0.key, $0.value, start, end, call, detailed: call.query("detailed") == "1")) }
    return ["tenant_usages": .array(rows)]
  }

  private static func show(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    let (start, end) = try period(call)
    let id = call.id
    try call.require(["project_id": id], else: Fault.forbidden("Policy doesn't allow \(call.rule) to be performed."))
    let servers = try await call.nova.store.read {
      try await $0.all(
        Server.self, "WHERE project_id = \(id) AND created_at < \(end) ORDER BY created_at, id LIMIT 10000")
    }
    if servers.isEmpty { return ["tenant_usage": [:]] }
    return ["tenant_usage": .object(usage(id, servers, start, end, call, detailed: true))]
  }

  private static func usage(
    _ project: String, _ servers: [Server], _ start: Timestamp, _ end: Timestamp, _ call: Call<Nova>, detailed: Bool
  ) -> JSONObject {
    let now = call.nova.world.now()
    var totals = (hours: 0.0, vcpus: 0.0, memory: 0.0, disk: 0.0)
    var rows: [JSON] = []
    for server in servers {
      let from = max(server.launchedAt ?? server.createdAt, start)
      let hours = max(0, (min(end, now) - from).inSeconds / 3600)
      let disk = server.flavor.diskGiB + server.flavor.ephemeralGiB
      totals.hours += hours
      totals.vcpus += hours * Double(server.flavor.vcpus)
      totals.memory += hours * Double(server.flavor.memoryMiB)
      totals.disk += hours * Double(disk)
      guard detailed else { continue }
      rows.append([
        "instance_id": .string(server.id), "name": .string(server.name), "hours": .double(hours),
        "flavor": .string(server.flavor.name), "vcpus": .int(server.flavor.vcpus),
        "memory_mb": .int(server.flavor.memoryMiB), "local_gb": .int(disk), "tenant_id": .string(server.projectID),
        "started_at": .string((server.launchedAt ?? server.createdAt).isoMicroseconds), "ended_at": .null,
        "state": .string(server.state.rawValue),
        "uptime": .int(Int((now - (server.launchedAt ?? server.createdAt)).inSeconds)),
      ])
    }
    var object: JSONObject = [
      "tenant_id": .string(project), "start": .string(start.isoMicroseconds), "stop": .string(end.isoMicroseconds),
      "total_hours": .double(totals.hours), "total_vcpus_usage": .double(totals.vcpus),
      "total_memory_mb_usage": .double(totals.memory), "total_local_gb_usage": .double(totals.disk),
    ]
    if detailed { object.append("server_usages", .array(rows)) }
    return object
  }
}
