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
    glance = Glance(
      store: base.store, world: base.world, stores: base.hands.images, inspector: base.hands.inspector,
      queue: base.queue, options: options, node: base.node)
    endpoint = try pipelines.endpoint(glance.api())
    work = ImageWork(
      store: base.store, world: base.world, stores: base.hands.images, bytes: glance.bytes,
      inspector: base.hands.inspector, host: base.host, web: LateWeb(rules: options.imports.web),
      scratch: base.hands.imageScratch, options: options)
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
