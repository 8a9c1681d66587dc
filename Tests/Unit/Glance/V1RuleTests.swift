import Core
import FakeHardware
import GlanceModel
import GlanceWork
import HTTP
import Hardware
import JSON
import Store
import Synchronization
import TestSupport
import Testing

@Suite("What v1 may not do that v2 may not") struct V1RuleTests {
  private static let form: Headers = ["x-image-meta-disk_format": "raw", "x-image-meta-container_format": "bare"]
  private static let download: JSON = ["method": ["name": "web-download", "uri": "http://example.org/x"]]

  /// A web with one image everywhere.
  private struct Page: WebSource {
    func fetch(_ uri: String, limit: Int) async throws -> ImagePieces {
      let rest = Mutex<[UInt8]?>([5, 6])
      return { rest.withLock { $0.take() } }
    }
  }

  private func cloud() async throws -> ImageCloud {
    try await ImageCloud(stores: ImageStores(single: FakeImages()), web: Page())
  }
  private func put(_ cloud: ImageCloud, _ id: String, _ headers: Headers) async throws -> ImageCloud.Answer {
    try await cloud.send("PUT", "/v1/images/\(id)", headers: headers)
  }
  private func show(_ cloud: ImageCloud, _ id: String) async throws -> JSON {
    try await cloud.ask("GET", "/v2/images/\(id)").json
  }

  @Test("a change by v1 while an import runs leaves the import its own")
  func purgeDuringImport() async throws {
    let cloud = try await cloud()
    let id = try await cloud.image()
    #expect(try await cloud.ask("POST", "/v2/images/\(id)/import", Self.download).status == 202)
    #expect(try await put(cloud, id, ["x-image-meta-name": "new", "x-image-meta-property-a": "1"]).status == 200)
    try await cloud.settle()
    let image = try await show(cloud, id)
    #expect(image["status"] == "active")
    #expect(image["name"] == "new")
    #expect(image["os_glance_import_task"] == nil)
  }

  @Test("a client sends back what it was shown, though only the service says some of it")
  func sentBack() async throws {
    let cloud = try await cloud()
    let id = try await cloud.image(["color": "blue"])
    #expect(try await cloud.ask("POST", "/v2/images/\(id)/import", Self.download).status == 202)
    let shown = try await cloud.send("HEAD", "/v1/images/\(id)")
    var headers: Headers = [:]
    for (name, value) in shown.headers.fields where name.hasPrefix("x-image-meta-property-") { headers[name] = value }
    #expect(headers["x-image-meta-property-os_glance_import_task"] != nil)
    headers["x-image-meta-name"] = "again"
    #expect(try await put(cloud, id, headers).status == 200)
    try await cloud.settle()
    #expect(try await show(cloud, id)["status"] == "active")
  }

  @Test(
    "what is no property cannot be said as one",
    arguments: [
      "os_glance_import_task", "os_glance_failed_import", "direct_url", "locations", "status", "owner", "id", "stores",
      "visibility", "tags", "location", "os_hash_value", "os-hidden",
    ])
  func forged(name: String) async throws {
    let cloud = try await cloud()
    var headers = Self.form
    headers["x-image-meta-property-" + name] = "x"
    #expect(try await cloud.send("POST", "/v1/images", headers: headers).status == 403)
    let id = try await cloud.image()
    #expect(try await put(cloud, id, ["x-image-meta-property-" + name: "x"]).status == 403)
    #expect(try await cloud.ask("POST", "/v2/images/\(id)/import", Self.download).status == 202, "nothing holds it")
  }

  @Test("an import that fails after its image was let go leaves it queued")
  func neverStuck() async throws {
    let cloud = try await cloud()
    let id = try await cloud.image()
    #expect(try await cloud.ask("POST", "/v2/images/\(id)/import", Self.download).status == 202)
    try await cloud.store.write { transaction in
      guard var image = try await transaction.get(Image.self, id) else { return }
      image.letGo()
      try await transaction.update(image)
    }
    try await cloud.settle()
    #expect(try await show(cloud, id)["status"] == "queued")
  }

  @Test("the formats of an image that has its data stay")
  func formats() async throws {
    let cloud = try await cloud()
    let id = try await cloud.image()
    let first = try await put(
      cloud, id, ["x-image-meta-disk_format": "qcow2", "x-image-meta-container_format": "ovf"])
    #expect(first.status == 200, "it waits for its data")
    #expect(try await put(cloud, id, Self.form).status == 200)
    #expect(try await cloud.upload(id, "data").status == 204)
    #expect(try await put(cloud, id, ["x-image-meta-disk_format": "qcow2"]).status == 403)
    #expect(try await put(cloud, id, ["x-image-meta-container_format": "ovf"]).status == 403)
    #expect(try await put(cloud, id, Self.form).status == 200, "what it is may be said")
    #expect(try await show(cloud, id)["disk_format"] == "raw")
  }

  @Test(
    "a source that is refused leaves no image, and changes none",
    arguments: [
      ("x-glance-api-copy-from", "http://10.0.0.1/x"), ("x-image-meta-location", "http://images.example.org/none"),
      ("x-glance-api-copy-from", "http://127.0.0.1/x"),
    ])
  func refusedSource(header: String, url: String) async throws {
    let files = FakeImages()
    let cloud = try await ImageCloud(
      stores: ImageStores(
        [.init("file", type: "file", files), .init("web", type: "http", FakeWeb(pages: [:]))], defaultID: "file",
        staging: files, stagingTwin: "file"))
    var headers = Self.form
    headers[header] = url
    #expect(try await cloud.send("POST", "/v1/images", headers: headers).status == 400)
    #expect(try await cloud.ask("GET", "/v2/images").json["images"] == [])
    let id = try await cloud.image(["name": "old"])
    #expect(try await put(cloud, id, [header: url, "x-image-meta-name": "new"]).status == 400)
    #expect(try await show(cloud, id)["name"] == "old")
  }

  @Test("who may not say where data is leaves no image")
  func forbiddenSource() async throws {
    let files = FakeImages()
    let web = FakeWeb(pages: ["http://images.example.org/x": "data"])
    let cloud = try await ImageCloud(
      stores: ImageStores(
        [.init("file", type: "file", files), .init("web", type: "http", web)], defaultID: "file", staging: files,
        stagingTwin: "file"), policies: ["set_image_location": "role:admin"])
    var headers = Self.form
    headers["x-image-meta-location"] = "http://images.example.org/x"
    #expect(try await cloud.send("POST", "/v1/images", headers: headers).status == 403)
    headers["x-image-meta-size"] = "7"
    #expect(try await cloud.send("POST", "/v1/images", as: "admin", headers: headers).status == 409)
    #expect(try await cloud.ask("GET", "/v2/images", as: "admin").json["images"] == [])
  }

  /// A store that says which bytes it was told to keep.
  private final class WatchedImages: ImageBackend {
    let files = FakeImages()
    let finished = Mutex<[String]>([])
    private struct Writer: ImageWriter {
      let inner: any ImageWriter
      let watched: WatchedImages
      func write(_ piece: [UInt8]) async throws { try await inner.write(piece) }
      func file() async throws -> String? { try await inner.file() }
      func key(of hash: String) -> String { inner.key(of: hash) }
      func finish(as key: String) async throws {
        watched.finished.withLock { $0.append(key) }
        try await inner.finish(as: key)
      }
      func abandon() async { await inner.abandon() }
    }
    func begin(for image: String) async throws -> any ImageWriter {
      Writer(inner: try await files.begin(for: image), watched: self)
    }
    func content(_ key: String) async throws -> ImageContent? { try await files.content(key) }
    func remove(_ key: String, unless isWanted: @Sendable () async throws -> Bool) async throws {
      try await files.remove(key, unless: isWanted)
    }
    func list() async throws -> [String] { try await files.list() }
    func removeStrays() async throws {}
    func space() async throws -> (free: Int, total: Int) { (0, 0) }
  }

  @Test("data of another checksum than was promised is never the image's, not for a moment")
  func wrongChecksum() async throws {
    let store = WatchedImages()
    let cloud = try await ImageCloud(backend: store)
    var headers = Self.form
    headers["x-image-meta-checksum"] = "0123456789abcdef0123456789abcdef"
    headers["Content-Type"] = "application/octet-stream"
    let refused = try await cloud.send("POST", "/v1/images", .bytes([1]), headers: headers)
    #expect(refused.status == 400)
    #expect(refused.text.contains("did not match"))
    #expect(store.finished.withLock { $0 } == [])
    headers["x-image-meta-checksum"] = "55a54008ad1ba589aa210d2629c1df41"
    #expect(try await cloud.send("POST", "/v1/images", .bytes([1]), headers: headers).status == 201)
    #expect(store.finished.withLock { $0.count } == 1)
  }

  @Test("who was let share an image on can do so as long as it is shared")
  func sharingEnds() async throws {
    let cloud = try await cloud()
    let id = try await cloud.image()
    let members = "/v1/images/\(id)/members"
    #expect(try await cloud.ask("PUT", members + "/p-other", ["member": ["can_share": true]]).status == 204)
    #expect(try await cloud.ask("PUT", members + "/p-third", as: "other").status == 204)
    let close: JSON = [["op": "replace", "path": "/visibility", "value": "private"]]
    #expect(try await cloud.patch(id, close).status == 200)
    #expect(try await cloud.ask("PUT", members + "/p-fourth", as: "other").status == 404, "it is nothing of theirs")
    #expect(try await cloud.ask("DELETE", members + "/p-third", as: "other").status == 404)
    #expect(try await cloud.ask("GET", members).json["members"]?.array?.count == 2)
  }
}
