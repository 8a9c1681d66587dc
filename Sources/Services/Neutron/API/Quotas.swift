internal import API
internal import Core
internal import JSON
internal import NeutronModel
internal import Store

/// Limits of what a project may hold. Use is counted from rows in the transaction that would add one, never kept.
enum Quotas {
  static let routes = Routes(
    rules: "", of: Neutron.self,
    [
      .get("/quotas", "get_quotas", list, allow: .admin),
      .get("/quotas/tenant", "get_quota_own", own, allow: .anyone),
      .get("/quotas/project", "get_quota_own", own, allow: .anyone),
      .get("/quotas/{id}", "get_quota", show, allow: .readerOrService),
      .get("/quotas/{id}/default", "get_quota", usual, allow: .readerOrService),
      .get("/quotas/{id}/defaults", "get_quota", usual, allow: .readerOrService),
      .get("/quotas/{id}/details", "get_quota", details, allow: .readerOrService),
      .get("/quotas/{id}/details.json", "get_quota", details, allow: .readerOrService),
      .put("/quotas/{id}", "update_quota", update, allow: .admin),
      .delete("/quotas/{id}", "delete_quota", reset, allow: .admin),
    ])

  /// Refuses what would be one too many.
  static func check(
    _ resource: QuotaResource, _ project: String, _ service: Neutron, _ tx: Transaction
  ) async throws {
    let set = try await tx.get(QuotaLimit.self, project, resource.rawValue)?.limit
    let limit = set ?? service.options.limit(resource)
    guard limit >= 0 else { return }
    guard try await used(resource, project, tx) < limit else { throw Fault.quotaExceeded(resource) }
  }

  static func used(_ resource: QuotaResource, _ project: String, _ tx: some ReadTransaction) async throws -> Int {
    let own: SQL = "WHERE project_id = \(project)"
    return switch resource {
    case .network: try await tx.count(Network.self, own)
    case .subnet: try await tx.count(Subnet.self, own)
    case .subnetpool: try await tx.count(SubnetPool.self, own)
    case .port: try await tx.count(Port.self, own)
    case .router: try await tx.count(Router.self, own)
    case .floatingip: try await tx.count(FloatingIP.self, own)
    case .securityGroup: try await tx.count(SecurityGroup.self, own)
    case .securityGroupRule: try await tx.count(SecurityGroupRule.self, own)
    }
  }

  private static func require(_ call: Call<Neutron>) throws {
    guard call.permits(["project_id": call.id]) else { throw Fault.disallowed("get_quota") }
  }

  private static func limits(
    of project: String, _ service: Neutron, _ tx: some ReadTransaction
  ) async throws -> [QuotaResource: Int] {
    let rows = try await tx.all(QuotaLimit.self, "WHERE project_id = \(project)")
    let set = Dictionary(rows.map { ($0.resource, $0.limit) }, uniquingKeysWith: { $1 })
    return Dictionary(
      uniqueKeysWithValues: QuotaResource.allCases.map { ($0, set[$0.rawValue] ?? service.options.limit($0)) })
  }

  private static func body(_ limits: [QuotaResource: Int], project: String? = nil) -> JSON {
    var object = JSONObject()
    for resource in QuotaResource.allCases { object.append(resource.rawValue, .int(limits[resource] ?? -1)) }
    object.append("rbac_policy", 10)
    object.append("router_route", 30)
    if let project {
      object.append("tenant_id", .string(project))
      object.append("project_id", .string(project))
    }
    return .object(object)
  }

  static func show(_ call: Call<Neutron>, _: Nothing) async throws -> JSON {
    try require(call)
    return try await call.service.read { tx in
      ["quota": body(try await limits(of: call.id, call.service, tx))]
    }
  }
  static func usual(_ call: Call<Neutron>, _: Nothing) async throws -> JSON {
    try require(call)
    return [
      "quota": body(
        Dictionary(uniqueKeysWithValues: QuotaResource.allCases.map { ($0, call.service.options.limit($0)) }))
    ]
  }
  static func own(_ call: Call<Neutron>, _: Nothing) async throws -> JSON {
    ["tenant": ["tenant_id": .string(try call.project()), "project_id": .string(try call.project())]]
  }
  static func list(_ call: Call<Neutron>, _: Nothing) async throws -> JSON {
    try await call.service.read { tx in
      let projects = Set(try await tx.all(QuotaLimit.self).map(\.projectID)).sorted()
      var list: [JSON] = []
      for project in projects {
        list.append(body(try await limits(of: project, call.service, tx), project: project))
      }
      return ["quotas": .array(list)]
    }
  }

  static func details(_ call: Call<Neutron>, _: Nothing) async throws -> JSON {
    try require(call)
    return try await call.service.read { tx in
      let limits = try await limits(of: call.id, call.service, tx)
      var object = JSONObject()
      for resource in QuotaResource.allCases {
        object.append(
          resource.rawValue,
          [
            "limit": .int(limits[resource] ?? -1), "used": .int(try await used(resource, call.id, tx)),
            "reserved": 0,
          ])
      }
      return ["quota": .object(object)]
    }
  }

  static func update(_ call: Call<Neutron>, _ body: JSON) async throws -> JSON {
    guard let wanted = body["quota"]?.object else {
      throw Fault.badRequest("Unable to find 'quota' in request body", code: "HTTPBadRequest")
    }
    let checked = wanted["check_limit"].flatMap { try? Flag(json: $0).on } ?? false
    return try await call.service.write(wakes: false) { tx in
      for (key, value) in wanted.members {
        if ["check_limit", "force", "tenant_id", "project_id", "rbac_policy", "router_route"].contains(key) {
          continue
        }
        guard let resource = QuotaResource(rawValue: key) else {
          throw Fault.badRequest("Unrecognized attribute(s) '\(key)'", code: "HTTPBadRequest")
        }
        let limit = try Whole(json: value).number
        guard limit >= -1, limit <= 2_147_483_647 else {
          throw Fault.invalidInput("\(key) \(limit) is no limit: it is a number from 0, or -1 for none")
        }
        if checked, limit >= 0, try await used(resource, call.id, tx) > limit {
          throw Fault.conflict(
            "Quota limit \(limit) for resource \(key) is below what the project uses. Delete some, or leave "
              + "check_limit "
              + "out.", code: "InvalidQuotaValue")
        }
        try await tx.deleteAll(QuotaLimit.self, "WHERE project_id = \(call.id) AND resource = \(key)")
        try await tx.insert(QuotaLimit(projectID: call.id, resource: key, limit: limit))
      }
      return ["quota": Self.body(try await limits(of: call.id, call.service, tx))]
    }
  }

  static func reset(_ call: Call<Neutron>, _: Nothing) async throws -> Nothing {
    try await call.service.write(wakes: false) { tx in
      let deleted = try await tx.deleteAll(QuotaLimit.self, "WHERE project_id = \(call.id)")
      guard deleted > 0 else {
        throw Fault.notFound("Quota for project \(call.id) could not be found.", code: "TenantQuotaNotFound")
      }
      return Nothing()
    }
  }
}
