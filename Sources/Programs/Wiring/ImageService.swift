internal import API
internal import Auth
internal import Clients
package import Core
internal import GlanceAPI
internal import GlanceModel
package import HTTP
internal import IO
internal import Store
internal import Work

/// One more image service of a cloud, in a process of its own: it shares database and stores with the others, and asks
/// the identity service over the network who its callers are. What is its own are its cache and its staging area.
package struct ImageService: Served {
  package let settings: Settings
  private let ground: Ground
  private let images: ImagePart
  private let credential: ServiceCredential

  /// - Throws: `badRequest` where the settings or the state directory lack what a further service must share.
  package static func open(_ settings: Settings, state: StateDirectory, world: World) async throws -> ImageService {
    guard settings.isShared else {
      throw Fault.badRequest(
        "cloud.roles: image needs the database of the cloud that it belongs to: set database.url to the same "
          + "postgresql:// address as there.")
    }
    let store = try await Store.postgres(settings.database, world: world)
    do {
      try await store.join(settings)
      try await store.requireCurrent([SagaRow.schema, glanceSchema])
      return try await ImageService(settings, on: Ground(settings, state: state, store: store, world: world))
    } catch {
      await store.close()
      throw error
    }
  }

  private init(_ settings: Settings, on ground: Ground) async throws {
    self.settings = settings
    self.ground = ground
    let client = try HTTPClient(loop: EventLoop.start(name: "identity-client"))
    let services = Services(identity: SocketTransport(baseURL: settings.identityBase, client: client), ground)
    var pipelines = try await Pipelines(settings, ground.world)
    pipelines.authenticate(by: services)
    credential = services.credential(of: "glance")
    images = try await ImagePart(settings, ground, pipelines, services)
  }

  package var ports: [(api: PublishedAPI, handler: Handler)] {
    [(api: PublishedAPI.named("glance"), handler: images.port)]
  }

  /// Looks whether the secrets are those of the cloud: another's would let it serve until somebody needs them.
  package func bootstrap() async throws {
    try await images.declareStores(settings)
    do { _ = try await credential.token() } catch {
      let fault = Fault(wrapping: error)
      throw Fault.unavailable(
        "The image service cannot join the cloud, since it does not get in as 'glance' at \(settings.identityURL): "
          + "\(fault.message) Start the identity service, set identity.url right, or copy secrets.json from the "
          + "cloud's state directory into this one's.", detail: fault.detail)
    }
    try await images.glance.bootstrap()
  }

  package func start(_ server: HTTPServer?) async throws { try await images.start() }

  package func stop(within limit: Duration) async {
    await images.stop(within: limit)
    await ground.store.close()
  }
}
