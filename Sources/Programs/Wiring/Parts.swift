internal import API
internal import CinderAPI
internal import CinderModel
internal import CinderWork
internal import Clients
internal import Core
internal import Crypto
internal import HTTP
internal import Host
internal import JSON
internal import KeystoneAPI
internal import KeystoneModel
internal import KeystoneV2
internal import PlacementAPI
internal import Work

// The smaller parts of a cloud: identity, placement, images and volumes.

struct IdentityPart: Sendable {
  let keystone: Keystone
  /// v3, which the other services ask too.
  let endpoint: Endpoint
  let versionTwo: Endpoint
  let versionTwoAdmin: Endpoint
  private let secrets: Secrets

  init(_ settings: Settings, _ base: Cloud.Base, _ pipelines: Pipelines) throws {
    var options = KeystoneOptions()
    options.tokenLifetime = settings.tokenLifetime
    settings.identity.apply(to: &options)
    // Nobody else changes a SQLite store, and what this process changes counts at once. Elsewhere others may, and a
    // service believes an answer for 800 ms on top: together less than a second.
    options.validationLifetime = settings.database.isEmpty ? .seconds(5) : .milliseconds(180)
    let keystone = Keystone(
      store: base.store, world: base.world, options: options, hasher: base.hasher, tokenKeys: base.tokenKeys,
      credentialKeys: base.credentialKeys, signingKeys: base.signingKeys)
    self.keystone = keystone
    secrets = base.secrets
    let adminToken = AdminToken(settings.adminToken)
    let authenticate: @Sendable (String) async throws -> Caller = { token in
      if let caller = adminToken.caller(of: token) { return caller }
      return try await keystone.validate(token: token)
    }
    endpoint = try pipelines.endpoint(keystone.api(), authenticate)
    var names = KeystoneV2Options()
    names.versionThreeURL = PublishedAPI.named("keystone").url(settings)
    names.publicURL = PublishedAPI.named("keystone").url(settings, path: "/v2.0")
    names.adminURL = PublishedAPI.named("keystone-admin").url(settings)
    names.defaultDomainID = options.defaultDomainID
    let second = KeystoneV2(over: endpoint.handler, options: names)
    versionTwo = try pipelines.endpoint(second.api(.public), authenticate)
    versionTwoAdmin = try pipelines.endpoint(second.api(.admin), authenticate)
  }

  var publicPort: Handler { KeystoneV2.port(versionTwo.handler, besides: endpoint.handler) }
  var adminPort: Handler { KeystoneV2.port(versionTwoAdmin.handler, besides: endpoint.handler) }

  func bootstrap(_ catalog: [(type: String, name: String, url: String)]) async throws {
    try await keystone.bootstrap(
      adminPassword: secrets.admin, demoPassword: secrets.demo,
      services: Secrets.services.map { (name: $0, password: secrets.password(of: $0)) }, catalog: catalog)
  }
}

struct PlacementPart: Sendable {
  let endpoint: Endpoint
  init(_ base: Cloud.Base, _ pipelines: Pipelines) throws {
    endpoint = try pipelines.endpoint(Placement(store: base.store, world: base.world).api())
  }
}

struct VolumePart: Sendable {
  let cinder: Cinder
  let endpoint: Endpoint
  private let agent: VolumeAgent
  private let work: VolumeWork
  private let reconcilers: [Reconciler]

  init(
    _ settings: Settings, _ base: Cloud.Base, _ pipelines: Pipelines, _ services: Services, _ images: ImagePart
  ) throws {
    var options = CinderOptions()
    options.quotaVolumes = settings.volumes
    options.quotaGigabytes = settings.gigabytes
    let image = services.image(images.endpoint, as: "cinder")
    cinder = Cinder(
      store: base.store, world: base.world, queue: base.queue, bus: base.bus, image: image, options: options)
    endpoint = try pipelines.endpoint(cinder.api())
    let agent = VolumeAgent(
      name: base.node, backend: base.hands.volumes, inspector: base.hands.inspector, image: image, bus: base.bus,
      host: base.host, world: base.world)
    self.agent = agent
    work = VolumeWork(store: base.store, world: base.world, bus: base.bus, image: image, options: options)
    work.register(on: base.queue)
    reconcilers =
      work.reconcilers() + [Reconciler("cinder-report", every: VolumeAgent.pause) { try await agent.report() }]
  }

  func start(_ world: World) {
    work.serve()
    agent.serve()
    for reconciler in reconcilers { reconciler.start(world) }
  }
}
