import CinderModel
import Core
import JSON
import NovaModel
import SmallCloud
import Store
import Work

/// How the moves of a resource are asked for. Every `Lifecycle` in the sources has one, which a tidy test looks after.
protocol Life: Sendable {
  associatedtype Resource: Stateful
  where
    Resource.State: CaseIterable & Sendable, Resource.Doing: CaseIterable & Sendable,
    Resource.MoveName: CaseIterable

  /// A resource of p-demo, as a row of its table alone.
  static func insert(_ state: Resource.State, _ doing: Resource.Doing?, in cloud: SmallCloud) async throws -> String
  /// Asks for a move; nil for one that only a new resource makes.
  static func ask(_ move: Resource.MoveName, of id: String, in cloud: SmallCloud) async throws -> Answer?
  /// Whether an answer says that the state does not allow the move.
  static func isRefusal(_ answer: Answer, of id: String) -> Bool
}

enum ServerLife: Life {
  typealias Resource = Server

  static func insert(_ state: Server.State, _ doing: Server.Doing?, in cloud: SmallCloud) async throws -> String {
    var server = Server()
    server.id = cloud.world.uuid()
    server.projectID = "p-demo"
    server.userID = "u-demo"
    server.name = "web"
    server.state = state
    server.doing = doing
    server.imageID = "5ea2c4f1-3a1c-4c80-8a39-3f5d5b6ac001"
    server.host = SmallCloud.host
    let new = server
    try await cloud.store.write { try await $0.insert(new) }
    return new.id
  }

  static func ask(_ move: Server.MoveName, of id: String, in cloud: SmallCloud) async throws -> Answer? {
    let path = "/v2.1/servers/\(id)"
    let action: JSON
    switch move {
    case .create: return nil
    case .delete: return try await cloud.ask("nova", "DELETE", path, as: "admin")
    case .start: action = ["os-start": .null]
    case .stop: action = ["os-stop": .null]
    case .reboot: action = ["reboot": ["type": "SOFT"]]
    case .rebootHard: action = ["reboot": ["type": "HARD"]]
    case .pause: action = ["pause": .null]
    case .unpause: action = ["unpause": .null]
    case .suspend: action = ["suspend": .null]
    case .resume: action = ["resume": .null]
    case .snapshot: action = ["createImage": ["name": "copy"]]
    case .rebuild:
      let images = try await cloud.must("glance", "GET", "/v2/images?name=guest", as: "admin")["images"]?.array ?? []
      if images.isEmpty { _ = try await cloud.scene() }
      let image = try await cloud.must("glance", "GET", "/v2/images?name=guest", as: "admin")["images"]?[0]?["id"]
      action = ["rebuild": ["imageRef": image ?? .null]]
    }
    return try await cloud.ask("nova", "POST", path + "/action", action, as: "admin")
  }

  static func isRefusal(_ answer: Answer, of id: String) -> Bool {
    let words = answer.json["conflictingRequest"]?["message"]?.string ?? ""
    return answer.status == 409 && words.hasPrefix("Cannot '") && words.contains(id)
  }
}

enum VolumeLife: Life {
  typealias Resource = Volume

  static func insert(_ state: Volume.State, _ doing: Volume.Doing?, in cloud: SmallCloud) async throws -> String {
    var volume = Volume()
    volume.id = cloud.world.uuid()
    volume.projectID = "p-demo"
    volume.userID = "u-demo"
    volume.sizeGiB = 1
    volume.state = state
    volume.doing = doing
    volume.availabilityZone = "nova"
    volume.host = SmallCloud.host
    let new = volume
    try await cloud.store.write { tx in
      var new = new
      new.typeID = try await tx.all(VolumeType.self).first?.id
      try await tx.insert(new)
    }
    return new.id
  }

  static func ask(_ move: Volume.MoveName, of id: String, in cloud: SmallCloud) async throws -> Answer? {
    let action: JSON
    switch move {
    case .create, .download: return nil
    case .extend: action = ["os-extend": ["new_size": 2]]
    case .upload: action = ["os-volume_upload_image": ["image_name": "copy", "force": true]]
    // A plain deletion is more careful than the lifecycle.
    case .delete: action = ["os-force_delete": [:]]
    }
    return try await cloud.ask("cinder", "POST", "/v3/volumes/\(id)/action", action, as: "admin")
  }

  static func isRefusal(_ answer: Answer, of id: String) -> Bool {
    answer.status == 400 && answer.json["badRequest"]?["message"]?.string?.hasPrefix("Invalid volume: ") == true
  }
}

enum SnapshotLife: Life {
  typealias Resource = Snapshot

  static func insert(_ state: Snapshot.State, _ doing: Snapshot.Doing?, in cloud: SmallCloud) async throws -> String {
    var snapshot = Snapshot()
    snapshot.id = cloud.world.uuid()
    snapshot.projectID = "p-demo"
    snapshot.volumeID = try await VolumeLife.insert(.available, nil, in: cloud)
    snapshot.state = state
    snapshot.doing = doing
    snapshot.host = SmallCloud.host
    let new = snapshot
    try await cloud.store.write { try await $0.insert(new) }
    return new.id
  }

  static func ask(_ move: Snapshot.MoveName, of id: String, in cloud: SmallCloud) async throws -> Answer? {
    switch move {
    case .create: nil
    case .delete: try await cloud.ask("cinder", "DELETE", "/v3/snapshots/\(id)", as: "admin")
    }
  }

  static func isRefusal(_ answer: Answer, of id: String) -> Bool { [400, 409].contains(answer.status) }
}
