internal import Clients
internal import Core
internal import HTTP
internal import JSON
internal import NovaModel
internal import Work

/// Images of servers that boot from a volume: without bytes, they name a snapshot of each of the server's volumes.
extension Conductor {
  /// The key in a snapshot's metadata that tells for which image it was taken.
  private static let mark = "taken_for_image"

  /// Takes a snapshot of every volume and writes them into the image, which is active then.
  func nameVolumes(of server: Server, in image: String, _ name: String) async throws {
    var mapping: [JSON] = []
    for row in try await attachments(of: server.id) where row.state == .attached {
      let snapshot = try await snapshot(of: row.volumeID, for: image, name)
      mapping.append([
        "source_type": "snapshot", "destination_type": "volume", "snapshot_id": snapshot["id"] ?? .null,
        "volume_size": snapshot["size"] ?? .null, "boot_index": row.bootIndex.json, "device_name": row.device.json,
        "delete_on_termination": .bool(row.deleteOnTermination), "device_type": "disk", "disk_bus": .null,
        "guest_format": .null, "image_id": .null, "volume_id": .null, "no_device": .null,
      ])
    }
    try await self.image.update(
      image,
      [
        (name: "block_device_mapping", value: JSON.array(mapping).text), (name: "bdm_v2", value: "True"),
        (name: "root_device_name", value: "/dev/vda"),
      ])
    try await self.image.upload(image, .bytes([]))
  }

  /// The snapshot that was taken for the image, whole.
  private func snapshot(of volume: String, for image: String, _ name: String) async throws -> JSON {
    let taken = try await self.volume.snapshots(metadata: [Self.mark: image])
    guard let known = taken.first(where: { $0["volume_id"]?.string == volume }) else {
      try await self.volume.createSnapshot(of: volume, name: "snapshot for \(name)", metadata: [Self.mark: image])
      throw NotYet(after: .milliseconds(200))
    }
    switch known["status"]?.string {
    case "available": return known
    case "creating": throw NotYet(after: .milliseconds(200))
    default:
      throw Fault.badRequest(
        "The snapshot \(known["id"]?.string ?? "") of the volume \(volume) is in state "
          + "\(known["status"]?.string ?? "?"), not available. Look into the volume and take the image again.")
    }
  }

  /// Removes what was taken for an image that is not to be.
  func removeSnapshots(for image: String) async throws {
    let taken = try await volume.snapshots(metadata: [Self.mark: image])
    if taken.contains(where: { $0["status"]?.string == "creating" }) { throw NotYet(after: .milliseconds(200)) }
    for snapshot in taken {
      if let id = snapshot["id"]?.string { try await volume.deleteSnapshot(id) }
    }
  }
}
