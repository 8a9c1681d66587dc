internal import API
internal import Clients
internal import Core
internal import JSON
internal import NovaModel
internal import Store

/// The compute agents as services (API reference: "Compute services").
enum ComputeServices {
  static let routes = Routes(
    rules: "os_compute_api:os-services:", of: Nova.self,
    [
      .get("/os-services", "list", list, allow: .admin),
      .put("/os-services/enable", "update", enable, allow: .admin, until: "2.52"),
      .put("/os-services/disable", "update", disable, allow: .admin, until: "2.52"),
      .put("/os-services/disable-log-reason", "update", disableWithReason, allow: .admin, until: "2.52"),
      .put("/os-services/force-down", "update", forceDown, allow: .admin, since: "2.11", until: "2.52"),
      .put("/os-services/{id}", "update", update, allow: .admin, since: "2.53"),
      .delete("/os-services/{id}", "delete", delete, allow: .admin),
    ])

  /// Services had numbers before 2.53; hosts by name give them.
  private static func render(_ host: ComputeHost, number: Int, _ zone: String, _ call: Call<Nova>) -> JSON {
    let now = call.nova.world.now()
    var row: JSONObject = [
      "id": call.version >= "2.53" ? .string(host.id) : .int(number), "binary": "nova-compute",
      "host": .string(host.host), "zone": .string(zone), "status": host.disabled ? "disabled" : "enabled",
      "state": host.isUp(at: now) ? "up" : "down", "updated_at": .string(host.lastSeen.isoMicroseconds),
      "disabled_reason": host.disabledReason.json,
    ]
    if call.version >= "2.11" { row.append("forced_down", .bool(host.forcedDown)) }
    return .object(row)
  }

  private static func list(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    let zones = try await call.nova.store.read { try await Zones.all(in: $0) }
    var rows: [JSON] = []
    let hosts = zones.flatMap { zone, hosts in hosts.map { (zone, $0) } }.sorted { $0.1.host < $1.1.host }
    for (index, (zone, host)) in hosts.enumerated() {
      if let wanted = call.query("host"), wanted != host.host { continue }
      if let wanted = call.query("binary"), wanted != "nova-compute" { continue }
      rows.append(render(host, number: index + 1, zone, call))
    }
    return ["services": .array(rows)]
  }

  @discardableResult
  private static func change(
    _ call: Call<Nova>, _ name: String, _ condition: SQL, _ edit: @escaping @Sendable (inout ComputeHost) -> Void
  ) async throws -> ComputeHost {
    try await call.nova.store.write { tx in
      guard var host = try await tx.one(ComputeHost.self, "WHERE \(condition)") else {
        throw Fault.notFound("Service \(name) could not be found.")
      }
      edit(&host)
      return try await tx.update(host)
    }
  }

  // MARK: Until 2.52

  private static func named(_ call: Call<Nova>) throws -> String {
    guard let host = call.body["host"]?.string, call.body["binary"]?.string == "nova-compute" else {
      throw Fault.badRequest("Invalid input: host and the binary nova-compute are needed.")
    }
    return host
  }
  private static func old(
    _ call: Call<Nova>, _ fields: JSONObject, _ edit: @escaping @Sendable (inout ComputeHost) -> Void
  )
    async throws -> JSON
  {
    let name = try named(call)
    try await change(call, name, "host = \(name)", edit)
    var row: JSONObject = ["host": .string(name), "binary": "nova-compute"]
    for member in fields.members { row.append(member.key, member.value) }
    return ["service": .object(row)]
  }
  private static func enable(_ call: Call<Nova>, _: JSON) async throws -> JSON {
    try await old(call, ["status": "enabled"]) { host in
      host.disabled = false
      host.disabledReason = nil
    }
  }
  private static func disable(_ call: Call<Nova>, _: JSON) async throws -> JSON {
    try await old(call, ["status": "disabled"]) { $0.disabled = true }
  }
  private static func disableWithReason(_ call: Call<Nova>, _: JSON) async throws -> JSON {
    guard let reason = call.body["disabled_reason"]?.string, (1...255).contains(reason.count) else {
      throw Fault.badRequest("Invalid input: disabled_reason is needed.")
    }
    return try await old(call, ["status": "disabled", "disabled_reason": .string(reason)]) { host in
      host.disabled = true
      host.disabledReason = reason
    }
  }
  private static func forceDown(_ call: Call<Nova>, _: JSON) async throws -> JSON {
    let down = try boolean(try call.member("forced_down"), "forced_down")
    return try await old(call, ["forced_down": .bool(down)]) { $0.forcedDown = down }
  }

  // MARK: Since 2.53

  private static func update(_ call: Call<Nova>, _: JSON) async throws -> JSON {
    let id = call.id
    let status = call.body["status"]?.string
    let reason = call.body["disabled_reason"]?.string
    let down = try call.body["forced_down"].map { try boolean($0, "forced_down") }
    guard status != nil || down != nil else {
      throw Fault.badRequest("No updates were requested. Fields 'status' or 'forced_down' should be specified.")
    }
    if let status, !["enabled", "disabled"].contains(status) {
      throw Fault.badRequest("Invalid input for field/attribute status. Value: \(status).")
    }
    if reason != nil, status != "disabled" {
      throw Fault.badRequest("Specifying 'disabled_reason' when status is 'enabled' is invalid.")
    }
    try await change(call, id, "id = \(id)") { host in
      if let status {
        host.disabled = status == "disabled"
        host.disabledReason = reason
      }
      if let down { host.forcedDown = down }
    }
    let (host, zone) = try await call.nova.store.read { tx in
      let zones = try await Zones.all(in: tx)
      guard let (zone, hosts) = zones.first(where: { $0.value.contains { $0.id == id } }),
        let host = hosts.first(where: { $0.id == id })
      else { throw Fault.notFound("Service \(id) could not be found.") }
      return (host, zone)
    }
    return ["service": render(host, number: 0, zone, call)]
  }

  /// A host that still has servers is kept.
  private static func delete(_ call: Call<Nova>, _: Nothing) async throws -> Nothing {
    let id = call.id
    let host = try await call.nova.store.write { tx in
      guard let host = try await tx.get(ComputeHost.self, id) else {
        throw Fault.notFound("Service \(id) could not be found.")
      }
      guard try await tx.count(Server.self, "WHERE host = \(host.host)") == 0 else {
        throw Fault.conflict("Unable to delete compute service that is hosting instances. Delete the instances first.")
      }
      try await tx.delete(host)
      return host
    }
    try await call.nova.placement.deleteProvider(host.id)
    return Nothing()
  }
}
