import Core
import Crypto
import FakeHardware
import GlanceModel
import HTTP
import Hardware
import JSON
import Synchronization
import TestSupport
import Testing

@Suite("Data that stays elsewhere") struct LocationTests {
  private static let url = "http://images.example.org/guest"

  private func cloud(web: any ImageBackend, hashes: Bool = true) async throws -> ImageCloud {
    var options = GlanceOptions()
    options.hashesLocations = hashes
    let files = FakeImages()
    let stores = ImageStores(
      [.init("file", type: "file", files), .init("web", type: "http", web)], defaultID: "file", staging: files,
      stagingTwin: "file")
    return try await ImageCloud(stores: stores, options: options)
  }

  /// A web server that waits in the middle of the image until it may go on.
  private final class SlowWeb: ImageBackend {
    private let size: Int
    init(size: Int = 1 << 30) { self.size = size }
    let state = Mutex((reading: false, mayEnd: false, pieces: 0))
    var isReadOnly: Bool { true }
    func begin(for image: String) async throws -> any ImageWriter { throw Fault.badRequest("read-only") }
    func content(_ key: String) async throws -> ImageContent? {
      .remote(size: size) { _ in
        {
          let mayEnd = self.state.withLock { state in
            state.reading = true
            state.pieces += 1
            return state.mayEnd
          }
          try await Task.sleep(for: .milliseconds(5))
          return mayEnd ? nil : [1]
        }
      }
    }
    func remove(_ key: String, unless isWanted: @Sendable () async throws -> Bool) async throws {}
    func list() async throws -> [String] { [] }
    func removeStrays() async throws {}
    func space() async throws -> (free: Int, total: Int) { (0, 0) }
  }

  /// A web server far away, with three bytes.
  private struct PiecesWeb: ImageBackend {
    var isReadOnly: Bool { true }
    func begin(for image: String) async throws -> any ImageWriter { throw Fault.badRequest("read-only") }
    func content(_ key: String) async throws -> ImageContent? {
      .remote(size: 3) { _ in
        let rest = Mutex<[[UInt8]]>([[3], [2], [1]])
        return { rest.withLock { $0.popLast() } }
      }
    }
    func remove(_ key: String, unless isWanted: @Sendable () async throws -> Bool) async throws {}
    func list() async throws -> [String] { [] }
    func removeStrays() async throws {}
    func space() async throws -> (free: Int, total: Int) { (0, 0) }
  }

  @Test("what is not of its hash leaves the image queued, naming the place, from which nothing is read")
  func mismatch() async throws {
    let cloud = try await cloud(web: FakeWeb(pages: [Self.url: "bytes"]))
    let id = try await cloud.image()
    let path = "/v2/images/\(id)/locations"
    let wrong: JSON = [
      "url": .string(Self.url),
      "validation_data": ["os_hash_algo": "md5", "os_hash_value": "00000000000000000000000000000000"],
    ]
    #expect(try await cloud.ask("POST", path, wrong).status == 202)
    #expect(try await cloud.ask("POST", path, wrong).status == 409, "one at a time")
    try await cloud.settle()
    var image = try await cloud.ask("GET", "/v2/images/\(id)").json
    #expect(image["status"] == "queued")
    #expect(image["stores"] == "web")
    #expect(image["os_hash_algo"] == .null)
    let task = try await cloud.ask("GET", "/v2/images/\(id)/tasks").json["tasks"]?[0]
    #expect(task?["status"] == "failure")
    #expect(task?["message"]?.string?.contains("not matched with actual os_hash_value") == true)
    // Other data takes its place.
    #expect(try await cloud.upload(id, "other").status == 204)
    image = try await cloud.ask("GET", "/v2/images/\(id)").json
    #expect(image["stores"] == "file")
    #expect(try await cloud.send("GET", "/v2/images/\(id)/file").text == "other")
  }

  @Test("a location is read, hashed and followed as a task; services alone see where it is")
  func hashed() async throws {
    let cloud = try await cloud(web: FakeWeb(pages: [Self.url: "bytes"]))
    let id = try await cloud.image()
    let path = "/v2/images/\(id)/locations"
    #expect(try await cloud.ask("POST", path, ["url": .string(Self.url)], as: "other").status == 404)
    #expect(try await cloud.ask("POST", path, [:]).status == 400)
    #expect(try await cloud.ask("POST", path, ["url": .string(Self.url)]).status == 202)
    try await cloud.settle()
    let image = try await cloud.ask("GET", "/v2/images/\(id)").json
    #expect(image["status"] == "active")
    #expect(image["os_hash_algo"] == "sha512")
    #expect(image["checksum"] == "4b3a6218bb3e3a7303e8a171a60fcf92")
    #expect(image["os_glance_import_task"] == nil)
    #expect(try await cloud.ask("POST", path, ["url": .string(Self.url)]).status == 409)
    #expect(try await cloud.ask("GET", path).status == 403)
    #expect(try await cloud.ask("GET", path, as: "nova").json[0]?["url"] == .string(Self.url))
    let nowhere = try await cloud.image()
    #expect(try await cloud.ask("POST", "/v2/images/\(nowhere)/locations", ["url": "http://a.org/x"]).status == 202)
    try await cloud.settle()
    let failed = try await cloud.ask("GET", "/v2/images/\(nowhere)").json
    #expect(failed["status"] == "queued")
    #expect(failed["stores"] == nil, "what is not there is not named")
  }

  @Test("data of another hash than ours can be read")
  func otherHash() async throws {
    let cloud = try await cloud(web: PiecesWeb())
    let id = try await cloud.image()
    let hash = Hash.sha256([1, 2, 3]).hex
    let body: JSON = [
      "url": .string(Self.url), "validation_data": ["os_hash_algo": "sha256", "os_hash_value": .string(hash)],
    ]
    #expect(try await cloud.ask("POST", "/v2/images/\(id)/locations", body).status == 202)
    try await cloud.settle()
    #expect(try await cloud.send("GET", "/v2/images/\(id)/file").bytes == [1, 2, 3])
    let copy: JSON = ["method": ["name": "copy-image"], "stores": ["file"]]
    #expect(try await cloud.ask("POST", "/v2/images/\(id)/import", copy, as: "admin").status == 202)
    try await cloud.settle()
    #expect(try await cloud.ask("GET", "/v2/images/\(id)").json["stores"] == "web,file")
    #expect(try await cloud.backend.list() == [Hash.sha512([1, 2, 3]).hex])
  }

  @Test("what is larger than an image may be is not taken")
  func tooLarge() async throws {
    let cloud = try await cloud(web: SlowWeb(size: .max))
    let id = try await cloud.image()
    #expect(try await cloud.ask("POST", "/v2/images/\(id)/locations", ["url": .string(Self.url)]).status == 202)
    try await cloud.settle()
    let task = try await cloud.ask("GET", "/v2/images/\(id)/tasks").json["tasks"]?[0]
    #expect(task?["message"]?.string?.contains("too large") == true)
    #expect(try await cloud.ask("GET", "/v2/images/\(id)").json["status"] == "queued")
  }

  @Test("without hashing, a location has the hash that its owner says")
  func trusted() async throws {
    let cloud = try await cloud(web: FakeWeb(pages: [Self.url: "bytes"]), hashes: false)
    let id = try await cloud.image()
    let hash = String(repeating: "AB", count: 32)
    let body: JSON = [
      "url": .string(Self.url), "validation_data": ["os_hash_algo": "sha256", "os_hash_value": .string(hash)],
    ]
    #expect(try await cloud.ask("POST", "/v2/images/\(id)/locations", body).status == 202)
    try await cloud.settle()
    let image = try await cloud.ask("GET", "/v2/images/\(id)").json
    #expect(image["os_hash_value"] == .string(hash.lowercased()))
    #expect(image["os_hash_algo"] == "sha256")
    #expect(image["checksum"] == .null)
  }

  /// A web that counts who asks.
  private final class AskedWeb: ImageBackend {
    let asked = Mutex(0)
    var isReadOnly: Bool { true }
    func begin(for image: String) async throws -> any ImageWriter { throw Fault.badRequest("read-only") }
    func content(_ key: String) async throws -> ImageContent? {
      asked.withLock { $0 += 1 }
      return .bytes([1])
    }
    func remove(_ key: String, unless isWanted: @Sendable () async throws -> Bool) async throws {}
    func list() async throws -> [String] { [] }
    func removeStrays() async throws {}
    func space() async throws -> (free: Int, total: Int) { (0, 0) }
  }

  @Test("nobody is asked for data by whoever may not say where it is, nor for more places than an image may have")
  func unasked() async throws {
    let web = AskedWeb()
    var options = GlanceOptions()
    options.showsLocations = true
    let files = FakeImages()
    let stores = ImageStores(
      [.init("file", type: "file", files), .init("web", type: "http", web)], defaultID: "file", staging: files,
      stagingTwin: "file")
    let cloud = try await ImageCloud(
      stores: stores, options: options, policies: ["set_image_location": "role:member and not user_id:u-reader"])
    let open = try await cloud.image(["visibility": "public"], as: "admin")
    let own = try await cloud.image()
    func add(_ count: Int) -> JSON {
      .array(
        (0..<count).map {
          ["op": "add", "path": "/locations/-", "value": ["url": .string("\(Self.url)#\($0)"), "metadata": [:]]]
        })
    }
    #expect(try await cloud.patch(own, add(1), as: "other").status == 404)
    #expect(try await cloud.patch(open, add(1), as: "other").status == 403)
    #expect(try await cloud.patch(own, add(1), as: "reader").status == 403)
    #expect(try await cloud.patch(own, add(11)).status == 413)
    let all: JSON = .array((0..<11).map { ["url": .string("\(Self.url)#\($0)"), "metadata": [:]] })
    #expect(try await cloud.patch(own, [["op": "replace", "path": "/locations", "value": all]]).status == 413)
    let v1 = try await cloud.send(
      "PUT", "/v1/images/\(own)", as: "other", headers: ["x-image-meta-location": Self.url])
    #expect(v1.status == 404)
    #expect(web.asked.withLock { $0 } == 0)
    #expect(try await cloud.patch(own, add(10)).status == 200)
    #expect(try await cloud.patch(own, [["op": "remove", "path": "/locations/3"]] as JSON, as: "admin").status == 200)
  }

  @Test("an image is in use while it is read for its hash, and reading ends when it is deleted")
  func cancelled() async throws {
    let web = SlowWeb()
    let cloud = try await cloud(web: web)
    let id = try await cloud.image()
    #expect(try await cloud.ask("POST", "/v2/images/\(id)/locations", ["url": .string(Self.url)]).status == 202)
    async let settled: Void = cloud.settle()
    while !web.state.withLock({ $0.reading }) { try await Task.sleep(for: .milliseconds(2)) }
    let image = try await cloud.ask("GET", "/v2/images/\(id)").json
    #expect(image["status"] == "active")
    #expect(image["os_hash_algo"] == "sha512")
    #expect(image["os_hash_value"] == .null)
    #expect(try await cloud.ask("DELETE", "/v2/images/\(id)").status == 204)
    try await settled
    #expect(try await cloud.ask("GET", "/v2/images/\(id)").status == 404)
  }
}
