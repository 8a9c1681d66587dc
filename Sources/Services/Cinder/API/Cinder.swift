// CinderAPI: the block storage service: API v3 over the records of CinderModel.
//
// What ends with the request is done here in one transaction: reservations, metadata, quotas, transfers. What touches
// disks is begun here, as a move of the record and a saga, and carried out by CinderWork. The one thing asked of an
// agent while a client waits is how a host reaches a volume, which every backend knows at once.

public import API
public import Bus
public import CinderModel
public import Clients
public import Core
internal import JSON
public import Store
public import Work

/// The block storage service: what its handlers are given.
public struct Cinder: Sendable {
  public let store: Store
  public let world: World
  public let queue: SagaQueue
  public let bus: Bus
  /// The image service; asked with the caller's own token.
  public let image: ImageClient
  public let options: CinderOptions

  /// - Parameters:
  ///   - store: one whose `cinderSchema` is migrated.
  ///   - queue: where sagas begin; whoever has CinderWork's context registers them.
  public init(
    store: Store, world: World, queue: SagaQueue, bus: Bus, image: ImageClient,
    options: CinderOptions = CinderOptions()
  ) {
    self.store = store
    self.world = world
    self.queue = queue
    self.bus = bus
    self.image = image
    self.options = options
  }

  /// The API with all its routes.
  public func api() -> APIService {
    let mounts = ["/v3", "/v3/{project_id}"]
    let tables = [
      Volumes.routes, VolumeMetadata.routes, VolumeActions.routes, LegacyAttachments.routes, Attachments.routes,
      Snapshots.routes, SnapshotMetadata.routes, VolumeTypes.routes, VolumeTypeSpecs.routes, Quotas.routes,
      Services.routes, Transfers.routes, Messages.routes, Absent.routes,
    ]
    return APIService(
      "cinder", faults: .cinder, microversions: cinderMicroversions, requestIDHeader: "X-Compute-Request-Id",
      otherProject: { _, _ in .badRequest("Malformed request url") },
      routes: Versions.routes.bound(to: self, at: [""]) + tables.flatMap { $0.bound(to: self, at: mounts) })
  }

  /// Makes the default volume type unless it is there; called at every start.
  public func bootstrap() async throws {
    let (name, id, now) = (options.defaultType, world.uuid(), world.now())
    try await store.write { tx in
      var type = VolumeType()
      type.id = id
      type.name = name
      type.description = "Default Volume Type"
      type.createdAt = now
      _ = try await tx.insertUnlessPresent(type)
    }
  }
}

extension Policy {
  /// Members of the owning project, and services that act for them.
  static let memberOrService: Policy =
    "rule:admin_required or role:service or (role:member and project_id:%(project_id)s)"
  static let readerOrService: Policy =
    "rule:admin_required or role:service or (role:reader and project_id:%(project_id)s)"
}

extension Call where Service == Cinder {
  /// The volume, if it exists for the caller and the row's rule lets him do this to it.
  func volume(_ id: String, in tx: some ReadTransaction) async throws -> Volume {
    guard isUUID(id), let volume = try await tx.get(Volume.self, id) else { throw Volume.missing(id) }
    try require(["project_id": volume.projectID, "user_id": volume.userID], else: Volume.missing(id))
    return volume
  }
  func snapshot(_ id: String, in tx: some ReadTransaction) async throws -> Snapshot {
    guard isUUID(id), let snapshot = try await tx.get(Snapshot.self, id) else { throw Snapshot.missing(id) }
    try require(["project_id": snapshot.projectID, "user_id": snapshot.userID], else: Snapshot.missing(id))
    return snapshot
  }

  /// Takes a record from a saga that holds it: one that runs is fenced at its next save, one that is stuck is gone.
  func free(from saga: String?, onlyStuck: Bool, in tx: Transaction) async throws -> Bool {
    guard let saga, let row = try await tx.get(SagaRow.self, saga), !onlyStuck || row.phase == .stuck else {
      return false
    }
    return try await tx.deleteAll(SagaRow.self, "WHERE id = \(saga)") > 0
  }

  /// Which projects' records a list shows: the caller's own, or with `all_tenants` everyone's or one's.
  func scope() throws -> SQL {
    if let text = query("all_tenants"), try Flag.read(text), incoming.permitsEveryProject {
      guard let project = query("project_id") ?? query("tenant_id") else { return "1 = 1" }
      return "project_id = \(project)"
    }
    return "project_id = \(try project())"
  }

  /// The links of one object.
  static func links(_ incoming: Incoming, _ collection: String, _ id: String) -> JSON {
    let mount = incoming.mount
    let short = mount.hasPrefix("/v3") ? String(mount.dropFirst(3)) : mount
    return [
      ["rel": "self", "href": .string("\(incoming.baseURL)\(mount)/\(collection)/\(id)")],
      ["rel": "bookmark", "href": .string("\(incoming.baseURL)\(short)/\(collection)/\(id)")],
    ]
  }
}
