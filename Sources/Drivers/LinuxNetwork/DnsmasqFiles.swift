internal import Hardware

/// What dnsmasq is told of one network; pure, so its tests are texts.
struct DnsmasqFiles: Equatable {
  /// Read at its start only.
  var configuration: String
  /// Read anew at SIGHUP: one lease a line.
  var leases: String
  /// Read anew at SIGHUP: names for its DNS.
  var hosts: String

  /// - Parameter directory: where the files will be.
  init(network: NetworkSpec, leases: [Lease], directory: String) {
    let subnets = network.subnets.filter { $0.dhcp && $0.dhcpAddress != nil }.sorted { $0.id < $1.id }
    var lines = [
      "interface=\(Self.link)", "except-interface=lo", "bind-interfaces", "no-hosts", "no-resolv", "no-poll",
      "domain=\(Self.domain)", "dhcp-authoritative", "dhcp-lease-max=65536", "leasefile-ro", "quiet-dhcp",
      "quiet-dhcp6", "pid-file=\(directory)/pid", "dhcp-hostsfile=\(directory)/leases",
      "addn-hosts=\(directory)/hosts",
    ]
    for (index, subnet) in subnets.enumerated() { lines += Self.subnet(subnet, tag: "s\(index)", mtu: network.mtu) }
    configuration = lines.joined(separator: "\n") + "\n"
    let known = Set(subnets.map(\.id))
    let sorted = leases.filter { known.contains($0.subnet) }.sorted { ($0.address, $0.mac) < ($1.address, $1.mac) }
    self.leases = sorted.map { lease in
      let address = lease.address.contains(":") ? "[\(lease.address)]" : lease.address
      return "\(lease.mac.lowercased()),\(address),\(lease.hostname)\n"
    }.joined()
    hosts = sorted.map { "\($0.address) \($0.hostname).\(Self.domain) \($0.hostname)\n" }.joined()
  }

  /// The link inside the namespace.
  static let link = "dhcp0"
  /// Upstream's default of `dns_domain`.
  static let domain = "openstacklocal"

  /// The options of one subnet. The route to the metadata service is always given: on an isolated network there is
  /// no other way to it. A client that reads option 121 ignores option 3 (RFC 3442), so the default route is in both.
  private static func subnet(_ subnet: SubnetSpec, tag: String, mtu: Int) -> [String] {
    guard let prefix = Prefix(subnet.cidr), let server = subnet.dhcpAddress else { return [] }
    guard prefix.isIPv4 else {
      let names = subnet.nameservers.filter { $0.contains(":") }.map { "[\($0)]" }
      return ["dhcp-range=set:\(tag),\(prefix.address),static,\(prefix.length),86400s"]
        + (names.isEmpty ? [] : ["dhcp-option=tag:\(tag),option6:dns-server," + names.joined(separator: ",")])
    }
    var routes = ["169.254.169.254/32,\(server)"]
    routes += subnet.hostRoutes.filter { !$0.destination.contains(":") }.map { "\($0.destination),\($0.nexthop)" }
    if let gateway = subnet.gateway { routes.append("0.0.0.0/0,\(gateway)") }
    let names = subnet.nameservers.filter { !$0.contains(":") }
    let list = routes.joined(separator: ",")
    return [
      "dhcp-range=set:\(tag),\(prefix.address),static,\(prefix.netmask),86400s",
      "dhcp-option=tag:\(tag),option:classless-static-route,\(list)",
      "dhcp-option=tag:\(tag),249,\(list)",
      // Without a value the option is suppressed; otherwise dnsmasq would offer itself.
      "dhcp-option=tag:\(tag),option:router" + (subnet.gateway.map { "," + $0 } ?? ""),
      "dhcp-option=tag:\(tag),option:dns-server," + (names.isEmpty ? [server] : names).joined(separator: ","),
      "dhcp-option-force=tag:\(tag),option:mtu,\(mtu)",
    ]
  }
}
