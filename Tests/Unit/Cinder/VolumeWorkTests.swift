import API
import CinderModel
import CinderWork
import Core
import FakeHardware
import HTTP
import JSON
import Store
import Testing
import Work

/// What the sagas make of volumes, on fake disks.
@Suite struct VolumeWorkTests {
  @Test func aVolumeFromAnImageCanBeBooted() async throws {
    let cloud = try await VolumeCloud()
    let image = cloud.images.add(["min_disk": 1])
    let small = try await cloud.ask("POST", "/v3/volumes", ["volume": ["size": 1, "imageRef": .string(image)]])
    #expect(small.status == 202)
    #expect(small.volume["status"] == "downloading")
    try await cloud.queue.drain()
    let id = try #require(small.volume["id"]?.string)
    let shown = try await cloud.ask("GET", "/v3/volumes/\(id)").volume
    #expect(shown["status"] == "available")
    #expect(shown["bootable"] == "true")
    #expect(shown["volume_image_metadata"]?["image_id"] == .string(image))
    #expect(shown["volume_image_metadata"]?["image_name"] == "cirros")
    #expect(shown["volume_image_metadata"]?["os_distro"] == "cirros")
    #expect(shown["volume_image_metadata"]?["visibility"] == nil)

    let large = cloud.images.add(["min_disk": 20])
    let refused = try await cloud.ask("POST", "/v3/volumes", ["volume": ["size": 2, "imageRef": .string(large)]])
    #expect(refused.words("badRequest").contains("cannot be smaller than the image minDisk size 20GB"))
    let absent = try await cloud.ask(
      "POST", "/v3/volumes", ["volume": ["size": 2, "imageRef": .string(World.real.uuid())]])
    #expect(absent.words("badRequest") == "Invalid image identifier or unable to access requested image.")
  }

  @Test func snapshotsAndClonesCarryTheContentOn() async throws {
    let cloud = try await VolumeCloud()
    let id = try await cloud.volume(["size": 2])
    let snapshot = try await cloud.snapshot(of: id)
    let shown = try await cloud.ask("GET", "/v3/snapshots/\(snapshot)").json["snapshot"]
    #expect(shown?["status"] == "available")
    #expect(shown?["size"] == 2)
    #expect(shown?["user_id"] == "u-demo")
    #expect(shown?["os-extended-snapshot-attributes:progress"] == "100%")

    let copy = try await cloud.ask("POST", "/v3/volumes", ["volume": ["snapshot_id": .string(snapshot)]])
    #expect(copy.volume["size"] == 2)
    #expect(copy.volume["snapshot_id"] == .string(snapshot))
    let small = try await cloud.ask("POST", "/v3/volumes", ["volume": ["size": 1, "snapshot_id": .string(snapshot)]])
    #expect(small.words("badRequest").contains("cannot be smaller than the snapshot size 2GB"))
    let clone = try await cloud.ask("POST", "/v3/volumes", ["volume": ["size": 3, "source_volid": .string(id)]])
    #expect(clone.volume["source_volid"] == .string(id))
    try await cloud.queue.drain()
    for answer in [copy, clone] { #expect(try await cloud.status(answer.volume["id"]?.string ?? "") == "available") }
    #expect(
      try await cloud.ask("POST", "/v3/volumes", ["volume": ["source_volid": .string(id)]], as: "other").status == 404)

    let kept = try await cloud.ask("DELETE", "/v3/volumes/\(id)")
    #expect(kept.status == 400, "a volume with snapshots stays")
    #expect(try await cloud.ask("DELETE", "/v3/volumes/\(id)?cascade=true").status == 202)
    try await cloud.queue.drain()
    #expect(try await cloud.ask("GET", "/v3/volumes/\(id)").status == 404)
    #expect(try await cloud.ask("GET", "/v3/snapshots/\(snapshot)").status == 404)
    #expect(cloud.backend.script.calls.contains("ensureSnapshotAbsent \(snapshot)"))
  }

  @Test func aVolumeGrowsAndNeverShrinks() async throws {
    let cloud = try await VolumeCloud()
    let id = try await cloud.volume(["size": 2])
    func extend(_ size: Int) async throws -> VolumeCloud.Answer {
      try await cloud.ask("POST", "/v3/volumes/\(id)/action", ["os-extend": ["new_size": .int(size)]])
    }
    #expect(try await extend(4).status == 202)
    try await cloud.queue.drain()
    #expect(try await cloud.ask("GET", "/v3/volumes/\(id)").volume["size"] == 4)
    #expect(try await extend(4).words("badRequest").contains("(current: 4, extended: 4)"))

    cloud.backend.script.failAlways("ensureSize", with: .badRequest("no"))
    #expect(try await extend(5).status == 202)
    try await cloud.queue.drain()
    #expect(try await cloud.status(id) == "error_extending")
    cloud.backend.script.mend()
    #expect(try await extend(5).status == 202)
    try await cloud.queue.drain()
    #expect(try await cloud.status(id) == "available")

    let attachment = try await cloud.attach(id, to: World.real.uuid()).json["attachment"]?["id"]?.string ?? ""
    _ = try await cloud.ask("POST", "/v3/attachments/\(attachment)/action", ["os-complete": [:]], as: "nova")
    #expect(try await extend(9).words("badRequest").contains("in use"))
  }

  @Test func aVolumeBecomesAnImage() async throws {
    let cloud = try await VolumeCloud()
    let id = try await cloud.volume()
    func upload() async throws -> VolumeCloud.Answer {
      try await cloud.ask(
        "POST", "/v3/volumes/\(id)/action",
        ["os-volume_upload_image": ["image_name": "mine", "disk_format": "qcow2", "container_format": "bare"]])
    }
    let answer = try await upload()
    #expect(answer.status == 202)
    #expect(answer.json["os-volume_upload_image"]?["status"] == "uploading")
    let image = try #require(answer.json["os-volume_upload_image"]?["image_id"]?.string)
    try await cloud.queue.drain()
    #expect(try await cloud.status(id) == "available")
    #expect(cloud.images.status(of: image) == "active")

    cloud.images.refuseUploads()
    let failed = try #require(try await upload().json["os-volume_upload_image"]?["image_id"]?.string)
    try await cloud.queue.drain()
    #expect(try await cloud.status(id) == "available")
    #expect(cloud.images.status(of: failed) == nil, "an image without bytes does not stay")
  }

  @Test func aVolumeThatHangsInItsCreationCanBeDeleted() async throws {
    let cloud = try await VolumeCloud()
    cloud.backend.script.slow("ensureVolume", by: .seconds(60))
    let made = try await cloud.ask("POST", "/v3/volumes", ["volume": ["size": 1]])
    let id = try #require(made.volume["id"]?.string)
    #expect(try await cloud.ask("DELETE", "/v3/volumes/\(id)").status == 202)
    try await cloud.queue.drain()
    #expect(try await cloud.ask("GET", "/v3/volumes/\(id)").status == 404)
    #expect(try await cloud.backend.volumes() == [])
  }

  @Test func withoutAHostAVolumeIsInErrorAndCanBeDeleted() async throws {
    let cloud = try await VolumeCloud(agent: false)
    let id = try await cloud.volume()
    #expect(try await cloud.status(id) == "error")
    let refused = try await cloud.attach(id, to: World.real.uuid())
    #expect(refused.words("badRequest").contains("if the volume is in an error state"))
    #expect(try await cloud.ask("DELETE", "/v3/volumes/\(id)").status == 202)
    try await cloud.queue.drain()
    #expect(try await cloud.ask("GET", "/v3/volumes/\(id)").status == 404)
  }

  @Test func whyWorkFailedIsToldInAMessage() async throws {
    let cloud = try await VolumeCloud()
    cloud.backend.script.fail("ensureVolume", with: .badRequest("The disk is of paper."))
    let id = try await cloud.volume()
    #expect(try await cloud.status(id) == "error")
    let list = try await cloud.ask("GET", "/v3/messages?resource_uuid=\(id)")
    let messages = try #require(list.json["messages"]?.array)
    #expect(messages.count == 1)
    let message = try #require(messages.first)
    #expect(message["user_message"] == "create volume from backend storage:The disk is of paper.")
    #expect(message["event_id"] == "VOLUME_VOLUME_008_001" && message["message_level"] == "ERROR")
    #expect(message["resource_uuid"]?.string == id && message["resource_type"] == "VOLUME")
    let path = "/v3/messages/\(message["id"]?.string ?? "")"
    #expect(try await cloud.ask("GET", path).json["message"] == message)
    #expect(try await cloud.ask("DELETE", path).status == 204)
    #expect(try await cloud.ask("GET", path).status == 404)
    #expect(try await cloud.ask("GET", "/v3/messages?resource_uuid=\(World.real.uuid())").json["messages"] == [])
  }

  @Test func oldMessagesGo() async throws {
    let cloud = try await VolumeCloud(agent: false)
    _ = try await cloud.volume()
    let expiry = try #require(cloud.work.reconcilers().first { $0.name == "cinder-expired-messages" })
    try await expiry.runOnce()
    #expect(try await cloud.ask("GET", "/v3/messages").json["messages"]?.array?.count == 1)
    try await cloud.store.write { tx in
      for var message in try await tx.all(Message.self) {
        message.expiresAt = message.createdAt
        _ = try await tx.update(message)
      }
    }
    try await expiry.runOnce()
    #expect(try await cloud.ask("GET", "/v3/messages").json["messages"] == [])
  }

  @Test func aDeleteThatFailsIsShownAndCanBeRepeated() async throws {
    let cloud = try await VolumeCloud()
    let id = try await cloud.volume()
    cloud.backend.script.failAlways("ensureAbsent", with: .badRequest("The disk does not let go."))
    #expect(try await cloud.ask("DELETE", "/v3/volumes/\(id)").status == 202)
    try await cloud.queue.drain()
    #expect(try await cloud.status(id) == "error_deleting")
    cloud.backend.script.mend()
    #expect(try await cloud.ask("DELETE", "/v3/volumes/\(id)").status == 202)
    try await cloud.queue.drain()
    #expect(try await cloud.backend.volumes() == [])
  }

  @Test func volumesWhoseRecordsAreGoneAreRemovedAndStrangersAreNot() async throws {
    let cloud = try await VolumeCloud()
    let id = try await cloud.volume()
    let gone = try await cloud.volume()
    #expect(try await cloud.ask("DELETE", "/v3/volumes/\(gone)").status == 202)
    try await cloud.queue.drain()
    // As if the disk had forgotten that it was told, and somebody else's volume lay beside it.
    let stranger = World.real.uuid()
    for volume in [gone, stranger] { try await cloud.backend.ensureVolume(volume, sizeGiB: 1) }
    let orphans = try #require(cloud.work.reconcilers().first { $0.name == "cinder-orphan-volumes" })
    try await orphans.runOnce()
    #expect(Set(try await cloud.backend.volumes()) == [id, stranger])
  }

  @Test func administratorsSetTheStatus() async throws {
    let cloud = try await VolumeCloud()
    let id = try await cloud.volume()
    let path = "/v3/volumes/\(id)/action"
    #expect(try await cloud.ask("POST", path, ["os-reset_status": ["status": "error"]]).status == 403)
    #expect(try await cloud.ask("POST", path, ["os-reset_status": ["status": "error"]], as: "admin").status == 202)
    #expect(try await cloud.status(id) == "error")
    #expect(try await cloud.ask("POST", path, ["os-reset_status": ["status": "nice"]], as: "admin").status == 400)
    #expect(try await cloud.ask("POST", path, ["os-reset_status": ["status": "available"]], as: "admin").status == 202)
    #expect(try await cloud.ask("POST", path, ["os-set_bootable": ["bootable": "True"]]).status == 200)
    #expect(try await cloud.ask("POST", path, ["os-update_readonly_flag": ["readonly": true]]).status == 202)
    let shown = try await cloud.ask("GET", "/v3/volumes/\(id)").volume
    #expect(shown["bootable"] == "true")
    #expect(shown["metadata"] == ["readonly": "True"])
    let retype = try await cloud.ask("POST", path, ["os-retype": ["new_type": "x"]])
    #expect(retype.status == 501)
    #expect(try await cloud.ask("POST", path, ["os-force_delete": [:]], as: "admin").status == 202)
    try await cloud.queue.drain()
    #expect(try await cloud.ask("GET", "/v3/volumes/\(id)").status == 404)
  }
}
