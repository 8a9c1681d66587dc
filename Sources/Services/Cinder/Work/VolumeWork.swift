// CinderWork: how block storage's long work is carried out: the steps of every saga on volumes and snapshots, the
// agent beside the disks, and what keeps records and disks in agreement.
//
// Steps ask agents over the bus by verbs that can be repeated. An agent holds no store: what it must know comes with
// each verb, and images come from the image service. A volume that could not be made keeps no disk of which its record
// does not know, since deleting the record always asks its host to remove the disk.

public import Bus
public import CinderModel
public import Clients
public import Core
public import Store
public import Work

/// What the steps of block storage's sagas have at hand.
public struct VolumeWork: Sendable {
  public let store: Store
  public let world: World
  public let bus: Bus
  /// Removes an image that could not be filled.
  public let image: ImageClient
  public let options: CinderOptions

  /// - Parameter image: the image service, asked with block storage's own credential.
  public init(
    store: Store, world: World, bus: Bus, image: ImageClient, options: CinderOptions = CinderOptions()
  ) {
    self.store = store
    self.world = world
    self.bus = bus
    self.image = image
    self.options = options
  }

  /// Lets the queue carry out every saga of block storage here.
  public func register(on queue: SagaQueue) {
    queue.register(CreateVolume.self, self)
    queue.register(DeleteVolume.self, self)
    queue.register(ExtendVolume.self, self)
    queue.register(UploadVolume.self, self)
    queue.register(CreateSnapshot.self, self)
    queue.register(DeleteSnapshot.self, self)
  }

  /// Answers what agents say on their own.
  public func serve() { bus.serve(VolumeTopic.work, [.on(ReportVolumeHost.self) { try await record($0) }]) }

  func record(_ report: ReportVolumeHost) async throws -> Done {
    let (now, zone) = (world.now(), options.availabilityZone)
    try await store.write { tx in
      let old = try await tx.get(VolumeHost.self, report.host)
      var host = old ?? VolumeHost()
      host.id = report.host
      host.totalGiB = report.totalGiB
      host.freeGiB = report.freeGiB
      host.lastSeen = now
      if old == nil {
        host.availabilityZone = zone
        host.createdAt = now
        try await tx.insert(host)
      } else {
        try await tx.update(host)
      }
    }
    return Done()
  }

  /// The volume's record, which a saga that holds it knows to exist.
  func volume(_ id: String) async throws -> Volume {
    guard let volume = try await store.read({ try await $0.get(Volume.self, id) }) else { throw Volume.missing(id) }
    return volume
  }
  func snapshot(_ id: String) async throws -> Snapshot {
    guard let snapshot = try await store.read({ try await $0.get(Snapshot.self, id) }) else {
      throw Snapshot.missing(id)
    }
    return snapshot
  }

  /// The agent of a host that a record names.
  func agent(_ host: String?, of what: String) throws -> String {
    guard let host else { throw Fault.conflict("\(what) is on no host.") }
    return VolumeTopic.agent(host)
  }
}
