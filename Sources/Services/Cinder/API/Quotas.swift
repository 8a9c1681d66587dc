internal import API
internal import CinderModel
internal import Core
internal import JSON
internal import Store

/// Quotas and limits (API reference: block storage v3, "Quota sets extension", "Limits").
enum Quotas {
  static let routes = Routes(
    rules: "volume_extension:quotas:", of: Cinder.self,
    [
      .get("/os-quota-sets/{tenant}", "show", show, allow: .reader),
      .get("/os-quota-sets/{tenant}/defaults", "show", defaults, allow: .reader),
      .put("/os-quota-sets/{tenant}", "update", update, allow: .admin),
      .delete("/os-quota-sets/{tenant}", "delete", delete, allow: .admin, status: 200),
      .get("/os-quota-class-sets/{class}", "volume_extension:quota_classes:get", defaultsOfClass, allow: .admin),
      .get("/limits", "limits_extension:used_limits", limits, allow: .anyone),
    ])

  private static func tenant(_ call: Call<Cinder>) throws -> String {
    let tenant = call.path["tenant"] ?? ""
    try call.require(
      ["project_id": tenant], else: .forbidden("Policy doesn't allow \(call.rule) to be performed."))
    return tenant
  }

  static func show(_ call: Call<Cinder>, _: Nothing) async throws -> JSON {
    let (project, options) = (try tenant(call), call.service.options)
    let showsUsage = try call.query("usage").map(Flag.read) ?? false
    return try await call.service.store.read { tx in
      let limits = try await Quota.limits(of: project, options, in: tx)
      let usage = try await Quota.usage(of: project, in: tx)
      let types = try await tx.all(VolumeType.self, "ORDER BY name").map(\.name)
      return set(project, limits, usage: showsUsage ? usage : nil, types)
    }
  }

  static func defaults(_ call: Call<Cinder>, _: Nothing) async throws -> JSON {
    let (project, options) = (try tenant(call), call.service.options)
    return try await call.service.store.read { tx in
      set(project, Quota.defaults(options), usage: nil, try await tx.all(VolumeType.self, "ORDER BY name").map(\.name))
    }
  }

  static func defaultsOfClass(_ call: Call<Cinder>, _: Nothing) async throws -> JSON {
    var body: JSONObject = ["id": .string(call.path["class"] ?? "default")]
    for (name, limit) in Quota.defaults(call.service.options).sorted(by: { $0.key < $1.key }) {
      body[name] = .int(limit)
    }
    return ["quota_class_set": .object(body)]
  }

  private static func set(
    _ project: String, _ limits: [String: Int], usage: [String: Int]?, _ types: [String]
  ) -> JSON {
    var all = limits
    for type in types {
      for name in ["volumes", "gigabytes", "snapshots"] where all["\(name)_\(type)"] == nil {
        all["\(name)_\(type)"] = -1
      }
    }
    var body: JSONObject = ["id": .string(project)]
    for (name, limit) in all.sorted(by: { $0.key < $1.key }) {
      body[name] = usage.map { ["limit": .int(limit), "in_use": .int($0[name] ?? 0), "reserved": 0] } ?? .int(limit)
    }
    return ["quota_set": .object(body)]
  }

  static func update(_ call: Call<Cinder>, _ body: JSON) async throws -> JSON {
    guard let wanted = body["quota_set"]?.object else { throw Fault.badRequest("'quota_set' is a required property") }
    let (project, options) = (try tenant(call), call.service.options)
    return try await call.service.store.write { tx in
      let types = try await tx.all(VolumeType.self, "ORDER BY name").map(\.name)
      let perType = types.flatMap { type in ["volumes", "gigabytes", "snapshots"].map { "\($0)_\(type)" } }
      let known = Set(Quota.defaults(options).keys).union(perType)
      let old = try await tx.get(Quota.self, project)
      var quota = old ?? Quota()
      quota.projectID = project
      for (name, value) in wanted.members where !["tenant_id", "project_id", "force", "id"].contains(name) {
        guard known.contains(name) else {
          throw Cinder.invalidInput(
            "Bad key(s) in quota set: \(name). Known are: \(known.sorted().joined(separator: ", ")).")
        }
        let limit = try Whole(json: value).value
        guard limit >= -1 else {
          throw Cinder.invalidInput("\(name) must be a whole number from -1, which is no limit.")
        }
        quota.limits[name] = limit
      }
      if old == nil { try await tx.insert(quota) } else { try await tx.update(quota) }
      let shown = set(project, try await Quota.limits(of: project, options, in: tx), usage: nil, types)
      guard case .object(var object)? = shown["quota_set"] else { return shown }
      // Upstream leaves the id out of this one answer.
      object["id"] = nil
      return ["quota_set": .object(object)]
    }
  }

  static func delete(_ call: Call<Cinder>, _: Nothing) async throws -> Nothing {
    let project = try tenant(call)
    try await call.service.store.write { _ = try await $0.deleteAll(Quota.self, "WHERE project_id = \(project)") }
    return Nothing()
  }

  static func limits(_ call: Call<Cinder>, _: Nothing) async throws -> JSON {
    var project = try call.project()
    if call.version >= "3.39", call.caller.isAdmin, let other = call.query("project_id") ?? call.query("tenant_id") {
      project = other
    }
    let (owner, options) = (project, call.service.options)
    return try await call.service.store.read { tx in
      let limits = try await Quota.limits(of: owner, options, in: tx)
      let usage = try await Quota.usage(of: owner, in: tx)
      func limit(_ name: String) -> JSON { .int(limits[name] ?? -1) }
      return [
        "limits": [
          "rate": [],
          "absolute": [
            "maxTotalVolumes": limit("volumes"), "maxTotalVolumeGigabytes": limit("gigabytes"),
            "maxTotalSnapshots": limit("snapshots"), "maxTotalBackups": limit("backups"),
            "maxTotalBackupGigabytes": limit("backup_gigabytes"), "totalVolumesUsed": .int(usage["volumes"] ?? 0),
            "totalGigabytesUsed": .int(usage["gigabytes"] ?? 0),
            "totalSnapshotsUsed": .int(usage["snapshots"] ?? 0), "totalBackupsUsed": 0,
            "totalBackupGigabytesUsed": 0,
          ],
        ]
      ]
    }
  }
}
