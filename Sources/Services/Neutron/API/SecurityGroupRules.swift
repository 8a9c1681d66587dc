internal import API
internal import Core
internal import JSON
internal import NeutronModel
internal import Store
internal import Text

struct SecurityGroupRuleBody: ResourceBody {
  var projectID: String?
  var groupID = ""
  var direction = SecurityGroupRule.Direction.ingress
  var ethertype: String?
  var ipProtocol: JSON = .null
  var portMin: Whole?
  var portMax: Whole?
  var remoteGroupID: String?
  var remotePrefix: String?
  var remoteAddressGroupID: String?
  var description = ""
  static var name: String { "security_group_rule" }
  static let keys: [Key<SecurityGroupRuleBody>] = [
    .key("tenant_id", \.projectID), .key("project_id", \.projectID),
    .key("security_group_id", \.groupID, required: true), .key("direction", \.direction, required: true),
    .key("ethertype", \.ethertype), .key("protocol", \.ipProtocol), .key("port_range_min", \.portMin),
    .key("port_range_max", \.portMax), .key("remote_group_id", \.remoteGroupID),
    .key("remote_ip_prefix", \.remotePrefix), .key("remote_address_group_id", \.remoteAddressGroupID),
    .key("description", \.description, .text(0...255)),
  ]
}

enum SecurityGroupRules {
  static let view = View<SecurityGroupRule>(
    "security_group_rule",
    fields.map { field in .computed(field.key) { rule, _ in field.get(rule) } })

  private static let fields: [(key: String, get: @Sendable (SecurityGroupRule) -> JSON)] = [
    ("id", { .string($0.id) }), ("tenant_id", { .string($0.projectID) }), ("project_id", { .string($0.projectID) }),
    ("security_group_id", { .string($0.groupID) }), ("ethertype", { .string($0.ethertype) }),
    ("direction", { .string($0.direction.rawValue) }), ("protocol", { $0.ipProtocol.json }),
    ("port_range_min", { $0.portMin.json }), ("port_range_max", { $0.portMax.json }),
    ("remote_ip_prefix", { $0.remotePrefix.json }), ("remote_group_id", { $0.remoteGroupID.json }),
    ("remote_address_group_id", { _ in .null }), ("normalized_cidr", { normalized($0) }),
    ("description", { .string($0.standard.description) }),
    ("created_at", { .string($0.standard.createdAt.iso8601) }),
    ("updated_at", { .string($0.standard.updatedAt.iso8601) }), ("revision_number", { .int($0.generation) }),
  ]

  /// A whole rule, as it stands inside its group.
  static func json(_ rule: SecurityGroupRule) -> JSON {
    .object(JSONObject(fields.map { (key: $0.key, value: $0.get(rule)) }))
  }

  private static func normalized(_ rule: SecurityGroupRule) -> JSON {
    rule.remotePrefix.flatMap { CIDR($0)?.text }.json
  }

  static let listing = Listing<SecurityGroupRule>([
    "security_group_id": .text("security_group_id"), "direction": .text("direction"), "ethertype": .text("ethertype"),
    "protocol": .optional("protocol"), "port_range_min": .number("port_range_min"),
    "port_range_max": .number("port_range_max"), "remote_group_id": .optional("remote_group_id"),
    "remote_ip_prefix": .optional("remote_ip_prefix"), "remote_address_group_id": .custom { _ in "1 = 0" },
  ])

  static let routes = Routes(
    rules: "", of: Neutron.self, shows: view,
    [
      .get("/security-group-rules", "get_security_group_rule", list, allow: .readerOrService, query: listing.keys),
      .post("/security-group-rules", "create_security_group_rule", create, allow: .member),
      .get("/security-group-rules/{id}", "get_security_group_rule", show, allow: .readerOrService),
      .delete("/security-group-rules/{id}", "delete_security_group_rule", delete, allow: .member),
    ])

  static func list(_ call: Call<Neutron>, _: Nothing) async throws -> Page<SecurityGroupRule> {
    try await call.service.read { tx in
      let (rules, next) = try await listing.page(call.incoming, visible: call.incoming.ownProject, in: tx)
      return Page(rules, as: view, next: next)
    }
  }

  static func show(_ call: Call<Neutron>, _: Nothing) async throws -> Shown<SecurityGroupRule> {
    try await call.service.read { tx in Shown(try await find(call.id, call, tx), as: view) }
  }

  private static func find(
    _ id: String, _ call: Call<Neutron>, _ tx: some ReadTransaction
  ) async throws -> SecurityGroupRule {
    guard let rule = try await tx.get(SecurityGroupRule.self, id) else { throw Fault.missing(.securityGroupRule, id) }
    try call.require(["project_id": rule.projectID], else: .missing(.securityGroupRule, id))
    return rule
  }

  static func create(
    _ call: Call<Neutron>, _ posted: Posted<SecurityGroupRuleBody>
  ) async throws -> Made<SecurityGroupRule> {
    if Set(posted.drafts.map(\.groupID)).count > 1 {
      throw Fault.invalidInput("Only allowed to update rules for one security profile at a time")
    }
    return try await call.service.write { tx in
      var made: [SecurityGroupRule] = []
      for draft in posted.drafts {
        let group = try await SecurityGroups.find(draft.groupID, call, tx)
        try await Quotas.check(.securityGroupRule, group.projectID, call.service, tx)
        var rule = try SecurityGroupRuleCheck.rule(draft)
        rule.id = call.service.world.uuid()
        rule.standard = Standard(
          projectID: group.projectID, description: draft.description, at: call.service.world.now())
        if let remote = rule.remoteGroupID { try await checkRemote(remote, call, tx) }
        let others = try await tx.all(SecurityGroupRule.self, "WHERE security_group_id = \(group.id)")
        if let same = others.first(where: { SecurityGroupRuleCheck.isSame($0, rule) }) {
          throw Fault.conflict(
            "Security group rule already exists. Rule id is \(same.id).", code: "SecurityGroupRuleExists")
        }
        try await tx.insert(rule)
        made.append(rule)
      }
      return Made(items: made, view: view, isBulk: posted.isBulk)
    }
  }

  private static func checkRemote(_ id: String, _ call: Call<Neutron>, _ tx: Transaction) async throws {
    guard let remote = try await tx.get(SecurityGroup.self, id),
      remote.shared || call.permits(["project_id": remote.projectID])
    else { throw Fault.missing(.securityGroup, id) }
  }

  static func delete(_ call: Call<Neutron>, _: Nothing) async throws -> Nothing {
    try await call.service.write { tx in
      try await tx.delete(try await find(call.id, call, tx))
      return Nothing()
    }
  }
}
