package import API
internal import Auth
internal import Bus
internal import CinderAPI
internal import CinderModel
internal import Clients
package import Core
internal import GlanceAPI
internal import GlanceModel
package import HTTP
internal import Host
internal import JSON
internal import KeystoneModel
internal import NeutronAPI
internal import NeutronModel
internal import NovaAPI
internal import NovaModel
internal import PlacementModel
package import Store
internal import Text
package import Work

/// All services of one process, wired to one another as they would be over a network.
///
/// Each part is built from those before it: identity, placement, images, networks, volumes, compute. A service reaches
/// another only through the other's pipeline (`Services`), with its own credential.
package struct Cloud: Served {
  package let settings: Settings
  package let ground: Ground
  package let queue: SagaQueue
  let identity: IdentityPart
  let placement: PlacementPart
  let images: ImagePart
  package let networks: NetworkPart
  let volumes: VolumePart
  package let compute: ComputePart

  package static let schemas = [
    SagaRow.schema, keystoneSchema, placementSchema, glanceSchema, neutronSchema, cinderSchema, novaSchema,
  ]

  /// Opens the store, brings its schema up to date and builds every service; nothing listens yet.
  package static func open(_ settings: Settings, state: StateDirectory, world: World) async throws -> Cloud {
    let store = try await Store.open(settings, in: state.path, world: world)
    do {
      try await store.join(settings)
      try await store.migrate(schemas)
    } catch {
      await store.close()
      throw error
    }
    return try await Cloud(settings, on: await Ground(settings, state: state, store: store, world: world))
  }

  /// A cloud that touches nothing, for what its tables say.
  package static func inMemory(_ settings: Settings) async throws -> Cloud {
    let store = try Store.sqlite(path: nil, world: .real)
    let state = StateDirectory(path: "/nonexistent", secrets: Secrets(), lock: -1)
    return try await Cloud(settings, on: await Ground(settings, state: state, store: store, world: .real))
  }

  /// Builds every service on a ground whose store is migrated.
  package init(_ settings: Settings, on ground: Ground) async throws {
    self.settings = settings
    self.ground = ground
    queue = SagaQueue(
      store: ground.store, world: ground.world, node: ground.node, isShared: settings.isShared)
    let base = Base(ground: ground, queue: queue)
    var pipelines = try await Pipelines(settings, ground.world)
    identity = try IdentityPart(settings, base, pipelines)
    let services = Services(identity: LocalTransport(identity.endpoint.handler), ground)
    pipelines.authenticate(by: services)
    placement = try PlacementPart(base, pipelines)
    images = try await ImagePart(settings, ground, pipelines, services)
    networks = try NetworkPart(base, pipelines, services)
    volumes = try VolumePart(settings, base, pipelines, services, images)
    compute = try ComputePart(
      settings, base, pipelines, services,
      ComputePart.Others(
        placement: placement.endpoint, images: images.endpoint, networks: networks, volumes: volumes.endpoint))
  }

  /// What every part is given.
  @dynamicMemberLookup
  struct Base: Sendable {
    let ground: Ground
    let queue: SagaQueue
    subscript<T>(dynamicMember path: KeyPath<Ground, T>) -> T { ground[keyPath: path] }
  }

  /// Each API with its pipeline; identity has three, on two ports.
  package var endpoints: [(api: PublishedAPI, endpoint: Endpoint)] {
    [
      ("keystone", identity.endpoint), ("keystone", identity.versionTwo), ("keystone-admin", identity.versionTwoAdmin),
      ("glance", images.endpoint), ("glance", images.versionOne), ("placement", placement.endpoint),
      ("neutron", networks.endpoint), ("cinder", volumes.endpoint), ("nova", compute.endpoint),
    ].map { (api: PublishedAPI.named($0.0), endpoint: $0.1) }
  }

  /// What answers on each port.
  package var ports: [(api: PublishedAPI, handler: Handler)] {
    [
      (PublishedAPI.named("keystone"), identity.publicPort), (PublishedAPI.named("keystone-admin"), identity.adminPort),
      (PublishedAPI.named("glance"), images.port),
    ]
      + endpoints.filter { !$0.api.name.hasPrefix("keystone") && $0.api.name != "glance" }
      .map { (api: $0.api, handler: $0.endpoint.handler) }
  }

  /// Makes what every cloud has, where it is missing.
  package func bootstrap() async throws {
    try await images.declareStores(settings)
    let catalog = PublishedAPI.all.flatMap { api in
      api.types.map { (type: $0, name: api.name, url: api.url(settings)) }
    }
    try await identity.bootstrap(catalog)
    guard let admin = try await compute.nova.identity.projectID(named: "admin") else {
      throw Fault.internalError("The project admin is missing after the bootstrap.")
    }
    try await networks.neutron.bootstrap(project: admin, cidr: settings.publicCIDR)
    try await images.glance.bootstrap()
    try await volumes.cinder.bootstrap()
    try await compute.nova.bootstrap()
  }

  /// Starts what runs by itself: sagas, agents, reconcilers.
  /// - Parameter server: where guests ask for metadata and users for consoles; nil where nothing listens.
  package func start(_ server: HTTPServer?) async throws {
    try await images.start()
    volumes.start(ground.world)
    try await compute.start(server, settings)
    await networks.start(server, compute.metadata)
    try await queue.start()
  }

  /// Parks what runs and closes the store; guests live on.
  package func stop(within limit: Duration) async {
    await compute.stop()
    await networks.stop()
    async let images: Void = images.stop(within: limit)
    await queue.stop(within: limit)
    await images
    await ground.store.close()
  }
}
