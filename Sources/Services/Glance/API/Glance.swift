// The image API, v2: one table of rows a resource, each in the file named for it.
//
// Bodies are flat and may hold any property, so they are read key by key (`ImageAttributes`) and not by a shape. Bytes
// stream: nothing here ever holds an image in memory. What images and uploads are is decided in GlanceModel.

public import API
public import Core
public import GlanceModel
public import Hardware
internal import Log
public import Store
public import Work

/// The image service with everything it stands on.
public struct Glance: Sendable {
  let store: Store
  let world: World
  let stores: ImageStores
  let inspector: any ImageInspector
  let options: GlanceOptions
  let node: String
  /// Its reconcilers are to be started by the program.
  public let bytes: ImageBytes
  let log = Log("glance")

  let queue: SagaQueue
  let certificates: any CertificateSource

  /// - Parameters:
  ///   - queue: where imports are written down.
  ///   - node: the name of this machine's part of the cloud, the same after a restart.
  public init(
    store: Store, world: World, stores: ImageStores, inspector: any ImageInspector, queue: SagaQueue,
    certificates: any CertificateSource = NoCertificates(), options: GlanceOptions = GlanceOptions(),
    node: String = "local"
  ) {
    self.certificates = certificates
    self.store = store
    self.world = world
    self.stores = stores
    self.inspector = inspector
    self.queue = queue
    self.options = options
    self.node = node
    bytes = ImageBytes(store: store, stores: stores, world: world, node: node)
  }

  /// With one store, in which bytes are staged too.
  public init(
    store: Store, world: World, backend: any ImageBackend, inspector: any ImageInspector, queue: SagaQueue? = nil,
    options: GlanceOptions = GlanceOptions(), node: String = "local"
  ) {
    self.init(
      store: store, world: world, stores: ImageStores(single: backend), inspector: inspector,
      queue: queue ?? SagaQueue(store: store, world: world, node: node), options: options, node: node)
  }

  /// The whole API, to be served at the root of its endpoint.
  public func api() -> APIService {
    let v2 = [
      Images.routes, ImageData.routes, ImageImport.routes, ImageActions.routes, ImageTags.routes, ImageMembers.routes,
      Schemas.routes, Discovery.routes, Discovery.details, StoreActions.routes,
    ]
    return APIService(
      "glance", faults: .glance,
      routes: Versions.routes.bound(to: self, at: [""]) + v2.flatMap { $0.bound(to: self, at: ["/v2"]) })
  }
}
