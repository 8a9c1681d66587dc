internal import API
internal import Auth
internal import Bus
internal import Clients
internal import Core
internal import Crypto
internal import HTTP
internal import Host
internal import IO
internal import JSON
internal import KeystoneAPI
internal import KeystoneModel
internal import Log
internal import PlacementAPI
internal import PlacementModel
internal import Store
internal import Text
internal import Work

/// All services of one process, wired to one another as they would be over a network.
struct Cloud: Sendable {
  let settings: Settings
  let state: StateDirectory
  let world: World
  let store: Store
  let queue: SagaQueue
  let bus: Bus
  let keystone: Keystone
  /// Each API with its pipeline, in the order of `PublishedAPI.all`.
  let endpoints: [(api: PublishedAPI, endpoint: Endpoint)]

  static let schemas = [SagaRow.schema, keystoneSchema, placementSchema]

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

  /// Starts what runs by itself: sagas, reconcilers, agents.
  func start(_ server: HTTPServer) async throws {
    try await queue.start()
  }

  /// Parks what runs and closes the store.
  func stop(within limit: Duration) async {
    await queue.stop(within: limit)
    await store.close()
  }

  private init(_ settings: Settings, state: StateDirectory, store: Store, world: World) async throws {
    self.settings = settings
    self.state = state
    self.world = world
    self.store = store
    let node = settings.hostName.isEmpty ? Machine.hostName : settings.hostName
    queue = SagaQueue(store: store, world: world, node: node)
    bus = Bus(LocalCarrier())

    var options = KeystoneOptions()
    options.tokenLifetime = settings.tokenLifetime
    options.passwordCost = settings.passwordCost
    keystone = Keystone(
      store: store, world: world, options: options, tokenKeys: { try state.tokenKeys.load() },
      credentialKeys: { try state.credentialKeys.load() })
    let overrides = try await Self.policyOverrides(settings.policyFile)
    let builder = EndpointBuilder(
      world: world, overrides: overrides, identityURL: PublishedAPI.all[0].url(settings))
    let identity = keystone
    let keystoneEndpoint = try builder.endpoint(keystone.api()) { try await identity.validate(token: $0) }
    let directory = LocalDirectory(identity: LocalTransport(keystoneEndpoint.handler), state: state, world: world)
    let checker = TokenChecker(identity: directory.identity(), world: world)
    let authenticate: @Sendable (String) async throws -> Caller = { try await checker.caller(of: $0) }

    let placement = try builder.endpoint(Placement(store: store, world: world).api(), authenticate)
    endpoints = Self.published([("keystone", keystoneEndpoint), ("placement", placement)])
  }

  private static func published(_ list: [(String, Endpoint)]) -> [(api: PublishedAPI, endpoint: Endpoint)] {
    list.compactMap { name, endpoint in PublishedAPI.all.first { $0.name == name }.map { (api: $0, endpoint: endpoint) } }
  }

  private static func policyOverrides(_ path: String) async throws -> [String: String] {
    guard !path.isEmpty else { return [:] }
    let text = String(decoding: try await Host.real.readFile(path), as: UTF8.self)
    return try [String: String](json: try YAML.parse(text, source: path))
  }

  /// Makes what every cloud has, where it is missing.
  func bootstrap() async throws {
    let names = Set(endpoints.map(\.api.name))
    let catalog = PublishedAPI.all.filter { names.contains($0.name) }.flatMap { api in
      api.types.map { (type: $0, name: api.name, url: api.url(settings)) }
    }
    try await keystone.bootstrap(
      adminPassword: state.secrets.admin, demoPassword: state.secrets.demo,
      services: Secrets.services.map { (name: $0, password: state.secrets.password(of: $0)) }, catalog: catalog)
  }
}

/// Pipelines of services that share a world, an operator's policies and an identity service.
struct EndpointBuilder: Sendable {
  let world: World
  let overrides: [String: String]
  let identityURL: String

  func endpoint(
    _ api: APIService, _ authenticate: @escaping @Sendable (String) async throws -> Caller
  ) throws -> Endpoint {
    try Endpoint(api, world: world, identityURL: identityURL, overrides: overrides, authenticate: authenticate)
  }
}

/// How services in this process reach one another, each with its own credential.
struct LocalDirectory: Sendable {
  let identity: LocalTransport
  let state: StateDirectory
  let world: World

  func identity(as user: String? = nil) -> IdentityClient {
    let own: ServiceCredential? = user.map { self.credential(of: $0) }
    return IdentityClient(ServiceClient("identity", over: identity, prefix: "/v3") { try await own?.token() })
  }

  /// - Parameter user: the service that asks.
  func client(
    _ name: String, _ transport: any Transport, prefix: String, as user: String,
    headers: [(name: String, value: String)] = []
  ) -> ServiceClient {
    let credential = credential(of: user)
    return ServiceClient(name, over: transport, prefix: prefix, headers: headers) { try await credential.token() }
  }

  private func credential(of user: String) -> ServiceCredential {
    ServiceCredential(identity: identity, user: user, password: state.secrets.password(of: user), world: world)
  }
}
