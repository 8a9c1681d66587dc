import Core
import Hardware
import Host
import LinuxNetwork
import Testing

extension NetworkTests {
  /// Routers as guests, the host and the world outside see them, and what a wipe leaves of everything.
  @Suite("Network routers", .enabled(if: NetworkLab.possible))
  struct NetworkRouterTests {
    /// Two tenants' networks behind a router with a gateway.
    private func router(_ lab: NetworkLab, _ networks: [NetworkSpec], gateway: Int) -> RouterSpec {
      RouterSpec(
        id: World.real.uuid(),
        legs: networks.map { network in
          .init(port: lab.port(network, network.subnets[0].gateway ?? ""), networkSpec: network)
        },
        gateway: .init(
          leg: .init(port: lab.port(lab.outside, lab.external(gateway)), networkSpec: lab.outside),
          nexthop: lab.outside.subnets[0].gateway, snat: true), floatingIPs: [])
    }

    @Test func floatingIPsSourceNATAndMetadata() async throws {
      try await NetworkLab.with { lab in
        let network = lab.tenant()
        let second = lab.tenant(cidr: "10.88.0")
        let a = try await lab.guest(network, "10.77.0.11")
        let b = try await lab.guest(second, "10.88.0.12")
        let server = try await lab.guest(lab.outside, lab.external(200))
        let rules = [a, b, server].map { $0.rules([.allOut, .allIn]) }
        try await lab.network.firewall.apply(rules)
        var spec = router(lab, [network, second], gateway: 10)
        let routers = lab.network.routers
        try await routers.ensureRouter(spec)
        #expect(try await a.reaches(b.address), "between the router's networks")
        #expect(try await a.reaches(lab.external(1)), "the host, by source NAT")
        #expect(try await a.reaches(server.address), "a stranger outside, by source NAT")
        #expect(try await !server.pings(lab.external(20)))

        spec.floatingIPs = [.init(floating: lab.external(20), fixed: a.address)]
        let start = World.real.uptime()
        try await routers.ensureRouter(spec)
        let took = World.real.uptime() - start
        #expect(took < .milliseconds(300), "a floating IP took \(took)")
        #expect(
          try await lab.host.run("busybox", ["ping", "-q", "-c", "3", "-i", "0.3", "-W", "1", lab.external(20)]).ok)
        #expect(try await server.reaches(lab.external(20)))
        #expect(try await b.reaches(lab.external(20)), "from behind the same router")
        #expect(try await a.reaches(lab.external(20)), "one's own floating IP")

        // Who connects from behind a floating IP is seen with it, who has none with the gateway's.
        for (guest, seen) in [(a, lab.external(20)), (b, lab.external(10))] {
          let listening = try await Host.listeningSocket(
            namespace: server.namespace, address: server.address, port: 99)
          async let peer = answerOnce(listening)
          #expect(try await guest.run("busybox nc -w 3 \(server.address) 99 </dev/null") == seen + "\n")
          #expect(try await peer == seen)
        }

        let socket = try #require(try await routers.metadataSocket(spec.id))
        async let peer = answerOnce(socket)
        #expect(try await a.run("busybox nc -w 3 169.254.169.254 80 </dev/null") == "10.77.0.11\n")
        #expect(try await peer == "10.77.0.11")

        spec.floatingIPs = []
        try await routers.ensureRouter(spec)
        #expect(try await !server.pings(lab.external(20)))
      }
    }

    @Test func flowsLiveOnWhileFloatingIPsChange() async throws {
      try await NetworkLab.with { lab in
        let network = lab.tenant()
        let a = try await lab.guest(network, "10.77.0.11")
        let server = try await lab.guest(lab.outside, lab.external(200))
        try await lab.network.firewall.apply([a, server].map { $0.rules([.allOut, .allIn]) })
        var spec = router(lab, [network], gateway: 10)
        try await lab.network.routers.ensureRouter(spec)
        async let pings = a.run("busybox ping -q -c 30 -i 0.1 -W 1 \(server.address)")
        for number in 1...5 {
          spec.floatingIPs.append(.init(floating: lab.external(20 + number), fixed: "10.77.0.\(100 + number)"))
          try await lab.network.routers.ensureRouter(spec)
          // A control plane started anew knows nothing of what was applied.
          let again = LinuxNetwork(host: lab.host, stateDirectory: lab.directory, prefix: lab.prefix)
          try await again.routers.ensureRouter(spec)
          try await again.firewall.apply([a, server].map { $0.rules([.allOut, .allIn]) })
        }
        #expect(try await pings.contains(" 0% packet loss"))
      }
    }

    @Test func hostAndGuestsOutsideObeyTheirRules() async throws {
      try await NetworkLab.with { lab in
        let server = try await lab.guest(lab.outside, lab.external(200))
        let ping = ["ping", "-q", "-c", "2", "-i", "0.3", "-W", "1", server.address]
        try await lab.network.firewall.apply([server.rules([.allOut])])
        #expect(try await server.reaches(lab.external(1)))
        #expect(try await !lab.host.run("busybox", ping).ok)
        try await lab.network.firewall.apply([server.rules([.pingIn])])
        #expect(try await lab.host.run("busybox", ping).ok)
        #expect(try await !server.pings(lab.external(1)))
      }
    }

    @Test func wipeLeavesNothing() async throws {
      try await NetworkLab.with { lab in
        let network = lab.tenant()
        let guest = try await lab.guest(network, "10.77.0.11")
        let tap = lab.port(network, "10.77.0.12")
        _ = try await lab.network.bridges.ensurePlugged(tap, on: network)
        try await lab.network.dhcp.ensureServing(network, leases: [])
        var spec = router(lab, [network], gateway: 10)
        spec.floatingIPs = [.init(floating: lab.external(20), fixed: guest.address)]
        try await lab.network.routers.ensureRouter(spec)
        try await lab.network.firewall.apply([guest.rules([.allOut])])
        // A socket in a namespace must not keep its links alive.
        let sockets = [
          try await lab.network.dhcp.metadataSocket(network.id), try await lab.network.routers.metadataSocket(spec.id),
        ]
        let foreign = lab.prefix + "-operators"
        try await lab.host.runOK("ip", ["link", "add", foreign, "type", "bridge"])
        let traces = try await lab.traces([guest])
        #expect(traces.count > 10, "\(traces)")
        try await wipeNetwork(lab.host, stateDirectory: lab.directory, prefix: lab.prefix)
        let left = try await lab.traces([guest]).filter { !$0.contains("-guest-") && !$0.contains(foreign) }
        #expect(left == [], "\(left)")
        #expect(try await lab.host.run("ip", ["link", "show", "dev", tap.tap]).ok == false)
        try await lab.host.runOK("ip", ["link", "del", foreign])
        #expect(sockets.allSatisfy { $0 != nil })
      }
    }
  }
}

extension NetworkTests {
  /// The overlay between hosts, as far as one host shows it.
  @Suite("Network overlay", .enabled(if: NetworkLab.possible))
  struct NetworkOverlayTests {
    @Test func vxlanFloodsToItsPeers() async throws {
      try await NetworkLab.with { lab in
        var network = lab.tenant()
        network.segment = .vxlan(vni: 7_000_000 + Int(lab.outside.subnets[0].cidr.utf8.count))
        for peers in [["127.0.0.2", "127.0.0.3"], ["127.0.0.3", "127.0.0.4"]] {
          let here = LinuxNetwork(
            host: lab.host, stateDirectory: lab.directory, overlay: Overlay(local: "127.0.0.1", peers: peers),
            prefix: lab.prefix)
          for _ in 1...2 { try await here.bridges.ensureNetwork(network) }
          let flood = try await lab.host.runOK("bridge", ["fdb", "show"]).text.split(separator: "\n")
            .filter { $0.contains(" dev \(lab.prefix)-v") && $0.hasPrefix("00:00:00:00:00:00") }
          #expect(flood.count == 2 && peers.allSatisfy { peer in flood.contains { $0.contains("dst \(peer) ") } })
        }
        try await lab.network.bridges.ensureNetworkAbsent(network.id)
        #expect(try await lab.traces() == [])
      }
    }
  }
}
