import CinderModel
import Core
import FakeHardware
import GlanceModel
import Hardware
import JSON
import NeutronModel
import NovaModel
import PlacementModel
import Store
import Wiring
import Work

/// What must be true of a cloud at rest, whatever has happened to it.
struct Checks: Sendable {
  private let cloud: Cloud
  private let hands: SimHands
  private let rows: Rows
  /// What is wrong, each line beginning with the promise that is broken.
  private(set) var wrong: [String] = []

  /// All rows that are compared, read in one transaction.
  private struct Rows: Sendable {
    var servers: [Server] = []
    var attachments: [VolumeAttachment] = []
    var actions: [InstanceAction] = []
    var volumes: [Volume] = []
    var snapshots: [Snapshot] = []
    var connections: [Attachment] = []
    var ports: [Port] = []
    var networks: [Network] = []
    var routers: [Router] = []
    var addresses: [FloatingIP] = []
    var consumers: [Consumer] = []
    var allocations: [Allocation] = []
    var images: [Image] = []
    var sagas: [SagaRow] = []
  }

  /// - Parameter isCalm: whether nothing but the death of processes has befallen the cloud.
  static func of(_ cloud: Cloud, _ hands: SimHands, isCalm: Bool) async throws -> [String] {
    var checks = try await Checks(cloud, hands)
    if isCalm { checks.survival() }
    checks.sagas()
    checks.allocations()
    checks.ports()
    checks.addresses()
    checks.attachments()
    checks.explanations()
    try await checks.guests()
    try await checks.disks()
    try await checks.network()
    try await checks.quotas()
    try await checks.changeLog()
    return checks.wrong
  }

  private init(_ cloud: Cloud, _ hands: SimHands) async throws {
    self.cloud = cloud
    self.hands = hands
    rows = try await cloud.ground.store.read { tx in
      var rows = Rows()
      rows.servers = try await tx.all(Server.self)
      rows.attachments = try await tx.all(VolumeAttachment.self)
      rows.actions = try await tx.all(InstanceAction.self)
      rows.volumes = try await tx.all(Volume.self)
      rows.snapshots = try await tx.all(Snapshot.self)
      rows.connections = try await tx.all(Attachment.self)
      rows.ports = try await tx.all(Port.self)
      rows.networks = try await tx.all(Network.self)
      rows.routers = try await tx.all(Router.self)
      rows.addresses = try await tx.all(FloatingIP.self)
      rows.consumers = try await tx.all(Consumer.self)
      rows.allocations = try await tx.all(Allocation.self)
      rows.images = try await tx.all(Image.self)
      rows.sagas = try await tx.all(SagaRow.self)
      return rows
    }
  }

  private mutating func say(_ promise: String, _ what: String) { wrong.append("\(promise): \(what)") }

  /// Servers that must have everything they were made with.
  private var placed: [Server] { rows.servers.filter { $0.state != .error && $0.state != .building } }

  // MARK: Work

  private mutating func sagas() {
    let promise = "every task has a live saga, and every saga ends or says why not"
    let live = Set(rows.sagas.map(\.id))
    for saga in rows.sagas where saga.phase != .stuck || saga.fault == nil {
      say(promise, "\(saga.name) on \(saga.subject) is \(saga.phase.rawValue) before step \(saga.next) at rest")
    }
    for server in rows.servers {
      let held = server.saga.map { live.contains($0) }
      if held ?? (server.doing == nil && server.state != .building) { continue }
      say(
        promise, "server \(server.id) is \(server.state.rawValue), \(server.doing?.rawValue ?? "idle"), held by nothing"
      )
    }
    for volume in rows.volumes {
      if volume.saga.map({ live.contains($0) }) ?? (volume.doing == nil && volume.state != .creating) { continue }
      say(promise, "volume \(volume.id) is \(volume.status), held by nothing")
    }
    for snapshot in rows.snapshots {
      if snapshot.saga.map({ live.contains($0) }) ?? !["creating", "deleting"].contains(snapshot.status) { continue }
      say(promise, "snapshot \(snapshot.id) is \(snapshot.status), held by nothing")
    }
    for action in rows.actions where action.finishTime == nil && !live.contains(action.saga ?? "") {
      say(promise, "the action \(action.action) of server \(action.serverID) has no end")
    }
  }

  /// What users take away under a server or volume that is being made is the one thing it may fail for.
  private mutating func survival() {
    let promise = "long work survives the death of its process"
    func isUsersDoing(_ message: String) -> Bool {
      [
        "could not be found", "does not exist", "No Network", "not found", "No image found", "Invalid volume", "in use",
        "is not bound to host", "is not on any host",
      ].contains { message.contains($0) }
    }
    for server in rows.servers where server.state == .error {
      let why = server.fault?.message ?? ""
      if !isUsersDoing(why) { say(promise, "server \(server.id) is in ERROR: \(why)") }
    }
  }

  /// Whoever stands in an error finds there what happened.
  private mutating func explanations() {
    let promise = "no failure is unexplained"
    for server in rows.servers where server.state == .error && (server.fault?.message ?? "").isEmpty {
      say(promise, "server \(server.id) is in ERROR without a reason")
    }
  }

  // MARK: Placement

  private mutating func allocations() {
    let promise = "allocations equal servers placed"
    let servers = Dictionary(rows.servers.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    var held: [String: [String: Int]] = [:]
    for allocation in rows.allocations {
      held[allocation.consumerID, default: [:]][allocation.resourceClass, default: 0] += allocation.used
      if servers[allocation.consumerID] == nil {
        say(
          promise,
          "\(allocation.used) \(allocation.resourceClass) are held by \(allocation.consumerID), which is no server")
      }
    }
    for consumer in rows.consumers where held[consumer.id] == nil {
      say(promise, "the consumer \(consumer.id) holds nothing")
    }
    for allocation in held where !rows.consumers.contains(where: { $0.id == allocation.key }) {
      say(promise, "allocations of \(allocation.key) have no consumer")
    }
    for server in rows.servers where server.state == .error && server.launchedAt == nil && held[server.id] != nil {
      say(promise, "server \(server.id) could not be made, and holds \(held[server.id] ?? [:])")
    }
    for server in placed {
      let has = held[server.id] ?? [:]
      if has["VCPU"] != server.flavor.vcpus || has["MEMORY_MB"] != server.flavor.memoryMiB {
        say(promise, "server \(server.id) holds \(has.sorted { $0.key < $1.key }), its flavor says otherwise")
      }
    }
  }

  // MARK: Networks

  private mutating func ports() {
    let promise = "no orphan port"
    let servers = Set(rows.servers.map(\.id))
    let routers = Set(rows.routers.map(\.id))
    for port in rows.ports {
      let isOrphan =
        switch port.deviceOwner {
        case let owner where owner.hasPrefix("compute:"): !servers.contains(port.deviceID)
        case DeviceOwner.routerInterface, DeviceOwner.routerGateway: !routers.contains(port.deviceID)
        case DeviceOwner.floatingIP: !rows.addresses.contains { $0.id == port.deviceID }
        default: false
        }
      if isOrphan {
        say(promise, "port \(port.id) of \(port.deviceOwner) belongs to \(port.deviceID), which is not there")
      }
    }
    for network in rows.networks {
      let serving = rows.ports.filter { $0.networkID == network.id && $0.deviceOwner == DeviceOwner.dhcp }.count
      if serving > 1 { say(promise, "network \(network.id) has \(serving) DHCP ports") }
    }
    for server in placed {
      let mine = Set(rows.ports.filter { $0.deviceID == server.id }.map(\.id))
      let cards = Set(server.nics.map(\.port))
      if mine != cards { say(promise, "server \(server.id) has cards on \(cards.sorted()), ports \(mine.sorted())") }
    }
  }

  private mutating func addresses() {
    let promise = "no address or MAC twice in a network"
    var seen: Set<String> = []
    for port in rows.ports {
      for key in port.fixedIPs.map(\.address) + [port.mac] where !seen.insert("\(key) in \(port.networkID)").inserted {
        say(promise, "\(key) in network \(port.networkID)")
      }
    }
    for address in rows.addresses where !seen.insert("floating \(address.address)").inserted {
      say(promise, "floating IP \(address.address)")
    }
  }

  /// What stands on the host for networks: exactly what the rows say.
  private mutating func network() async throws {
    let promise = "no orphan tap, DHCP server or namespace"
    let taps = Set(try await hands.bridges.ports())
    let ports = Set(rows.ports.map(\.id))
    for tap in taps where !ports.contains(tap) { say(promise, "the tap of port \(tap) is left") }
    let networks = Set(rows.networks.map(\.id))
    for network in try await hands.bridges.networks() where !networks.contains(network) {
      say(promise, "the bridge of network \(network) is left")
    }
    for network in try await hands.dhcp.served() where !networks.contains(network) {
      say(promise, "the DHCP server of network \(network) is left")
    }
    let routers = Set(rows.routers.map(\.id))
    for router in try await hands.routers.routers() where !routers.contains(router) {
      say(promise, "the namespace of router \(router) is left")
    }
  }

  // MARK: Hosts

  private mutating func guests() async throws {
    let promise = "one domain per active server"
    let guests = Dictionary(
      try await hands.hypervisor.guests().map { ($0.id, $0.power) }, uniquingKeysWith: { $1 })
    let servers = Set(rows.servers.map(\.id))
    for guest in guests.keys.sorted() where !servers.contains(guest) {
      say(promise, "guest \(guest) belongs to no server")
    }
    for server in placed {
      let wanted: GuestPower =
        switch server.state {
        case .paused, .suspended: .paused
        case .stopped: .stopped
        default: .running
        }
      let power = guests[server.id]
      // A stopped server needs no guest until it starts, and may have one that broke.
      if power == wanted || (wanted == .stopped && (power == nil || power == .crashed)) { continue }
      say(promise, "server \(server.id) is \(server.state.rawValue), its guest \(power?.rawValue ?? "is not there")")
    }
    for server in placed where server.state == .active {
      guard let spec = try await hands.hypervisor.spec(server.id) else { continue }
      let mine = rows.ports.filter { $0.deviceID == server.id }
      let cards = Set(spec.nics.map(\.mac))
      if cards != Set(mine.map(\.mac)) { say(promise, "the guest of \(server.id) has cards \(cards.sorted())") }
      let disks = Set(spec.disks.map(\.serial)).subtracting(["root", "config"])
      let volumes = Set(rows.attachments.filter { $0.serverID == server.id }.map(\.volumeID))
      if disks != volumes {
        say(promise, "the guest of \(server.id) has disks \(disks.sorted()), not \(volumes.sorted())")
      }
    }
  }

  private mutating func attachments() {
    let promise = "attachments agree"
    let servers = Set(rows.servers.map(\.id))
    let connections = Dictionary(rows.connections.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    for attachment in rows.attachments {
      if !servers.contains(attachment.serverID) { say(promise, "volume \(attachment.volumeID) is on no server") }
      if connections[attachment.attachmentID ?? ""] == nil {
        say(promise, "nova's attachment of volume \(attachment.volumeID) is not known to cinder")
      }
    }
    let known = Set(rows.attachments.compactMap(\.attachmentID))
    for connection in rows.connections where !known.contains(connection.id) {
      say(promise, "cinder's attachment \(connection.id) of volume \(connection.volumeID) is not known to nova")
    }
    for volume in rows.volumes {
      let isUsed = rows.connections.contains { $0.volumeID == volume.id }
      let saysSo = [.inUse, .reserved, .attaching, .detaching].contains(volume.state)
      if isUsed != saysSo { say(promise, "volume \(volume.id) is \(volume.status), attachments: \(isUsed)") }
    }
  }

  private mutating func disks() async throws {
    let promise = "no orphan disk, volume or image bytes"
    let servers = Set(rows.servers.map(\.id))
    let disks = Set(try await hands.disks.servers())
    for disk in disks.sorted() where !servers.contains(disk) {
      say(promise, "the disks of \(disk) belong to no server")
    }
    for server in placed where server.imageID != nil && !disks.contains(server.id) {
      say(promise, "server \(server.id) has no disks")
    }
    let volumes = Set(rows.volumes.map(\.id))
    let kept = Set(try await hands.volumes.volumes())
    for disk in kept.sorted() where !volumes.contains(disk) {
      say(promise, "the disk of volume \(disk) belongs to nothing")
    }
    for volume in rows.volumes where [.available, .inUse].contains(volume.state) && !kept.contains(volume.id) {
      say(promise, "volume \(volume.id) has no disk")
    }
    let hashes = Set(rows.images.flatMap(\.allLocations).map(\.key))
    for hash in try await hands.images.list() where !hashes.contains(hash) {
      say(promise, "the bytes \(hash.prefix(12)) belong to no image")
    }
    for file in try hands.scratchFiles() { say(promise, "the file \(file) is left") }
  }

  // MARK: Books

  private mutating func quotas() async throws {
    let promise = "quota use equals rows"
    let demo = try await Session(cloud, user: "demo", password: cloud.ground.secrets.demo)
    func own(_ count: Int, _ used: Int?, _ what: String) -> String? {
      used == count ? nil : "\(what): \(used.map(String.init) ?? "nothing") counted, \(count) rows"
    }
    let compute = try await demo.send("compute", "GET", "/v2.1/limits").json["limits"]?["absolute"]
    let storage = try await demo.send("volume", "GET", "/v3/limits").json["limits"]?["absolute"]
    let network = try await demo.send("network", "GET", "/v2.0/quotas/\(demo.project)/details").json["quota"]
    let servers = rows.servers.filter { $0.projectID == demo.project }
    let volumes = rows.volumes.filter { $0.projectID == demo.project }
    let snapshots = rows.snapshots.filter { $0.projectID == demo.project }
    let lines = [
      own(servers.count, compute?["totalInstancesUsed"]?.int, "instances"),
      own(servers.reduce(0) { $0 + $1.flavor.vcpus }, compute?["totalCoresUsed"]?.int, "cores"),
      own(servers.reduce(0) { $0 + $1.flavor.memoryMiB }, compute?["totalRAMUsed"]?.int, "ram"),
      own(volumes.count, storage?["totalVolumesUsed"]?.int, "volumes"),
      own(snapshots.count, storage?["totalSnapshotsUsed"]?.int, "snapshots"),
      own(rows.ports.filter { $0.projectID == demo.project }.count, network?["port"]?["used"]?.int, "ports"),
      own(
        rows.addresses.filter { $0.projectID == demo.project }.count, network?["floatingip"]?["used"]?.int,
        "floating IPs"),
    ]
    for line in lines { if let line { say(promise, line) } }
  }

  /// The change log, played from its beginning, gives the tables as they are.
  private mutating func changeLog() async throws {
    let promise = "every change is in the change log"
    let (changes, tables) = try await cloud.ground.store.read { tx in
      var tables: [String: [String: JSON]] = [:]
      for table in Cloud.schemas.flatMap(\.tables) { tables[table.name] = try await table.shown(in: tx) }
      return (try await tx.all(Change.self, "ORDER BY seq"), tables)
    }
    var played: [String: [String: JSONObject]] = [:]
    for change in changes {
      var record = played[change.tableName]?[change.recordID] ?? JSONObject()
      for member in change.after?.object?.members ?? [] { record[member.key] = member.value }
      played[change.tableName, default: [:]][change.recordID] = change.action == .delete ? nil : record
    }
    for (name, records) in tables.sorted(by: { $0.key < $1.key }) {
      let told = played[name] ?? [:]
      for (id, record) in records.sorted(by: { $0.key < $1.key }) where told[id].map(JSON.object) != record {
        say(promise, "\(name) \(id) is \(record.text), told \(told[id].map { JSON.object($0).text } ?? "nothing")")
      }
      for id in told.keys.sorted() where records[id] == nil { say(promise, "the end of \(name) \(id) is not told") }
    }
  }
}
