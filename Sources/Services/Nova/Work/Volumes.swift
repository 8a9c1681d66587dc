internal import Clients
internal import Core
internal import Hardware
internal import JSON
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
    default: throw Fault.badRequest("Volume \(id) is in state \(volume["status"]?.string ?? "?"), not available.")
    }
    let known = try await attachments(of: server).first { $0.volumeID == id }
    if let known { return known }
    let attachment = try await self.volume.createAttachment(volume: id, server: server)
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

  /// Marks a volume that is made for a server, so that an attempt that died before it wrote the id down is found again.
  private static let mark = "created_for"

  /// The volume of an earlier attempt, or a new one.
  private func madeVolume(_ wanted: RequestedVolume, for server: Server, at index: Int) async throws -> String {
    let mark = [Self.mark: "\(server.id)/\(index)"]
    if let known = try await self.volume.volumes(metadata: mark).first?["id"]?.string { return known }
    var volume: JSONObject = [
      "size": .int(wanted.sizeGiB ?? 1), "name": "", "project_id": .string(server.projectID), "metadata": mark.json,
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

  /// Removes the volumes that were made for a server, whatever has been written down of them.
  func deleteMadeVolumes(_ wanted: [RequestedVolume], of server: String) async throws {
    for (index, wanted) in wanted.enumerated() where wanted.source != nil {
      for volume in try await self.volume.volumes(metadata: [Self.mark: "\(server)/\(index)"]) {
        guard let id = volume["id"]?.string, volume["status"]?.string != "deleting" else { continue }
        try await self.volume.deleteVolume(id)
      }
    }
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

  /// Lets all volumes of a server go, and removes those that were to end with it.
  func releaseVolumes(of server: String) async throws {
    for row in try await attachments(of: server) {
      if let id = row.attachmentID { try await volume.deleteAttachment(id) }
      if row.deleteOnTermination { try await volume.deleteVolume(row.volumeID) }
      _ = try await store.write { try await $0.deleteAll(VolumeAttachment.self, "WHERE id = \(row.id)") }
    }
    // Attachments that were made by an attempt that died before it wrote them down.
    for stray in try await volume.attachments(server: server) {
      if let id = stray["id"]?.string { try await volume.deleteAttachment(id) }
    }
  }
}
