// NovaWork: how compute's long work is carried out: the scheduler, the steps of every saga on servers, and the
// reconcilers that keep hosts, guests and records in agreement.
//
// The scheduler is a pure function. Steps ask other services through Clients and hosts through the Bus, always by verbs
// that can be repeated; what they find out they write into the saga, so that the second time is like the first.

public import Bus
public import Clients
public import Core
public import NovaModel
public import Store

/// What the steps of compute's sagas have at hand.
public struct Conductor: Sendable {
  public let store: Store
  public let world: World
  public let bus: Bus
  /// All clients act with nova's own credential.
  public let network: NetworkClient
  public let volume: VolumeClient
  public let image: ImageClient
  public let placement: PlacementClient
  public let options: NovaOptions
  /// The config drive's files for a server; the metadata service makes the same ones.
  public let configDrive: @Sendable (Server) async throws -> [String: [UInt8]]

  public init(
    store: Store, world: World, bus: Bus, network: NetworkClient, volume: VolumeClient, image: ImageClient,
    placement: PlacementClient, options: NovaOptions,
    configDrive: @escaping @Sendable (Server) async throws -> [String: [UInt8]]
  ) {
    self.store = store
    self.world = world
    self.bus = bus
    self.network = network
    self.volume = volume
    self.image = image
    self.placement = placement
    self.options = options
    self.configDrive = configDrive
  }

  /// The server, which a saga that holds it knows to exist.
  func server(_ id: String) async throws -> Server {
    guard let server = try await store.read({ try await $0.get(Server.self, id) }) else {
      throw Fault.notFound("Instance \(id) could not be found.")
    }
    return server
  }

  /// Changes the server's record, again if somebody else was quicker.
  @discardableResult
  func change(_ id: String, _ change: @escaping @Sendable (inout Server) -> Void) async throws -> Server {
    try await store.write { tx in
      guard var server = try await tx.get(Server.self, id) else {
        throw Fault.notFound("Instance \(id) could not be found.")
      }
      change(&server)
      server.updatedAt = world.now()
      return try await tx.update(server)
    }
  }

  func agent(of server: Server) throws -> String {
    guard let host = server.host else { throw Fault.conflict("Instance \(server.id) is not on any host.") }
    return ComputeTopic.agent(host)
  }

  func attachments(of server: String) async throws -> [VolumeAttachment] {
    try await store.read {
      try await $0.all(VolumeAttachment.self, "WHERE server_id = \(server) ORDER BY created_at, id")
    }
  }
}
