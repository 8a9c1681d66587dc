internal import API
internal import Clients
internal import Core
internal import JSON
internal import NovaModel
internal import Store
internal import Work

/// A server's volumes (API reference: "Servers with volume attachments").
enum VolumeAttachments {
  private static let path = "/servers/{id}/os-volume_attachments"

  static let routes = Routes(
    rules: "os_compute_api:os-volumes-attachments:", of: Nova.self, shows: view,
    [
      .get(path, "index", index, allow: .reader), .get(path + "/{volume}", "show", show, allow: .reader),
      .post(path, "create", create, allow: .member, status: 200, shows: begun.one),
      .put(path + "/{volume}", "update", update, allow: .member, since: "2.85", status: 202),
      .delete(path + "/{volume}", "delete", delete, allow: .member, status: 202),
    ])

  static let view = View<VolumeAttachment>(
    "volumeAttachment",
    common + [.field("attachment_id", \.attachmentID, since: "2.89"), .field("bdm_uuid", \.id, since: "2.89")])
  /// What the answer of an attach shows, which has no ids of the attachment.
  private static let begun = View<VolumeAttachment>("volumeAttachment", created)

  private static let common: [Field<VolumeAttachment>] = [
    .field("id", \.volumeID, until: "2.88"), .field("volumeId", \.volumeID), .field("serverId", \.serverID),
    .field("device", \.device), .field("tag", \.tag, since: "2.70"),
    .field("delete_on_termination", \.deleteOnTermination, since: "2.79"),
  ]
  private static let created: [Field<VolumeAttachment>] = [
    .field("id", \.volumeID), .field("volumeId", \.volumeID), .field("serverId", \.serverID),
    .field("device", \.device), .field("tag", \.tag, since: "2.70"),
    .field("delete_on_termination", \.deleteOnTermination, since: "2.79"),
  ]

  private static func index(_ call: Call<Nova>, _: Nothing) async throws -> Page<VolumeAttachment> {
    let id = call.id
    let limit = try call.query("limit").map { try wholeNumber(.string($0), "limit", 0...Int(Int32.max)) } ?? 1000
    let offset = try call.query("offset").map { try wholeNumber(.string($0), "offset", 0...Int(Int32.max)) } ?? 0
    let rows = try await call.nova.store.read { tx in
      let server = try await call.server(id, in: tx)
      return try await tx.all(
        VolumeAttachment.self,
        "WHERE server_id = \(server.id) ORDER BY created_at, id LIMIT \(min(limit, 1000)) OFFSET \(offset)")
    }
    return Page(rows, as: view, links: .none)
  }

  private static func find(_ call: Call<Nova>, in tx: some ReadTransaction) async throws -> (Server, VolumeAttachment) {
    let (id, volume) = (call.id, call.path["volume"] ?? "")
    let server = try await call.server(id, in: tx)
    guard let row = try await tx.one(VolumeAttachment.self, "WHERE server_id = \(id) AND volume_id = \(volume)") else {
      throw Fault.notFound("Instance \(id) is not attached to volume \(volume)")
    }
    return (server, row)
  }

  private static func show(_ call: Call<Nova>, _: Nothing) async throws -> Shown<VolumeAttachment> {
    Shown(try await call.nova.store.read { try await find(call, in: $0).1 }, as: view)
  }

  // MARK: Attaching

  struct New: Draft {
    var volumeID = ""
    var device: String?
    var tag: String?
    var deletes: JSON?
    static let shape = Shape<New>(
      "volumeAttachment",
      [
        .key("volumeId", \.volumeID, .uuid, required: true), .key("device", \.device, .text(1...255)),
        .key("tag", \.tag, .text(1...60), since: "2.49"), .key("delete_on_termination", \.deletes, since: "2.79"),
      ])
  }

  private static func create(_ call: Call<Nova>, _ draft: New) async throws -> Shown<VolumeAttachment> {
    let nova = call.nova
    let server = try await call.server()
    try ServerMoves.unlocked(server, call)
    try ready(server, "attach_volume")
    try await check(draft.volumeID, server, call)
    var row = VolumeAttachment()
    row.id = nova.world.uuid()
    row.serverID = server.id
    row.volumeID = draft.volumeID
    row.device = draft.device
    row.tag = draft.tag
    row.deleteOnTermination = try draft.deletes.map { try boolean($0, "delete_on_termination") } ?? false
    row.createdAt = nova.world.now()
    // Reserved before it is written down, so that two servers cannot both be promised the volume.
    let reserved = try await nova.volume.createAttachment(volume: row.volumeID, server: server.id)["id"]?.string
    row.attachmentID = reserved
    do { return Shown(try await write(row, call), as: begun) } catch {
      if let reserved { try? await nova.volume.deleteAttachment(reserved) }
      throw error
    }
  }

  /// - Throws: `notFound` for a volume that the user may not see, `badRequest` for one that is not free.
  private static func check(_ id: String, _ server: Server, _ call: Call<Nova>) async throws {
    let volumes = VolumeClient(call.nova.volume.service.with(token: call.caller.token))
    guard let volume = try await volumes.volume(id) else { throw Fault.notFound("Volume \(id) could not be found.") }
    let status = volume["status"]?.string ?? ""
    let isShared = volume["multiattach"]?.bool == true
    let mine = try await call.nova.store.read {
      try await $0.count(VolumeAttachment.self, "WHERE server_id = \(server.id) AND volume_id = \(id)")
    }
    if mine > 0 {
      throw Fault.badRequest("Invalid volume: volume \(id) is already attached to instance \(server.id).")
    }
    guard status == "available" || (status == "in-use" && isShared && call.version >= "2.60") else {
      throw Fault.badRequest("Invalid volume: volume '\(id)' status must be 'available'. Currently in '\(status)'.")
    }
  }

  private static func write(_ draft: VolumeAttachment, _ call: Call<Nova>) async throws -> VolumeAttachment {
    let queue = call.nova.queue
    return try await call.nova.store.write { tx in
      let server = try await call.server(draft.serverID, in: tx)
      try ServerMoves.unlocked(server, call)
      try ready(server, "attach_volume")
      var row = draft
      let others = try await tx.all(VolumeAttachment.self, "WHERE server_id = \(server.id)")
      row.device = try device(draft.device, server, others)
      try await tx.insert(row)
      let saga = try await queue.begin(AttachVolume(server: server.id, attachment: row.id), in: tx)
      try await ServerMoves.record("attach_volume", of: server, saga: saga, call, in: tx)
      return row
    }
  }

  /// The device the user names, where it is free; else the first free one behind the server's own disks.
  static func device(_ wanted: String?, _ server: Server, _ others: [VolumeAttachment]) throws -> String {
    var taken = Set(others.compactMap(\.device))
    if server.imageID != nil { taken.insert(server.rootDevice) }
    let local = (server.flavor.ephemeralGiB > 0 ? 1 : 0) + (server.flavor.swapMiB > 0 ? 1 : 0)
    if let wanted {
      let path = wanted.hasPrefix("/dev/") ? wanted : "/dev/\(wanted)"
      let isFit =
        path.dropFirst(5).hasPrefix("vd") && path.dropFirst(7).allSatisfy { ("a"..."z").contains($0) }
        && (8...9).contains(path.count)
      if isFit {
        guard !taken.contains(path) else { throw Fault.conflict("The supplied device path (\(path)) is in use.") }
        return path
      }
      // Other buses' names cannot be kept: disks here are virtio's.
    }
    let letters = Array("abcdefghijklmnopqrstuvwxyz")
    for index in (1 + local)..<letters.count where !taken.contains("/dev/vd\(letters[index])") {
      return "/dev/vd\(letters[index])"
    }
    throw Fault.overQuota("The maximum number of disk devices of instance \(server.id) is reached.")
  }

  private static func ready(_ server: Server, _ action: String) throws {
    let allowed: Set<Server.State> = [.active, .paused, .stopped]
    guard allowed.contains(server.state), server.doing == nil else {
      throw Refusals.state(server, action, allowed: allowed)
    }
  }

  // MARK: Changing and detaching

  private static func update(_ call: Call<Nova>, _: JSON) async throws -> Nothing {
    let asked = try call.member("volumeAttachment")
    let volume = call.path["volume"] ?? ""
    guard let named = asked["volumeId"]?.string else {
      throw Fault.badRequest("Invalid input for field/attribute volumeAttachment. 'volumeId' is a required property")
    }
    guard named == volume else { throw Refusals.notServed("swapping one attached volume for another") }
    guard let flag = asked["delete_on_termination"] else { return Nothing() }
    let deletes = try boolean(flag, "delete_on_termination")
    try await call.nova.store.write { tx in
      var (server, row) = try await find(call, in: tx)
      try ServerMoves.unlocked(server, call)
      row.deleteOnTermination = deletes
      _ = try await tx.update(row)
    }
    return Nothing()
  }

  private static func delete(_ call: Call<Nova>, _: Nothing) async throws -> Nothing {
    let queue = call.nova.queue
    try await call.nova.store.write { tx in
      var (server, row) = try await find(call, in: tx)
      try ServerMoves.unlocked(server, call)
      try ready(server, "detach_volume")
      if row.bootIndex == 0 { throw Fault.badRequest("Cannot detach a root device volume") }
      guard row.state != .detaching else {
        throw Fault.badRequest("Invalid volume: volume \(row.volumeID) is being detached already.")
      }
      guard row.state != .attaching else {
        throw Fault.badRequest("Invalid volume: volume \(row.volumeID) is still being attached.")
      }
      row.state = .detaching
      row = try await tx.update(row)
      let saga = try await queue.begin(DetachVolume(server: server.id, attachment: row.id), in: tx)
      try await ServerMoves.record("detach_volume", of: server, saga: saga, call, in: tx)
    }
    return Nothing()
  }
}
