internal import Core
internal import JSON
internal import NeutronModel
internal import Text

/// What makes a rule valid, and two rules the same.
enum SecurityGroupRuleCheck {
  static func rule(_ draft: SecurityGroupRuleBody) throws -> SecurityGroupRule {
    var rule = SecurityGroupRule()
    rule.groupID = draft.groupID
    rule.direction = draft.direction
    rule.ethertype = try ethertype(draft)
    rule.ipProtocol = try ipProtocol(draft.ipProtocol)
    (rule.portMin, rule.portMax) = (draft.portMin?.number, draft.portMax?.number)
    (rule.remoteGroupID, rule.remotePrefix) = (draft.remoteGroupID, draft.remotePrefix)
    if draft.remoteAddressGroupID != nil {
      throw Fault.invalidInput("Address groups are not offered by this cloud; give remote_ip_prefix instead")
    }
    if rule.remoteGroupID != nil, rule.remotePrefix != nil {
      throw Fault.invalidInput(
        "Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided")
    }
    try checkPorts(rule)
    try checkVersions(&rule)
    return rule
  }

  /// Two rules let the same through; their descriptions may differ.
  static func isSame(_ a: SecurityGroupRule, _ b: SecurityGroupRule) -> Bool {
    a.direction == b.direction && a.ethertype == b.ethertype && a.portMin == b.portMin && a.portMax == b.portMax
      && a.remoteGroupID == b.remoteGroupID && block(a) == block(b)
      && a.ipProtocol.map(IPProtocols.number) == b.ipProtocol.map(IPProtocols.number)
  }
  private static func block(_ rule: SecurityGroupRule) -> CIDR? { rule.remotePrefix.flatMap { CIDR($0) } }

  private static func ethertype(_ draft: SecurityGroupRuleBody) throws -> String {
    let known = ["IPv4", "IPv6"]
    let text = draft.ethertype ?? "IPv4"
    guard let name = known.first(where: { $0.lowercased() == text.lowercased() }) else {
      throw Fault.badRequest(
        "Security group rule for ethertype '\(text)' not supported. Allowed values are \(known).",
        code: "SecurityGroupRuleInvalidEtherType")
    }
    return name
  }

  private static func ipProtocol(_ json: JSON) throws -> String? {
    guard let text = json.string ?? json.int.map(String.init), !text.isEmpty else { return nil }
    let name = text.lowercased()
    if name == "any" { return nil }
    guard IPProtocols.number(name) != nil else {
      throw Fault.badRequest(
        "Security group rule protocol \(text) not supported. Only protocol values \(IPProtocols.names) and integer "
          + "representations [0 to 255] are supported.", code: "SecurityGroupRuleInvalidProtocol")
    }
    return name == "icmpv6" ? "ipv6-icmp" : name
  }

  private static func checkPorts(_ rule: SecurityGroupRule) throws {
    guard rule.portMin != nil || rule.portMax != nil else { return }
    guard let name = rule.ipProtocol else {
      throw Fault.badRequest(
        "Must also specify protocol if port range is given.", code: "SecurityGroupProtocolRequiredWithPorts")
    }
    if IPProtocols.isICMP(name) {
      for (field, attribute, value) in [
        ("type", "port-range-min", rule.portMin), ("code", "port-range-max", rule.portMax),
      ] {
        if let value, !(0...255).contains(value) {
          throw Fault.badRequest(
            "Invalid value for ICMP \(field) (\(attribute)) \(value). It must be 0 to 255.",
            code: "SecurityGroupInvalidIcmpValue")
        }
      }
      if rule.portMin == nil, let code = rule.portMax {
        throw Fault.badRequest(
          "ICMP code (port-range-max) \(code) is provided but ICMP type (port-range-min) is missing.",
          code: "SecurityGroupMissingIcmpType")
      }
    } else if IPProtocols.hasPorts(name) {
      guard let low = rule.portMin, let high = rule.portMax, low <= high else {
        throw Fault.badRequest(
          "For TCP/UDP protocols, port_range_min must be <= port_range_max", code: "SecurityGroupInvalidPortRange")
      }
      for port in [low, high] where !(1...65_535).contains(port) {
        throw Fault.badRequest("Invalid value for port \(port)", code: "SecurityGroupInvalidPortValue")
      }
    } else {
      throw Fault.badRequest(
        "Ports cannot be specified for protocol \(name). Ports are only supported for dccp, sctp, tcp, udp, udplite.",
        code: "SecurityGroupInvalidProtocolForPort")
    }
  }

  private static func checkVersions(_ rule: inout SecurityGroupRule) throws {
    if rule.ethertype == "IPv4", let name = rule.ipProtocol, IPProtocols.isICMPv6(name) || name.hasPrefix("ipv6-") {
      throw Fault.badRequest(
        "Invalid ethertype \(rule.ethertype) for protocol \(name).", code: "SecurityGroupEthertypeConflictWithProtocol")
    }
    guard let text = rule.remotePrefix else { return }
    guard let block = CIDR(text) else {
      throw Fault.badRequest(
        "Invalid input for remote_ip_prefix. Reason: '\(text)' is not a valid IP subnet.", code: "HTTPBadRequest")
    }
    guard (block.version == .v4) == (rule.ethertype == "IPv4") else {
      throw Fault.badRequest(
        "Conflicting value ethertype \(rule.ethertype) for CIDR \(text)", code: "SecurityGroupRuleParameterConflict")
    }
    if !text.contains("/") { rule.remotePrefix = block.text }
  }
}
