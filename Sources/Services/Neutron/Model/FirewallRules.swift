public import Hardware
internal import Text

/// Security groups as rules of ports: what a host's firewall is given.
public enum FirewallRules {
  /// A rule as a host knows it.
  public static func plan(_ rule: SecurityGroupRule) -> HostPlan.PlannedRule {
    let version = rule.ethertype == "IPv6" ? 6 : 4
    var number = rule.ipProtocol.flatMap(IPProtocols.number)
    // Old clients say icmp for both versions.
    if version == 6, number == 1 { number = 58 }
    return HostPlan.PlannedRule(
      direction: rule.direction == .ingress ? .ingress : .egress, ipVersion: version, ipProtocol: number,
      portMin: rule.portMin, portMax: rule.portMax, remotePrefix: rule.remotePrefix, remoteGroup: rule.remoteGroupID)
  }

  /// The rules of every port of a plan, groups resolved to their members' addresses of the rule's IP version.
  ///
  /// A rule whose group has no members lets nothing through and is left out, since no remote means any.
  public static func compile(_ plan: HostPlan) -> [PortRules] {
    var resolved: [String: [PortRules.Rule]] = [:]
    for (id, rules) in plan.groups { resolved[id] = rules.compactMap { resolve($0, plan.members) } }
    return plan.ports.map { port in
      PortRules(
        port: port.spec, secured: port.secured, allowedPairs: port.pairs,
        rules: port.secured ? port.groups.flatMap { resolved[$0] ?? [] } : [])
    }
  }

  private static func resolve(_ rule: HostPlan.PlannedRule, _ members: [String: [String]]) -> PortRules.Rule? {
    var remotes: [String] = []
    if let group = rule.remoteGroup {
      remotes = (members[group] ?? []).filter { ($0.utf8.contains(UInt8(ascii: ":")) ? 6 : 4) == rule.ipVersion }
      if remotes.isEmpty { return nil }
    } else if let prefix = rule.remotePrefix, CIDR(prefix)?.prefix != 0 {
      remotes = [prefix]
    }
    return PortRules.Rule(
      direction: rule.direction, ipVersion: rule.ipVersion, ipProtocol: rule.ipProtocol, portMin: rule.portMin,
      portMax: rule.portMax, remotes: remotes)
  }
}
