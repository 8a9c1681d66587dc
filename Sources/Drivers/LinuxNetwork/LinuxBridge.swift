internal import Core
public import Hardware
internal import Host

/// Networks as bridges and ports as taps on them.
///
/// The host itself is on no tenant's bridge: it has no address there, answers no ARP there and, by the firewall,
/// takes nothing from there. It is on an external network's bridge, with the gateway's address, so that floating
/// IPs answer to it.
public struct LinuxBridge: Switch {
  let machine: Machine
  let firewall: Nftables
  let overlay: Overlay?
  private let turns = Turns()

  init(_ machine: Machine, firewall: Nftables, overlay: Overlay?) {
    self.machine = machine
    self.firewall = firewall
    self.overlay = overlay
  }
  private var names: Names { machine.names }

  public func ensureNetwork(_ network: NetworkSpec) async throws {
    let bridge = names.bridge(network)
    try await turns.inTurn(bridge) {
      let link = try await machine.link(bridge)
      if link == nil {
        try await makeBridge(bridge, network)
      } else if link?.mtu != network.mtu || link?.up == false {
        try await machine.ip(["link", "set", "dev", bridge, "mtu", "\(network.mtu)", "up"])
      }
      switch network.segment {
      case .local: break
      case .flat: try await putHostOn(bridge, network)
      case .vxlan(let vni):
        if let overlay { try await ensureOverlay(overlay, network, vni: vni, bridge: bridge) }
      }
    }
  }

  public func ensureNetworkAbsent(_ id: String) async throws {
    try await machine.ensureLinkAbsent(names.vxlan(id))
    let alias = names.alias(id)
    for link in try await machine.links(["type", "bridge"]) where link.alias == alias {
      try await machine.ensureLinkAbsent(link.name)
    }
  }

  public func ensurePlugged(_ port: PortSpec, on network: NetworkSpec) async throws -> String {
    try await ensureNetwork(network)
    let tap = port.tap
    let bridge = names.bridge(network)
    return try await turns.inTurn(tap) {
      let link = try await machine.link(tap)
      if let link, link.master == bridge, link.alias == names.alias(port.id), link.mtu == network.mtu, link.up,
        link.group == "\(names.group)"
      {
        return tap
      }
      // Until the firewall is told of the port, nothing passes: the group is set before the tap joins the bridge.
      try await firewall.ensureInstalled()
      try await machine.ip(
        batch: (link == nil ? ["tuntap add dev \(tap) mode tap"] : []) + [
          "link set dev \(tap) alias \(names.alias(port.id))",
          "link set dev \(tap) group \(names.group) mtu \(network.mtu) addrgenmode none",
          "link set dev \(tap) master \(bridge) up",
        ])
      return tap
    }
  }

  public func ensureUnplugged(_ port: String) async throws {
    let tap = PortSpec(id: port, network: "", mac: "", addresses: []).tap
    try await turns.inTurn(tap) {
      guard try await machine.link(tap)?.alias == names.alias(port) else { return }
      try await machine.ensureLinkAbsent(tap)
    }
  }

  public func networks() async throws -> [String] {
    try await machine.links(["type", "bridge"]).compactMap { names.id(alias: $0.alias) }
  }

  public func ports() async throws -> [String] {
    try await machine.links(["group", "\(names.group)"]).compactMap { names.id(alias: $0.alias) }
  }

  // Its address is set, lest it change with each port that comes and goes.
  private func makeBridge(_ bridge: String, _ network: NetworkSpec) async throws {
    try await machine.ip(batch: [
      "link add name \(bridge) address \(names.mac("06", network.id)) type bridge stp_state 0 forward_delay 0"
        + " mcast_snooping 0",
      "link set dev \(bridge) alias \(names.alias(network.id))",
      "link set dev \(bridge) mtu \(network.mtu) addrgenmode none",
    ])
    if case .flat = network.segment {
    } else {
      try await machine.sysctl([
        "net.ipv6.conf.\(bridge).disable_ipv6=1", "net.ipv4.conf.\(bridge).arp_ignore=8",
      ])
    }
    try await machine.ip(["link", "set", "dev", bridge, "up"])
  }

  /// Gives the host the gateways' addresses. A caller that knows no subnets takes none away.
  private func putHostOn(_ bridge: String, _ network: NetworkSpec) async throws {
    let wanted = Set(
      network.subnets.compactMap { subnet in
        subnet.gateway.flatMap { gateway in
          subnet.cidr.split(separator: "/").last.map { LinkAddress.canonical("\(gateway)/\($0)") }
        }
      })
    guard !network.subnets.isEmpty else { return }
    let present = Set(
      try await machine.addresses(["dev", bridge]).filter { $0.scope == "global" }.map(\.address))
    try await machine.ip(
      batch: present.subtracting(wanted).sorted().map { "addr del \($0) dev \(bridge)" }
        + wanted.subtracting(present).sorted().map {
          "addr add \($0) dev \(bridge)" + ($0.contains(":") ? " nodad" : "")
        })
  }

  private func ensureOverlay(_ overlay: Overlay, _ network: NetworkSpec, vni: Int, bridge: String) async throws {
    let device = names.vxlan(network.id)
    if try await machine.link(device)?.master != bridge {
      try await machine.ensureLinkAbsent(device)
      try await machine.ip(batch: [
        "link add name \(device) type vxlan id \(vni) local \(overlay.local) dstport 4789",
        "link set dev \(device) mtu \(network.mtu) addrgenmode none master \(bridge) up",
      ])
    }
    let flood = try await machine.host.runOK("bridge", ["fdb", "show", "dev", device]).text
    let present = Set(
      flood.split(separator: "\n").compactMap { line -> String? in
        let words = line.split(separator: " ")
        guard words.first == "00:00:00:00:00:00", let at = words.firstIndex(of: "dst"), at + 1 < words.count else {
          return nil
        }
        return String(words[at + 1])
      })
    let wanted = Set(overlay.peers)
    let lines =
      wanted.subtracting(present).sorted().map { "fdb append 00:00:00:00:00:00 dev \(device) dst \($0)" }
      + present.subtracting(wanted).sorted().map { "fdb del 00:00:00:00:00:00 dev \(device) dst \($0)" }
    guard !lines.isEmpty else { return }
    try await machine.host.runOK("bridge", ["-batch", "-"], input: Array((lines.joined(separator: "\n") + "\n").utf8))
  }
}
