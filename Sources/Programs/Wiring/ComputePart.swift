internal import API
internal import Bus
internal import Clients
internal import Core
internal import HTTP
internal import Hardware
internal import Host
internal import NeutronModel
package import NovaAPI
internal import NovaAgent
internal import NovaConsole
internal import NovaMetadata
internal import NovaModel
package import NovaWork
internal import Store
internal import Work

/// Compute: the API, the conductor, this host's agent, metadata and consoles.
package struct ComputePart: Sendable {
  /// The services that compute asks.
  struct Others: Sendable {
    let placement: Endpoint
    let images: Endpoint
    let networks: NetworkPart
    let volumes: Endpoint
  }

  package let nova: Nova
  let endpoint: Endpoint
  let metadata: MetadataService
  package let conductor: Conductor
  private let agent: ComputeAgent
  private let console: ConsoleProxy
  private let reconcilers: [Reconciler]
  private let world: World

  init(
    _ settings: Settings, _ base: Cloud.Base, _ pipelines: Pipelines, _ services: Services,
    _ others: Others
  ) throws {
    let options = NovaOptions(settings)
    let network = services.network(others.networks.endpoint, as: "nova")
    let volume = services.volume(others.volumes, as: "nova")
    let image = services.image(others.images, as: "nova")
    let placement = services.placement(others.placement, as: "nova")
    world = base.world
    nova = Nova(
      store: base.store, world: base.world, bus: base.bus, queue: base.queue, network: network, volume: volume,
      image: image, placement: placement, identity: services.identity(as: "nova"), options: options)
    endpoint = try pipelines.endpoint(nova.api())
    let metadata = MetadataService(
      store: base.store, network: network, world: base.world, sharedSecret: services.metadataSecret,
      lookup: Self.lookup(base.bus))
    self.metadata = metadata
    let conductor = Conductor(
      store: base.store, world: base.world, bus: base.bus, network: network, volume: volume, image: image,
      placement: placement, options: options
    ) { try await metadata.configDriveFiles($0) }
    self.conductor = conductor
    conductor.register(with: base.queue)
    let agent = ComputeAgent(
      name: base.node, hypervisor: base.hands.hypervisor, disks: base.hands.disks,
      plugger: BusPlugger(bus: base.bus, host: base.node), image: image, bus: base.bus, host: base.host,
      world: base.world)
    self.agent = agent
    console = ConsoleProxy(
      host: settings.listen, port: PublishedAPI.consolePort + settings.portOffset, authorise: Self.console(base))
    reconcilers =
      conductor.reconcilers() + [Reconciler("nova-report", every: .seconds(20)) { try await agent.report() }]
  }

  private static func lookup(_ bus: Bus) -> MetadataService.Lookup {
    { origin, address in
      let verb =
        switch origin {
        case .network(let id): FindPortByAddress(network: id, address: address)
        case .router(let id): FindPortByAddress(router: id, address: address)
        case .direct: FindPortByAddress(address: address)
        }
      let found = try await bus.call(NeutronTopic.api, verb).found
      return found.map { (serverID: $0.deviceID, projectID: $0.projectID) }
    }
  }

  /// Where the console is to which a token lets in. The host is asked each time: a guest that was restarted listens
  /// elsewhere.
  private static func console(_ base: Cloud.Base) -> ConsoleProxy.Authorise {
    { token in
      let now = base.world.now()
      let server = try await base.store.read { tx -> Server? in
        guard let row = try await tx.get(ConsoleToken.self, token), row.expiresAt > now else { return nil }
        return try await tx.get(Server.self, row.serverID)
      }
      guard let server, let host = server.host else { return nil }
      return try await base.bus.call(ComputeTopic.agent(host), FindVNC(server: server.id))
    }
  }

  func start(_ server: HTTPServer?, _ settings: Settings) async throws {
    conductor.serve()
    agent.serve()
    if let server {
      _ = try server.listen(
        host: settings.listen, port: PublishedAPI.metadataPort + settings.portOffset,
        handler: metadata.handler(for: .direct))
      _ = try await console.start()
    }
    for reconciler in reconcilers { reconciler.start(world) }
  }

  func stop() async {
    for reconciler in reconcilers { reconciler.stop() }
    await console.stop()
  }
}

extension NovaOptions {
  init(_ settings: Settings) {
    self.init()
    shutdownTimeout = settings.shutdownTimeout
    cpuAllocationRatio = settings.cpuRatio
    memoryAllocationRatio = settings.memoryRatio
    quotaInstances = settings.instances
    quotaCores = settings.cores
    quotaMemoryMiB = settings.memory
    consoleURL = "http://\(settings.publicHost):\(PublishedAPI.consolePort + settings.portOffset)/vnc_auto.html"
  }
}
