import CinderModel
import Core
import JSON
import NovaModel
import SmallCloud
import Store
import Testing
import Work

/// Every state of a resource against every move: begun where the lifecycle has it, else refused in the API's words.
@Suite("Derived: lifecycles") struct DerivedLifecycleTests {
  /// How a move of a server is asked for.
  private static func request(_ move: Server.MoveName) -> JSON? {
    switch move {
    case .create, .delete: nil
    case .start: ["os-start": .null]
    case .stop: ["os-stop": .null]
    case .reboot: ["reboot": ["type": "SOFT"]]
    case .rebootHard: ["reboot": ["type": "HARD"]]
    case .pause: ["pause": .null]
    case .unpause: ["unpause": .null]
    case .suspend: ["suspend": .null]
    case .resume: ["resume": .null]
    case .snapshot: ["createImage": ["name": "copy"]]
    case .rebuild: ["rebuild": ["imageRef": "IMAGE"]]
    }
  }

  @Test(arguments: Server.State.allCases) func servers(state: Server.State) async throws {
    let cloud = try await SmallCloud()
    let image = try await cloud.image()
    for move in Server.MoveName.allCases where move != .create {
      for doing in [nil, Server.Doing.rebooting] {
        let id = try await cloud.insertServer(state, doing)
        let path = "/v2.1/servers/\(id)"
        var action = Self.request(move)
        if move == .rebuild { action = ["rebuild": ["imageRef": .string(image)]] }
        let answer =
          action == nil
          ? try await cloud.ask("nova", "DELETE", path, as: "admin")
          : try await cloud.ask("nova", "POST", path + "/action", action, as: "admin")
        let row = Server.lifecycle[move]
        let isAllowed = row.from.contains(state) && (doing == nil || row.preempts)
        let what = "\(move.rawValue) of a server that is \(state.rawValue), \(doing?.rawValue ?? "idle")"
        if isAllowed {
          #expect((200..<300).contains(answer.status), "\(what): \(answer.json.text)")
        } else {
          #expect(answer.status == 409, "\(what): \(answer.status) \(answer.json.text)")
          let words = answer.json["conflictingRequest"]?["message"]?.string ?? ""
          #expect(words.hasPrefix("Cannot '") && words.contains(id), "\(what): \(words)")
        }
      }
    }
  }

  @Test(arguments: Volume.State.allCases) func volumes(state: Volume.State) async throws {
    let cloud = try await SmallCloud()
    let moves: [(Volume.MoveName, JSON)] = [
      (.extend, ["os-extend": ["new_size": 5]]),
      (.upload, ["os-volume_upload_image": ["image_name": "copy", "force": true]]),
    ]
    for (move, action) in moves {
      for doing in [nil, Volume.Doing.uploading] {
        let id = try await cloud.insertVolume(state, doing)
        let answer = try await cloud.ask("cinder", "POST", "/v3/p-demo/volumes/\(id)/action", action)
        let isAllowed = Volume.lifecycle[move].from.contains(state) && doing == nil
        let what = "\(move.rawValue) of a volume that is \(state.rawValue), \(doing?.rawValue ?? "idle")"
        #expect(answer.status == (isAllowed ? 202 : 400), "\(what): \(answer.json.text)")
        if !isAllowed { #expect(answer.json["badRequest"]?["message"]?.string?.isEmpty == false, "\(what)") }
      }
    }
  }

  @Test(arguments: Snapshot.State.allCases) func snapshots(state: Snapshot.State) async throws {
    let cloud = try await SmallCloud()
    let volume = try await cloud.insertVolume(.available, nil)
    for move in Snapshot.lifecycle.moves where move.name == .delete {
      let id = try await cloud.insertSnapshot(state, of: volume)
      let answer = try await cloud.ask("cinder", "DELETE", "/v3/p-demo/snapshots/\(id)")
      #expect(
        answer.status == (move.from.contains(state) ? 202 : 400), "\(state.rawValue): \(answer.json.text)")
    }
  }

  /// No state is a trap: whatever a resource has come to, it can be deleted.
  @Test func everyStateHasAWayOut() {
    #expect(Server.lifecycle[.delete].from == Set(Server.State.allCases))
    #expect(Volume.lifecycle[.delete].from == Set(Volume.State.allCases))
    #expect(Snapshot.lifecycle[.delete].from == Set(Snapshot.State.allCases))
  }
}

extension SmallCloud {
  fileprivate func image() async throws -> String {
    let made = try await must(
      "glance", "POST", "/v2/images", ["name": "guest", "disk_format": "raw", "container_format": "bare"])
    let id = try #require(made["id"]?.string)
    try await must("glance", "PUT", "/v2/images/\(id)/file", bytes: [1, 2, 3])
    return id
  }

  fileprivate func insertServer(_ state: Server.State, _ doing: Server.Doing?) async throws -> String {
    var server = Server()
    server.id = world.uuid()
    server.projectID = "p-demo"
    server.userID = "u-demo"
    server.name = "web"
    server.state = state
    server.doing = doing
    server.imageID = "5ea2c4f1-3a1c-4c80-8a39-3f5d5b6ac001"
    server.host = SmallCloud.host
    let new = server
    try await store.write { try await $0.insert(new) }
    return new.id
  }

  fileprivate func insertVolume(_ state: Volume.State, _ doing: Volume.Doing?) async throws -> String {
    var volume = Volume()
    volume.id = world.uuid()
    volume.projectID = "p-demo"
    volume.userID = "u-demo"
    volume.sizeGiB = 1
    volume.state = state
    volume.doing = doing
    volume.availabilityZone = "nova"
    volume.host = SmallCloud.host
    let new = volume
    try await store.write { tx in
      var new = new
      new.typeID = try await tx.all(VolumeType.self).first?.id
      try await tx.insert(new)
    }
    return new.id
  }

  fileprivate func insertSnapshot(_ state: Snapshot.State, of volume: String) async throws -> String {
    var snapshot = Snapshot()
    snapshot.id = world.uuid()
    snapshot.projectID = "p-demo"
    snapshot.volumeID = volume
    snapshot.state = state
    snapshot.host = SmallCloud.host
    let new = snapshot
    try await store.write { try await $0.insert(new) }
    return new.id
  }
}
