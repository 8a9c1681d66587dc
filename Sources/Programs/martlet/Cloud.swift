internal import API
internal import Auth
internal import Bus
internal import CinderAPI
internal import CinderModel
internal import Clients
internal import Core
internal import GlanceModel
internal import HTTP
internal import Host
internal import JSON
internal import KeystoneModel
internal import NeutronAPI
internal import NeutronModel
internal import NovaAPI
internal import NovaModel
internal import PlacementModel
internal import Store
internal import Text
internal import Work

/// All services of one process, wired to one another as they would be over a network.
///
/// Each part is built from those before it: identity, placement, images, networks, volumes, compute. A service reaches
/// another only through the other's pipeline (`Services`), with its own credential.
struct Cloud: Sendable {
  let settings: Settings
  let state: StateDirectory
  let base: Base
  let identity: IdentityPart
  let placement: PlacementPart
  let images: ImagePart
  let networks: NetworkPart
  let volumes: VolumePart
  let compute: ComputePart

  /// What every part stands on.
  struct Base: Sendable {
    let world: World
    let store: Store
    let queue: SagaQueue
    let bus: Bus
    /// This host's name in the cloud.
    let node: String
  }

  static let schemas = [
    SagaRow.schema, keystoneSchema, placementSchema, glanceSchema, neutronSchema, cinderSchema, novaSchema,
  ]

  /// Opens the store, brings its schema up to date and builds every service; nothing listens yet.
  static func open(_ settings: Settings, state: StateDirectory, world: World) async throws -> Cloud {
    let store =
      settings.database.isEmpty
      ? try Store.sqlite(path: state.database, world: world)
      : try await Store.postgres(settings.database, world: world)
    try await store.migrate(schemas)
    return try await Cloud(settings, state: state, store: store, world: world)
  }

  /// A cloud that touches nothing, for what its tables say.
  static func inMemory(_ settings: Settings) async throws -> Cloud {
    let world = World.real
    let store = try Store.sqlite(path: nil, world: world)
    let state = StateDirectory(path: "/nonexistent", secrets: Secrets(), lock: -1)
    return try await Cloud(settings, state: state, store: store, world: world)
  }

  private init(_ settings: Settings, state: StateDirectory, store: Store, world: World) async throws {
    self.settings = settings
    self.state = state
    let node = settings.hostName.isEmpty ? Machine.hostName : settings.hostName
    base = Base(
      world: world, store: store, queue: SagaQueue(store: store, world: world, node: node), bus: Bus(LocalCarrier()),
      node: node)
    let hands = Hands(settings, state: state, world: world)
    var pipelines = Pipelines(
      world: world, overrides: try await Self.policyOverrides(settings.policyFile),
      identityURL: PublishedAPI.named("keystone").url(settings))
    let signing = settings.identity.tokenProvider == .jws && state.lock >= 0 ? try await state.signingKeys() : nil
    identity = try IdentityPart(settings, state, base, pipelines, signing)
    let services = Services(identity: identity.endpoint.handler, state: state, world: world)
    let checker = TokenChecker(identity: services.identity(), world: world)
    pipelines.authenticate = { try await checker.caller(of: $0) }
    pipelines.authenticateLate = { try await checker.lateCaller(of: $0, service: $1) }
    placement = try PlacementPart(base, pipelines)
    images = try ImagePart(base, pipelines, hands)
    networks = try NetworkPart(settings, state, base, pipelines, services, hands)
    volumes = try VolumePart(settings, base, pipelines, services, hands, images)
    compute = try ComputePart(
      settings, base, pipelines, services, hands,
      ComputePart.Others(
        placement: placement.endpoint, images: images.endpoint, networks: networks, volumes: volumes.endpoint))
  }

  /// Each API with its pipeline.
  var endpoints: [(api: PublishedAPI, endpoint: Endpoint)] {
    [
      ("keystone", identity.endpoint), ("glance", images.endpoint), ("placement", placement.endpoint),
      ("neutron", networks.endpoint), ("cinder", volumes.endpoint), ("nova", compute.endpoint),
    ].map { (api: PublishedAPI.named($0.0), endpoint: $0.1) }
  }

  /// Makes what every cloud has, where it is missing.
  func bootstrap() async throws {
    let catalog = PublishedAPI.all.flatMap { api in
      api.types.map { (type: $0, name: api.name, url: api.url(settings)) }
    }
    try await identity.bootstrap(catalog)
    guard let admin = try await compute.nova.identity.projectID(named: "admin") else {
      throw Fault.internalError("The project admin is missing after the bootstrap.")
    }
    try await networks.neutron.bootstrap(project: admin, cidr: settings.publicCIDR)
    try await volumes.cinder.bootstrap()
    try await compute.nova.bootstrap()
  }

  /// Starts what runs by itself: sagas, agents, reconcilers, the console proxy.
  func start(_ server: HTTPServer) async throws {
    try await images.start(base.world)
    volumes.start(base.world)
    try await compute.start(server, settings)
    await networks.start(server, compute.metadata)
    try await base.queue.start()
  }

  /// Parks what runs and closes the store; guests live on.
  func stop(within limit: Duration) async {
    await compute.stop()
    await networks.stop()
    await base.queue.stop(within: limit)
    await base.store.close()
  }

  private static func policyOverrides(_ path: String) async throws -> [String: String] {
    guard !path.isEmpty else { return [:] }
    let text = String(decoding: try await Host.real.readFile(path), as: UTF8.self)
    return try [String: String](json: try YAML.parse(text, source: path))
  }
}

/// Pipelines of services that share a world, an operator's policies and an identity service.
struct Pipelines: Sendable {
  let world: World
  let overrides: [String: String]
  let identityURL: String
  var authenticate: @Sendable (String) async throws -> Caller = { _ in throw Fault.unauthorized() }
  var authenticateLate: (@Sendable (String, String) async throws -> Caller)?

  func endpoint(
    _ api: APIService, _ own: (@Sendable (String) async throws -> Caller)? = nil
  ) throws -> Endpoint {
    try Endpoint(
      api, world: world, identityURL: identityURL, overrides: overrides,
      authenticateLate: own == nil ? authenticateLate : nil, authenticate: own ?? authenticate)
  }
}
