import API
import Bus
import CinderModel
import CinderWork
import Clients
import Core
import FakeHardware
import GlanceModel
import HTTP
import Host
import KeystoneModel
import NeutronAgent
import NeutronModel
import NovaAgent
import NovaModel
import PlacementModel
public import Store
import Work

/// The tables of every service, as the program migrates them.
public let smallCloudSchemas: [Schema] = [
  SagaRow.schema, keystoneSchema, placementSchema, glanceSchema, neutronSchema, cinderSchema, novaSchema,
]

/// The agents of the one host.
struct Agents: Sendable {
  private let network: NetworkAgent
  private let volume: VolumeAgent
  private let compute: ComputeAgent

  init(_ hands: FakeHands, _ bus: Bus, _ image: ImageClient, _ world: World) {
    network = NetworkAgent(
      NetworkAgentOptions(host: SmallCloud.host),
      drivers: NetworkDrivers(
        networkSwitch: hands.bridges, dhcp: hands.dhcp, routers: hands.routers, firewall: hands.firewall),
      bus: bus, world: world
    ) { _, _ in {} }
    volume = VolumeAgent(
      name: SmallCloud.host, backend: hands.volumes, inspector: FakeImageInspector(), image: image, bus: bus,
      host: .real, world: world)
    compute = ComputeAgent(
      name: SmallCloud.host, hypervisor: hands.hypervisor, disks: hands.disks, plugger: Plugger(bus: bus),
      image: image, bus: bus, host: .real, world: world)
  }

  /// The network agent serves but does not compare by itself, so that nothing runs besides the test.
  func start() async throws {
    network.serve()
    volume.serve()
    compute.serve()
    try await volume.report()
    try await compute.report()
  }
}

private struct Plugger: PortPlugger {
  let bus: Bus
  func plug(_ port: String) async throws -> String {
    try await bus.call(NeutronTopic.agent(SmallCloud.host), EnsurePlugged(port: port)).tap
  }
  func unplug(_ port: String) async throws {
    _ = try await bus.call(NeutronTopic.agent(SmallCloud.host), EnsureUnplugged(port: port))
  }
}

/// Clients of the services, each in some service's name.
struct Peers {
  let identity: Endpoint
  let images: Endpoint
  let placement: Endpoint
  let networks: Endpoint

  func image(_ who: String) -> ImageClient { ImageClient(client("image", images, "/v2", who)) }
  func network(_ who: String) -> NetworkClient { NetworkClient(client("network", networks, "/v2.0", who)) }
  func identity(_ who: String) -> IdentityClient { IdentityClient(client("identity", identity, "/v3", who)) }
  func placement(_ who: String) -> PlacementClient {
    PlacementClient(client("placement", placement, "", who, version: "placement 1.39"))
  }
  func volume(_ volumes: Endpoint, _ who: String) -> VolumeClient {
    VolumeClient(client("volume", volumes, "/v3", who, version: "volume 3.44"))
  }

  private func client(
    _ name: String, _ endpoint: Endpoint, _ prefix: String, _ who: String, version: String? = nil
  ) -> ServiceClient {
    ServiceClient(
      name, over: LocalTransport(endpoint.handler), prefix: prefix,
      headers: version.map { [(name: "OpenStack-API-Version", value: $0)] } ?? []
    ) { who }
  }
}
