// NovaAPI: compute's public API, microversions 2.1 to 2.96.
//
// One file a resource, each with its table of rows and its handlers. Whatever can be known at once is refused at once;
// whatever takes long begins as a move of the server's lifecycle together with its saga, in one transaction, and is
// carried out elsewhere. Handlers ask other services through Clients, mostly with the user's own token, so that what
// the user may not see does not exist here either. No handler may change another service's records without a saga
// that can undo it, but for what it undoes itself before it answers.

public import API
public import Bus
public import Clients
public import Core
public import NovaModel
public import Store
public import Work

/// Compute as a value: what its handlers have at hand.
public struct Nova: Sendable {
  public let store: Store
  public let world: World
  public let bus: Bus
  public let queue: SagaQueue
  /// All clients act with nova's own credential; handlers swap in the user's token where visibility matters.
  public let network: NetworkClient
  public let volume: VolumeClient
  public let image: ImageClient
  public let placement: PlacementClient
  public let identity: IdentityClient
  public let options: NovaOptions

  public init(
    store: Store, world: World, bus: Bus, queue: SagaQueue, network: NetworkClient, volume: VolumeClient,
    image: ImageClient, placement: PlacementClient, identity: IdentityClient, options: NovaOptions
  ) {
    self.store = store
    self.world = world
    self.bus = bus
    self.queue = queue
    self.network = network
    self.volume = volume
    self.image = image
    self.placement = placement
    self.identity = identity
    self.options = options
  }

  /// Makes the five usual flavors, unless there are flavors already.
  public func bootstrap() async throws {
    let now = world.now()
    try await store.write { tx in
      guard try await tx.count(Flavor.self) == 0 else { return }
      for var flavor in Flavor.defaults {
        flavor.createdAt = now
        try await tx.insert(flavor)
      }
    }
  }

  static let mounts = ["/v2.1", "/v2.1/{project_id}", "/v2", "/v2/{project_id}"]

  static let tables: [Routes<Nova>] = [
    Flavors.routes, FlavorSpecs.routes, FlavorAccesses.routes, KeyPairs.routes, Servers.routes, ServerPower.routes,
    ServerImages.routes, ServerAdministration.routes, ServerSecurityGroups.routes, Consoles.routes,
    ServerMetadata.routes, ServerTags.routes, ServerInterfaces.routes, VolumeAttachments.routes,
    InstanceActions.routes, ServerDetails.routes, Limits.routes, Quotas.routes, ComputeServices.routes,
    Hypervisors.routes, Zones.routes, Aggregates.routes, ServerGroups.routes, TenantUsage.routes, Extensions.routes,
    ExternalEvents.routes,
  ]

  /// The API with all its rows at all its mounts.
  public func api() -> APIService {
    APIService(
      "nova", faults: .nova, microversions: novaMicroversions, requestIDHeader: "X-Compute-Request-Id",
      otherProject: { project, own in
        .badRequest(
          "Malformed request URL: URL's project_id '\(project)' doesn't match Context's project_id '\(own ?? "None")'")
      },
      routes: Versions.routes.bound(to: self, at: [""])
        + Self.tables.flatMap { $0.bound(to: self, at: Self.mounts) })
  }
}
