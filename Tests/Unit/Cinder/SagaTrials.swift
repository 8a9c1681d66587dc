import CinderModel
import CinderWork
import Core
import FakeHardware
import JSON
import Store
import Testing

@testable import Work

/// What goes wrong in a trial of a saga.
enum Mishap: Sendable, CustomStringConvertible {
  case none
  /// Every step runs a second time, from the value that was saved before it: a crash between the step and its save.
  /// A crash after a save is no mishap of its own, since every step begins from what was saved in any case.
  case everyStepTwice
  /// The step does its work and then fails, so that it and those before it are undone, each undo twice.
  case failure(Int)

  var description: String {
    switch self {
    case .none: "clean"
    case .everyStepTwice: "every step twice"
    case .failure(let step): "step \(step) fails"
    }
  }

  static func all(_ steps: Int) -> [Mishap] {
    [.none, .everyStepTwice] + (0..<steps).map { .failure($0) }
  }
}

extension VolumeCloud {
  /// Runs the one saga of that kind that waits, step by step, with the mishap.
  func run<S: Saga>(_ type: S.Type, _ mishap: Mishap) async throws where S.Context == VolumeWork {
    let rows = try await store.read { try await $0.all(SagaRow.self, "WHERE name = \(S.name)") }
    let row = try #require(rows.first)
    var saved = row.value
    var failedAt: Int?
    for (index, one) in S.steps.enumerated() {
      if case .everyStepTwice = mishap { _ = try await after(one.run, saved) }
      saved = try await after(one.run, saved)
      if case .failure(index) = mishap {
        failedAt = index
        break
      }
    }
    if let failedAt {
      for one in S.steps[...failedAt].reversed() {
        guard let undo = one.undo else { continue }
        for _ in 0..<2 { saved = try await after(undo, saved) }
      }
    }
    let (value, failed, work) = (saved, failedAt != nil, work)
    try await store.write { tx in
      let saga: S = try SagaQueue.decode(value)
      let end = Ending(tx: tx, saga: row.id, cancelled: false, now: World.real.now())
      if failed {
        try await saga.fail(.internalError("a trial"), end, work)
      } else {
        try await saga.succeed(end, work)
      }
      try await tx.deleteAll(SagaRow.self, "WHERE id = \(row.id)")
    }
  }

  /// What is saved after a step or its undo, which read what was saved before, as another process would.
  private func after<S: Saga>(_ body: Step<S>.Body, _ saved: String) async throws -> String
  where S.Context == VolumeWork {
    var saga: S = try SagaQueue.decode(saved)
    try await body(&saga, work)
    return try SagaQueue.encode(saga)
  }

  fileprivate func begin(_ method: String, _ path: String, _ body: JSON? = nil) async throws -> JSON {
    let answer = try await ask(method, path, body)
    try #require(answer.status == 202, "\(answer.json)")
    return answer.json
  }
  fileprivate func made(_ source: JSONObject = [:]) async throws -> String {
    var body = source
    body["size"] = 2
    return try await begin("POST", "/v3/volumes", ["volume": .object(body)])["volume"]?["id"]?.string ?? ""
  }
  fileprivate func ready() async throws -> String {
    let id = try await made()
    try await run(CreateVolume.self, .none)
    return id
  }
}

/// Every saga of volumes, whatever happens to it: it ends in the state that its move names, with nothing left behind.
@Suite struct SagaTrials {
  @Test func creation() async throws {
    for mishap in Mishap.all(CreateVolume.steps.count) {
      let cloud = try await VolumeCloud(runs: false)
      let id = try await cloud.made()
      try await cloud.run(CreateVolume.self, mishap)
      let failed = if case .failure = mishap { true } else { false }
      #expect(try await cloud.status(id) == (failed ? "error" : "available"), "\(mishap)")
      #expect(try await cloud.backend.volumes() == (failed ? [] : [id]), "\(mishap)")
    }
  }

  @Test func creationFromAnImage() async throws {
    for mishap in Mishap.all(CreateVolume.steps.count) {
      let cloud = try await VolumeCloud(runs: false)
      let id = try await cloud.made(["imageRef": .string(cloud.images.add())])
      #expect(try await cloud.status(id) == "downloading")
      try await cloud.run(CreateVolume.self, mishap)
      let failed = if case .failure = mishap { true } else { false }
      #expect(try await cloud.status(id) == (failed ? "error" : "available"), "\(mishap)")
      #expect(try await cloud.backend.volumes() == (failed ? [] : [id]), "\(mishap)")
    }
  }

  @Test func deletion() async throws {
    for mishap in Mishap.all(DeleteVolume.steps.count) {
      let cloud = try await VolumeCloud(runs: false)
      let id = try await cloud.ready()
      _ = try await cloud.begin("DELETE", "/v3/volumes/\(id)")
      try await cloud.run(DeleteVolume.self, mishap)
      if case .failure = mishap {
        #expect(try await cloud.status(id) == "error_deleting", "\(mishap)")
        _ = try await cloud.begin("DELETE", "/v3/volumes/\(id)")
        try await cloud.run(DeleteVolume.self, .none)
      }
      #expect(try await cloud.status(id) == nil, "\(mishap)")
      #expect(try await cloud.backend.volumes() == [], "\(mishap)")
    }
  }

  @Test func aStuckSagaDoesNotHoldADeleteUp() async throws {
    let cloud = try await VolumeCloud(runs: false)
    let id = try await cloud.made()
    try await cloud.store.write { tx in
      _ = try await tx.run("UPDATE \(SagaRow.table) SET phase = \(SagaRow.Phase.stuck)")
    }
    _ = try await cloud.begin("DELETE", "/v3/volumes/\(id)")
    let left = try await cloud.store.read { try await $0.all(SagaRow.self) }
    #expect(left.map(\.name) == [DeleteVolume.name])
    #expect(left.first?.after == nil)
    try await cloud.run(DeleteVolume.self, .none)
    #expect(try await cloud.status(id) == nil)
  }

  @Test func growth() async throws {
    for mishap in Mishap.all(ExtendVolume.steps.count) {
      let cloud = try await VolumeCloud(runs: false)
      let id = try await cloud.ready()
      _ = try await cloud.begin("POST", "/v3/volumes/\(id)/action", ["os-extend": ["new_size": 3]])
      try await cloud.run(ExtendVolume.self, mishap)
      let failed = if case .failure = mishap { true } else { false }
      let shown = try await cloud.ask("GET", "/v3/volumes/\(id)").volume
      #expect(shown["status"] == (failed ? "error_extending" : "available"), "\(mishap)")
      #expect(shown["size"] == (failed ? 2 : 3), "\(mishap)")
      let quota = try await cloud.ask("GET", "/v3/os-quota-sets/p-demo?usage=1").json["quota_set"]
      #expect(quota?["gigabytes"]?["in_use"] == (failed ? 2 : 3), "\(mishap)")
    }
  }

  @Test func upload() async throws {
    for mishap in Mishap.all(UploadVolume.steps.count) {
      let cloud = try await VolumeCloud(runs: false)
      let id = try await cloud.ready()
      let answer = try await cloud.begin(
        "POST", "/v3/volumes/\(id)/action", ["os-volume_upload_image": ["image_name": "n"]])
      let image = try #require(answer["os-volume_upload_image"]?["image_id"]?.string)
      try await cloud.run(UploadVolume.self, mishap)
      let failed = if case .failure = mishap { true } else { false }
      #expect(try await cloud.status(id) == "available", "\(mishap)")
      #expect(cloud.images.status(of: image) == (failed ? nil : "active"), "\(mishap)")
    }
  }

  @Test func snapshots() async throws {
    for mishap in Mishap.all(CreateSnapshot.steps.count) {
      let cloud = try await VolumeCloud(runs: false)
      let volume = try await cloud.ready()
      let body: JSON = ["snapshot": ["volume_id": .string(volume)]]
      let id = try await cloud.begin("POST", "/v3/snapshots", body)["snapshot"]?["id"]?.string ?? ""
      func status() async throws -> String? {
        try await cloud.ask("GET", "/v3/snapshots/\(id)").json["snapshot"]?["status"]?.string
      }
      try await cloud.run(CreateSnapshot.self, mishap)
      let failed = if case .failure = mishap { true } else { false }
      #expect(try await status() == (failed ? "error" : "available"), "\(mishap)")
      _ = try await cloud.begin("DELETE", "/v3/snapshots/\(id)")
      try await cloud.run(DeleteSnapshot.self, mishap)
      if failed {
        #expect(try await status() == "error_deleting", "\(mishap)")
        _ = try await cloud.begin("DELETE", "/v3/snapshots/\(id)")
        try await cloud.run(DeleteSnapshot.self, .none)
      }
      #expect(try await status() == nil, "\(mishap)")
    }
  }
}
