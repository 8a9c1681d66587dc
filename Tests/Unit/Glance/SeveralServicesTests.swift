import Core
import FakeHardware
import GlanceAPI
import GlanceModel
import GlanceWork
import HTTP
import Hardware
import JSON
import Store
import Synchronization
import Testing
import Work

/// Two image services on one database, each with a staging area and a cache of its own.
@Suite("Several image services") struct SeveralServicesTests {
  private let shared = FakeImages()
  private let ahead = Ahead()

  private final class Ahead: Sendable {
    let by = Mutex(Duration.zero)
    /// The world of the services: pauses are short, and the clock can be set forward.
    var world: World {
      let real = World.real
      return World(
        now: { real.now() + self.by.withLock { $0 } }, uptime: { real.uptime() + self.by.withLock { $0 } },
        sleep: { try await real.sleep(min($0, .milliseconds(3))) }, random: real.random)
    }
  }

  private func service(_ node: String, sharing other: Store? = nil) async throws -> ImageCloud {
    let cloud = try await ImageCloud(
      stores: ImageStores(
        [.init("far", type: "s3", shared)], defaultID: "far", staging: FakeImages(), stagingTwin: nil),
      world: ahead.world, node: node, sharing: other)
    cloud.work.register(on: cloud.queue)
    await cloud.glance.cache?.start()
    try await cloud.queue.start()
    return cloud
  }
  private func stage(_ cloud: ImageCloud) async throws -> String {
    let id = try await cloud.image()
    let headers: Headers = ["Content-Type": "application/octet-stream"]
    try #require(
      try await cloud.send("PUT", "/v2/images/\(id)/stage", .bytes([1, 2, 3]), headers: headers).status == 204)
    return id
  }
  private func take(_ id: String, _ cloud: ImageCloud) async throws -> Int {
    try await cloud.ask("POST", "/v2/images/\(id)/import", ["method": ["name": "glance-direct"]]).status
  }
  private func shown(_ id: String, _ cloud: ImageCloud) async throws -> JSON {
    try await cloud.ask("GET", "/v2/images/\(id)").json
  }
  private func waitFor(_ what: String, _ check: () async throws -> Bool) async throws {
    for _ in 0..<2000 {
      if try await check() { return }
      try await Task.sleep(for: .milliseconds(5))
    }
    Issue.record("it never came to this: \(what)")
  }
  private func cached(_ cloud: ImageCloud) async throws -> [String] {
    try await cloud.ask("GET", "/v2/cache", as: "admin").json["cached_images"]?.array?
      .compactMap { $0["image_id"]?.string } ?? []
  }

  private func nodes(_ id: String, _ cloud: ImageCloud) async throws -> JSON {
    try await cloud.ask("GET", "/v2/cache/nodes/\(id)", as: "admin").json
  }

  @Test("what one has staged is imported though another is asked, and gone from where it was staged")
  func importElsewhere() async throws {
    let one = try await service("one")
    let two = try await service("two", sharing: one.store)
    let id = try await stage(one)
    #expect(try await take(id, two) == 202)
    try await waitFor("the image is active") { try await shown(id, two)["status"] == "active" }
    #expect(try await two.send("GET", "/v2/images/\(id)/file").bytes == [1, 2, 3])
    #expect(try await one.backend.list() == [])
    for cloud in [one, two] { await cloud.queue.stop(within: .seconds(1)) }
  }

  @Test("an import waits for the one that has the data; where that stays away, the image waits for data again")
  func importOfTheDead() async throws {
    let one = try await service("one")
    let two = try await service("two", sharing: one.store)
    let id = try await stage(one)
    await one.queue.stop(within: .seconds(1))
    #expect(try await take(id, two) == 202)
    try await Task.sleep(for: .milliseconds(100))
    #expect(try await shown(id, two)["status"] == "importing")
    ahead.by.withLock { $0 += .minutes(3) }
    try await waitFor("the image is queued") { try await shown(id, two)["status"] == "queued" }
    let tasks = try await two.ask("GET", "/v2/images/\(id)/tasks").json["tasks"]?.array ?? []
    #expect(tasks.count == 1 && tasks[0]["status"] == "failure")
    #expect(tasks[0]["message"]?.string?.contains("Stage it again") == true, "\(tasks)")
    await two.queue.stop(within: .seconds(1))
  }

  @Test("what one has staged can be deleted at another, and is swept by whoever has it")
  func deletionElsewhere() async throws {
    let one = try await service("one")
    let two = try await service("two", sharing: one.store)
    let id = try await stage(one)
    #expect(try await two.ask("DELETE", "/v2/images/\(id)").status == 204)
    try await one.bytes.removeUnwanted()
    #expect(try await one.backend.list() == [])
    for cloud in [one, two] { await cloud.queue.stop(within: .seconds(1)) }
  }

  @Test("each has a cache of its own")
  func caches() async throws {
    let one = try await service("one")
    let two = try await service("two", sharing: one.store)
    let id = try await one.image()
    try #require(try await one.upload(id, "data").status == 204)
    #expect(try await one.ask("PUT", "/v2/cache/\(id)", as: "admin").status == 202)
    try await waitFor("one has cached it") { try await cached(one) == [id] }
    #expect(try await cached(two) == [])
    #expect(try await nodes(id, two) == ["http://one"])
    #expect(try await two.ask("PUT", "/v2/cache/\(id)", as: "admin").status == 202)
    try await waitFor("two has cached it") { try await cached(two) == [id] }
    #expect(try await nodes(id, one) == ["http://one", "http://two"])
    #expect(try await two.ask("DELETE", "/v2/cache", as: "admin").status == 204)
    #expect(try await cached(two) == [])
    #expect(try await cached(one) == [id])
    #expect(try await two.ask("DELETE", "/v2/images/\(id)").status == 204)
    #expect(try await cached(one) == [])
    for cloud in [one, two] { await cloud.queue.stop(within: .seconds(1)) }
  }
}
