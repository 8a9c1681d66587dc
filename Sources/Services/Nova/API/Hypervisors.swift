internal import API
internal import Core
internal import JSON
internal import NovaModel
internal import Store

/// The machines that run servers (API reference: "Hypervisors").
enum Hypervisors {
  static let routes = Routes(
    rules: "os_compute_api:os-hypervisors:", of: Nova.self, shows: full,
    [
      .get("/os-hypervisors", "list", index, allow: .admin, shows: brief.many),
      .get("/os-hypervisors/detail", "list-detail", detail, allow: .admin),
      .get("/os-hypervisors/statistics", "statistics", statistics, allow: .admin, until: "2.87"),
      .get("/os-hypervisors/{id}", "show", show, allow: .admin),
      .get("/os-hypervisors/{id}/uptime", "uptime", uptime, allow: .admin, until: "2.87"),
      .get("/os-hypervisors/{id}/servers", "servers", servers, allow: .admin, until: "2.52"),
      .get("/os-hypervisors/{id}/search", "search", search, allow: .admin, until: "2.52"),
    ])

  /// A host with what its servers use, counted from their rows.
  struct Used: Sendable {
    var host: ComputeHost
    /// By name, from 1: what clients know it by before 2.53.
    var number: Int
    var isUp: Bool
    var vcpus = 0
    var memoryMiB = 0
    var diskGiB = 0
    var servers: [Server] = []
    var working = 0
  }

  private static let identity: [Field<Used>] = [
    .computed("id") { used, incoming in incoming.version >= "2.53" ? .string(used.host.id) : .int(used.number) },
    .field("hypervisor_hostname", \.host.host),
    .computed("state") { used, _ in used.isUp ? "up" : "down" },
    .computed("status") { used, _ in used.host.disabled ? "disabled" : "enabled" },
    .computed("servers", since: "2.53") { used, incoming in
      guard incoming.query("with_servers").map(isTrue) ?? false else { return nil }
      return used.servers.isEmpty && incoming.version < "2.75" ? nil : list(used.servers)
    },
  ]
  private static let brief = View<Used>("hypervisor", identity)
  private static let full = View<Used>("hypervisor", identity + details)

  private static let details: [Field<Used>] = [
    .field("hypervisor_type", \.host.hypervisorType), .field("hypervisor_version", \.host.hypervisorVersion),
    .computed("host_ip") { _, _ in .null },
    .computed("service") { used, incoming in
      [
        "id": incoming.version >= "2.53" ? .string(used.host.id) : .int(used.number), "host": .string(used.host.host),
        "disabled_reason": used.host.disabledReason.json,
      ]
    },
    .field("vcpus", \.host.vcpus, until: "2.87"), .field("vcpus_used", \.vcpus, until: "2.87"),
    .field("memory_mb", \.host.memoryMiB, until: "2.87"), .field("memory_mb_used", \.memoryMiB, until: "2.87"),
    .field("local_gb", \.host.diskGiB, until: "2.87"), .field("local_gb_used", \.diskGiB, until: "2.87"),
    .computed("free_ram_mb", until: "2.87") { used, _ in .int(used.host.memoryMiB - used.memoryMiB) },
    .computed("free_disk_gb", until: "2.87") { used, _ in .int(used.host.diskGiB - used.diskGiB) },
    .computed("disk_available_least", until: "2.87") { used, _ in .int(used.host.diskGiB - used.diskGiB) },
    .computed("running_vms", until: "2.87") { used, _ in .int(used.servers.count) },
    .field("current_workload", \.working, until: "2.87"),
    .computed("cpu_info", until: "2.87") { used, incoming in
      let info: JSON = ["arch": .string(used.host.architecture), "model": .string(used.host.cpuModel)]
      return incoming.version >= "2.28" ? info : .string(info.text)
    },
    .computed("uptime", since: "2.88") { _, _ in .null },
  ]

  private static func list(_ servers: [Server]) -> JSON {
    .array(servers.map { ["uuid": .string($0.id), "name": .string("instance-" + $0.id.prefix(8))] })
  }

  private static func all(_ nova: Nova) async throws -> [Used] {
    let now = nova.world.now()
    let (hosts, servers) = try await nova.store.read { tx in
      (
        try await tx.all(ComputeHost.self, "ORDER BY host"),
        try await tx.all(Server.self, "WHERE host IS NOT NULL ORDER BY created_at, id")
      )
    }
    let by = Dictionary(grouping: servers) { $0.host ?? "" }
    return hosts.enumerated().map { index, host in
      var used = Used(host: host, number: index + 1, isUp: host.isUp(at: now))
      used.servers = by[host.host] ?? []
      for server in used.servers {
        used.vcpus += server.flavor.vcpus
        used.memoryMiB += server.flavor.memoryMiB
        used.diskGiB += (server.imageID == nil ? 0 : server.flavor.diskGiB) + server.flavor.ephemeralGiB
        if server.doing != nil { used.working += 1 }
      }
      return used
    }
  }

  // MARK: Lists

  private static func index(_ call: Call<Nova>, _: Nothing) async throws -> Page<Used> {
    let (items, next) = try await page(call)
    return Page(items, as: brief, next: next)
  }
  private static func detail(_ call: Call<Nova>, _: Nothing) async throws -> Page<Used> {
    let (items, next) = try await page(call)
    return Page(items, as: full, next: next)
  }

  /// Hosts are few, so a page is cut here and not in SQL.
  private static func page(_ call: Call<Nova>) async throws -> (items: [Used], next: String?) {
    var items = try await all(call.nova)
    if call.version >= "2.53", let pattern = call.query("hypervisor_hostname_pattern") {
      items = items.filter { $0.host.host.lowercased().contains(pattern.lowercased()) }
      if items.isEmpty { throw Fault.notFound("No hypervisor matching '\(pattern)' could be found.") }
    }
    guard call.version >= "2.33" else { return (items, nil) }
    func key(_ used: Used) -> String { call.version >= "2.53" ? used.host.id : String(used.number) }
    if let marker = call.query("marker") {
      guard let index = items.firstIndex(where: { key($0) == marker }) else {
        throw Fault.badRequest("Marker \(marker) could not be found.")
      }
      items.removeFirst(index + 1)
    }
    guard let text = call.query("limit") else { return (items, nil) }
    let limit = try wholeNumber(.string(text), "limit", 0...1000)
    let more = items.count > limit
    let cut = Array(items.prefix(limit))
    return (cut, more ? cut.last.map(key) : nil)
  }

  private static func find(_ call: Call<Nova>) async throws -> Used {
    let id = call.id
    let found = try await all(call.nova).first {
      call.version >= "2.53" ? $0.host.id == id : String($0.number) == id
    }
    guard let found else { throw Fault.notFound("Hypervisor with ID '\(id)' could not be found.") }
    return found
  }
  private static func show(_ call: Call<Nova>, _: Nothing) async throws -> Shown<Used> {
    Shown(try await find(call), as: full)
  }
  private static func uptime(_ call: Call<Nova>, _: Nothing) async throws -> Shown<Used> {
    _ = try await find(call)
    throw Refusals.notServed("the uptime of hypervisors")
  }

  private static func matching(_ call: Call<Nova>) async throws -> [Used] {
    let found = try await all(call.nova).filter { $0.host.host.lowercased().contains(call.id.lowercased()) }
    guard !found.isEmpty else { throw Fault.notFound("No hypervisor matching '\(call.id)' could be found.") }
    return found
  }
  private static func search(_ call: Call<Nova>, _: Nothing) async throws -> Page<Used> {
    Page(try await matching(call), as: brief, links: .none)
  }
  private static func servers(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    let rows = try await matching(call).map { used -> JSON in
      var row = brief.render(used, for: call.incoming).object ?? [:]
      row.append("servers", list(used.servers))
      return .object(row)
    }
    return ["hypervisors": .array(rows)]
  }

  private static func statistics(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    let all = try await all(call.nova).filter { !$0.host.disabled }
    func sum(_ value: (Used) -> Int) -> JSON { .int(all.reduce(0) { $0 + value($1) }) }
    return [
      "hypervisor_statistics": [
        "count": .int(all.count), "vcpus": sum { $0.host.vcpus }, "vcpus_used": sum { $0.vcpus },
        "memory_mb": sum { $0.host.memoryMiB }, "memory_mb_used": sum { $0.memoryMiB },
        "local_gb": sum { $0.host.diskGiB }, "local_gb_used": sum { $0.diskGiB },
        "free_ram_mb": sum { $0.host.memoryMiB - $0.memoryMiB }, "free_disk_gb": sum { $0.host.diskGiB - $0.diskGiB },
        "disk_available_least": sum { $0.host.diskGiB - $0.diskGiB }, "running_vms": sum { $0.servers.count },
        "current_workload": sum { $0.working },
      ]
    ]
  }
}
