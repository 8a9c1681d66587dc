internal import API
internal import CinderModel
internal import Core
internal import JSON
internal import Store

/// What keeps volumes: hosts as services, pools and zones (API reference: "Services", "Back-end storage pools").
enum Services {
  static let routes = Routes(
    rules: "volume_extension:services:", of: Cinder.self,
    [
      .get("/os-services", "index", list, allow: .admin),
      .put("/os-services/{action}", "update", update, allow: .admin),
      .get("/scheduler-stats/get_pools", "scheduler_extension:scheduler_stats:get_pools", pools, allow: .admin),
      .get("/os-availability-zone", "volume:availability_zone_list", zones, allow: .anyone),
      .get("/extensions", "volume:extensions", extensions, allow: .anyone),
      .get("/extensions/{alias}", "volume:extensions", noExtension, allow: .anyone),
    ])

  /// The pool's name in `host@backend#pool`: the backend's own.
  static func pool(of host: String) -> String { host.split(separator: "@").last.map(String.init) ?? host }

  private static func hosts(_ call: Call<Cinder>) async throws -> [VolumeHost] {
    try await call.service.store.read { try await $0.all(VolumeHost.self, "ORDER BY id") }
  }

  static func list(_ call: Call<Cinder>, _: Nothing) async throws -> JSON {
    let now = call.service.world.now()
    var rows = [scheduler(call)]
    for host in try await hosts(call) { rows.append(service(host, at: now, call.incoming)) }
    if let binary = call.query("binary") { rows = rows.filter { $0["binary"]?.string == binary } }
    if let name = call.query("host") {
      rows = rows.filter { row in
        let host = row["host"]?.string ?? ""
        return host == name || host.hasPrefix(name + "@")
      }
    }
    return ["services": .array(rows)]
  }

  private static func service(_ host: VolumeHost, at now: Timestamp, _ incoming: Incoming) -> JSON {
    var row: JSONObject = [
      "binary": "cinder-volume", "host": .string(host.id), "zone": .string(host.availabilityZone),
      "status": host.isDisabled ? "disabled" : "enabled", "state": host.isUp(at: now) ? "up" : "down",
      "updated_at": .string(host.lastSeen.isoMicroseconds), "disabled_reason": host.disabledReason.json,
      "replication_status": "disabled", "active_backend_id": nil, "frozen": false,
    ]
    if incoming.version >= "3.7" { row["cluster"] = .null }
    if incoming.version >= "3.49" { row["backend_state"] = host.isUp(at: now) ? "up" : "down" }
    return .object(row)
  }

  /// The scheduler is a function of this service: it is up when it can answer.
  private static func scheduler(_ call: Call<Cinder>) -> JSON {
    var row: JSONObject = [
      "binary": "cinder-scheduler", "host": "martlet", "zone": .string(call.service.options.availabilityZone),
      "status": "enabled", "state": "up", "updated_at": .string(call.service.world.now().isoMicroseconds),
      "disabled_reason": nil,
    ]
    if call.version >= "3.7" { row["cluster"] = .null }
    return .object(row)
  }

  static func update(_ call: Call<Cinder>, _ body: JSON) async throws -> JSON {
    let action = call.path["action"] ?? ""
    guard ["enable", "disable", "disable-log-reason"].contains(action) else {
      throw Fault(.notImplemented, "A service can be enabled and disabled; \(action) is not offered.")
    }
    guard let id = body["host"]?.string else { throw Fault.badRequest("'host' is a required property") }
    let reason = body["disabled_reason"]?.string
    if action == "disable-log-reason", reason?.isEmpty ?? true {
      throw Fault.badRequest("'disabled_reason' is a required property")
    }
    let host = try await call.service.store.write { tx -> VolumeHost in
      guard var host = try await tx.get(VolumeHost.self, id) else {
        throw Fault.notFound("Service cinder-volume could not be found on host \(id).")
      }
      host.isDisabled = action != "enable"
      host.disabledReason = action == "disable-log-reason" ? reason : nil
      return try await tx.update(host)
    }
    var answer: JSONObject = [
      "host": .string(host.id), "service": body["service"] ?? "", "binary": "cinder-volume",
      "status": host.isDisabled ? "disabled" : "enabled", "disabled": .bool(host.isDisabled),
    ]
    if action == "disable-log-reason" { answer["disabled_reason"] = reason.json }
    return .object(answer)
  }

  static func pools(_ call: Call<Cinder>, _: Nothing) async throws -> JSON {
    let detail = try call.query("detail").map(Flag.read) ?? false
    let now = call.service.world.now()
    let rows = try await hosts(call).filter { $0.isUp(at: now) }.map { host -> JSON in
      let name = "\(host.id)#\(pool(of: host.id))"
      guard detail else { return ["name": .string(name)] }
      return [
        "name": .string(name),
        "capabilities": [
          "volume_backend_name": .string(pool(of: host.id)), "storage_protocol": "file",
          "driver_version": "1", "vendor_name": "Martlet", "total_capacity_gb": .int(host.totalGiB),
          "free_capacity_gb": .int(host.freeGiB), "allocated_capacity_gb": .int(host.totalGiB - host.freeGiB),
          "reserved_percentage": 0, "max_over_subscription_ratio": .string("\(call.service.options.overcommit)"),
          "thin_provisioning_support": true,
          "multiattach": true, "QoS_support": false, "timestamp": .string(host.lastSeen.isoMicroseconds),
          "backend_state": "up",
        ],
      ]
    }
    return ["pools": .array(rows)]
  }

  static func zones(_ call: Call<Cinder>, _: Nothing) async throws -> JSON {
    let named = try await hosts(call).filter { !$0.isDisabled }.map(\.availabilityZone)
    let all = Set(named + [call.service.options.availabilityZone]).sorted()
    return [
      "availabilityZoneInfo": .array(all.map { ["zoneName": .string($0), "zoneState": ["available": true]] })
    ]
  }

  /// The extensions that clients look for before they offer a command.
  private static let known: [(alias: String, name: String)] = [
    ("os-admin-actions", "AdminActions"), ("os-availability-zone", "AvailabilityZones"),
    ("os-quota-sets", "Quotas"), ("os-services", "Services"), ("os-snapshot-actions", "SnapshotActions"),
    ("os-types-extra-specs", "TypesExtraSpecs"), ("os-types-manage", "TypesManage"), ("os-used-limits", "UsedLimits"),
    ("os-vol-host-attr", "VolumeHostAttribute"), ("os-vol-image-meta", "VolumeImageMetadata"),
    ("os-vol-tenant-attr", "VolumeTenantAttribute"), ("os-volume-actions", "VolumeActions"),
    ("os-volume-transfer", "VolumeTransfer"), ("os-volume-type-access", "VolumeTypeAccess"),
    ("scheduler-stats", "Scheduler_stats"),
  ]
  static func extensions(_ call: Call<Cinder>, _: Nothing) async throws -> JSON {
    ["extensions": .array(known.map { described($0) })]
  }
  static func noExtension(_ call: Call<Cinder>, _: Nothing) async throws -> JSON {
    guard let found = known.first(where: { $0.alias == call.path["alias"] }) else {
      throw Fault.notFound("The resource could not be found.")
    }
    return ["extension": described(found)]
  }
  private static func described(_ row: (alias: String, name: String)) -> JSON {
    [
      "alias": .string(row.alias), "name": .string(row.name), "description": .string(row.name), "links": [],
      "updated": "2012-08-25T00:00:00+00:00",
    ]
  }
}
