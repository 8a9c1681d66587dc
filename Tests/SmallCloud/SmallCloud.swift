// SmallCloud: all services of a cloud in one process's memory, wired to one another as the program wires them, with
// fakes for hands and tokens that are names.
//
// It is asked without sockets. No saga runs by itself: the API writes them down and a test runs them, on a queue of its
// own. Identity is real, but the other services take a token's meaning from `callers`, which spares every test a login.

public import API
public import Bus
public import CinderAPI
public import CinderWork
import Clients
public import Core
import Crypto
public import FakeHardware
import GlanceAPI
import GlanceModel
public import GlanceWork
import HTTP
import Hardware
import Host
import JSON
public import KeystoneAPI
import KeystoneModel
import KeystoneV2
import NeutronAPI
import NeutronAgent
import NovaAPI
import NovaAgent
import NovaModel
public import NovaWork
import PlacementAPI
public import Store
import Synchronization
import TestSupport
public import Work

public struct SmallCloud: Sendable {
  public let world: World
  public let store: Store
  public let bus: Bus
  /// Where the API writes sagas down; it runs none.
  public let queue: SagaQueue
  public let keystone: Keystone
  public let cinder: Cinder
  public let conductor: Conductor
  public let volumeWork: VolumeWork
  public let imageWork: ImageWork
  public let hands: FakeHands
  /// Every service's pipeline by name: `nova`.
  public let endpoints: [String: Endpoint]
  let agents: Agents

  public static let host = "node1"
  public static let services = ["keystone", "glance", "placement", "neutron", "cinder", "nova"]
  /// APIs that keep nothing: who may is decided behind them, by the rows of the service they ask.
  public static let translators = ["keystone-v2", "keystone-v2-admin", "glance-v1"]
  public static let apis = services + translators

  /// Who a token is.
  public static let callers: [String: Caller] = {
    let all: Set<String> = ["admin", "manager", "member", "reader"]
    var callers = [
      "admin": Caller(userID: "u-admin", projectID: "p-admin", roles: all, token: "admin"),
      "demo": Caller(userID: "u-demo", projectID: "p-demo", roles: ["member", "reader"], token: "demo"),
      "manager": Caller(
        userID: "u-manager", projectID: "p-demo", roles: ["manager", "member", "reader"], token: "manager"),
      "reader": Caller(userID: "u-reader", projectID: "p-demo", roles: ["reader"], token: "reader"),
      "nobody": Caller(userID: "u-nobody", projectID: "p-demo", roles: [], token: "nobody"),
      "service": Caller(userID: "u-service", projectID: "p-service", roles: ["service"], token: "service"),
      "stranger": Caller(
        userID: "u-stranger", projectID: "p-other", roles: ["manager", "member", "reader"], token: "stranger"),
    ]
    for name in ["nova", "cinder", "neutron", "glance"] {
      callers[name] = Caller(
        userID: "u-" + name, projectID: "p-service", roles: all.union(["service"]), token: name)
    }
    return callers
  }()

  /// - Parameter starts: whether the services make what every cloud has, and the agents serve and report; false for
  ///   what the tables say.
  public init(starts: Bool = true) async throws {
    let world = World.real
    self.world = world
    store = try await TestStore.fresh()
    bus = Bus(LocalCarrier())
    queue = SagaQueue(store: store, world: world, node: "api")
    hands = FakeHands()
    if starts { try await store.migrate(smallCloudSchemas) }

    let key = Fernet(keys: [FernetKey(world: world)])
    var cheap = KeystoneOptions()
    cheap.passwordCost = 4
    let keystone = Keystone(
      store: store, world: world, options: cheap, tokenKeys: { key }, credentialKeys: { key })
    self.keystone = keystone
    let own: @Sendable (String) async throws -> Caller = { token in
      if let caller = Self.callers[token] { return caller }
      return try await keystone.validate(token: token)
    }
    let identity = try Self.endpoint(keystone.api(), own)
    let second = KeystoneV2(over: identity.handler)
    let stores = ImageStores(
      [
        .init("file", type: "file", hands.images), .init("second", type: "s3", hands.secondImages),
        .init("web", type: "http", FakeWeb(pages: [Self.page: "a small image"])),
      ],
      defaultID: "file", staging: hands.images, stagingTwin: "file")
    var imageOptions = GlanceOptions()
    imageOptions.importMethods.append("glance-download")
    let cache = ImageCache(hands.imageCache, limit: 1 << 20, store: store, world: world)
    let glance = Glance(
      store: store, world: world, stores: stores, inspector: FakeImageInspector(), queue: queue, options: imageOptions,
      cache: cache)
    imageWork = ImageWork(
      store: store, world: world, stores: stores, bytes: glance.bytes, inspector: FakeImageInspector(), host: .real,
      web: OnePage(), source: OneImage(), scratch: "/nonexistent", options: imageOptions, cache: cache)
    let images = try Self.endpoint(glance.api())
    let placement = try Self.endpoint(Placement(store: store, world: world).api())
    let neutron = Neutron(store: store, world: world, bus: bus)
    let networks = try Self.endpoint(neutron.api())
    let clients = Peers(identity: identity, images: images, placement: placement, networks: networks)
    let cinder = Cinder(store: store, world: world, queue: queue, bus: bus, image: clients.image("cinder"))
    self.cinder = cinder
    let volumes = try Self.endpoint(cinder.api())
    let volume = clients.volume(volumes, "nova")
    let nova = Nova(
      store: store, world: world, bus: bus, queue: queue, network: clients.network("nova"), volume: volume,
      image: clients.image("nova"), placement: clients.placement("nova"), identity: clients.identity("nova"),
      options: NovaOptions())
    endpoints = [
      "keystone": identity,
      "keystone-v2": try Self.endpoint(second.api(.public), own),
      "keystone-v2-admin": try Self.endpoint(second.api(.admin), own),
      "glance": images, "glance-v1": try Self.endpoint(glance.versionOne()), "placement": placement,
      "neutron": networks, "cinder": volumes,
      "nova": try Self.endpoint(nova.api()),
    ]
    conductor = Conductor(
      store: store, world: world, bus: bus, network: clients.network("nova"), volume: volume,
      image: clients.image("nova"), placement: clients.placement("nova"), options: NovaOptions()
    ) { _ in ["openstack/latest/meta_data.json": Array("{}".utf8)] }
    volumeWork = VolumeWork(store: store, world: world, bus: bus, image: clients.image("cinder"))
    agents = Agents(hands, bus, clients.image("nova"), world)
    guard starts else { return }
    neutron.serve()
    try await neutron.bootstrap(project: "p-admin")
    try await cinder.bootstrap()
    try await nova.bootstrap()
    conductor.serve()
    volumeWork.serve()
    try await agents.start()
  }

  private static func endpoint(
    _ api: APIService, _ own: (@Sendable (String) async throws -> Caller)? = nil
  ) throws -> Endpoint {
    try Endpoint(api, world: .real, identityURL: "http://127.0.0.1:5000") { token in
      if let own { return try await own(token) }
      guard let caller = callers[token] else { throw Fault.unauthorized() }
      return caller
    }
  }
}

extension SmallCloud {
  /// Where the one image is that the store of web servers leads to.
  public static let page = "http://images.example.org/guest"
}

/// What stands for a machine.
public struct FakeHands: Sendable {
  public let hypervisor = FakeHypervisor()
  public let disks = FakeServerDisks()
  public let volumes = FakeVolumes()
  public let images = FakeImages()
  public let secondImages = FakeImages(keys: .uploads)
  public let imageCache = FakeImages()
  public let bridges = FakeSwitch()
  let dhcp = FakeDHCPServers()
  let routers = FakeRouters()
  let firewall = FakeFirewall()
}

/// Another region, in which every id is the same image.
struct OneImage: ImageSource {
  func show(_ image: RemoteImage) async throws -> JSON {
    ["status": "active", "disk_format": "raw", "container_format": "bare", "size": 2048, "os_distro": "debian"]
  }
  func bytes(of image: RemoteImage, limit: Int) async throws -> ImagePieces {
    try await OnePage().fetch("", limit: limit)
  }
}

/// A web on which every address has the same small image.
struct OnePage: WebSource {
  func fetch(_ uri: String, limit: Int) async throws -> ImagePieces {
    let rest = Mutex<[UInt8]?>([UInt8](repeating: 9, count: 2048))
    return { rest.withLock { $0.take() } }
  }
}
