internal import API
internal import Clients
internal import Core
internal import Crypto
internal import GlanceAPI
internal import GlanceModel
internal import GlanceWork
internal import HTTP
internal import Hardware
internal import Host
internal import JSON
internal import IO
internal import Store
internal import Work

/// The image service: its API, its imports, and what tidies its stores.
struct ImagePart: Sendable {
  let glance: Glance
  let endpoint: Endpoint
  /// v1, on the same port.
  let versionOne: Endpoint
  private let ground: Ground
  private let work: ImageWork
  /// Apart from the cloud's own, so that downloads, however many, hold up nobody's servers and volumes.
  private let queue: SagaQueue
  private let reconcilers: [Reconciler]

  init(_ settings: Settings, _ ground: Ground, _ pipelines: Pipelines, _ services: Services) async throws {
    var options = GlanceOptions(settings.images)
    try await settings.images.rules.apply(to: &options, ground.host)
    let limits = settings.images.rules.usesIdentityLimits ? Self.limits(services.identity(as: "glance")) : nil
    let (store, world, hands, node) = (ground.store, ground.world, ground.hands, ground.node)
    self.ground = ground
    let (limit, url) = (settings.images.cache.limit, settings.images.cache.nodeURL)
    let own = url.isEmpty ? PublishedAPI.named("glance").url(settings) : url
    let cache = hands.imageCache.map {
      ImageCache($0, limit: limit, node: node, url: own, store: store, world: world)
    }
    let certificates = CertificateDirectory(path: hands.certificates, host: ground.host)
    queue = SagaQueue(
      store: store, world: world, node: Glance.queueNode(of: node), width: 16, isShared: settings.isShared)
    let key = Hash.sha256(Array("remote images \(ground.secrets.password(of: "glance"))".utf8))
    let vault = FernetKey(bytes: key).map { Fernet(keys: [$0]) }
    glance = Glance(
      store: store, world: world, stores: hands.images, inspector: hands.inspector, queue: queue,
      certificates: certificates, options: options, vault: vault, node: node, limits: limits, cache: cache)
    endpoint = try pipelines.endpoint(glance.api())
    versionOne = try pipelines.endpoint(glance.versionOne())
    let (client, identity) = (LateClient(), services.identity())
    let source = RegionalImages(
      catalog: { try await identity.service.with(token: $0).call("GET", "/auth/catalog") },
      vault: glance.vault, client: { try await client.client() })
    work = ImageWork(
      store: store, world: world, stores: hands.images, bytes: glance.bytes, inspector: hands.inspector,
      host: ground.host, web: LateWeb(client: client, rules: options.imports.web), source: source,
      scratch: hands.imageScratch, certificates: certificates, options: options, cache: cache)
    work.register(on: queue)
    reconcilers = glance.bytes.reconcilers() + (cache?.reconcilers() ?? [])
  }

  /// What identity keeps of limits for the image service: a project's own, else the registered ones.
  private static func limits(_ identity: IdentityClient) -> Glance.Limits {
    { project in
      let found = try await identity.service.call("GET", "/services", query: [(name: "type", value: "image")])
      guard let id = found["services"]?[0]?["id"]?.string else { return [:] }
      var limits: [String: Int] = [:]
      let registered = try await identity.service.call(
        "GET", "/registered_limits", query: [(name: "service_id", value: id)])
      for limit in registered["registered_limits"]?.array ?? [] {
        if let name = limit["resource_name"]?.string { limits[name] = limit["default_limit"]?.int }
      }
      let own = try await identity.service.call(
        "GET", "/limits", query: [(name: "service_id", value: id), (name: "project_id", value: project)])
      for limit in own["limits"]?.array ?? [] {
        if let name = limit["resource_name"]?.string { limits[name] = limit["resource_limit"]?.int }
      }
      return limits
    }
  }

  /// Says which stores the cloud has, or looks whether they are those of the cloud that this process joins.
  func declareStores(_ settings: Settings) async throws {
    // Nobody joins a cloud that has its database to itself.
    guard settings.isShared else { return }
    let stores = ground.hands.images.declared(settings.images, mark: ground.secrets.mark)
    switch settings.roles {
    case .all: try await DeclaredStore.declare(stores, in: ground.store)
    case .image: try await DeclaredStore.requireSame(stores, as: ground.store)
    }
  }

  var port: Handler { Glance.port(versionOne.handler, besides: endpoint.handler) }

  func start() async throws {
    try await work.start()
    try await glance.bytes.start()
    await glance.cache?.start()
    for reconciler in reconcilers { reconciler.start(ground.world) }
    try await queue.start()
  }

  func stop(within limit: Duration) async { await queue.stop(within: limit) }
}

/// A client that is there, with its thread, from the first download on: most clouds never have one.
private actor LateClient {
  private var made: HTTPClient?

  func client() throws -> HTTPClient {
    var limits = ClientLimits()
    // Who drips holds an import's place; nobody's web server is that slow.
    limits.slowest = 1024
    let client = try made ?? HTTPClient(loop: EventLoop.start(name: "image-web"), limits: limits)
    made = client
    return client
  }
}

private struct LateWeb: WebSource {
  let client: LateClient
  let rules: WebRules

  func fetch(_ uri: String, limit: Int) async throws -> ImagePieces {
    try await WebDownload(client: client.client(), rules: rules).fetch(uri, limit: limit)
  }
}

/// Certificates as files, `UUID.pem`.
private struct CertificateDirectory: CertificateSource {
  let path: String
  let host: Host

  func certificate(_ id: String) async throws -> [UInt8]? {
    guard isUUID(id) else { return nil }
    do { return try await host.readFile("\(path)/\(id).pem", limit: 1 << 16) } catch let fault as Fault
      where fault.kind == .notFound
    { return nil }
  }
}
