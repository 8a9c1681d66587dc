import Core
import Crypto
import FakeHardware
import FileDisk
import GlanceModel
import GlanceWork
import HTTP
import Hardware
import Host
import JSON
import Synchronization
import Testing

@Suite("Imports") struct ImportTests {
  private let first = FakeImages()
  private let second = FakeImages(keys: .uploads)

  /// Two stores, the first of which has the staged bytes too.
  private func cloud(
    web: any WebSource = NoWeb(), _ options: GlanceOptions = GlanceOptions()
  ) async throws -> ImageCloud {
    try await ImageCloud(
      stores: ImageStores(
        [.init("fast", type: "file", first), .init("far", type: "s3", weight: 5, second)], defaultID: "fast",
        staging: first, stagingTwin: "fast"), web: web, options: options)
  }

  /// A web with one image everywhere, which may break off.
  private struct Page: WebSource {
    let bytes: [UInt8]
    var breaks = false
    func fetch(_ uri: String, limit: Int) async throws -> ImagePieces {
      let rest = Mutex<[UInt8]?>(bytes)
      return {
        if let piece = rest.withLock({ $0.take() }) { return piece }
        if breaks { throw Fault.unavailable("The connection broke.") }
        return nil
      }
    }
  }

  private func take(_ cloud: ImageCloud, _ id: String, _ body: JSON, as token: String = "demo") async throws -> Int {
    let status = try await cloud.ask("POST", "/v2/images/\(id)/import", body, as: token).status
    try await cloud.settle()
    return status
  }
  private func show(_ cloud: ImageCloud, _ id: String) async throws -> JSON {
    try await cloud.ask("GET", "/v2/images/\(id)").json
  }

  @Test("an image goes into the store that the request names, and says in which it is")
  func named() async throws {
    let cloud = try await cloud()
    let stores = try await cloud.ask("GET", "/v2/info/stores").json
    #expect(stores["stores"]?.array?.compactMap { $0["id"]?.string } == ["fast", "far"])
    let detail = try await cloud.ask("GET", "/v2/info/stores/detail", as: "admin").json
    #expect(detail["stores"]?.array?.last?["weight"] == 5)
    #expect(try await cloud.ask("GET", "/v2/info/stores/detail").status == 403)
    let id = try await cloud.image()
    let headers: Headers = ["Content-Type": "application/octet-stream", "X-Image-Meta-Store": "far"]
    let answer = try await cloud.send("PUT", "/v2/images/\(id)/file", .bytes([1, 2]), headers: headers)
    #expect(answer.status == 204)
    #expect(try await show(cloud, id)["stores"] == "far")
    #expect(try await second.list().count == 1)
    #expect(try await first.list() == [])
    let nowhere: Headers = ["Content-Type": "application/octet-stream", "X-Image-Meta-Store": "none"]
    #expect(try await cloud.send("PUT", "/v2/images/\(id)/file", .bytes([1]), headers: nowhere).status == 400)
  }

  @Test("staged bytes go into every store, and out of each but the last")
  func everywhere() async throws {
    let cloud = try await cloud()
    let id = try await cloud.image()
    let staged = try await cloud.send(
      "PUT", "/v2/images/\(id)/stage", .bytes([1, 2, 3]), headers: ["Content-Type": "application/octet-stream"])
    #expect(staged.status == 204)
    #expect(try await take(cloud, id, ["method": ["name": "glance-direct"], "all_stores": true]) == 202)
    let image = try await show(cloud, id)
    #expect(image["status"] == "active")
    #expect(image["stores"] == "far,fast")
    #expect(image["os_glance_importing_to_stores"] == "")
    #expect(image["os_glance_import_task"] == nil)
    #expect(image["checksum"] == .string(Hash.md5([1, 2, 3]).hex))
    #expect(try await (first.list().count, second.list().count) == (1, 1))
    #expect(try await cloud.ask("DELETE", "/v2/stores/none/\(id)", as: "admin").status == 409)
    #expect(try await cloud.ask("DELETE", "/v2/stores/fast/\(id)", as: "admin").status == 204)
    #expect(try await first.list() == [])
    #expect(try await show(cloud, id)["stores"] == "far")
    #expect(try await cloud.ask("DELETE", "/v2/stores/fast/\(id)", as: "admin").status == 404)
    #expect(try await cloud.ask("DELETE", "/v2/stores/far/\(id)", as: "admin").status == 403)
    #expect(try await cloud.send("GET", "/v2/images/\(id)/file").bytes == [1, 2, 3])
    #expect(try await cloud.ask("DELETE", "/v2/images/\(id)").status == 204)
    #expect(try await second.list() == [])
  }

  @Test("an image is copied into further stores, and stays active when one is full")
  func copies() async throws {
    let cloud = try await cloud()
    let id = try await cloud.image()
    let copy: JSON = ["method": ["name": "copy-image"], "stores": ["far"]]
    #expect(try await take(cloud, id, copy, as: "admin") == 409, "it has no data yet")
    #expect(try await cloud.upload(id, "data").status == 204)
    second.setFull(true)
    #expect(try await take(cloud, id, copy, as: "admin") == 202)
    var image = try await show(cloud, id)
    #expect(image["status"] == "active")
    #expect(image["stores"] == "fast")
    #expect(image["os_glance_failed_import"] == "far")
    #expect(image["os_glance_failed_import_reason"]?.string?.contains("No space") == true)
    second.setFull(false)
    #expect(try await take(cloud, id, copy, as: "admin") == 202)
    image = try await show(cloud, id)
    #expect(image["stores"] == "far,fast")
    #expect(image["os_glance_failed_import"] == "")
    #expect(try await take(cloud, id, copy, as: "admin") == 400, "it is there already")
    #expect(try await take(cloud, id, ["method": ["name": "copy-image"], "all_stores": true], as: "admin") == 202)
  }

  @Test("data comes from the store that a request prefers, if the image is there")
  func preferred() async throws {
    let cloud = try await cloud()
    let id = try await cloud.image()
    #expect(try await cloud.upload(id, "data").status == 204)
    #expect(try await take(cloud, id, ["method": ["name": "copy-image"], "stores": ["far"]], as: "admin") == 202)
    let path = "/v2/images/\(id)/file"
    // Each store gets a damaged one in turn, of the same size, so that it shows which was asked.
    for (store, other) in [("fast", second), ("far", first)] {
      let key = try #require(try await other.list().first)
      try await other.remove(key) { false }
      #expect(try await cloud.send("GET", path + "?prefer=\(store)").text == "data")
      let writer = try await other.begin(for: id)
      try await writer.write(Array("ruin".utf8))
      try await writer.finish(as: key)
      #expect(try await cloud.send("GET", path + "?prefer=+\(store),").text == "data")
      try await other.remove(key) { false }
      let again = try await other.begin(for: id)
      try await again.write(Array("data".utf8))
      try await again.finish(as: key)
    }
    #expect(try await cloud.send("GET", path + "?prefer=attic").status == 400)
    #expect(try await cloud.send("GET", path + "?prefer=").status == 200)
    let closed = try await ImageCloud(
      stores: ImageStores(single: FakeImages()), policies: ["download_from_store": "role:admin"])
    let own = try await closed.image()
    #expect(try await closed.upload(own, "data").status == 204)
    #expect(try await closed.send("GET", "/v2/images/\(own)/file?prefer=file").status == 403)
    #expect(try await closed.send("GET", "/v2/images/\(own)/file").status == 200)
  }

  @Test("who may copy images need not own them; who may import must")
  func copiers() async throws {
    let stores = ImageStores(
      [.init("fast", type: "file", first), .init("far", type: "s3", second)], defaultID: "fast", staging: first,
      stagingTwin: "fast")
    let cloud = try await ImageCloud(stores: stores, policies: ["copy_image": "role:reader"])
    let id = try await cloud.image(["visibility": "public"], as: "admin")
    let copy: JSON = ["method": ["name": "copy-image"], "stores": ["far"]]
    let download: JSON = ["method": ["name": "web-download", "uri": "http://example.org/x"]]
    #expect(try await take(cloud, id, download, as: "other") == 403)
    #expect(try await cloud.upload(id, "data", as: "admin").status == 204)
    #expect(try await take(cloud, id, copy, as: "other") == 202)
    #expect(try await show(cloud, id)["stores"] == "fast,far")
    let secret = try await cloud.image()
    #expect(try await cloud.upload(secret, "data").status == 204)
    #expect(try await take(cloud, secret, copy, as: "other") == 404)
  }

  @Test("nothing is staged where staged data cannot be imported; disks encrypted by LUKS are images")
  func methods() async throws {
    var options = GlanceOptions()
    options.importMethods = ["web-download"]
    let cloud = try await cloud(options)
    let id = try await cloud.image(["disk_format": "luks"])
    let headers: Headers = ["Content-Type": "application/octet-stream"]
    #expect(try await cloud.send("PUT", "/v2/images/\(id)/stage", .bytes([1]), headers: headers).status == 404)
    #expect(try await show(cloud, id)["status"] == "queued")
  }

  @Test("one store that fails fails all, unless the request says otherwise")
  func partly() async throws {
    let cloud = try await cloud(web: Page(bytes: [5, 6]))
    let id = try await cloud.image()
    second.setFull(true)
    var body: JSONObject = ["method": ["name": "web-download", "uri": "http://example.org/x"], "all_stores": true]
    #expect(try await take(cloud, id, .object(body)) == 202)
    var image = try await show(cloud, id)
    #expect(image["status"] == "queued")
    #expect(image["os_glance_failed_import"] == "fast,far")
    #expect(image["size"] == .null)
    #expect(try await first.list() == [])
    body["all_stores_must_succeed"] = false
    #expect(try await take(cloud, id, .object(body)) == 202)
    image = try await show(cloud, id)
    #expect(image["status"] == "active")
    #expect(image["stores"] == "fast")
    #expect(image["os_glance_failed_import"] == "far")
    #expect(try await cloud.send("GET", "/v2/images/\(id)/file").bytes == [5, 6])
  }

  /// A web that waits with the second half of its image.
  private final class SlowWeb: WebSource {
    let state = Mutex((asked: 0, mayEnd: false))
    func fetch(_ uri: String, limit: Int) async throws -> ImagePieces {
      {
        let asked = self.state.withLock { state in
          state.asked += 1
          return state.asked
        }
        while asked == 2, !self.state.withLock({ $0.mayEnd }) { try await Task.sleep(for: .milliseconds(2)) }
        return asked > 2 ? nil : [UInt8](repeating: 7, count: 3 << 20)
      }
    }
  }

  @Test("a task says how far its import is")
  func progress() async throws {
    let web = SlowWeb()
    var world = World.real
    let clock = Mutex(Duration.zero)
    world.uptime = {
      clock.withLock { now in
        now += .seconds(10)
        return now
      }
    }
    let cloud = try await ImageCloud(stores: ImageStores(single: FakeImages()), web: web, world: world)
    let id = try await cloud.image()
    let body: JSON = ["method": ["name": "web-download", "uri": "http://example.org/x"]]
    #expect(try await cloud.ask("POST", "/v2/images/\(id)/import", body).status == 202)
    func task() async throws -> JSON {
      try await cloud.ask("GET", "/v2/images/\(id)/tasks").json["tasks"]?[0] ?? .null
    }
    async let settled: Void = cloud.settle()
    while web.state.withLock({ $0.asked }) < 2 { try await Task.sleep(for: .milliseconds(2)) }
    #expect(try await task()["message"] == "Copied 3 MiB")
    web.state.withLock { $0.mayEnd = true }
    try await settled
    #expect(try await task()["message"] == "")
    #expect(try await task()["status"] == "success")
  }

  @Test("a download that breaks leaves the image queued, and can be asked for again")
  func broken() async throws {
    let cloud = try await cloud(web: Page(bytes: [5, 6], breaks: true))
    let id = try await cloud.image()
    let body: JSON = ["method": ["name": "web-download", "uri": "http://example.org/x"]]
    #expect(try await take(cloud, id, body) == 202)
    #expect(try await show(cloud, id)["status"] == "queued")
    #expect(try await show(cloud, id)["os_glance_failed_import"] == "fast")
    #expect(try await first.list() == [])
    #expect(first.openWriters == 0)
    let refused: JSON = ["method": ["name": "web-download", "uri": "http://127.0.0.1/x"]]
    #expect(try await take(cloud, id, refused) == 400)
    #expect(try await take(cloud, id, ["method": ["name": "web-download"]]) == 400)
    #expect(try await take(cloud, id, ["method": ["name": "glance-direct"]]) == 409)
    let both: JSON = ["method": ["name": "glance-direct", "uri": "http://example.org/x"]]
    #expect(try await take(cloud, id, both) == 409, "one method is not the way to another")
  }

  @Test("an image that is deleted during its import is gone, with its bytes")
  func deleted() async throws {
    let cloud = try await cloud(web: Page(bytes: [5, 6]))
    let id = try await cloud.image()
    let body: JSON = ["method": ["name": "web-download", "uri": "http://example.org/x"]]
    #expect(try await cloud.ask("POST", "/v2/images/\(id)/import", body).status == 202)
    #expect(try await cloud.ask("POST", "/v2/images/\(id)/import", body).status == 409, "one at a time")
    #expect(try await cloud.ask("DELETE", "/v2/images/\(id)").status == 204)
    try await cloud.settle()
    #expect(try await first.list() == [])
    #expect(first.openWriters == 0)
  }

  @Test("hostile bytes from the web are refused before a tool sees them")
  func hostile() async throws {
    let head: [UInt8] = [0x51, 0x46, 0x49, 0xfb, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 200]
    let cloud = try await cloud(web: Page(bytes: head + [UInt8](repeating: 0, count: 200)))
    let id = try await cloud.image(["disk_format": "qcow2"])
    let body: JSON = ["method": ["name": "web-download", "uri": "http://example.org/x"]]
    #expect(try await take(cloud, id, body) == 202)
    let image = try await show(cloud, id)
    #expect(image["status"] == "queued")
    #expect(image["os_glance_failed_import_reason"]?.string?.contains("backing file") == true)
    #expect(try await first.list() == [])
  }

  @Test("imported images get the properties that an operator says, but administrators' do not")
  func injected() async throws {
    var options = GlanceOptions()
    options.imports.plugins = [.metadata]
    options.imports.inject = ["os_glance_x": "no", "origin": "web"]
    let cloud = try await cloud(web: Page(bytes: [1]), options)
    let body: JSON = ["method": ["name": "web-download", "uri": "http://example.org/x"]]
    for (token, origin) in [("demo", "web" as String?), ("admin", nil)] {
      let id = try await cloud.image(as: token)
      #expect(try await take(cloud, id, body, as: token) == 202)
      let image = try await cloud.ask("GET", "/v2/images/\(id)", as: token).json
      #expect(image["status"] == "active")
      #expect(image["origin"]?.string == origin)
      #expect(image["os_glance_x"] == nil)
    }
  }

  @Test(
    "packed images are unpacked and converted, with files and the real tools",
    .enabled(if: ((try? BlockingFiles.list("/usr/bin")) ?? []).contains("qemu-img")))
  func tools() async throws {
    let folder = "/tmp/mlt-test-import-\(World.real.hexID())"
    try await Host.real.makeDirectory(folder)
    try await Host.real.runOK("qemu-img", ["create", "-q", "-f", "qcow2", folder + "/disk", "8M"])
    try await Host.real.runOK("gzip", ["-n", folder + "/disk"])
    let packed = try await Host.real.readFile(folder + "/disk.gz")
    var options = GlanceOptions()
    options.imports.plugins = [.decompression, .conversion]
    let files = ImageFiles(directory: folder + "/images")
    let cloud = try await ImageCloud(
      stores: ImageStores(single: files), inspector: QemuImageInspector(), web: Page(bytes: packed), options: options,
      scratch: folder + "/tools")
    let id = try await cloud.image(["disk_format": "qcow2", "container_format": "compressed"])
    let body: JSON = ["method": ["name": "web-download", "uri": "http://example.org/x"]]
    #expect(try await take(cloud, id, body) == 202)
    let image = try await show(cloud, id)
    #expect(image["status"] == "active", "\(image.text)")
    #expect(image["disk_format"] == "raw")
    #expect(image["container_format"] == "bare")
    #expect(image["size"] == .int(8 << 20))
    #expect(image["virtual_size"] == .int(8 << 20))
    #expect(try await files.list().count == 1, "neither the packed nor the converted one stays")
    #expect(try await Host.real.list(folder + "/tools") == [])
    try await Host.real.remove(folder)
  }
}
