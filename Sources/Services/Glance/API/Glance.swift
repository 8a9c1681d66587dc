// The image API, v2: one table of rows a resource, each in the file named for it.
//
// Bodies are flat and may hold any property, so they are read key by key (`ImageAttributes`) and not by a shape. Bytes
// stream: nothing here ever holds an image in memory. What images and uploads are is decided in GlanceModel.

public import API
public import Core
public import Crypto
public import GlanceModel
public import HTTP
public import Hardware
internal import Log
public import Store
public import Work

/// The image service with everything it stands on.
public struct Glance: Sendable {
  let store: Store
  let world: World
  let stores: ImageStores
  /// What is kept on this host besides; nil where nothing is.
  public let cache: ImageCache?
  let inspector: any ImageInspector
  let options: GlanceOptions
  let node: String
  /// Its reconcilers are to be started by the program.
  public let bytes: ImageBytes
  let log = Log("glance")
  let limits: Limits?

  /// What a project may have, by upstream's names of limits; -1 is no limit.
  public typealias Limits = @Sendable (_ project: String) async throws -> [String: Int]

  let queue: SagaQueue
  let certificates: any CertificateSource
  /// Opens what it sealed.
  public let vault: Fernet

  /// - Parameters:
  ///   - queue: where imports are written down.
  ///   - node: the name of this machine's part of the cloud, the same after a restart.
  ///   - vault: seals what a request for an import must not be read from the store by; only this process opens it
  ///     where none is given.
  ///   - limits: what projects may have; nil where nothing is limited.
  ///   - cache: nil where images are not cached on this host.
  public init(
    store: Store, world: World, stores: ImageStores, inspector: any ImageInspector, queue: SagaQueue,
    certificates: any CertificateSource = NoCertificates(), options: GlanceOptions = GlanceOptions(),
    vault: Fernet? = nil, node: String = "local", limits: Limits? = nil, cache: ImageCache? = nil
  ) {
    self.vault = vault ?? Fernet(keys: [FernetKey(world: world)])
    self.cache = cache
    self.certificates = certificates
    self.store = store
    self.world = world
    self.stores = stores
    self.inspector = inspector
    self.queue = queue
    self.options = options
    self.node = node
    self.limits = limits
    bytes = ImageBytes(store: store, stores: stores, world: world, node: node)
  }

  /// What the queue of a node's image service is called: beside that of its other services it works on its own.
  public static func queueNode(of node: String) -> String { node + "-images" }

  /// With one store, in which bytes are staged too.
  public init(
    store: Store, world: World, backend: any ImageBackend, inspector: any ImageInspector, queue: SagaQueue? = nil,
    options: GlanceOptions = GlanceOptions(), node: String = "local", limits: Limits? = nil
  ) {
    self.init(
      store: store, world: world, stores: ImageStores(single: backend), inspector: inspector,
      queue: queue ?? SagaQueue(store: store, world: world, node: node), options: options, node: node, limits: limits)
  }

  /// The whole API, to be served at the root of its endpoint.
  public func api() -> APIService {
    let v2 = [
      Images.routes, ImageData.routes, ImageImport.routes, ImageActions.routes, ImageTags.routes, ImageMembers.routes,
      Schemas.routes, Discovery.routes, Discovery.details, StoreActions.routes, Tasks.routes, TaskSchemas.routes,
      Cache.routes, Quotas.routes, Locations.routes,
    ]
    let metadefs = [
      MetadefNamespaces.routes, MetadefObjects.routes, MetadefProperties.routes, MetadefTags.routes,
      MetadefResourceTypes.routes, MetadefSchemas.routes,
    ]
    return APIService(
      "glance", faults: .glance, heedsLastSlash: true, untypedMethods: ["POST", "PUT"], rules: Self.rules,
      routes: Versions.routes.bound(to: self, at: [""])
        + (v2 + metadefs).flatMap { $0.limited(Self.scopes).bound(to: self, at: ["/v2"]) }
    )
  }

  /// Images belong to projects: a token of the whole system, or of a domain, learns what the service is and no more.
  private static func scopes(_ rule: String) -> Set<TokenScope> {
    rule.hasPrefix("glance:") ? Set(TokenScope.allCases) : [.project]
  }

  /// The API v1, with a pipeline of its own beside v2's.
  public func versionOne() -> APIService {
    APIService(
      "glance-v1", faults: .glance, heedsLastSlash: true, rules: Self.rules,
      routes: VersionOne.routes.flatMap { $0.bound(to: self, at: VersionOne.mounts) })
  }

  /// Everything that the image service's port answers.
  /// - Parameter v1: the handler of `versionOne`'s endpoint.
  public static func port(_ v1: @escaping Handler, besides v2: @escaping Handler) -> Handler {
    { request in
      var request = request
      // The client of Grizzly asks for `//v1/images`, that of Havana for `v2/images/ID`; and where an endpoint ends in
      // a slash, all ask for `/v2//images`.
      request.path = "/" + request.path.drop { $0 == "/" }
      while request.path.contains("//") { request.path = request.path.replacing("//", with: "/") }
      request.path = Versions.path(of: request)
      let first = request.path.dropFirst().prefix { $0 != "/" }
      var response = VersionOne.names.contains(first) ? await v1(request) : await v2(request)
      // The client of Havana reads the type of every answer, also of one without a body.
      if case .empty = response.body, response.headers["Content-Type"] == nil {
        response.headers["Content-Type"] = "text/html; charset=UTF-8"
      }
      return response
    }
  }

  /// The rules by which others refer to who asks, by upstream's names.
  private static let rules: [(name: String, policy: Policy)] = [
    (name: "default", policy: "@"), (name: "context_is_admin", policy: "role:admin"),
    (name: "service_api", policy: "role:service or role:admin"),
    (name: "publicize_image", policy: "rule:context_is_admin"),
    (
      name: "communitize_image",
      policy: "rule:context_is_admin or role:service or (role:member and project_id:%(project_id)s)"
    ),
    (
      name: "get_image_location",
      policy: "rule:context_is_admin or role:service or (role:reader and project_id:%(project_id)s)"
    ),
    (
      name: "set_image_location",
      policy: "rule:context_is_admin or role:service or (role:member and project_id:%(project_id)s)"
    ),
    (name: "copy_image", policy: "rule:context_is_admin"),
    (name: "download_from_store", policy: ImageAccess.download),
    (name: "get_metadef_resource_type", policy: MetadefAccess.read),
    (name: "get_task", policy: "rule:default"), (name: "get_tasks", policy: "rule:default"),
    (name: "add_task", policy: "rule:default"), (name: "modify_task", policy: "rule:default"),
    (name: "manage_image_cache", policy: "rule:context_is_admin"),
    (name: "metadef_default", policy: "@"), (name: "metadef_admin", policy: "rule:context_is_admin"),
  ]

  /// Makes what every image service has, where it is missing: the usual metadata definitions.
  public func bootstrap() async throws {
    try await MetadefLibrary(store: store, world: world).loadUsual()
  }
}
