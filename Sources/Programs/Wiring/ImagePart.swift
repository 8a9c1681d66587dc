internal import API
internal import Core
internal import GlanceAPI
internal import GlanceModel
internal import GlanceWork
internal import HTTP
internal import Hardware
internal import Host
internal import IO
internal import Work

/// The image service: its API, its imports, and what tidies its stores.
struct ImagePart: Sendable {
  let glance: Glance
  let endpoint: Endpoint
  private let work: ImageWork
  private let reconcilers: [Reconciler]

  init(_ settings: Settings, _ base: Cloud.Base, _ pipelines: Pipelines) throws {
    let options = GlanceOptions(settings.images)
    let certificates = CertificateDirectory(path: base.hands.certificates, host: base.host)
    glance = Glance(
      store: base.store, world: base.world, stores: base.hands.images, inspector: base.hands.inspector,
      queue: base.queue, certificates: certificates, options: options, node: base.node)
    endpoint = try pipelines.endpoint(glance.api())
    work = ImageWork(
      store: base.store, world: base.world, stores: base.hands.images, bytes: glance.bytes,
      inspector: base.hands.inspector, host: base.host, web: LateWeb(rules: options.imports.web),
      scratch: base.hands.imageScratch, certificates: certificates, options: options)
    work.register(on: base.queue)
    reconcilers = glance.bytes.reconcilers()
  }

  func start(_ world: World) async throws {
    try await work.start()
    try await glance.bytes.start()
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
