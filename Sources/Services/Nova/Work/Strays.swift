internal import Clients
internal import Core
internal import JSON
internal import Log
internal import NovaModel
internal import Store
internal import Synchronization
internal import Work

/// What a request made with another service and did not live to write down: reservations of volumes, ports, images
/// that wait for a snapshot. A request that still runs looks just the same, so only what stays so for a while is
/// removed; one that was slower than that is told, since its saga then does not find what it needs.
final class Sightings: Sendable {
  private let first = Mutex<[String: Timestamp]>([:])
  /// How long something must have been without an owner; longer than any request that begins a saga takes.
  let grace: Duration

  init(grace: Duration = .seconds(15)) { self.grace = grace }

  /// Those of `ids` that were there a while ago too.
  func lasting(_ ids: [String], at now: Timestamp) -> [String] {
    first.withLock { first in
      let known = first
      first = Dictionary(ids.map { ($0, known[$0] ?? now) }, uniquingKeysWith: { $1 })
      return ids.filter { id in known[id].map { now - $0 >= grace } ?? false }
    }
  }
}

extension Conductor {
  private static var strayLog: Log { Log("nova.strays") }

  /// Reservations of volumes that no record of ours names. What is attached is never touched.
  func removeStrayAttachments(_ seen: Sightings) async throws {
    // Listed before the records are read: one whose record is written meanwhile is found to have it.
    let listed = try await volume.attachments().compactMap { row -> String? in
      guard row["instance"]?.string != nil, ["reserved", "attaching"].contains(row["status"]?.string) else {
        return nil
      }
      return row["id"]?.string
    }
    let known = try await store.read { tx in Set(try await tx.all(VolumeAttachment.self).compactMap(\.attachmentID)) }
    for id in seen.lasting(listed.filter { !known.contains($0) }, at: world.now()) {
      Self.strayLog.warning("a reservation that no server knows is given back", ["attachment": id])
      try await volume.deleteAttachment(id)
    }
  }

  /// Ports that we made for a server which is gone, or which has no such card and nothing under way.
  func removeStrayPorts(_ seen: Sightings) async throws {
    let listed = try await network.madePorts()
    var strays: [String] = []
    for (id, device) in listed {
      let isKnown = try await store.read { tx in
        guard let server = try await tx.get(Server.self, device) else { return false }
        if server.nics.contains(where: { $0.port == id }) { return true }
        return try await tx.count(SagaRow.self, "WHERE subject = \(device)") > 0
      }
      if !isKnown { strays.append(id) }
    }
    for id in seen.lasting(strays, at: world.now()) {
      Self.strayLog.warning("a port that no server knows is removed", ["port": id])
      try await network.deletePort(id)
    }
  }

  /// Cards whose ports somebody has deleted: they leave the guest and the record, as upstream's `network-vif-deleted`
  /// has it.
  func removeLostCards(_ seen: Sightings) async throws {
    // Read before the ports are listed: a card never comes before its port.
    let servers = try await store.read { try await $0.all(Server.self, "WHERE saga IS NULL AND host IS NOT NULL") }
    let ports = Set(try await network.ports([(name: "fields", value: "id")]).compactMap { $0["id"]?.string })
    let lost = servers.flatMap { server in
      server.nics.filter { !ports.contains($0.port) }.map { (server: server.id, port: $0.port) }
    }
    let lasting = Set(seen.lasting(lost.map(\.port), at: world.now()))
    for card in lost where lasting.contains(card.port) {
      Self.strayLog.warning("a card whose port is gone is taken out", ["server": card.server, "port": card.port])
      try await unplug(card.port, from: card.server, made: true)
    }
  }

  /// Images that were made for a snapshot of which nothing is under way.
  func removeStraySnapshots(_ seen: Sightings) async throws {
    let waiting = try await image.waitingSnapshots()
    guard !waiting.isEmpty else { return }
    let wanted = try await store.read { tx in
      try await tx.all(SagaRow.self, "WHERE name = \(SnapshotServer.name)").map(\.value)
    }
    let strays = waiting.filter { id in !wanted.contains { $0.contains(id) } }
    for id in seen.lasting(strays, at: world.now()) {
      Self.strayLog.warning("an image for a snapshot that nobody takes is removed", ["image": id])
      try await image.delete(id)
    }
  }
}

extension NetworkClient {
  /// The ports that compute made, each with the server it was made for.
  fileprivate func madePorts() async throws -> [(id: String, server: String)] {
    let fields = ["id", "device_id", "device_owner", "binding:profile"].map { (name: "fields", value: $0) }
    return try await ports(fields).compactMap { port in
      guard let id = port["id"]?.string, let server = port["device_id"]?.string, MadePort.isMade(port),
        port["device_owner"]?.string?.hasPrefix("compute:") ?? false
      else { return nil }
      return (id: id, server: server)
    }
  }
}

extension ImageClient {
  /// Images that compute made for a snapshot and that have no bytes yet.
  fileprivate func waitingSnapshots() async throws -> [String] {
    let query = [
      (name: "image_type", value: "snapshot"), (name: "status", value: "queued"), (name: "limit", value: "200"),
    ]
    return try await service.call("GET", "/images", query: query)["images"]?.array?.compactMap { image in
      image["base_image_ref"] != nil && image["instance_uuid"] != nil ? image["id"]?.string : nil
    } ?? []
  }
}
