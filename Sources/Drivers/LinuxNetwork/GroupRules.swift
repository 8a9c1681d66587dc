internal import Hardware

/// The inet table: connection tracking for each network and the chains of the security groups.
struct GroupRules {
  let names: Names
  let bridges: [FirewallScript.Bridge]
  let secured: [PortRules]

  func table() -> [String] {
    var pool = ChainPool()
    var egress: [String] = []
    var ingress: [String] = []
    var hosted4: [String] = []
    var hosted6: [String] = []
    let external = Dictionary(
      bridges.filter(\.external).map { ($0.network, $0.name) }, uniquingKeysWith: { first, _ in first })
    for (index, rules) in secured.enumerated() {
      egress.append("\(index + 1) : jump \(pool.chain(.egress, rules.rules))")
      let into = pool.chain(.ingress, rules.rules)
      ingress.append("\((index + 1) << 16) : jump \(into)")
      // What the host sends or routes to a guest beside it enters the bridge without a mark, so its address tells.
      guard let bridge = external[rules.port.network] else { continue }
      for address in rules.port.addresses.compactMap({ Prefix($0.address) }) {
        let element = "\"\(bridge)\" . \(address.address) : jump \(into)"
        if address.isIPv4 { hosted4.append(element) } else { hosted6.append(element) }
      }
    }
    var lines = ["table inet \(names.firewall) {"]
    lines += pool.sets() + pool.chains()
    lines += FirewallScript.collection("map", "egress", type: "mark : verdict", egress)
    lines += FirewallScript.collection("map", "ingress", type: "mark : verdict", ingress)
    lines += FirewallScript.collection("map", "hosted4", type: "ifname . ipv4_addr : verdict", hosted4)
    lines += FirewallScript.collection("map", "hosted6", type: "ifname . ipv6_addr : verdict", hosted6)
    lines += FirewallScript.collection(
      "set", "tenants", type: "ifname", bridges.filter { !$0.external }.map { "\"\($0.name)\"" }.sorted())
    return lines + hooks() + ["}"]
  }

  private func hooks() -> [String] {
    let zones = zones().map { "\"\($0.bridge)\" : \($0.zone)" }.joined(separator: ", ")
    let from = "iifname \"\(names.linkPattern)\" meta mark & 0x0000ffff vmap @egress"
    return FirewallScript.chain(
      "prerouting",
      ["type filter hook prerouting priority raw; policy accept;"]
        + (zones.isEmpty ? [] : ["ct zone set iifname map { \(zones) }"]))
      + FirewallScript.chain(
        "forward",
        [
          "type filter hook forward priority filter; policy accept;",
          "ct state established,related accept",
          from,
          "iifname \"\(names.linkPattern)\" meta mark & 0xffff0000 vmap @ingress",
          "iifname \"\(names.linkPattern)\" meta mark & 0xffff0000 != 0 accept",
          "oifname . ip daddr vmap @hosted4",
          "oifname . ip6 daddr vmap @hosted6",
        ])
      + FirewallScript.chain(
        "input",
        [
          "type filter hook input priority filter; policy accept;",
          "iifname @tenants drop",
          "ct state established,related accept",
          from,
        ])
      + FirewallScript.chain(
        "output",
        [
          "type filter hook output priority filter; policy accept;",
          "ct state established,related accept",
          "oifname . ip daddr vmap @hosted4",
          "oifname . ip6 daddr vmap @hosted6",
        ])
  }

  /// A zone for each tenant's network, from its id so that it stays the same while others come and go; of two
  /// that meet, the later in order takes the next that is free.
  private func zones() -> [(bridge: String, zone: Int)] {
    var taken: Set<Int> = []
    return bridges.filter { !$0.external }.sorted { $0.network < $1.network }.map { bridge in
      var zone = bridge.network.utf8.reduce(5381) { ($0 &* 33 &+ Int($1)) & 0xffff_ffff } % 65535 + 1
      while !taken.insert(zone).inserted { zone = zone % 65535 + 1 }
      return (bridge.name, zone)
    }
  }
}

/// Chains and sets by content, so that a thousand ports of one group share two chains and one set.
private struct ChainPool {
  private var named: [[String]: String] = [:]
  private var order: [(name: String, rules: [String])] = []
  private var matches: [[String]: Match] = [:]
  private var setNames: [[Prefix]: String] = [:]
  private var setOrder: [(name: String, members: [Prefix])] = []

  typealias Direction = PortRules.Rule.Direction

  mutating func chain(_ direction: Direction, _ rules: [PortRules.Rule]) -> String {
    var lines = Self.always[direction] ?? []
    for rule in rules where rule.direction == direction {
      if let line = line(rule), !lines.contains(line) { lines.append(line) }
    }
    lines.append("drop")
    let key = [direction.rawValue] + lines
    if let name = named[key] { return name }
    let name = (direction == .ingress ? "in" : "out") + "\(named.count + 1)"
    named[key] = name
    order.append((name, lines))
    return name
  }

  /// What a guest needs to have an address at all: DHCP as a client, neighbours and routers of IPv6.
  private static let always: [Direction: [String]] = [
    .egress: [
      "udp sport 68 udp dport 67 return", "udp sport 546 udp dport 547 return",
      "icmpv6 type { 131, 132, 133, 135, 136, 143 } return",
    ],
    .ingress: [
      "udp sport 67 udp dport 68 return", "udp sport 547 udp dport 546 return",
      "icmpv6 type { 130, 131, 132, 134, 135, 136 } return",
    ],
  ]

  /// nil for a rule that nothing can match, since no remote is of its IP version.
  private mutating func line(_ rule: PortRules.Rule) -> String? {
    let six = rule.ipVersion == 6
    var words = ["meta nfproto " + (six ? "ipv6" : "ipv4")]
    if !rule.remotes.isEmpty {
      switch match(rule.remotes, six: six) {
      case .nothing: return nil
      case .anything: break
      case .members(let text):
        words = ["\(six ? "ip6" : "ip") \(rule.direction == .ingress ? "saddr" : "daddr") \(text)"]
      }
    }
    return (words + Self.transport(rule) + ["return"]).joined(separator: " ")
  }

  private enum Match {
    case nothing, anything
    case members(String)
  }

  /// Ports of a group share its members, so each list is read once.
  private mutating func match(_ remotes: [String], six: Bool) -> Match {
    let key = [six ? "6" : "4"] + remotes
    if let known = matches[key] { return known }
    let members = Array(Set(remotes.compactMap { Prefix($0) }.filter { $0.isIPv4 != six })).sorted(by: Prefix.precedes)
    let match: Match =
      if members.isEmpty { .nothing } else if members[0].isAny { .anything } else if members.count == 1 {
        .members(Self.text(members[0]))
      } else { .members("@" + set(members)) }
    matches[key] = match
    return match
  }

  private mutating func set(_ members: [Prefix]) -> String {
    if let name = setNames[members] { return name }
    let name = "members\(setNames.count + 1)"
    setNames[members] = name
    setOrder.append((name, members))
    return name
  }

  private static func transport(_ rule: PortRules.Rule) -> [String] {
    guard let number = rule.ipProtocol else { return [] }
    let low = rule.portMin
    let high = rule.portMax
    if number == 1 || number == 58 {
      let family = rule.ipVersion == 6 ? "icmpv6" : "icmp"
      guard let low else { return ["meta l4proto \(rule.ipVersion == 6 ? 58 : 1)"] }
      return ["\(family) type \(low)"] + (high.map { ["\(family) code \($0)"] } ?? [])
    }
    guard low != nil || high != nil else { return ["meta l4proto \(number)"] }
    let first = low ?? 0
    let last = high ?? 65535
    return ["meta l4proto \(number) th dport " + (first == last ? "\(first)" : "\(first)-\(last)")]
  }

  func sets() -> [String] {
    setOrder.flatMap { name, members in
      FirewallScript.collection(
        "set", name, type: members[0].isIPv4 ? "ipv4_addr" : "ipv6_addr", flags: ["flags interval", "auto-merge"],
        members.map(Self.text))
    }
  }
  func chains() -> [String] { order.flatMap { FirewallScript.chain($0.name, $0.rules) } }

  private static func text(_ prefix: Prefix) -> String {
    prefix.isSingle ? prefix.address : "\(prefix.address)/\(prefix.length)"
  }
}
