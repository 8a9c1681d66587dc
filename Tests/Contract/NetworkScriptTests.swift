import Core
import Hardware
import Testing

@testable import LinuxNetwork

/// The pure parts of the network's drivers, as texts.
@Suite("Network scripts")
struct NetworkScriptTests {
  let names = Names(prefix: "mlt")

  private func port(_ digit: Int, network: String = "aaaaaaaa-0000-4000-8000-000000000001") -> PortSpec {
    PortSpec(
      id: "\(digit)1111111-1111-4111-8111-111111111111", network: network, mac: "fa:16:3e:00:00:0\(digit)",
      addresses: [FixedAddress(subnet: "s", address: "10.0.0.\(digit)", prefix: 24)])
  }
  private func script(_ ports: [PortRules]) throws -> String {
    let bridges = [
      FirewallScript.Bridge(
        name: "mlt-baaaaaaaa00", network: "aaaaaaaa-0000-4000-8000-000000000001", external: false),
      FirewallScript.Bridge(name: "mlt-public", network: "eeeeeeee-0000-4000-8000-000000000001", external: true),
    ]
    return try FirewallScript(names: names, bridges: bridges, ports: ports).text()
  }
  /// The lines of a chain of the inet table.
  private func chain(_ name: String, _ script: String) -> [String] {
    var lines = script.split(separator: "\n").map(String.init).drop { $0 != "table inet mlt_firewall {" }
    lines = lines.drop { $0 != "  chain \(name) {" }.dropFirst()
    let rules: [String] = lines.prefix { $0 != "  }" }.map { line in String(line.drop { $0 == " " }) }
    return rules
  }

  @Test func aRuleIsALine() throws {
    typealias Rule = PortRules.Rule
    let table: [(Rule, String?)] = [
      (Rule(direction: .ingress, ipVersion: 4), "meta nfproto ipv4 return"),
      (Rule(direction: .ingress, ipVersion: 6, remotes: ["::/0"]), "meta nfproto ipv6 return"),
      (Rule(direction: .ingress, ipVersion: 4, ipProtocol: 6), "meta nfproto ipv4 meta l4proto 6 return"),
      (
        Rule(direction: .ingress, ipVersion: 4, ipProtocol: 6, portMin: 22, portMax: 22, remotes: ["10.1.2.3/16"]),
        "ip saddr 10.1.0.0/16 meta l4proto 6 th dport 22 return"
      ),
      (
        Rule(direction: .ingress, ipVersion: 4, ipProtocol: 17, portMin: 1000),
        "meta nfproto ipv4 meta l4proto 17 th dport 1000-65535 return"
      ),
      (
        Rule(direction: .ingress, ipVersion: 4, ipProtocol: 1, portMin: 8, portMax: 0),
        "meta nfproto ipv4 icmp type 8 icmp code 0 return"
      ),
      (Rule(direction: .ingress, ipVersion: 6, ipProtocol: 1), "meta nfproto ipv6 meta l4proto 58 return"),
      (
        Rule(direction: .ingress, ipVersion: 6, ipProtocol: 58, portMin: 128),
        "meta nfproto ipv6 icmpv6 type 128 return"
      ),
      (
        Rule(direction: .ingress, ipVersion: 4, ipProtocol: 112, remotes: ["10.0.0.9", "10.0.0.8"]),
        "ip saddr @members1 meta l4proto 112 return"
      ),
      (Rule(direction: .ingress, ipVersion: 4, remotes: ["fd00::1"]), nil),
      (Rule(direction: .egress, ipVersion: 4), nil),
    ]
    let bare = chain("in2", try script([PortRules(port: port(1), secured: true, rules: [])]))
    #expect(bare.last == "drop" && bare.count == 4)
    for (rule, line) in table {
      let text = try script([PortRules(port: port(1), secured: true, rules: [rule])])
      let wanted: [String] = Array(bare.dropLast()) + (line.map { [$0] } ?? []) + ["drop"]
      #expect(chain("in2", text) == wanted)
    }
  }

  @Test func equalRulesAndMembersAreShared() throws {
    let members = (1...100).map { "10.0.0.\($0)" }
    let rules: [PortRules.Rule] = [
      .init(direction: .egress, ipVersion: 4), .init(direction: .ingress, ipVersion: 4, remotes: members),
      .init(direction: .ingress, ipVersion: 4, ipProtocol: 6, remotes: members.reversed()),
    ]
    let text = try script((1...9).map { PortRules(port: port($0), secured: true, rules: rules) })
    #expect(!chain("in2", text).isEmpty && chain("in3", text).isEmpty && chain("out3", text).isEmpty)
    #expect(text.contains("set members1 {") && !text.contains("members2"))
    #expect(text.contains("9 : jump out1,") && text.contains("\(9 << 16) : jump in2,"))
  }

  @Test func sourcesAreThePortsAndItsPairs() throws {
    let pairs = [
      AddressPair(address: "10.9.0.0/16", mac: nil), AddressPair(address: "10.9.1.0/24", mac: nil),
      AddressPair(address: "10.8.0.1", mac: "FA:16:3E:AA:BB:CC"),
    ]
    let text = try script([
      PortRules(port: port(1), secured: true, allowedPairs: pairs, rules: []),
      PortRules(port: port(2), secured: false, rules: []),
    ])
    let tap = "\"tap11111111-11\""
    #expect(text.contains("\(tap) . fa:16:3e:00:00:01 . 10.0.0.1,"))
    #expect(text.contains("\(tap) . fa:16:3e:aa:bb:cc . 10.8.0.1,"))
    #expect(text.contains("1 . fa:16:3e:00:00:01 . 10.9.0.0/16,"))
    #expect(!text.contains("10.9.1.0"), "it is inside another")
    #expect(text.contains("\(tap) . fa:16:3e:00:00:01 . fe80:0:0:0:f816:3eff:fe00:1,"))
    #expect(text.contains("\"tap21111111-11\" : accept,") && !text.contains("10.0.0.2"))
  }

  @Test func tenantsHaveZonesAndExternalPortsAreFoundByAddress() throws {
    let outside = port(2, network: "eeeeeeee-0000-4000-8000-000000000001")
    let text = try script([
      PortRules(port: port(1), secured: true, rules: []), PortRules(port: outside, secured: true, rules: []),
    ])
    let zones = try #require(chain("prerouting", text).last)
    #expect(zones.contains("\"mlt-baaaaaaaa00\" : ") && !zones.contains("mlt-public"))
    #expect(text.contains("\"mlt-public\" . 10.0.0.2 : jump in2,"))
  }

  @Test func dnsmasqIsToldOptionsAndLeases() {
    let network = NetworkSpec(
      id: "aaaaaaaa-0000-4000-8000-000000000001", segment: .local, mtu: 1450,
      subnets: [
        SubnetSpec(
          id: "s1", cidr: "10.0.0.0/22", gateway: "10.0.0.1", dhcp: true, dhcpAddress: "10.0.0.2",
          hostRoutes: [HostRoute(destination: "10.5.0.0/16", nexthop: "10.0.0.7")]),
        SubnetSpec(id: "s2", cidr: "10.7.0.0/24", gateway: nil, dhcp: false, dhcpAddress: nil),
      ])
    let files = DnsmasqFiles(
      network: network,
      leases: [
        Lease(mac: "FA:16:3E:00:00:01", address: "10.0.0.9", hostname: "host-10-0-0-9", subnet: "s1"),
        Lease(mac: "fa:16:3e:00:00:02", address: "10.7.0.9", hostname: "host-10-7-0-9", subnet: "s2"),
      ], directory: "/run/d")
    #expect(files.leases == "fa:16:3e:00:00:01,10.0.0.9,host-10-0-0-9\n")
    #expect(files.hosts == "10.0.0.9 host-10-0-0-9.openstacklocal host-10-0-0-9\n")
    let options = files.configuration.split(separator: "\n").filter { $0.contains("s0") }
    #expect(
      options == [
        "dhcp-range=set:s0,10.0.0.0,static,255.255.252.0,86400s",
        "dhcp-option=tag:s0,option:classless-static-route,"
          + "169.254.169.254/32,10.0.0.2,10.5.0.0/16,10.0.0.7,0.0.0.0/0,10.0.0.1",
        "dhcp-option=tag:s0,249,169.254.169.254/32,10.0.0.2,10.5.0.0/16,10.0.0.7,0.0.0.0/0,10.0.0.1",
        "dhcp-option=tag:s0,option:router,10.0.0.1", "dhcp-option=tag:s0,option:dns-server,10.0.0.2",
        "dhcp-option-force=tag:s0,option:mtu,1450",
      ])
  }

  @Test func linksAndAddressesAreRead() {
    let text = """
      7: tap1@if6: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue master mlt-b1 state UP mode DEFAULT \
      group 7171188 qlen 1000\\    link/ether fe:16:3e:00:00:01 brd ff:ff:ff:ff:ff:ff link-netnsid 0\\    alias mlt:p1
      """
    #expect(
      Link.parse(text) == [
        Link(
          name: "tap1", up: true, mtu: 1450, master: "mlt-b1", group: "7171188", mac: "fe:16:3e:00:00:01",
          alias: "mlt:p1")
      ])
    #expect(
      LinkAddress.parse("2: leg-1    inet 10.0.0.1/24 brd 10.0.0.255 scope global leg-1\\       valid_lft forever")
        == [LinkAddress(link: "leg-1", address: "10.0.0.1/24", scope: "global")])
    #expect(LinkAddress.canonical("fd00::1/64") == LinkAddress.canonical("FD00:0:0::0001/64"))
  }

  @Test(arguments: [
    ("10.1.2.3/8", "10.0.0.0", 8), ("0.0.0.0/0", "0.0.0.0", 0), ("192.0.2.7", "192.0.2.7", 32),
    ("fd00::1:2/64", "fd00:0:0:0:0:0:0:0", 64), ("::", "0:0:0:0:0:0:0:0", 128), ("::1", "0:0:0:0:0:0:0:1", 128),
    ("fe80::", "fe80:0:0:0:0:0:0:0", 128), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8", 128),
  ])
  func prefixes(_ text: String, _ address: String, _ length: Int) throws {
    let prefix = try #require(Prefix(text))
    #expect(prefix.address == address && prefix.length == length)
  }

  @Test(arguments: ["", "10.0.0", "10.0.0.256", "10.0.0.0/33", "fd00::/129", "1::2::3", "x", "10.0.0.0/", "1:2:3"])
  func noPrefixes(_ text: String) { #expect(Prefix(text) == nil) }

  @Test func namesFitInterfaces() {
    let id = "12345678-90ab-4cde-8f01-234567890abc"
    let all = [
      names.bridge(id), names.vxlan(id), names.dhcpLink(id), names.routerLink(id), names.leg(id), names.gateway(id),
      names.bridge(NetworkSpec(id: id, segment: .flat(physicalNetwork: "a-very-long-name"), mtu: 1500, subnets: [])),
    ]
    #expect(all.allSatisfy { $0.utf8.count <= 15 })
    #expect(all[0] == "mlt-b1234567890")
    #expect(names.mac("02", id) == "02:12:34:56:78:90")
  }
}
