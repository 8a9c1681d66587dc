internal import Hardware
internal import Text

/// The rows from which hosts' plans follow.
public struct PlanRows: Sendable {
  public var networks: [Network] = []
  public var subnets: [Subnet] = []
  public var ports: [Port] = []
  public var routers: [Router] = []
  public var floatingIPs: [FloatingIP] = []
  public var rules: [SecurityGroupRule] = []
  public init() {}
}

/// What each host must have, computed from the rows alone.
public struct NeutronPlan {
  private let rows: PlanRows
  private let specs: [String: NetworkSpec]
  private let prefixes: [String: Int]
  private let portsByNetwork: [String: [Port]]

  public init(_ rows: PlanRows) {
    self.rows = rows
    portsByNetwork = Dictionary(grouping: rows.ports, by: \.networkID)
    prefixes = Dictionary(rows.subnets.map { ($0.id, $0.block?.prefix ?? 0) }, uniquingKeysWith: { $1 })
    let subnets = Dictionary(grouping: rows.subnets, by: \.networkID)
    var specs: [String: NetworkSpec] = [:]
    for network in rows.networks {
      let server = portsByNetwork[network.id]?.first { $0.deviceOwner == DeviceOwner.dhcp }
      specs[network.id] = NetworkSpec(
        id: network.id, segment: network.segment, mtu: network.mtu,
        subnets: (subnets[network.id] ?? []).map { Self.spec($0, server: server) })
    }
    self.specs = specs
  }

  private static func spec(_ subnet: Subnet, server: Port?) -> SubnetSpec {
    SubnetSpec(
      id: subnet.id, cidr: subnet.cidr, gateway: subnet.gateway, dhcp: subnet.dhcp,
      dhcpAddress: subnet.dhcp ? server?.fixedIPs.first { $0.subnetID == subnet.id }?.address : nil,
      nameservers: subnet.nameservers, hostRoutes: subnet.hostRoutes.map(\.hostRoute))
  }

  /// - Parameter central: whether the host carries the DHCP servers and the routers.
  public func host(_ host: String, central: Bool) -> HostPlan {
    var plan = HostPlan()
    var used: Set<String> = []
    for port in rows.ports where port.hostID == host && port.adminStateUp && !port.deviceOwner.hasPrefix("network:") {
      plan.ports.append(planned(port))
      used.insert(port.networkID)
    }
    if central {
      plan.leases = leases()
      used.formUnion(plan.leases.keys)
      plan.routers = rows.routers.filter(\.adminStateUp).map(spec)
      for router in plan.routers {
        used.formUnion(router.legs.map(\.networkSpec.id))
        if let gateway = router.gateway { used.insert(gateway.leg.networkSpec.id) }
      }
    }
    plan.networks = rows.networks.compactMap { used.contains($0.id) ? specs[$0.id] : nil }
    addGroups(to: &plan)
    return plan
  }

  private func portSpec(_ port: Port) -> PortSpec {
    PortSpec(
      id: port.id, network: port.networkID, mac: port.mac,
      addresses: port.fixedIPs.map {
        FixedAddress(subnet: $0.subnetID, address: $0.address, prefix: prefixes[$0.subnetID] ?? 32)
      })
  }

  private func planned(_ port: Port) -> HostPlan.PlannedPort {
    HostPlan.PlannedPort(
      spec: portSpec(port), active: port.status == .active, secured: port.portSecurity, groups: port.securityGroups,
      pairs: port.allowedPairs.map { AddressPair(address: $0.address, mac: $0.mac == port.mac ? nil : $0.mac) })
  }

  /// The leases of each network that has both a server's address and somebody to serve.
  private func leases() -> [String: [Lease]] {
    var all: [String: [Lease]] = [:]
    for (id, spec) in specs {
      let served = Set(spec.subnets.filter { $0.dhcpAddress != nil }.map(\.id))
      let guests = (portsByNetwork[id] ?? []).filter { !$0.deviceOwner.hasPrefix("network:") }
      guard !served.isEmpty, !guests.isEmpty else { continue }
      all[id] = guests.flatMap { port in
        port.fixedIPs.filter { served.contains($0.subnetID) }.map {
          Lease(mac: port.mac, address: $0.address, hostname: port.hostname(of: $0.address), subnet: $0.subnetID)
        }
      }
    }
    return all
  }

  private func spec(_ router: Router) -> RouterSpec {
    let legs = rows.ports.filter { $0.deviceID == router.id && $0.deviceOwner == DeviceOwner.routerInterface }
      .compactMap { leg($0) }
    var gateway: RouterSpec.Gateway?
    if let id = router.gatewayPortID, let port = rows.ports.first(where: { $0.id == id }), let leg = leg(port) {
      let subnets = Set(port.fixedIPs.map(\.subnetID))
      let nexthop = leg.networkSpec.subnets.first { subnets.contains($0.id) && CIDR($0.cidr)?.version == .v4 }?.gateway
      gateway = RouterSpec.Gateway(leg: leg, nexthop: nexthop, snat: router.snat)
    }
    let floating = rows.floatingIPs.filter { $0.routerID == router.id && $0.portID != nil }.compactMap { ip in
      ip.fixedAddress.map { RouterSpec.FloatingIP(floating: ip.address, fixed: $0) }
    }
    return RouterSpec(
      id: router.id, legs: legs, gateway: gateway, floatingIPs: gateway == nil ? [] : floating,
      routes: router.routes.map(\.hostRoute))
  }

  private func leg(_ port: Port) -> RouterSpec.Leg? {
    specs[port.networkID].map { RouterSpec.Leg(port: portSpec(port), networkSpec: $0) }
  }

  /// The rules of the groups the host's ports are in, and the members of the groups those name.
  private func addGroups(to plan: inout HostPlan) {
    let needed = Set(plan.ports.flatMap { $0.secured ? $0.groups : [] })
    var named: Set<String> = []
    for rule in rows.rules where needed.contains(rule.groupID) {
      plan.groups[rule.groupID, default: []].append(FirewallRules.plan(rule))
      if let remote = rule.remoteGroupID { named.insert(remote) }
    }
    for port in rows.ports {
      for group in port.securityGroups where named.contains(group) {
        plan.members[group, default: []] += port.fixedIPs.map(\.address) + port.allowedPairs.map(\.address)
      }
    }
  }
}
