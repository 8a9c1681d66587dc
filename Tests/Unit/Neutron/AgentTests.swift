import Bus
import Core
import FakeHardware
import Hardware
import JSON
import NeutronModel
import Synchronization
import Testing

@testable import NeutronAgent

@Suite("neutron agent")
struct NeutronAgentTests {
  /// A cloud with one host whose hardware is in memory.
  struct Host {
    let cloud: Cloud
    let bridges = FakeSwitch()
    let dhcp = FakeDHCPServers()
    let routers = FakeRouters()
    let firewall = FakeFirewall()
    let agent: NetworkAgent

    init() async throws {
      cloud = try await Cloud.start()
      let drivers = NetworkDrivers(networkSwitch: bridges, dhcp: dhcp, routers: routers, firewall: firewall)
      agent = NetworkAgent(
        NetworkAgentOptions(host: "h1"), drivers: drivers, bus: cloud.bus, world: .real,
        metadata: { _, _ in {} })
    }

    func bound(_ network: String) async throws -> JSON {
      let port = try await cloud.port(network, ["device_id": "server", "device_owner": "compute:nova"])
      let body: JSON = ["port": ["binding:host_id": "h1"]]
      return try #require(try await cloud.ask("PUT", "/v2.0/ports/\(port.id)", body, as: "nova").json["port"])
    }

    /// Waits for what becomes true by itself; two seconds at most.
    func eventually(_ condition: () async throws -> Bool, at: SourceLocation = #_sourceLocation) async throws {
      for _ in 0..<400 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(5))
      }
      Issue.record("it did not become true", sourceLocation: at)
    }
  }

  @Test func aBoundPortIsPluggedServedAndFiltered() async throws {
    let host = try await Host()
    let network = try await host.cloud.network()
    _ = try await host.cloud.subnet(network)
    let port = try await host.bound(network)
    try await host.agent.reconcile()
    #expect(try await host.bridges.networks() == [network])
    #expect(try await host.bridges.ports() == [port.id])
    #expect(host.dhcp.leases(network)?.map(\.address) == ["10.0.0.3"])
    #expect(host.firewall.applied.map(\.port.id) == [port.id])
    #expect(host.firewall.applied.first?.rules.count == 3, "out by both versions, and the group's own in by IPv4")
    #expect(try await host.cloud.ask("GET", "/v2.0/ports/\(port.id)").json["port"]?["status"] == "ACTIVE")
  }

  @Test func aBridgeThatAnOldPlanBringsBackGoesWithTheNextOne() async throws {
    let host = try await Host()
    let network = try await host.cloud.network()
    _ = try await host.cloud.subnet(network)
    let port = try await host.bound(network)
    try await host.agent.reconcile()
    let late = try #require(host.bridges.port(port.id))
    let bridge = try #require(host.bridges.network(network))
    _ = try await host.cloud.ask("DELETE", "/v2.0/ports/\(port.id)")
    _ = try await host.cloud.ask("DELETE", "/v2.0/networks/\(network)")
    try await host.agent.reconcile()
    #expect(try await host.bridges.networks() == [])
    try await host.agent.apply(late, on: bridge, 1)
    #expect(try await host.bridges.networks() == [network], "plugging makes the bridge")
    try await host.agent.reconcile()
    #expect(try await host.bridges.ports() == [])
    #expect(try await host.bridges.networks() == [])
  }

  @Test func pluggingIsSynchronousAndComesWithLeaseAndRules() async throws {
    let host = try await Host()
    await host.agent.start()
    let network = try await host.cloud.network()
    _ = try await host.cloud.subnet(network)
    let port = try await host.bound(network)
    let reply = try await host.cloud.bus.call(NeutronTopic.agent("h1"), EnsurePlugged(port: port.id))
    #expect(reply.tap == "tap" + port.id.prefix(11) && reply.mtu == 1450)
    #expect(host.dhcp.leases(network)?.count == 1 && host.firewall.rules(port.id) != nil)
    #expect(try await host.bridges.ports() == [port.id])
    #expect(try await host.cloud.ask("GET", "/v2.0/ports/\(port.id)").json["port"]?["status"] == "ACTIVE")
    _ = try await host.cloud.bus.call(NeutronTopic.agent("h1"), EnsureUnplugged(port: port.id))
    #expect(try await host.bridges.ports() == [])
    try await host.agent.reconcile()
    #expect(try await host.bridges.ports() == [], "it does not come back before it is asked for")
    _ = try await host.cloud.bus.call(NeutronTopic.agent("h1"), EnsurePlugged(port: port.id))
    #expect(try await host.bridges.ports() == [port.id])
    await #expect(throws: Fault.self) {
      try await host.cloud.bus.call(NeutronTopic.agent("h1"), EnsurePlugged(port: "nonsense"))
    }
    await host.agent.stop()
  }

  @Test func aFloatingIPIsLiveAtOnceAndEverythingGoesAgain() async throws {
    let host = try await Host()
    let cloud = host.cloud
    await host.agent.start()
    let network = try await cloud.network()
    let subnet = try await cloud.subnet(network)
    let external = try await cloud.external()
    let body: JSON = ["name": "r", "external_gateway_info": ["network_id": .string(external)]]
    let router = try await cloud.make("routers", "router", body)
    let path = "/v2.0/routers/\(router.id)"
    _ = try await cloud.ask("PUT", path + "/add_router_interface", ["subnet_id": .string(subnet)])
    let port = try await host.bound(network)
    let begin = World.real.uptime()
    let ip = try await cloud.make(
      "floatingips", "floatingip", ["floating_network_id": .string(external), "port_id": .string(port.id)])
    try await host.eventually { host.routers.router(router.id)?.floatingIPs.first?.fixed == "10.0.0.3" }
    #expect(World.real.uptime() - begin < .seconds(1))
    #expect(host.routers.router(router.id)?.gateway?.nexthop == "172.24.4.1")
    let found = try await cloud.bus.call(
      NeutronTopic.api, FindPortByAddress(router: router.id, address: "10.0.0.3"))
    #expect(found.found?.deviceID == "server" && found.found?.projectID == "demo")
    let byNetwork = try await cloud.bus.call(
      NeutronTopic.api, FindPortByAddress(network: network, address: "10.0.0.3"))
    #expect(byNetwork.found?.portID == port.id)
    let nobody = try await cloud.bus.call(NeutronTopic.api, FindPortByAddress(network: "x", address: "10.0.0.3"))
    #expect(nobody.found == nil)
    for gone in ["floatingips/\(ip.id)", "ports/\(port.id)"] {
      #expect(try await cloud.ask("DELETE", "/v2.0/\(gone)").status == 204)
    }
    _ = try await cloud.ask("PUT", path + "/remove_router_interface", ["subnet_id": .string(subnet)])
    #expect(try await cloud.ask("DELETE", path).status == 204)
    #expect(try await cloud.ask("DELETE", "/v2.0/networks/\(network)").status == 204)
    try await host.eventually {
      let left = try await host.bridges.networks() + host.bridges.ports() + host.dhcp.served() + host.routers.routers()
      return left.isEmpty && host.firewall.applied.isEmpty
    }
    await host.agent.stop()
  }

  @Test func straysOfAnEarlierLifeAreRemoved() async throws {
    let host = try await Host()
    let stray = NetworkSpec(id: "old", segment: .local, mtu: 1500, subnets: [])
    let port = PortSpec(id: "oldport", network: "old", mac: "fa:16:3e:00:00:01", addresses: [])
    _ = try await host.bridges.ensurePlugged(port, on: stray)
    try await host.dhcp.ensureServing(stray, leases: [])
    try await host.routers.ensureRouter(RouterSpec(id: "oldrouter", legs: [], gateway: nil, floatingIPs: []))
    try await host.agent.reconcile()
    #expect(try await host.bridges.networks() == [])
    #expect(try await host.bridges.ports() == [])
    #expect(try await host.dhcp.served() == [])
    #expect(try await host.routers.routers() == [])
  }

  @Test func agentsAreListed() async throws {
    let host = try await Host()
    await host.agent.start()
    let list = try await host.cloud.ask("GET", "/v2.0/agents", as: "admin")
    let agent = try #require(list.json["agents"]?[0])
    #expect(agent["host"] == "h1" && agent["alive"] == true && agent["admin_state_up"] == true)
    #expect(try await host.cloud.ask("GET", "/v2.0/agents").status == 403)
    await host.agent.stop()
  }

  /// A switch that counts what it is asked to do.
  final class CountingSwitch: Switch {
    let plugs = Mutex(0)
    func ensureNetwork(_ network: NetworkSpec) async throws {}
    func ensureNetworkAbsent(_ id: String) async throws {}
    func ensurePlugged(_ port: PortSpec, on network: NetworkSpec) async throws -> String {
      plugs.withLock { $0 += 1 }
      return port.tap
    }
    func ensureUnplugged(_ port: String) async throws {}
    func networks() async throws -> [String] { [] }
    func ports() async throws -> [String] { [] }
  }

  @Test func onlyDifferencesReachTheDrivers() async throws {
    let cloud = try await Cloud.start()
    let counting = CountingSwitch()
    let drivers = NetworkDrivers(
      networkSwitch: counting, dhcp: FakeDHCPServers(), routers: FakeRouters(), firewall: FakeFirewall())
    let agent = NetworkAgent(
      NetworkAgentOptions(host: "h1"), drivers: drivers, bus: cloud.bus, world: .real, metadata: { _, _ in {} })
    let network = try await cloud.network()
    _ = try await cloud.subnet(network)
    func bind() async throws {
      let port = try await cloud.port(network)
      _ = try await cloud.ask("PUT", "/v2.0/ports/\(port.id)", ["port": ["binding:host_id": "h1"]], as: "nova")
    }
    for _ in 0..<3 { try await bind() }
    try await agent.reconcile()
    #expect(counting.plugs.withLock { $0 } == 3)
    try await bind()
    try await agent.reconcile()
    try await agent.reconcile()
    #expect(counting.plugs.withLock { $0 } == 4)
  }
}
