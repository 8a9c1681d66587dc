import Core
import FakeHardware
import GlanceModel
import HTTP
import Hardware
import JSON
import Store
import Synchronization
import Testing

@Suite("Image data") struct ImageDataTests {
  /// A body that comes in pieces and may break off.
  private func pieces(_ list: [String], length: Int? = nil, thenFails: Bool = false) -> Body {
    let source = Pieces(list, thenFails: thenFails)
    return .stream(BodyStream(length: length) { try await source.next() })
  }
  private actor Pieces {
    var list: [String]
    let thenFails: Bool
    init(_ list: [String], thenFails: Bool) {
      self.list = list
      self.thenFails = thenFails
    }
    func next() throws -> [UInt8]? {
      guard !list.isEmpty else {
        if thenFails { throw Fault.badRequest("The client went away.") }
        return nil
      }
      return Array(list.removeFirst().utf8)
    }
  }

  @Test("bytes that come in pieces go out whole, with their hashes")
  func roundTrip() async throws {
    let cloud = try await ImageCloud()
    let id = try await cloud.image()
    #expect(try await cloud.send("GET", "/v2/images/\(id)/file").status == 204, "no data yet")
    #expect(try await cloud.upload(id, pieces(["hello ", "world"], length: 11)).status == 204)
    let image = try await cloud.ask("GET", "/v2/images/\(id)").json
    #expect(image["status"] == "active")
    #expect(image["size"] == 11)
    #expect(image["checksum"] == "5eb63bbbe01eeed093cb22bb8f5acdc3")
    #expect(image["os_hash_algo"] == "sha512")
    #expect(image["os_hash_value"]?.string?.hasPrefix("309ecc489c12d6eb4cc40f50c902f2b4") == true)
    let file = try await cloud.send("GET", "/v2/images/\(id)/file")
    #expect(file.status == 200)
    #expect(file.text == "hello world")
    #expect(file.headers["Content-Type"] == "application/octet-stream")
    #expect(file.headers["Content-MD5"] == "5eb63bbbe01eeed093cb22bb8f5acdc3")
    #expect(try await cloud.upload(id, "again").status == 409)
  }

  @Test(
    "ranges",
    arguments: [
      ("bytes=0-4", 206, "hello", "bytes 0-4/11"), ("bytes=6-", 206, "world", "bytes 6-10/11"),
      ("bytes=-5", 206, "world", "bytes 6-10/11"), ("bytes=6-99", 206, "world", "bytes 6-10/11"),
      ("bytes=6-9223372036854775807", 206, "world", "bytes 6-10/11"),
      ("lines=1-2", 200, "hello world", nil),
    ] as [(String, Int, String, String?)])
  func ranges(range: String, status: Int, text: String, contentRange: String?) async throws {
    let cloud = try await ImageCloud()
    let id = try await cloud.image()
    _ = try await cloud.upload(id, "hello world")
    let part = try await cloud.send("GET", "/v2/images/\(id)/file", headers: ["Range": range])
    #expect(part.status == status)
    #expect(part.text == text)
    #expect(part.headers["Content-Range"] == contentRange)
    #expect(try await cloud.send("GET", "/v2/images/\(id)/file", headers: ["Range": "bytes=11-"]).status == 416)
  }

  @Test("an upload that breaks off leaves the image queued and no byte, and can be repeated")
  func broken() async throws {
    let backend = FakeImages()
    let cloud = try await ImageCloud(backend: backend)
    let id = try await cloud.image()
    #expect(try await cloud.upload(id, pieces(["half"], length: 8, thenFails: true)).status == 400)
    #expect(try await cloud.upload(id, pieces(["half"], length: 8)).status == 400, "fewer bytes than promised")
    #expect(try await cloud.ask("GET", "/v2/images/\(id)").json["status"] == "queued")
    #expect(try await cloud.ask("GET", "/v2/images/\(id)").json["size"] == .null)
    #expect(try await backend.list() == [])
    #expect(backend.openWriters == 0)
    #expect(try await cloud.upload(id, pieces(["half", "half"], length: 8)).status == 204)
  }

  @Test("a full disk and an image beyond the limit say so")
  func full() async throws {
    let backend = FakeImages()
    var options = GlanceOptions()
    options.imageSizeCap = 4
    let cloud = try await ImageCloud(backend: backend, options: options)
    let id = try await cloud.image()
    let large = try await cloud.upload(id, "12345")
    #expect(large.status == 413)
    #expect(large.text.contains("too large"))
    backend.setFull(true)
    let full = try await cloud.upload(id, "1234")
    #expect(full.status == 413)
    #expect(full.text.contains("Image storage media is full"))
    backend.setFull(false)
    #expect(try await cloud.upload(id, "1234").status == 204)
  }

  @Test("data needs formats and its media type")
  func preconditions() async throws {
    let cloud = try await ImageCloud()
    let bare = try await cloud.ask("POST", "/v2/images", ["name": "x"]).json["id"]?.string ?? ""
    #expect(try await cloud.upload(bare, "x").status == 400)
    let id = try await cloud.image()
    let typed = try await cloud.send(
      "PUT", "/v2/images/\(id)/file", .bytes([1]), headers: ["Content-Type": "application/json"])
    #expect(typed.status == 415)
    #expect(try await cloud.upload(id, "x", as: "other").status == 404)
    #expect(try await cloud.upload("5ea2c4f1-3a1c-4c80-8a39-3f5d5b6ac001", "x").status == 404)
  }

  @Test("of two uploads at once one is refused and the other stays whole")
  func concurrent() async throws {
    let cloud = try await ImageCloud()
    let id = try await cloud.image()
    let gate = AsyncStream<Void>.makeStream()
    let slow = Slow(gate.stream)
    async let first = cloud.upload(id, .stream(BodyStream { await slow.next() }))
    while try await cloud.ask("GET", "/v2/images/\(id)").json["status"] != "saving" { await Task.yield() }
    #expect(try await cloud.upload(id, "second").status == 409)
    gate.continuation.yield()
    gate.continuation.finish()
    #expect(try await first.status == 204)
    #expect(try await cloud.send("GET", "/v2/images/\(id)/file").text == "slow")
  }
  private actor Slow {
    let gate: AsyncStream<Void>
    var isDone = false
    init(_ gate: AsyncStream<Void>) { self.gate = gate }
    func next() async -> [UInt8]? {
      if isDone { return nil }
      for await _ in gate { break }
      isDone = true
      return Array("slow".utf8)
    }
  }

  @Test("an image that is deleted during its upload is gone, with its bytes")
  func deletedMeanwhile() async throws {
    let backend = FakeImages()
    let cloud = try await ImageCloud(backend: backend)
    let id = try await cloud.image()
    let gate = AsyncStream<Void>.makeStream()
    let slow = Slow(gate.stream)
    async let upload = cloud.upload(id, .stream(BodyStream { await slow.next() }))
    while try await cloud.ask("GET", "/v2/images/\(id)").json["status"] != "saving" { await Task.yield() }
    #expect(try await cloud.ask("DELETE", "/v2/images/\(id)").status == 204)
    gate.continuation.yield()
    #expect(try await upload.status == 410)
    #expect(try await backend.list() == [])
    #expect(backend.openWriters == 0)
  }

  @Test("an upload whose image is deleted ends, though its data do not") func endless() async throws {
    let backend = FakeImages()
    let cloud = try await ImageCloud(backend: backend)
    let id = try await cloud.image()
    async let upload = cloud.upload(
      id,
      .stream(
        BodyStream {
          try await Task.sleep(for: .milliseconds(5))
          return [1]
        }))
    while try await cloud.ask("GET", "/v2/images/\(id)").json["status"] != "saving" { await Task.yield() }
    #expect(try await cloud.ask("DELETE", "/v2/images/\(id)").status == 204)
    #expect(try await upload.status == 410)
    #expect(backend.openWriters == 0)
  }

  /// What comes after the last piece may last longer than a lease: a store that puts parts together, an inspection.
  @Test("an upload is alive as long as it works, not as long as pieces come") func slowEnd() async throws {
    let slept = Mutex(Duration.zero)
    var world = World.real
    let real = World.real
    world.now = { real.now() + slept.withLock { $0 } }
    world.sleep = { span in
      slept.withLock { $0 += span }
      try await real.sleep(.milliseconds(20))
    }
    let cloud = try await ImageCloud(world: world)
    let id = try await cloud.image()
    let upload = try await ImageUpload.begin(id, isStaging: true, store: cloud.store, world: world)
    try await upload.held {
      while slept.withLock({ $0 }) < .minutes(12) {
        try await cloud.bytes.requeueDeadUploads()
        try await real.sleep(.milliseconds(5))
      }
      #expect(try await cloud.ask("GET", "/v2/images/\(id)").json["status"] == "uploading")
      let facts = ImageUpload.Facts(size: 1, virtualSize: nil, checksum: "", hash: "")
      let place = ImageLocation(store: ImageLocation.staging, key: "here", isReady: false)
      try await upload.refer(to: place)
      try await upload.finish(facts, at: place)
    }
    try await real.sleep(.milliseconds(50))
    slept.withLock { $0 += .hours(1) }
    try await cloud.bytes.requeueDeadUploads()
    #expect(try await cloud.ask("GET", "/v2/images/\(id)").json["status"] == "uploading", "it waits for its import")
  }

  @Test("the same content is kept once, until the last image that has it goes")
  func sharedContent() async throws {
    let backend = FakeImages()
    let cloud = try await ImageCloud(backend: backend)
    let (one, two) = (try await cloud.image(), try await cloud.image())
    #expect(try await cloud.upload(one, "same").status == 204)
    #expect(try await cloud.upload(two, "same").status == 204)
    #expect(try await backend.list().count == 1)
    #expect(try await cloud.ask("DELETE", "/v2/images/\(one)").status == 204)
    #expect(try await cloud.send("GET", "/v2/images/\(two)/file").text == "same")
    #expect(try await cloud.ask("DELETE", "/v2/images/\(two)").status == 204)
    #expect(try await backend.list() == [])
  }

  @Test("deactivated images are not downloaded, but by administrators")
  func deactivate() async throws {
    let cloud = try await ImageCloud()
    let id = try await cloud.image()
    #expect(try await cloud.ask("POST", "/v2/images/\(id)/actions/deactivate").status == 403, "it is queued")
    #expect(try await cloud.upload(id, "x").status == 204)
    #expect(try await cloud.ask("POST", "/v2/images/\(id)/actions/deactivate").status == 204)
    #expect(try await cloud.ask("GET", "/v2/images/\(id)").json["status"] == "deactivated")
    #expect(try await cloud.send("GET", "/v2/images/\(id)/file").status == 403)
    #expect(try await cloud.send("GET", "/v2/images/\(id)/file", as: "admin").status == 200)
    #expect(try await cloud.ask("POST", "/v2/images/\(id)/actions/reactivate").status == 204)
    #expect(try await cloud.send("GET", "/v2/images/\(id)/file").status == 200)
  }

  @Test("staged data becomes the image's by import")
  func importStaged() async throws {
    let cloud = try await ImageCloud()
    let id = try await cloud.image()
    let method: JSON = ["method": ["name": "glance-direct"]]
    #expect(try await cloud.ask("POST", "/v2/images/\(id)/import", method).status == 409)
    let staged = try await cloud.send(
      "PUT", "/v2/images/\(id)/stage", .bytes(Array("staged".utf8)),
      headers: ["Content-Type": "application/octet-stream"])
    #expect(staged.status == 204)
    #expect(try await cloud.ask("GET", "/v2/images/\(id)").json["status"] == "uploading")
    #expect(try await cloud.send("GET", "/v2/images/\(id)/file").status == 204)
    #expect(try await cloud.ask("POST", "/v2/images/\(id)/import", ["method": ["name": "x"]]).status == 400)
    #expect(try await cloud.ask("POST", "/v2/images/\(id)/import", method).status == 202)
    #expect(try await cloud.ask("GET", "/v2/images/\(id)").json["status"] == "importing")
    try await cloud.settle()
    #expect(try await cloud.ask("GET", "/v2/images/\(id)").json["status"] == "active")
    #expect(try await cloud.send("GET", "/v2/images/\(id)/file").text == "staged")
  }

  @Test("a database that never had an image removes nobody's bytes")
  func strangersBytes() async throws {
    let backend = FakeImages()
    let cloud = try await ImageCloud(backend: backend)
    let writer = try await backend.begin(for: "")
    try await writer.write([1])
    try await writer.finish(as: "somebody's")
    try await cloud.bytes.removeUnwanted()
    #expect(try await backend.list() == ["somebody's"])
    _ = try await cloud.image()
    try await cloud.bytes.removeUnwanted()
    #expect(try await backend.list() == [])
  }

  @Test("data is looked at by what the image says when the upload begins")
  func asItBegan() async throws {
    let cloud = try await ImageCloud()
    let id = try await cloud.image(["container_format": "docker", "disk_format": "raw"])
    #expect(try await cloud.patch(id, [["op": "replace", "path": "/container_format", "value": "bare"]]).status == 200)
    #expect(try await cloud.patch(id, [["op": "replace", "path": "/disk_format", "value": "qcow2"]]).status == 200)
    let upload = try await ImageUpload.begin(id, isStaging: false, store: cloud.store, world: .real)
    #expect(upload.image.inspectedFormat == "qcow2")
    #expect(upload.image.status == .saving)
    try await upload.abandon()
    #expect(try await cloud.upload(id, "no disk").status == 415)
  }

  @Test("after a crash the image is queued again and stray bytes go")
  func afterCrash() async throws {
    let backend = FakeImages()
    let cloud = try await ImageCloud(backend: backend)
    let id = try await cloud.image()
    _ = try await ImageUpload.begin(id, isStaging: false, store: cloud.store, world: .real)
    let stray = try await backend.begin(for: "")
    try await stray.write([1])
    try await stray.finish(as: "unwanted")
    try await cloud.bytes.requeueDeadUploads()
    #expect(try await cloud.ask("GET", "/v2/images/\(id)").json["status"] == "saving", "its lease holds")
    try await cloud.store.write { transaction in
      var image = try #require(try await transaction.get(Image.self, id))
      image.uploadUntil = Timestamp(seconds: 1)
      try await transaction.update(image)
    }
    try await cloud.bytes.requeueDeadUploads()
    try await cloud.bytes.removeUnwanted()
    #expect(try await cloud.ask("GET", "/v2/images/\(id)").json["status"] == "queued")
    #expect(try await backend.list() == [])
  }
}
