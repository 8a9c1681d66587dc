internal import API
internal import Bus
internal import Clients
internal import Core
internal import HTTP
internal import Hardware
internal import Log
internal import NeutronAPI
internal import NeutronAgent
internal import NeutronModel
internal import NovaAgent
internal import NovaMetadata
internal import Synchronization

/// Networks: the API, and the agent that makes them on this host.
package struct NetworkPart: Sendable {
  let neutron: Neutron
  let endpoint: Endpoint
  let client: NetworkClient
  private let agent: Agent
  private let base: Cloud.Base
  private let drivers: NetworkDrivers

  /// The agent exists from the start on, when there is a server that can answer its metadata sockets.
  private final class Agent: Sendable {
    let held = Mutex<NetworkAgent?>(nil)
  }

  init(_ base: Cloud.Base, _ pipelines: Pipelines, _ services: Services) throws {
    self.base = base
    neutron = Neutron(store: base.store, world: base.world, options: NeutronOptions(), bus: base.bus)
    endpoint = try pipelines.endpoint(neutron.api())
    client = services.network(endpoint, as: "nova")
    drivers = NetworkDrivers(
      networkSwitch: base.hands.bridges, dhcp: base.hands.dhcp, routers: base.hands.routers,
      firewall: base.hands.firewall)
    agent = Agent()
  }

  func start(_ server: HTTPServer?, _ metadata: MetadataService) async {
    neutron.serve()
    let log = Log("network.metadata")
    let network = NetworkAgent(
      NetworkAgentOptions(host: base.node), drivers: drivers, bus: base.bus, world: base.world
    ) { descriptor, origin in
      guard let server else { return {} }
      let listener: Listener
      do {
        listener = try server.listen(
          fd: descriptor, handler: metadata.handler(for: NovaMetadata.MetadataOrigin(origin)))
      } catch {
        log.error("guests get no metadata from here", ["origin": "\(origin)", "cause": "\(error)"])
        return {}
      }
      return { Task { await server.close(listener) } }
    }
    agent.held.withLock { $0 = network }
    await network.start()
  }

  func stop() async { await agent.held.withLock { $0 }?.stop() }
}

extension NovaMetadata.MetadataOrigin {
  init(_ origin: NeutronAgent.MetadataOrigin) {
    switch origin {
    case .network(let id): self = .network(id)
    case .router(let id): self = .router(id)
    }
  }
}

/// Has the network agent of this host plug ports for guests.
struct BusPlugger: PortPlugger {
  let bus: Bus
  let host: String
  func plug(_ port: String) async throws -> String {
    try await bus.call(NeutronTopic.agent(host), EnsurePlugged(port: port)).tap
  }
  func unplug(_ port: String) async throws {
    _ = try await bus.call(NeutronTopic.agent(host), EnsureUnplugged(port: port))
  }
}
