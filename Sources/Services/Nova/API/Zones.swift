internal import API
internal import Core
internal import JSON
internal import NovaModel
internal import Store

/// Availability zones (API reference: "Availability zones").
enum Zones {
  static let routes = Routes(
    rules: "os_compute_api:os-availability-zone:", of: Nova.self,
    [
      .get("/os-availability-zone", "list", list, allow: .anyone),
      .get("/os-availability-zone/detail", "detail", detail, allow: .admin),
    ])

  /// Hosts by zone; a host is in its aggregate's zone, else in the one it reports.
  static func all(in tx: some ReadTransaction) async throws -> [String: [ComputeHost]] {
    let hosts = try await tx.all(ComputeHost.self, "ORDER BY host")
    var zoneOf: [String: String] = [:]
    for aggregate in try await tx.all(Aggregate.self, "ORDER BY number") {
      guard let zone = aggregate.availabilityZone else { continue }
      for host in aggregate.hosts { zoneOf[host] = zone }
    }
    return Dictionary(grouping: hosts) { zoneOf[$0.host] ?? $0.availabilityZone }
  }

  private static func list(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    let zones = try await call.nova.store.read { try await all(in: $0) }
    return answer(zones, call, detailed: false)
  }
  private static func detail(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    let zones = try await call.nova.store.read { try await all(in: $0) }
    return answer(zones, call, detailed: true)
  }

  private static func answer(_ zones: [String: [ComputeHost]], _ call: Call<Nova>, detailed: Bool) -> JSON {
    let now = call.nova.world.now()
    let rows = zones.sorted { $0.key < $1.key }.map { name, hosts -> JSON in
      var services = JSONObject()
      for host in hosts {
        services.append(
          host.host,
          [
            "nova-compute": [
              "active": .bool(!host.disabled), "available": .bool(host.isUp(at: now)),
              "updated_at": .string(host.lastSeen.isoMicroseconds),
            ]
          ])
      }
      let available = hosts.contains { !$0.disabled }
      return [
        "zoneName": .string(name), "zoneState": ["available": .bool(available)],
        "hosts": detailed ? .object(services) : .null,
      ]
    }
    return ["availabilityZoneInfo": .array(rows)]
  }
}
