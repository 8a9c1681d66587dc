import Core
import FakeHardware
import Glibc
import Hardware
import LinuxNetwork
import Testing

extension NetworkTests {
  /// What every driver of the network must do, the fakes always and the real ones where the machine allows.
  @Suite("Network contract")
  struct NetworkContractTests {
    enum Kind: String, CaseIterable, CustomStringConvertible {
      case fake, real
      static var here: [Kind] { NetworkLab.possible ? [.fake, .real] : [.fake] }
      var description: String { rawValue }
    }

    func each(
      _ kind: Kind, _ body: (any Switch, any DHCPServers, any Routers, any Firewall, NetworkLab) async throws -> Void
    )
      async throws
    {
      switch kind {
      case .fake: try await body(FakeSwitch(), FakeDHCPServers(), FakeRouters(), FakeFirewall(), NetworkLab())
      case .real:
        try await NetworkLab.with { lab in
          try await body(lab.network.bridges, lab.network.dhcp, lab.network.routers, lab.network.firewall, lab)
        }
      }
    }

    private func listens(_ kind: Kind, _ open: () async throws -> Int32?) async throws {
      for _ in 1...2 {
        let socket = try await open()
        #expect((socket != nil) == (kind == .real))
        if let socket { close(socket) }
      }
    }

    @Test("Networks and ports appear, can be ensured again and disappear", arguments: Kind.here)
    func switching(_ kind: Kind) async throws {
      try await each(kind) { bridges, _, _, _, lab in
        let network = lab.tenant()
        let port = lab.port(network, "10.77.0.5")
        for _ in 1...2 {
          try await bridges.ensureNetwork(network)
          #expect(try await bridges.ensurePlugged(port, on: network) == port.tap)
        }
        #expect(try await bridges.networks() == [network.id])
        #expect(try await bridges.ports() == [port.id])
        for _ in 1...2 {
          try await bridges.ensureUnplugged(port.id)
          try await bridges.ensureNetworkAbsent(network.id)
        }
        #expect(try await bridges.networks() == [])
        #expect(try await bridges.ports() == [])
      }
    }

    @Test("Plugging makes the network where it is missing, also for many at once", arguments: Kind.here)
    func concurrency(_ kind: Kind) async throws {
      try await each(kind) { bridges, _, _, _, lab in
        let network = lab.tenant()
        let ports = (10..<18).map { lab.port(network, "10.77.0.\($0)") }
        try await withThrowingTaskGroup(of: Void.self) { group in
          for port in ports + ports { group.addTask { _ = try await bridges.ensurePlugged(port, on: network) } }
          try await group.waitForAll()
        }
        #expect(try await Set(bridges.ports()) == Set(ports.map(\.id)))
      }
    }

    @Test("DHCP is served and ends", arguments: Kind.here)
    func serving(_ kind: Kind) async throws {
      try await each(kind) { _, dhcp, _, _, lab in
        let network = lab.tenant()
        let lease = Lease(
          mac: "fa:16:3e:00:00:01", address: "10.77.0.9", hostname: "host-1", subnet: network.subnets[0].id)
        for leases in [[], [lease], [lease], []] { try await dhcp.ensureServing(network, leases: leases) }
        #expect(try await dhcp.served() == [network.id])
        // Only where there are guests is there somewhere to listen for them, as often as one asks.
        try await listens(kind) { try await dhcp.metadataSocket(network.id) }
        for _ in 1...2 { try await dhcp.ensureAbsent(network.id) }
        #expect(try await dhcp.served() == [])
      }
    }

    @Test("Routers appear, change and disappear", arguments: Kind.here)
    func routing(_ kind: Kind) async throws {
      try await each(kind) { _, _, routers, _, lab in
        let network = lab.tenant()
        var router = RouterSpec(
          id: World.real.uuid(), legs: [.init(port: lab.port(network, "10.77.0.1"), networkSpec: network)],
          gateway: nil, floatingIPs: [])
        try await routers.ensureRouter(router)
        router.gateway = .init(
          leg: .init(port: lab.port(lab.outside, lab.external(10)), networkSpec: lab.outside),
          nexthop: lab.outside.subnets[0].gateway, snat: true)
        router.routes = [HostRoute(destination: "10.99.0.0/16", nexthop: "10.77.0.99")]
        for _ in 1...2 { try await routers.ensureRouter(router) }
        router.legs = []
        router.routes = []
        try await routers.ensureRouter(router)
        #expect(try await routers.routers() == [router.id])
        try await listens(kind) { try await routers.metadataSocket(router.id) }
        for _ in 1...2 { try await routers.ensureAbsent(router.id) }
        #expect(try await routers.routers() == [])
      }
    }

    @Test("Rules of every form are taken", arguments: Kind.here)
    func rules(_ kind: Kind) async throws {
      try await each(kind) { _, _, _, firewall, lab in
        let network = lab.tenant()
        let ports = (1...1000).map { number in
          PortRules(
            port: lab.port(network, "10.78.\(number / 200).\(number % 200 + 1)"), secured: number % 50 != 0,
            allowedPairs: number % 10 == 0
              ? [
                AddressPair(address: "10.50.0.0/16", mac: nil), AddressPair(address: "10.50.1.0/24", mac: nil),
                AddressPair(address: "0.0.0.0/0", mac: "fa:16:3e:00:aa:bb"),
                AddressPair(address: "fd00:5::/64", mac: nil),
              ] : [],
            rules: [
              .allOut, .pingIn, .init(direction: .egress, ipVersion: 6),
              .init(direction: .ingress, ipVersion: 4, remotes: (1...200).map { "10.78.0.\($0)" } + ["10.78.0.0/24"]),
              .init(direction: .ingress, ipVersion: 4, ipProtocol: 6, portMin: 22, portMax: 22, remotes: ["0.0.0.0/0"]),
              .init(direction: .ingress, ipVersion: 6, ipProtocol: 17, portMin: 1, portMax: 99, remotes: ["fd00::/8"]),
              .init(direction: .ingress, ipVersion: 6, ipProtocol: 58, portMin: 128, portMax: 0),
              .init(direction: .ingress, ipVersion: 4, ipProtocol: 112),
            ])
        }
        let start = World.real.uptime()
        try await firewall.apply(ports)
        let took = World.real.uptime() - start
        #expect(took < .seconds(2), "a thousand ports took \(took)")
        try await firewall.apply(Array(ports.prefix(3)))
        try await firewall.apply([])
      }
    }
  }
}

/// What the fakes' scripts promise.
@Suite("Network fakes")
struct NetworkFakeTests {
  @Test func scriptFailsForgetsAndNotes() async throws {
    let lab = NetworkLab()
    let fake = FakeSwitch()
    let network = lab.tenant()
    fake.script.fail("ensureNetwork", on: 2, with: .unavailable("Not today."))
    fake.script.forget("ensureNetworkAbsent")
    try await fake.ensureNetwork(network)
    await #expect(throws: Fault.unavailable("Not today.")) { try await fake.ensureNetwork(network) }
    try await fake.ensureNetworkAbsent(network.id)
    #expect(fake.network(network.id) == network)
    try await fake.ensureNetworkAbsent(network.id)
    #expect(fake.network(network.id) == nil)
    #expect(fake.script.calls.first == "ensureNetwork \(network.id)")
  }
}
