internal import Clients
internal import Core
internal import Hardware
internal import JSON
internal import Log
internal import NovaModel
internal import Store
internal import Work

/// Volumes of servers: cinder's attachment and nova's record of it, together.
extension Conductor {
  /// Makes or takes a volume for a new server and reserves it.
  func bringVolume(_ wanted: inout RequestedVolume, to server: String, at index: Int) async throws -> VolumeAttachment {
    let owner = try await self.server(server)
    if wanted.volume == nil { wanted.volume = try await madeVolume(wanted, for: owner, at: index) }
    guard let id = wanted.volume, let volume = try await volume.volume(id) else {
      throw Fault.badRequest("Volume \(wanted.volume ?? "") could not be found.")
    }
    switch volume["status"]?.string {
    case "creating", "downloading": throw NotYet(after: .milliseconds(200))
    case "available", "reserved", "attaching", "in-use": break
    default:
      let why = try await self.volume.trouble(of: id).map { " It was to \($0)" } ?? ""
      throw Fault.badRequest("Volume \(id) is in state \(volume["status"]?.string ?? "?"), not available.\(why)")
    }
    let known = try await attachments(of: server).first { $0.volumeID == id }
    if let known { return known }
    // An attempt that died before it wrote its reservation down left it with the volume service.
    let reserved = try await self.volume.attachments(server: server).first { $0["volume_id"]?.string == id }
    let attachment: JSON
    if let reserved {
      attachment = reserved
    } else {
      attachment = try await self.volume.createAttachment(volume: id, server: server)
    }
    var row = VolumeAttachment()
    row.id = world.uuid()
    row.serverID = server
    row.volumeID = id
    row.attachmentID = attachment["id"]?.string
    row.bootIndex = wanted.bootIndex
    row.deleteOnTermination = wanted.deleteOnTermination
    row.device = Self.device(index, rootIsImage: owner.imageID != nil)
    row.createdAt = world.now()
    let new = row
    try await store.write { try await $0.insert(new) }
    return row
  }

  /// The key in a volume's metadata that tells for which server it was made, and as which of its disks.
  static let volumeMark = "made_for_server"

  /// The volume that was made as that disk of a server, whether or not the attempt lived to write it down.
  func madeVolume(for server: String, at index: Int) async throws -> String? {
    try await volume.volumes(metadata: [Self.volumeMark: "\(server)/\(index)"]).first?["id"]?.string
  }

  private func madeVolume(_ wanted: RequestedVolume, for server: Server, at index: Int) async throws -> String {
    if let known = try await madeVolume(for: server.id, at: index) { return known }
    let mark = "\(server.id)/\(index)"
    var volume: JSONObject = [
      "size": .int(wanted.sizeGiB ?? 1), "name": "", "project_id": .string(server.projectID),
      "metadata": [Self.volumeMark: .string(mark)],
    ]
    switch wanted.source {
    case .image: volume["imageRef"] = wanted.sourceID.json
    case .snapshot: volume["snapshot_id"] = wanted.sourceID.json
    case .blank, nil: break
    }
    guard let id = try await self.volume.createVolume(.object(volume))["id"]?.string else {
      throw Fault.internalError("The volume service made a volume without an id.")
    }
    return id
  }

  static func device(_ index: Int, rootIsImage: Bool) -> String {
    let letters = Array("abcdefghijklmnopqrstuvwxyz")
    return "/dev/vd\(letters[min(25, index + (rootIsImage ? 1 : 0))])"
  }

  /// The disk of an attachment as the host must know it.
  func disk(of attachment: VolumeAttachment, on host: String) async throws -> GuestDisk {
    guard let id = attachment.attachmentID else {
      throw Fault.conflict("Volume \(attachment.volumeID) has no attachment in the volume service.")
    }
    let info = try await volume.connectAttachment(id, host: host)["connection_info"] ?? .null
    let data = info["data"] ?? info
    guard let path = data["path"]?.string ?? data["device_path"]?.string else {
      throw Fault.internalError("The volume service did not say where volume \(attachment.volumeID) is.")
    }
    return GuestDisk(
      serial: attachment.volumeID, target: attachment.device.map { String($0.dropFirst(5)) }, path: path,
      format: GuestDisk.Format(rawValue: data["format"]?.string ?? "raw") ?? .raw)
  }

  /// The guest has the disk: both records say so.
  func complete(_ attachment: VolumeAttachment) async throws {
    if let id = attachment.attachmentID { try await volume.completeAttachment(id) }
    try await store.write { tx in
      guard var row = try await tx.get(VolumeAttachment.self, attachment.id) else { return }
      row.state = .attached
      _ = try await tx.update(row)
    }
  }

  /// Lets all volumes of a server go, and removes those that were to end with it. All are let go before any is
  /// removed: a volume may have a second reservation, by an attempt that died before it wrote it down.
  func releaseVolumes(of server: String) async throws {
    let rows = try await attachments(of: server)
    for row in rows {
      if let id = row.attachmentID { try await volume.deleteAttachment(id) }
    }
    for stray in try await volume.attachments(server: server) {
      if let id = stray["id"]?.string { try await volume.deleteAttachment(id) }
    }
    for row in rows {
      if row.deleteOnTermination { try await removeVolume(row.volumeID) }
      _ = try await store.write { try await $0.deleteAll(VolumeAttachment.self, "WHERE id = \(row.id)") }
    }
  }

  /// Removes a volume, unless others need it: then it stays, and its owner decides.
  func removeVolume(_ id: String) async throws {
    do { try await volume.deleteVolume(id) } catch let fault as Fault where fault.kind == .badRequest {
      Self.volumeLog.warning("a volume outlives its server", ["volume": id, "reason": fault.message])
    }
  }
  private static var volumeLog: Log { Log("nova.volumes") }
}
