internal import API
internal import Core
internal import JSON
internal import NovaModel
internal import Store

/// What a project may use (API reference: "Quota sets").
enum Quotas {
  static let routes = Routes(
    rules: "os_compute_api:os-quota-sets:", of: Nova.self,
    [
      .get("/os-quota-sets/{id}", "show", show, allow: .reader),
      .get("/os-quota-sets/{id}/detail", "detail", detail, allow: .reader),
      .get("/os-quota-sets/{id}/defaults", "defaults", defaults, allow: .anyone),
      .put("/os-quota-sets/{id}", "update", update, allow: .admin),
      .delete("/os-quota-sets/{id}", "delete", delete, allow: .admin, status: 202),
      .get("/os-quota-class-sets/{id}", "os_compute_api:os-quota-class-sets:show", classes, allow: .admin),
    ])

  /// Limits of what is no longer compute's own, which old versions still show.
  private static func retired(_ version: Microversion) -> [String] {
    let files = ["injected_files", "injected_file_content_bytes", "injected_file_path_bytes"]
    let network = ["floating_ips", "fixed_ips", "security_groups", "security_group_rules"]
    return (version <= "2.35" ? network : []) + (version <= "2.56" ? files : [])
  }

  private static func set(
    _ id: String?, _ version: Microversion, _ value: (QuotaResource) -> JSON, retired old: JSON = -1
  ) -> JSON {
    var object = JSONObject()
    if let id { object.append("id", .string(id)) }
    for resource in QuotaResource.allCases { object.append(resource.rawValue, value(resource)) }
    for name in retired(version) { object.append(name, old) }
    return ["quota_set": .object(object)]
  }

  private static func usage(_ call: Call<Nova>) async throws -> Usage {
    let (id, options) = (call.id, call.nova.options)
    try call.require(["project_id": id], else: Fault.forbidden("Policy doesn't allow \(call.rule) to be performed."))
    return try await call.nova.store.read { try await Usage.of(project: id, options: options, in: $0) }
  }

  private static func show(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    let usage = try await usage(call)
    return set(call.id, call.version, { .int(usage.limit($0)) })
  }
  private static func detail(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    let usage = try await usage(call)
    return set(
      call.id, call.version,
      { ["limit": .int(usage.limit($0)), "in_use": .int(usage.used($0)), "reserved": 0] },
      retired: ["limit": -1, "in_use": 0, "reserved": 0])
  }
  private static func defaults(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    let options = call.nova.options
    return set(call.id, call.version, { .int(options.quota($0)) })
  }
  private static func classes(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    let options = call.nova.options
    let answer = set(call.id, call.version, { .int(options.quota($0)) })
    return ["quota_class_set": answer["quota_set"] ?? [:]]
  }

  private static func update(_ call: Call<Nova>, _: JSON) async throws -> JSON {
    let (id, options) = (call.id, call.nova.options)
    guard let asked = try call.member("quota_set").object else {
      throw Fault.badRequest("Invalid input for field/attribute quota_set. It is not of type 'object'")
    }
    var limits: [QuotaResource: Int] = [:]
    var force = false
    let old = retired(call.version) + ["tenant_id"]
    for (key, value) in asked.members {
      if key == "force" {
        force = try boolean(value, key)
      } else if let resource = QuotaResource(rawValue: key) {
        limits[resource] = try wholeNumber(value, key, -1...Int(Int32.max))
      } else if !old.contains(key) {
        throw Fault.badRequest("Additional properties are not allowed ('\(key)' was unexpected)")
      }
    }
    try await call.requireProject(id)
    let (wanted, forced) = (limits, force)
    let usage = try await call.nova.store.write { tx in
      var usage = try await Usage.of(project: id, options: options, in: tx)
      for (resource, limit) in wanted.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
        guard forced || limit < 0 || limit >= usage.used(resource) else {
          throw Fault.badRequest(
            "Quota limit \(limit) for \(resource.rawValue) must be greater than or equal to already used and reserved "
              + "\(usage.used(resource)).")
        }
        let row = Quota(projectID: id, resource: resource, limit: limit)
        try await tx.put(row)
        usage.limits[resource] = limit
      }
      return usage
    }
    return set(nil, call.version, { .int(usage.limit($0)) })
  }

  private static func delete(_ call: Call<Nova>, _: Nothing) async throws -> Nothing {
    let id = call.id
    _ = try await call.nova.store.write { try await $0.deleteAll(Quota.self, "WHERE project_id = \(id)") }
    return Nothing()
  }
}

/// A project's limits and use in one answer (API reference: "Limits").
enum Limits {
  static let routes = Routes(
    rules: "os_compute_api:limits", of: Nova.self,
    [.get("/limits", "os_compute_api:limits", show, allow: .anyone)])

  private static func show(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    let project = try call.query("tenant_id") ?? call.project()
    if project != call.caller.projectID, !call.caller.isAdmin {
      throw Fault.forbidden("Policy doesn't allow os_compute_api:limits:other_project to be performed.")
    }
    let options = call.nova.options
    let usage = try await call.nova.store.read { try await Usage.of(project: project, options: options, in: $0) }
    var limits: JSONObject = [
      "maxTotalInstances": .int(usage.limit(.instances)), "maxTotalCores": .int(usage.limit(.cores)),
      "maxTotalRAMSize": .int(usage.limit(.ram)), "maxTotalKeypairs": .int(usage.limit(.keyPairs)),
      "maxServerMeta": .int(usage.limit(.metadataItems)), "maxServerGroups": .int(usage.limit(.serverGroups)),
      "maxServerGroupMembers": .int(usage.limit(.serverGroupMembers)),
      "totalInstancesUsed": .int(usage.used(.instances)), "totalCoresUsed": .int(usage.used(.cores)),
      "totalRAMUsed": .int(usage.used(.ram)), "totalServerGroupsUsed": .int(usage.used(.serverGroups)),
    ]
    if call.version < "2.36" {
      for name in ["maxSecurityGroups", "maxSecurityGroupRules", "maxTotalFloatingIps"] { limits.append(name, -1) }
      for name in ["totalSecurityGroupsUsed", "totalFloatingIpsUsed"] { limits.append(name, 0) }
    }
    if call.version < "2.39" { limits.append("maxImageMeta", .int(usage.limit(.metadataItems))) }
    if call.version < "2.57" {
      limits.append("maxPersonality", 0)
      limits.append("maxPersonalitySize", 0)
    }
    return ["limits": ["rate": [], "absolute": .object(limits)]]
  }
}
