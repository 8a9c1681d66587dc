internal import Hardware

/// The bridge table: who may send as whom, and the numbers of the ports a frame passes.
struct SourceChecks {
  let names: Names
  /// Numbered from 1 in this order.
  let secured: [PortRules]
  let all: [PortRules]

  func table() -> [String] {
    var pairs4: [String] = []
    var pairs6: [String] = []
    var macs: [String] = []
    var targets: [String] = []
    var wideTargets: [String] = []
    var own4: [String] = []
    var own6: [String] = []
    for (index, rules) in secured.enumerated() {
      let sources = Sources(rules)
      let tap = quoted(rules)
      macs += sources.macs.map { "\(tap) . \($0)" }
      own4 += sources.single.filter(\.network.isIPv4).map { "\(tap) . \($0.mac) . \($0.network.address)" }
      own6 += sources.single.filter { !$0.network.isIPv4 }.map { "\(tap) . \($0.mac) . \($0.network.address)" }
      targets += sources.targets.filter(\.isSingle).map { "\(tap) . \($0.hexadecimal.first)" }
      wideTargets += sources.targets.filter { !$0.isSingle }.map {
        "\(index + 1) . \($0.hexadecimal.first)-\($0.hexadecimal.last)"
      }
      for source in sources.wide {
        let element = "\(index + 1) . \(source.mac) . \(source.network.address)/\(source.network.length)"
        if source.network.isIPv4 { pairs4.append(element) } else { pairs6.append(element) }
      }
    }
    let numbers = secured.enumerated().map { "\(quoted($1)) : \($0 + 1)" }
    let open = all.filter { !$0.secured }.map(quoted)
    let out =
      secured.enumerated().map { "\(quoted($1)) : jump to\($0 + 1)" } + open.map { "\($0) : accept" }
    let interval = ["flags interval"]
    var lines = ["table bridge \(names.firewall) {"]
    lines += FirewallScript.collection("map", "numbers", type: "ifname : mark", numbers)
    lines += FirewallScript.collection("set", "open", type: "ifname", open)
    lines += FirewallScript.collection("set", "known", type: "ifname", all.map(quoted))
    lines += FirewallScript.collection("set", "macs", type: "ifname . ether_addr", macs)
    lines += FirewallScript.collection("set", "own4", type: "ifname . ether_addr . ipv4_addr", own4)
    lines += FirewallScript.collection("set", "own6", type: "ifname . ether_addr . ipv6_addr", own6)
    lines += FirewallScript.collection("set", "pairs4", type: "mark . ether_addr . ipv4_addr", flags: interval, pairs4)
    lines += FirewallScript.collection("set", "pairs6", type: "mark . ether_addr . ipv6_addr", flags: interval, pairs6)
    lines += FirewallScript.collection("set", "targets", typeof: "iifname . @th,64,128", targets)
    lines += FirewallScript.collection(
      "set", "widetargets", typeof: "meta mark . @th,64,128", flags: interval, wideTargets)
    for number in secured.indices.map({ $0 + 1 }) {
      lines += FirewallScript.chain("to\(number)", ["meta mark set meta mark | \(number << 16)", "accept"])
    }
    lines += FirewallScript.collection("map", "out", type: "ifname : verdict", out)
    return lines + chains() + ["}"]
  }

  /// Guests may ask for an address but not hand out any, nor routes; they speak only IP and ARP.
  private func chains() -> [String] {
    // Nor may a guest claim another's address to its neighbours; this nft has no name yet for the claimed address.
    FirewallScript.chain(
      "advert",
      ["iifname . @th,64,128 @targets return", "meta mark . @th,64,128 @widetargets return", "drop"])
      + FirewallScript.chain(
        "from4",
        [
          "udp sport 67 udp dport 68 drop",
          "ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 udp dport 67 accept",
          "iifname . ether saddr . ip saddr @own4 accept",
          "meta mark . ether saddr . ip saddr @pairs4 accept",
          "drop",
        ])
      + FirewallScript.chain(
        "from6",
        [
          "icmpv6 type nd-router-advert drop",
          "icmpv6 type nd-neighbor-advert jump advert",
          "udp sport 547 udp dport 546 drop",
          "ip6 saddr :: icmpv6 type { 131, 132, 133, 135, 143 } accept",
          "iifname . ether saddr . ip6 saddr @own6 accept",
          "meta mark . ether saddr . ip6 saddr @pairs6 accept",
          "drop",
        ])
      + FirewallScript.chain(
        "fromarp",
        [
          "arp operation request arp saddr ip 0.0.0.0 accept",
          "iifname . arp saddr ether . arp saddr ip @own4 accept",
          "meta mark . arp saddr ether . arp saddr ip @pairs4 accept",
          "drop",
        ])
      + FirewallScript.chain(
        "prerouting",
        [
          "type filter hook prerouting priority -310; policy accept;",
          "meta iifgroup != \(names.group) accept",
          "meta mark set 0",
          "iifname @open accept",
          "iifname . ether saddr != @macs drop",
          "meta mark set iifname map @numbers",
          "ether type vmap { ip : goto from4, ip6 : goto from6, arp : goto fromarp }",
          "drop",
        ])
      + FirewallScript.chain(
        "forward",
        [
          "type filter hook forward priority -210; policy accept;",
          "oifname vmap @out",
          "meta oifgroup \(names.group) drop",
        ])
      + FirewallScript.chain(
        "output",
        [
          "type filter hook output priority -210; policy accept;",
          "meta oifgroup \(names.group) oifname != @known drop",
        ])
  }

  private func quoted(_ rules: PortRules) -> String { "\"\(rules.port.tap)\"" }
}

/// What one port may send as.
private struct Sources {
  struct Source: Hashable {
    var mac: String
    var network: Prefix
  }
  var macs: [String] = []
  var single: [Source] = []
  /// The IPv6 addresses and networks that it may tell its neighbours to be at its MAC.
  var targets: [Prefix] = []
  /// Whole networks, of which the kernel's set takes none that is inside another.
  var wide: [Source] = []

  init(_ rules: PortRules) {
    let own = rules.port.mac.lowercased()
    var sources = rules.port.addresses.compactMap { Prefix($0.address).map { Source(mac: own, network: $0) } }
    sources += rules.allowedPairs.compactMap { pair in
      Prefix(pair.address).map { Source(mac: pair.mac?.lowercased() ?? own, network: $0) }
    }
    for mac in [own] + sources.map(\.mac) where !macs.contains(mac) { macs.append(mac) }
    sources += macs.compactMap { mac in
      Prefix.linkLocal(mac: mac).flatMap { Prefix($0) }.map { Source(mac: mac, network: $0) }
    }
    var seen: Set<Source> = []
    sources = sources.filter { seen.insert($0).inserted }
    single = sources.filter(\.network.isSingle)
    let claims = Set(sources.map(\.network).filter { !$0.isIPv4 })
    targets = claims.filter { inner in inner.isSingle || !claims.contains { $0 != inner && $0.contains(inner) } }
      .sorted(by: Prefix.precedes)
    let networks = sources.filter { !$0.network.isSingle }
    wide = networks.filter { inner in
      !networks.contains { $0 != inner && $0.mac == inner.mac && $0.network.contains(inner.network) }
    }
  }
}
