// LinuxNetwork: networks, DHCP, routers and security groups with what every Linux has: bridges, veths, network
// namespaces, dnsmasq and nftables, driven by `ip`, `bridge` and `nft`.
//
// The kernel is the record: every call reads what is there, works out the difference and applies only that, so a
// restart of the control plane finds its things again and cuts no connection. What these drivers make is recognised
// by name (`mlt-…`, `mlt_…`) or, where the name is given (taps), by the link's alias and group; `wipeNetwork` finds
// all of it that way and touches nothing else. Security groups are stateful although the kernel's bridge has no
// connection tracking: see FirewallScript. Nothing here decides an address or a rule: that is Neutron's work.

internal import Hardware
public import Host

/// The four network drivers of one host, sharing its names and its bridges.
public struct LinuxNetwork: Sendable {
  public let bridges: LinuxBridge
  public let dhcp: Dnsmasq
  public let routers: NamespaceRouters
  public let firewall: Nftables

  /// - Parameters:
  ///   - stateDirectory: where it remembers which kernel settings it changed.
  ///   - overlay: this host's place between others; nil on a single host, where VXLAN networks are local bridges.
  ///   - prefix: begins all names; another one than `mlt` keeps a second cloud (or a test) apart. At most 4 letters.
  public init(host: Host, stateDirectory: String, overlay: Overlay? = nil, prefix: String = "mlt") {
    let machine = Machine(host: host, names: Names(prefix: prefix), stateDirectory: stateDirectory)
    firewall = Nftables(machine)
    bridges = LinuxBridge(machine, firewall: firewall, overlay: overlay)
    dhcp = Dnsmasq(machine, bridges: bridges)
    routers = NamespaceRouters(machine, bridges: bridges)
  }
}

/// Where a host stands in the VXLAN overlay between hosts.
public struct Overlay: Sendable, Equatable {
  /// This host's address on the network between the hosts.
  public var local: String
  /// The other hosts' addresses; frames for unknown addresses go to all of them.
  public var peers: [String]
  public init(local: String, peers: [String]) {
    self.local = local
    self.peers = peers
  }
}
