import Hardware
import NeutronModel
import Testing

@Suite("neutron plans and firewall rules")
struct NeutronPlanTests {
  /// One network with a guest, a DHCP port, a router with a gateway and a floating IP.
  private func rows() -> PlanRows {
    var rows = PlanRows()
    var inner = Network()
    (inner.id, inner.segmentationID) = ("net", 7)
    var outer = Network()
    (outer.id, outer.kind, outer.physicalNetwork, outer.external, outer.mtu) = ("ext", .flat, "public", true, 1500)
    rows.networks = [inner, outer]
    var subnet = Subnet()
    (subnet.id, subnet.networkID, subnet.cidr, subnet.gateway) = ("sub", "net", "10.0.0.0/24", "10.0.0.1")
    subnet.hostRoutes = [StaticRoute(destination: "10.5.0.0/16", nexthop: "10.0.0.9")]
    var outside = Subnet()
    (outside.id, outside.networkID, outside.cidr, outside.gateway) = ("out", "ext", "172.24.4.0/24", "172.24.4.1")
    outside.dhcp = false
    rows.subnets = [subnet, outside]
    rows.ports = [
      port("guest", "net", "sub", "10.0.0.3", host: "h1", groups: ["g"]),
      port("dhcp", "net", "sub", "10.0.0.2", owner: DeviceOwner.dhcp),
      port("leg", "net", "sub", "10.0.0.1", owner: DeviceOwner.routerInterface, device: "r"),
      port("gw", "ext", "out", "172.24.4.2", owner: DeviceOwner.routerGateway, device: "r"),
    ]
    var router = Router()
    (router.id, router.externalNetworkID, router.gatewayPortID) = ("r", "ext", "gw")
    rows.routers = [router]
    var ip = FloatingIP()
    (ip.id, ip.address, ip.portID, ip.fixedAddress, ip.routerID) = ("f", "172.24.4.3", "guest", "10.0.0.3", "r")
    rows.floatingIPs = [ip]
    return rows
  }
  private func port(
    _ id: String, _ network: String, _ subnet: String, _ address: String, host: String = "", owner: String = "",
    device: String = "", groups: [String] = []
  ) -> Port {
    var port = Port()
    (port.id, port.networkID, port.hostID, port.deviceOwner, port.deviceID) = (id, network, host, owner, device)
    port.fixedIPs = [FixedIP(subnetID: subnet, address: address)]
    port.securityGroups = groups
    port.mac = "fa:16:3e:00:00:0" + String(id.count)
    return port
  }

  @Test func aHostGetsItsPortsAndTheCentralOneServersAndRouters() throws {
    let plan = NeutronPlan(rows()).host("h1", central: true)
    #expect(plan.networks.map(\.id) == ["net", "ext"])
    #expect(plan.networks[0].segment == .vxlan(vni: 7) && plan.networks[1].segment == .flat(physicalNetwork: "public"))
    #expect(plan.networks[0].subnets[0].dhcpAddress == "10.0.0.2" && plan.networks[0].mtu == 1450)
    #expect(plan.networks[0].subnets[0].hostRoutes == [HostRoute(destination: "10.5.0.0/16", nexthop: "10.0.0.9")])
    #expect(plan.ports.map(\.spec.id) == ["guest"])
    #expect(plan.ports[0].spec.addresses == [FixedAddress(subnet: "sub", address: "10.0.0.3", prefix: 24)])
    #expect(plan.leases["net"]?.map(\.address) == ["10.0.0.3"])
    #expect(plan.leases["net"]?[0].hostname == "host-10-0-0-3")
    let router = try #require(plan.routers.first)
    #expect(router.legs.map(\.port.id) == ["leg"] && router.gateway?.nexthop == "172.24.4.1")
    #expect(router.gateway?.snat == true)
    #expect(router.floatingIPs == [RouterSpec.FloatingIP(floating: "172.24.4.3", fixed: "10.0.0.3")])
  }

  @Test func otherHostsGetOnlyWhatTheyCarry() {
    let elsewhere = NeutronPlan(rows()).host("h2", central: false)
    #expect(elsewhere == HostPlan())
    let here = NeutronPlan(rows()).host("h1", central: false)
    #expect(here.networks.map(\.id) == ["net"] && here.routers.isEmpty && here.leases.isEmpty)
  }

  @Test func whatIsDownIsNotPlanned() {
    var rows = rows()
    rows.ports[0].adminStateUp = false
    rows.routers[0].adminStateUp = false
    let plan = NeutronPlan(rows).host("h1", central: true)
    #expect(plan.ports.isEmpty && plan.routers.isEmpty)
  }

  @Test func aNetworkWithoutGuestsHasNoServer() {
    var rows = rows()
    rows.ports.removeFirst()
    #expect(NeutronPlan(rows).host("h1", central: true).leases.isEmpty)
  }

  private func rule(
    _ direction: SecurityGroupRule.Direction = .ingress, _ ethertype: String = "IPv4", _ name: String? = nil,
    _ ports: (Int?, Int?) = (nil, nil), prefix: String? = nil, group: String? = nil
  ) -> SecurityGroupRule {
    var rule = SecurityGroupRule()
    (rule.groupID, rule.direction, rule.ethertype, rule.ipProtocol) = ("g", direction, ethertype, name)
    (rule.portMin, rule.portMax, rule.remotePrefix, rule.remoteGroupID) = (ports.0, ports.1, prefix, group)
    return rule
  }
  private func compiled(_ rules: [SecurityGroupRule], secured: Bool = true) -> [PortRules.Rule] {
    var rows = rows()
    rows.rules = rules
    rows.ports[0].portSecurity = secured
    var other = port("other", "net", "sub", "10.0.0.44", host: "h2", groups: ["peers"])
    other.fixedIPs.append(FixedIP(subnetID: "six", address: "fd00::44"))
    rows.ports.append(other)
    return FirewallRules.compile(NeutronPlan(rows).host("h1", central: false))[0].rules
  }

  @Test func rulesBecomeNumbersAndAddresses() {
    #expect(compiled([rule()]) == [.init(direction: .ingress, ipVersion: 4)])
    #expect(
      compiled([rule(.egress, "IPv6", "icmp")]) == [.init(direction: .egress, ipVersion: 6, ipProtocol: 58)])
    #expect(
      compiled([rule(.ingress, "IPv4", "tcp", (22, 23), prefix: "10.0.0.0/8")])
        == [.init(direction: .ingress, ipVersion: 4, ipProtocol: 6, portMin: 22, portMax: 23, remotes: ["10.0.0.0/8"])])
    #expect(compiled([rule(prefix: "0.0.0.0/0")]) == [.init(direction: .ingress, ipVersion: 4)])
    #expect(compiled([rule(.ingress, "IPv4", "112")]) == [.init(direction: .ingress, ipVersion: 4, ipProtocol: 112)])
  }

  @Test func groupsBecomeTheirMembersOfThatVersion() {
    #expect(compiled([rule(group: "peers")]) == [.init(direction: .ingress, ipVersion: 4, remotes: ["10.0.0.44"])])
    #expect(
      compiled([rule(.ingress, "IPv6", group: "peers")])
        == [.init(direction: .ingress, ipVersion: 6, remotes: ["fd00::44"])])
    #expect(compiled([rule(group: "nobody")]).isEmpty, "no member must not mean anybody")
    #expect(compiled([rule(group: "g")]) == [.init(direction: .ingress, ipVersion: 4, remotes: ["10.0.0.3"])])
  }

  @Test func withoutPortSecurityNothingIsFiltered() {
    #expect(compiled([rule()], secured: false).isEmpty)
  }
}
