import API
import CinderModel
import Core
import FakeHardware
import HTTP
import JSON
import Testing

@Suite struct AttachmentTests {
  let server = World.real.uuid()

  @Test func theWayOfAnAttachment() async throws {
    let cloud = try await VolumeCloud()
    let id = try await cloud.volume()
    let reserved = try await cloud.attach(id, to: server)
    #expect(reserved.status == 200)
    #expect(reserved.json["attachment"]?["status"] == "reserved")
    #expect(reserved.json["attachment"]?["connection_info"] == [:])
    let attachment = try #require(reserved.json["attachment"]?["id"]?.string)
    #expect(try await cloud.status(id) == "reserved")

    let connected = try await cloud.ask(
      "PUT", "/v3/attachments/\(attachment)",
      ["attachment": ["connector": ["host": "node1", "mountpoint": "/dev/vdb"]]], as: "nova")
    #expect(connected.status == 200)
    let info = connected.json["attachment"]?["connection_info"]
    #expect(info?["driver_volume_type"] == "local")
    #expect(info?["data"]?["path"] == .string("/fake/volumes/\(id).raw"))
    #expect(info?["data"]?["format"] == "raw")
    #expect(info?["path"] == .string("/fake/volumes/\(id).raw"))
    #expect(try await cloud.status(id) == "attaching")

    #expect(
      try await cloud.ask("POST", "/v3/attachments/\(attachment)/action", ["os-complete": [:]], as: "nova").status
        == 204)
    let shown = try await cloud.ask("GET", "/v3/volumes/\(id)").volume
    #expect(shown["status"] == "in-use")
    let row = shown["attachments"]?[0]
    #expect(row?["server_id"] == .string(server))
    #expect(row?["attachment_id"] == .string(attachment))
    #expect(row?["device"] == "/dev/vdb")
    #expect(row?["id"] == .string(id))
    #expect(row?["host_name"] == .null, "users do not learn of hosts")

    let deletion = try await cloud.ask("DELETE", "/v3/volumes/\(id)")
    #expect(deletion.status == 400)
    #expect(deletion.words("badRequest").hasPrefix("Invalid volume: Volume status must be available or error"))
    let byUser = try await cloud.ask("DELETE", "/v3/attachments/\(attachment)")
    #expect(byUser.status == 409)

    let freed = try await cloud.ask("DELETE", "/v3/attachments/\(attachment)", as: "nova")
    #expect(freed.json == ["attachments": []])
    #expect(try await cloud.status(id) == "available")
    #expect(try await cloud.ask("DELETE", "/v3/attachments/\(attachment)", as: "nova").status == 404)
  }

  @Test func aVolumeIsReservedOnce() async throws {
    let cloud = try await VolumeCloud()
    let id = try await cloud.volume()
    let other = World.real.uuid()
    let answers = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<8 { group.addTask { try await cloud.attach(id, to: World.real.uuid()).status } }
      return try await group.reduce(into: [Int]()) { $0.append($1) }
    }
    #expect(answers.filter { $0 == 200 }.count == 1)
    let refused = try await cloud.attach(id, to: other)
    #expect(
      refused.words("badRequest")
        == "Invalid volume: Volume \(id) status must be available or downloading to reserve, "
        + "but the current status is reserved."
    )
  }

  @Test func anOldAttachmentDoesNotFreeANewerOne() async throws {
    let cloud = try await VolumeCloud()
    let id = try await cloud.volume()
    let old = try #require(try await cloud.attach(id, to: server).json["attachment"]?["id"]?.string)
    // The same server once more, as when it moves to another host.
    let new = try #require(try await cloud.attach(id, to: server).json["attachment"]?["id"]?.string)
    _ = try await cloud.ask("POST", "/v3/attachments/\(new)/action", ["os-complete": [:]], as: "nova")
    let rest = try await cloud.ask("DELETE", "/v3/attachments/\(old)", as: "nova")
    #expect(rest.json["attachments"]?[0]?["id"] == .string(new))
    #expect(try await cloud.status(id) == "in-use")
    #expect(try await cloud.ask("DELETE", "/v3/attachments/\(old)", as: "nova").status == 404)
    #expect(try await cloud.status(id) == "in-use")
  }

  @Test func severalServersShareAMultiattachVolume() async throws {
    let cloud = try await VolumeCloud()
    let id = try await cloud.volume(["multiattach": true])
    var ids: [String] = []
    for _ in 0..<2 {
      let made = try await cloud.attach(id, to: World.real.uuid())
      let attachment = try #require(made.json["attachment"]?["id"]?.string, "\(made.json)")
      _ = try await cloud.ask("POST", "/v3/attachments/\(attachment)/action", ["os-complete": [:]], as: "nova")
      ids.append(attachment)
    }
    #expect(try await cloud.ask("GET", "/v3/volumes/\(id)").volume["attachments"]?.array?.count == 2)
    _ = try await cloud.ask("DELETE", "/v3/attachments/\(ids[0])", as: "nova")
    #expect(try await cloud.status(id) == "in-use")
    _ = try await cloud.ask("DELETE", "/v3/attachments/\(ids[1])", as: "nova")
    #expect(try await cloud.status(id) == "available")
  }

  @Test func computeFindsTheAttachmentsOfAServer() async throws {
    let cloud = try await VolumeCloud()
    let id = try await cloud.volume()
    let attachment = try await cloud.attach(id, to: server).json["attachment"]?["id"]
    let found = try await cloud.ask("GET", "/v3/attachments?instance_id=\(server)&all_tenants=1", as: "nova")
    #expect(found.json["attachments"]?[0]?["id"] == attachment)
    #expect(found.json["attachments"]?[0]?["attached_at"] == nil)
    #expect(try await cloud.ask("GET", "/v3/attachments?volume_id=\(id)").json["attachments"]?.array?.count == 1)
    #expect(try await cloud.ask("GET", "/v3/attachments", as: "other").json["attachments"] == [])
    #expect(try await cloud.ask("GET", "/v3/attachments", version: "3.26").status == 404)
  }

  @Test func aReservationWhoseConnectionFailsIsGivenBack() async throws {
    let cloud = try await VolumeCloud()
    let id = try await cloud.volume()
    cloud.backend.script.fail("connection")
    let refused = try await cloud.ask(
      "POST", "/v3/attachments",
      [
        "attachment": [
          "volume_uuid": .string(id), "instance_uuid": .string(server), "connector": ["host": "node1"],
        ]
      ], as: "nova")
    #expect(refused.status == 500)
    #expect(try await cloud.status(id) == "available")
  }

  @Test func olderClientsAttachByActions() async throws {
    let cloud = try await VolumeCloud()
    let id = try await cloud.volume()
    func act(_ body: JSON) async throws -> Int {
      try await cloud.ask("POST", "/v3/volumes/\(id)/action", body, version: nil).status
    }
    #expect(try await act(["os-reserve": [:]]) == 202)
    #expect(try await act(["os-reserve": [:]]) == 400)
    #expect(try await act(["os-unreserve": [:]]) == 202)
    #expect(try await cloud.status(id) == "available")
    #expect(try await act(["os-reserve": [:]]) == 202)
    let info = try await cloud.ask(
      "POST", "/v3/volumes/\(id)/action", ["os-initialize_connection": ["connector": ["host": "node1"]]])
    #expect(info.json["connection_info"]?["data"]?["path"] == .string("/fake/volumes/\(id).raw"))
    #expect(try await act(["os-attach": ["instance_uuid": .string(server), "mountpoint": "/dev/vdc"]]) == 202)
    #expect(try await cloud.status(id) == "in-use")
    #expect(try await act(["os-begin_detaching": [:]]) == 202)
    #expect(try await cloud.status(id) == "detaching")
    #expect(try await act(["os-roll_detaching": [:]]) == 202)
    #expect(try await act(["os-begin_detaching": [:]]) == 202)
    #expect(try await act(["os-terminate_connection": ["connector": [:]]]) == 202)
    #expect(try await act(["os-detach": [:]]) == 202)
    #expect(try await cloud.status(id) == "available")
    #expect(try await act(["os-unknown": [:]]) == 400)
  }
}
