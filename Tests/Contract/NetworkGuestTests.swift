import Core
import Glibc
import Hardware
import Host
import LinuxNetwork
import Testing

extension NetworkTests {
  /// What a guest on a real network sees.
  @Suite("Network guests", .enabled(if: NetworkLab.possible))
  struct NetworkGuestTests {
    @Test func securityGroupsAreStateful() async throws {
      try await NetworkLab.with { lab in
        let network = lab.tenant()
        let a = try await lab.guest(network, "10.77.0.11")
        let b = try await lab.guest(network, "10.77.0.12")
        let firewall = lab.network.firewall
        // Plugged, but the firewall was told nothing yet.
        #expect(try await !a.pings(b.address))
        try await firewall.apply([a.rules([.allOut]), b.rules([.allOut, .pingIn])])
        #expect(try await a.reaches(b.address), "allowed in, and the answer comes back although a lets nothing in")
        #expect(try await !b.pings(a.address))
        try await firewall.apply([a.rules([.allOut]), b.rules([.allOut])])
        #expect(try await !a.pings(b.address))
        // A group's member by address, and the egress side.
        var fromA = PortRules.Rule.pingIn
        fromA.remotes = ["192.0.2.1", "10.77.0.11"]
        try await firewall.apply([a.rules([.allOut]), b.rules([.allOut, fromA])])
        #expect(try await a.reaches(b.address))
        try await firewall.apply([a.rules([]), b.rules([.allOut, fromA])])
        #expect(try await !a.pings(b.address))
        // Neither is filtered.
        try await firewall.apply([a.rules(secured: false), b.rules(secured: false)])
        #expect(try await a.reaches(b.address))
        // One is not known.
        try await firewall.apply([a.rules(secured: false)])
        #expect(try await !a.pings(b.address))
      }
    }

    @Test func onlyOwnAddressesAreSent() async throws {
      try await NetworkLab.with { lab in
        let network = lab.tenant()
        let a = try await lab.guest(network, "10.77.0.11")
        let b = try await lab.guest(network, "10.77.0.12")
        let rules: [PortRules.Rule] = [.allOut, .allIn]
        try await lab.network.firewall.apply([a.rules(rules), b.rules(rules)])
        #expect(try await a.reaches(b.address))
        // A second address: neither ARP nor IP, until it is an allowed pair.
        try await a.run("ip addr add 10.77.0.66/24 dev eth0")
        try await b.run("ip neigh flush dev eth0; ip neigh add 10.77.0.66 lladdr \(a.port.mac) dev eth0")
        let spoof = "busybox ping -q -c 2 -i 0.3 -W 1 -I 10.77.0.66 \(b.address)"
        #expect(try await !a.succeeds(spoof))
        for pair in ["10.77.0.66", "10.77.0.64/26"] {
          try await lab.network.firewall.apply([
            a.rules(pairs: [AddressPair(address: pair, mac: nil)], rules), b.rules(rules),
          ])
          #expect(try await a.succeeds(spoof))
        }
        // Another MAC.
        try await lab.network.firewall.apply([a.rules(rules), b.rules(rules)])
        try await a.run("ip link set eth0 address fa:16:3e:66:66:66")
        try await b.run("ip neigh replace \(a.address) lladdr fa:16:3e:66:66:66 dev eth0")
        #expect(try await !a.pings(b.address))
      }
    }

    @Test func neighboursOfIPv6AreFoundAndNotClaimed() async throws {
      try await NetworkLab.with { lab in
        let network = lab.tenant()
        let a = try await lab.guest(network, "10.77.0.11")
        let b = try await lab.guest(network, "10.77.0.12")
        var rules: [PortRules] = []
        for (guest, address) in [(a, "fd77::11"), (b, "fd77::12")] {
          try await guest.run("sysctl -qw net.ipv6.conf.all.forwarding=0; ip addr add \(address)/64 dev eth0 nodad")
          var entry = guest.rules([
            .init(direction: .egress, ipVersion: 6), .init(direction: .ingress, ipVersion: 6, ipProtocol: 58),
          ])
          entry.port.addresses.append(FixedAddress(subnet: "six", address: address, prefix: 64))
          rules.append(entry)
        }
        try await lab.network.firewall.apply(rules)
        #expect(try await a.reaches("fd77::12"))
        // b has a further address: a asks for its neighbour, and b's claim does not pass until it is a pair.
        try await b.run("ip addr add fd77::66/64 dev eth0 nodad")
        let found =
          "ip neigh flush dev eth0; busybox ping -q -c 1 -W 1 fd77::66;"
          + " ip -6 neigh show dev eth0 | grep fd77::66 | grep -q lladdr"
        #expect(try await !a.succeeds(found))
        rules[1].allowedPairs = [AddressPair(address: "fd77::60/124", mac: nil)]
        try await lab.network.firewall.apply(rules)
        #expect(try await a.succeeds(found))
        #expect(try await a.reaches("fd77::66"))
      }
    }

    @Test func equalAddressesOfTwoNetworksDoNotMix() async throws {
      try await NetworkLab.with { lab in
        let networks = [lab.tenant(), lab.tenant()]
        var rules: [PortRules] = []
        var guests: [(Guest, Guest)] = []
        for network in networks {
          let a = try await lab.guest(network, "10.77.0.11")
          let b = try await lab.guest(network, "10.77.0.12")
          guests.append((a, b))
          // Only the first network's b may be asked.
          let web = PortRules.Rule(direction: .ingress, ipVersion: 4, ipProtocol: 6, portMin: 99, portMax: 99)
          rules += [a.rules([.allOut]), b.rules(guests.count == 1 ? [.allOut, web] : [.allOut])]
        }
        try await lab.network.firewall.apply(rules)
        var sockets: [Int32] = []
        for (_, b) in guests {
          sockets.append(try await Host.listeningSocket(namespace: b.namespace, address: b.address, port: 99))
        }
        // The same ports too, so that the two flows differ in nothing but their network.
        let (one, other) = (guests[0].0, guests[1].0)
        for guest in [one, other] { try await guest.run("sysctl -qw net.ipv4.ip_local_port_range='4000 4000'") }
        async let first = one.run("sleep 4 | timeout 3 busybox nc 10.77.0.12 99; true")
        try await World.real.sleep(.milliseconds(500))
        let tracked = try await lab.host.runOK("conntrack", ["-L", "-p", "tcp", "--dport", "99"]).text
        #expect(tracked.contains("ESTABLISHED") && tracked.contains("sport=4000"), "\(tracked)")
        #expect(
          try await !other.succeeds("timeout 2 busybox nc -w 1 10.77.0.12 99 </dev/null"),
          "the first network's established flow must not let this pass")
        _ = try await first
        for socket in sockets { close(socket) }
      }
    }

    @Test func tenantsDoNotReachTheHost() async throws {
      try await NetworkLab.with { lab in
        let network = lab.tenant()
        let a = try await lab.guest(network, "10.77.0.11")
        try await lab.network.firewall.apply([a.rules(secured: false)])
        let links = try await lab.host.runOK("ip", ["-o", "link", "show", "type", "bridge"]).text
        let line = try #require(links.split(separator: "\n").first { $0.contains(network.id) }.map(String.init))
        let words = line.split(separator: " ").map(String.init)
        let bridge = try #require(words[1].split(separator: ":").first.map(String.init))
        let mac = try #require(words.firstIndex(of: "link/ether").map { words[$0 + 1] })
        // Even were the host given an address there: no answer to ARP, nor to who knows its MAC without asking.
        try await lab.host.runOK("ip", ["addr", "add", "10.77.0.1/24", "dev", bridge])
        #expect(try await !a.succeeds("busybox arping -q -c 1 -w 1 -I eth0 10.77.0.1"))
        try await a.run("ip neigh replace 10.77.0.1 lladdr \(mac) dev eth0")
        #expect(try await !a.pings("10.77.0.1"))
      }
    }

    @Test func dhcpGivesAddressRoutesAndMetadata() async throws {
      try await NetworkLab.with { lab in
        let network = lab.tenant(gateway: false)
        let guest = try await lab.guest(network, "10.77.0.21", configured: false)
        let other = try await lab.guest(network, "10.77.0.22", configured: false)
        try await lab.network.firewall.apply([guest.rules([.allOut]), other.rules([.allOut])])
        let dhcp = lab.network.dhcp
        func lease(_ guest: Guest, _ address: String) -> Lease {
          Lease(mac: guest.port.mac, address: address, hostname: "vm", subnet: network.subnets[0].id)
        }
        try await dhcp.ensureServing(network, leases: [])
        let process = try await lab.server(network)
        try await dhcp.ensureServing(network, leases: [lease(guest, "10.77.0.21")])
        // Another lease, or a control plane started anew, does not interrupt it.
        let again = LinuxNetwork(host: lab.host, stateDirectory: lab.directory, prefix: lab.prefix)
        try await again.dhcp.ensureServing(network, leases: [lease(guest, "10.77.0.21")])
        #expect(try await lab.server(network) == process)
        let script = lab.directory + "-udhcpc"
        try await lab.host.writeFile(
          script,
          Array(
            """
            #!/bin/sh
            [ "$1" = bound ] || exit 0
            ip addr add $ip/$mask dev $interface
            echo "ip=$ip/$mask router=$router dns=$dns mtu=$mtu routes=$staticroutes name=$hostname"
            set -- $staticroutes
            while [ -n "$2" ]; do ip route add $1 via $2; shift 2; done
            """.utf8), mode: 0o755)
        let ask = "busybox udhcpc -i eth0 -n -q -t 4 -T 1 -O staticroutes -O mtu -O hostname -s \(script) 2>&1"
        let said = try await guest.run(ask)
        #expect(
          said.contains("ip=10.77.0.21/24 router= dns=192.0.2.53 mtu=1450 routes=169.254.169.254/32 10.77.0.2"),
          "\(said)"
        )
        let socket = try #require(try await dhcp.metadataSocket(network.id))
        async let peer = answerOnce(socket)
        let answer = try await guest.run("busybox nc -w 3 169.254.169.254 80 </dev/null")
        #expect(answer == "10.77.0.21\n")
        #expect(try await peer == "10.77.0.21")
        // A stranger gets nothing, until it is leased the address that the first gave back.
        #expect(try await !other.succeeds("busybox udhcpc -i eth0 -n -q -t 2 -T 1 -s \(script)"))
        try await dhcp.ensureServing(network, leases: [lease(other, "10.77.0.21")])
        #expect(try await other.run(ask).contains("ip=10.77.0.21/24"))
        try await lab.host.remove(script)
      }
    }
  }
}
