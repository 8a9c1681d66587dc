internal import API
internal import Clients
internal import Core
internal import GlanceAPI
internal import GlanceModel
internal import GlanceWork
internal import HTTP
internal import Hardware
internal import Host
internal import JSON
internal import IO
internal import Work

/// The image service: its API, its imports, and what tidies its stores.
struct ImagePart: Sendable {
  let glance: Glance
  let endpoint: Endpoint
  /// v1, on the same port.
  let versionOne: Endpoint
  private let work: ImageWork
  private let reconcilers: [Reconciler]

  init(
    _ settings: Settings, _ base: Cloud.Base, _ pipelines: Pipelines, _ services: Services
  ) async throws {
    var options = GlanceOptions(settings.images)
    try await settings.images.rules.apply(to: &options, base.host)
    let limits = settings.images.rules.usesIdentityLimits ? Self.limits(services.identity(as: "glance")) : nil
    let limit = settings.images.cache.limit
    let cache = base.hands.imageCache.map { ImageCache($0, limit: limit, store: base.store, world: base.world) }
    let certificates = CertificateDirectory(path: base.hands.certificates, host: base.host)
    glance = Glance(
      store: base.store, world: base.world, stores: base.hands.images, inspector: base.hands.inspector,
      queue: base.queue, certificates: certificates, options: options, node: base.node, limits: limits, cache: cache)
    endpoint = try pipelines.endpoint(glance.api())
    versionOne = try pipelines.endpoint(glance.versionOne())
    work = ImageWork(
      store: base.store, world: base.world, stores: base.hands.images, bytes: glance.bytes,
      inspector: base.hands.inspector, host: base.host, web: LateWeb(rules: options.imports.web),
      scratch: base.hands.imageScratch, certificates: certificates, options: options, cache: cache)
    work.register(on: base.queue)
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

  var port: Handler { Glance.port(versionOne.handler, besides: endpoint.handler) }

  func start(_ world: World) async throws {
    try await work.start()
    try await glance.bytes.start()
    await glance.cache?.start()
    for reconciler in reconcilers { reconciler.start(world) }
  }
}

/// Downloads whose client, with its thread, is there from the first on: most clouds never have one.
private actor LateWeb: WebSource {
  private let rules: WebRules
  private var made: WebDownload?
  init(rules: WebRules) { self.rules = rules }

  func fetch(_ uri: String, limit: Int) async throws -> ImagePieces {
    let download = try made ?? WebDownload(client: HTTPClient(loop: EventLoop.start(name: "image-web")), rules: rules)
    made = download
    return try await download.fetch(uri, limit: limit)
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
