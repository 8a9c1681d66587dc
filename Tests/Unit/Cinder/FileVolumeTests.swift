import CinderModel
import Core
import FileDisk
import Hardware
import Host
import JSON
import Testing
import Work

/// The whole path on real files: what an image holds arrives in volumes, snapshots, copies and images.
@Suite struct FileVolumeTests {
  @Test func contentGoesFromImageToVolumeToSnapshotToCopy() async throws {
    let directory = "/tmp/mlt-cinder-\(World.real.hexID())"
    try await Host.real.makeDirectory(directory)
    do { try await followContent(in: directory) } catch {
      try await Host.real.remove(directory)
      throw error
    }
    try await Host.real.remove(directory)
  }

  private func followContent(in directory: String) async throws {
    let cloud = try await VolumeCloud(disks: FileVolumes(directory: directory))
    let content = (0..<(1 << 16)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 7) }
    let image = cloud.images.add(bytes: content)
    let volume = try await cloud.volume(["imageRef": .string(image), "size": 1])
    #expect(try await cloud.status(volume) == "available")
    func path(_ id: String) -> String { "\(directory)/volumes/\(id).raw" }
    #expect(try await Host.real.status(path(volume))?.size == 1 << 30)
    #expect(try await Host.real.readHead(path(volume), count: content.count) == content)
    #expect(try await Host.real.list("\(directory)/scratch").count <= 1)

    let snapshot = try await cloud.snapshot(of: volume)
    let copy = try await cloud.volume(["snapshot_id": .string(snapshot), "size": 2])
    #expect(try await Host.real.readHead(path(copy), count: content.count) == content)
    #expect(try await Host.real.status(path(copy))?.size == 2 << 30)
    _ = try await cloud.ask("POST", "/v3/volumes/\(copy)/action", ["os-extend": ["new_size": 3]])
    try await cloud.queue.drain()
    #expect(try await Host.real.status(path(copy))?.size == 3 << 30)

    let reserved = try await cloud.attach(copy, to: World.real.uuid())
    let attachment = try #require(reserved.json["attachment"]?["id"]?.string)
    let connected = try await cloud.ask(
      "PUT", "/v3/attachments/\(attachment)", ["attachment": ["connector": ["host": "node1"]]], as: "nova")
    #expect(connected.json["attachment"]?["connection_info"]?["data"]?["path"] == .string(path(copy)))
    _ = try await cloud.ask("DELETE", "/v3/attachments/\(attachment)", as: "nova")

    let made = try await cloud.ask(
      "POST", "/v3/volumes/\(volume)/action",
      ["os-volume_upload_image": ["image_name": "m", "disk_format": "qcow2"]])
    try await cloud.queue.drain()
    let uploaded = try #require(made.json["os-volume_upload_image"]?["image_id"]?.string)
    #expect(Array(cloud.images.bytes(of: uploaded).prefix(4)) == [0x51, 0x46, 0x49, 0xfb], "it is a qcow2 image")

    for id in [volume, copy] { _ = try await cloud.ask("DELETE", "/v3/volumes/\(id)?cascade=true") }
    try await cloud.queue.drain()
    #expect(try await Host.real.list("\(directory)/volumes") == [])
    #expect(try await Host.real.list("\(directory)/snapshots") == [])
  }
}
