internal import Hardware

/// What a router's namespace has to look like; pure, so its tests are values and texts.
struct RouterPlan {
  struct Leg: Equatable {
    /// The end on the bridge, and the end inside.
    var outer: String
    var inner: String
    var bridge: String
    var mac: String
    var mtu: Int
    /// Canonical, with prefixes.
    var addresses: [String]
    var network: NetworkSpec
  }
  var legs: [Leg] = []
  /// Destination to next hop; the default route has the destination `default` or `::/0`.
  var routes: [String: String] = [:]
  /// Addresses to announce when they are new: those of the external leg.
  var announced: (leg: String, addresses: [String])?
  /// The nft script of its address translation.
  var script: String

  init(_ router: RouterSpec, names: Names) {
    legs = router.legs.map { Self.leg($0, inner: names.leg($0.port.id), names) }
    for route in router.routes { routes[Self.destination(route.destination)] = route.nexthop }
    if let gateway = router.gateway {
      var leg = Self.leg(gateway.leg, inner: names.gateway(gateway.leg.port.id), names)
      leg.addresses += router.floatingIPs.map { LinkAddress.canonical($0.floating) }
      announced = (leg.inner, leg.addresses)
      legs.append(leg)
      if let nexthop = gateway.nexthop { routes[nexthop.contains(":") ? "::/0" : "default"] = nexthop }
    }
    script = Self.script(router, names)
  }

  static func destination(_ text: String) -> String {
    guard let prefix = Prefix(text) else { return text }
    if prefix.isAny { return prefix.isIPv4 ? "default" : "::/0" }
    return "\(prefix.address)/\(prefix.length)"
  }

  private static func leg(_ leg: RouterSpec.Leg, inner: String, _ names: Names) -> Leg {
    Leg(
      outer: names.routerLink(leg.port.id), inner: inner, bridge: names.bridge(leg.networkSpec),
      mac: leg.port.mac.lowercased(), mtu: leg.networkSpec.mtu,
      addresses: leg.port.addresses.map { LinkAddress.canonical("\($0.address)/\($0.prefix)") },
      network: leg.networkSpec)
  }

  /// Destination NAT for floating IPs, from wherever they are asked; source NAT for what leaves by the gateway.
  /// A guest that asks a floating IP of its own router must see the answer come from it, so that turn is
  /// translated on both ends (connection mark 1).
  private static func script(_ router: RouterSpec, _ names: Names) -> String {
    let floating = router.floatingIPs.sorted { $0.floating < $1.floating }
    let gateway = router.gateway.map { names.gateway($0.leg.port.id) }
    var before = [
      "type nat hook prerouting priority dstnat; policy accept;",
      "iifname \"leg-*\" ip daddr 169.254.169.254 tcp dport 80 redirect to :\(metadataPort)",
    ]
    var after = ["type nat hook postrouting priority srcnat; policy accept;"]
    if let gateway {
      before += ["iifname \"leg-*\" ip daddr @floating ct mark set 1", "dnat to ip daddr map @inward"]
      after += [
        "ct mark 1 oifname \"leg-*\" snat to ip saddr map @outward", "ct mark 1 oifname \"leg-*\" masquerade",
        "oifname \"\(gateway)\" snat to ip saddr map @outward",
      ]
      if router.gateway?.snat == true,
        let address = router.gateway?.leg.port.addresses.first(where: { !$0.address.contains(":") })?.address
      {
        after.append("oifname \"\(gateway)\" snat to \(address)")
      }
    }
    let lines =
      ["table ip \(names.nat)", "delete table ip \(names.nat)", "table ip \(names.nat) {"]
      + FirewallScript.collection("set", "floating", type: "ipv4_addr", floating.map(\.floating))
      + FirewallScript.collection(
        "map", "inward", type: "ipv4_addr : ipv4_addr", floating.map { "\($0.floating) : \($0.fixed)" })
      + FirewallScript.collection(
        "map", "outward", type: "ipv4_addr : ipv4_addr", floating.map { "\($0.fixed) : \($0.floating)" })
      + FirewallScript.chain("prerouting", before) + FirewallScript.chain("postrouting", after)
      + FirewallScript.chain(
        "input",
        [
          "type filter hook input priority filter; policy accept;",
          "iifname \"gw-*\" tcp dport \(metadataPort) drop",
        ])
    return (lines + ["}"]).joined(separator: "\n") + "\n"
  }

  /// Where the metadata service listens in a router's namespace, as upstream's proxy does.
  static let metadataPort = 9697
}
