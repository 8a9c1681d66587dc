import JSON
import Testing

@Suite("neutron security groups")
struct NeutronSecurityGroupTests {
  @Test func everyProjectHasItsDefaultGroupWithFourRules() async throws {
    let cloud = try await Cloud.start()
    let list = try await cloud.ask("GET", "/v2.0/security-groups?name=default")
    let group = try #require(list.json["security_groups"]?[0])
    let rules = try #require(group["security_group_rules"]?.array)
    #expect(rules.count == 4)
    let inside = rules.filter { $0["direction"] == "ingress" }
    #expect(inside.allSatisfy { $0["remote_group_id"]?.string == group.id })
    #expect(Set(rules.compactMap { $0["ethertype"]?.string }) == ["IPv4", "IPv6"])
    try await cloud.refused("DELETE", "/v2.0/security-groups/\(group.id)", 409, "SecurityGroupCannotRemoveDefault")
    let again: JSON = ["security_group": ["name": "default"]]
    try await cloud.refused("POST", "/v2.0/security-groups", again, 409, "SecurityGroupDefaultAlreadyExists")
    #expect(try await cloud.ask("GET", "/v2.0/security-groups/\(group.id)", as: "other").status == 404)
  }

  @Test func aGroupBeginsWithEverythingOutAndIsKeptWhileUsed() async throws {
    let cloud = try await Cloud.start()
    let group = try await cloud.make("security-groups", "security_group", ["name": "g", "description": "d"])
    #expect(group["security_group_rules"]?.array?.map { $0["direction"] } == ["egress", "egress"])
    #expect(group["stateful"] == true)
    let network = try await cloud.network()
    let port = try await cloud.port(network, ["security_groups": [.string(group.id)]])
    try await cloud.refused("DELETE", "/v2.0/security-groups/\(group.id)", 409, "SecurityGroupInUse")
    _ = try await cloud.ask("DELETE", "/v2.0/ports/\(port.id)")
    #expect(try await cloud.ask("DELETE", "/v2.0/security-groups/\(group.id)").status == 204)
    try await cloud.refused("GET", "/v2.0/security-groups/\(group.id)", 404, "SecurityGroupNotFound")
  }

  @Test func rulesAsTheClientSendsThem() async throws {
    let cloud = try await Cloud.start()
    let group = try await cloud.make("security-groups", "security_group", ["name": "g"])
    let body: JSON = [
      "security_group_id": .string(group.id), "direction": "ingress", "ethertype": "IPv4", "protocol": "tcp",
      "port_range_min": 22, "port_range_max": 22, "remote_ip_prefix": "0.0.0.0/0",
    ]
    let rule = try await cloud.make("security-group-rules", "security_group_rule", body)
    #expect(
      rule["port_range_min"] == 22 && rule["remote_ip_prefix"] == "0.0.0.0/0" && rule["remote_group_id"] == JSON.null)
    try await cloud.refused(
      "POST", "/v2.0/security-group-rules", ["security_group_rule": body], 409, "SecurityGroupRuleExists")
    let list = try await cloud.ask("GET", "/v2.0/security-group-rules?security_group_id=\(group.id)&protocol=tcp")
    #expect(list.json["security_group_rules"]?.array?.count == 1)
    #expect(try await cloud.ask("DELETE", "/v2.0/security-group-rules/\(rule.id)", as: "other").status == 404)
    #expect(try await cloud.ask("DELETE", "/v2.0/security-group-rules/\(rule.id)").status == 204)
    let bulk: JSON = [
      "security_group_rules": [
        ["security_group_id": .string(group.id), "direction": "ingress", "protocol": "icmp"],
        ["security_group_id": .string(group.id), "direction": "ingress", "protocol": "udp"],
      ]
    ]
    let made = try await cloud.ask("POST", "/v2.0/security-group-rules", bulk)
    #expect(made.status == 201 && made.json["security_group_rules"]?.array?.count == 2)
  }

  @Test(
    arguments: [
      (["protocol": "tcp", "port_range_min": 9, "port_range_max": 1], "SecurityGroupInvalidPortRange"),
      (["protocol": "tcp", "port_range_min": 9], "SecurityGroupInvalidPortRange"),
      (["protocol": "tcp", "port_range_min": 0, "port_range_max": 70_000], "SecurityGroupInvalidPortValue"),
      (["port_range_min": 1, "port_range_max": 1], "SecurityGroupProtocolRequiredWithPorts"),
      (["protocol": "vrrp", "port_range_min": 1, "port_range_max": 1], "SecurityGroupInvalidProtocolForPort"),
      (["protocol": "icmp", "port_range_min": 256], "SecurityGroupInvalidIcmpValue"),
      (["protocol": "icmp", "port_range_max": 1], "SecurityGroupMissingIcmpType"),
      (["protocol": "nonsense"], "SecurityGroupRuleInvalidProtocol"),
      (["protocol": "ipv6-icmp"], "SecurityGroupEthertypeConflictWithProtocol"),
      (["ethertype": "IPv5"], "SecurityGroupRuleInvalidEtherType"),
      (["remote_ip_prefix": "fd00::/64"], "SecurityGroupRuleParameterConflict"),
      (["remote_ip_prefix": "x"], "HTTPBadRequest"),
      (["remote_ip_prefix": "10.0.0.0/8", "remote_group_id": "x"], "InvalidInput"),
      (["direction": "sideways"], "HTTPBadRequest"),
    ] as [(JSON, String)])
  func badRulesAreRefused(_ body: JSON, _ type: String) async throws {
    let cloud = try await Cloud.start()
    let group = try await cloud.make("security-groups", "security_group", ["name": "g"])
    var object: JSONObject = ["security_group_id": .string(group.id), "direction": "ingress"]
    for (key, value) in body.object?.members ?? [] { object[key] = value }
    try await cloud.refused(
      "POST", "/v2.0/security-group-rules", ["security_group_rule": .object(object)], 400, type)
  }
}
