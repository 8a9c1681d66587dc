import Core
import FakeHardware
import GlanceAPI
import GlanceModel
import GlanceWork
import HTTP
import Hardware
import JSON
import Synchronization
import TestSupport
import Testing

@Suite("How much of images a project may have") struct QuotaTests {
  private static let url = "http://images.example.org/guest"
  private static let free = [
    "image_count_total": -1, "image_size_total": -1, "image_stage_total": -1, "image_count_uploading": -1,
  ]

  /// A web with two MiB everywhere.
  private struct Page: WebSource {
    func fetch(_ uri: String, limit: Int) async throws -> ImagePieces {
      let rest = Mutex<[UInt8]?>([UInt8](repeating: 1, count: 2 << 20))
      return {
        guard let piece = rest.withLock({ $0.take() }) else { return nil }
        guard piece.count <= limit else { throw Fault(.tooLarge, "The limit is \(limit) bytes.") }
        return piece
      }
    }
  }

  private func cloud(
    _ limits: [String: Int]?, pause: Duration = .zero, _ change: (inout GlanceOptions) -> Void = { _ in }
  ) async throws -> ImageCloud {
    var options = GlanceOptions()
    change(&options)
    let (files, more) = (FakeImages(), FakeImages())
    let stores = ImageStores(
      [
        .init("file", type: "file", files), .init("more", type: "file", more),
        .init("web", type: "http", FakeWeb(pages: [Self.url: String(repeating: "x", count: 2 << 20)])),
      ], defaultID: "file", staging: files, stagingTwin: "file")
    var asked: Glance.Limits?
    if let limits {
      let all = Self.free.merging(limits) { $1 }
      asked = { _ in
        try await Task.sleep(for: pause)
        return all
      }
    }
    return try await ImageCloud(
      stores: stores, web: Page(), options: options, limits: asked, policies: ["copy_image": "role:member"])
  }
  private static let large = Body.bytes([UInt8](repeating: 7, count: 2 << 20))
  private static let octets: Headers = ["Content-Type": "application/octet-stream"]
  private static let download: JSON = ["method": ["name": "web-download", "uri": "http://example.org/x"]]

  private func stage(_ cloud: ImageCloud, _ id: String, _ body: Body) async throws -> Int {
    try await cloud.send("PUT", "/v2/images/\(id)/stage", body, headers: Self.octets).status
  }
  private func take(_ cloud: ImageCloud, _ id: String, _ body: JSON) async throws -> Int {
    try await cloud.ask("POST", "/v2/images/\(id)/import", body).status
  }
  private func v1(_ cloud: ImageCloud, _ more: Headers, _ body: Body = .empty) async throws -> Int {
    var headers: Headers = ["x-image-meta-disk_format": "raw", "x-image-meta-container_format": "bare"]
    for (name, value) in more.fields { headers[name] = value }
    return try await cloud.send("POST", "/v1/images", body, headers: headers).status
  }

  @Test("of many who ask at once, as many are let as there is room for", arguments: ["/v2/images", "/v1/images"])
  func atOnce(path: String) async throws {
    let cloud = try await cloud(["image_count_total": 2], pause: .milliseconds(50))
    let made = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<20 {
        group.addTask {
          try await (path == "/v1/images" ? cloud.send("POST", path) : cloud.ask("POST", path, [:])).status
        }
      }
      return try await group.reduce(into: [Int]()) { $0.append($1) }
    }
    #expect(made.filter { $0 == 201 }.count == 2)
    #expect(made.filter { $0 == 413 }.count == 18)
  }

  @Test("as many uploads go on at once as there may be")
  func uploading() async throws {
    let cloud = try await cloud(["image_count_uploading": 1])
    let (first, second, third) = (try await cloud.image(), try await cloud.image(), try await cloud.image())
    #expect(try await stage(cloud, first, .bytes([1])) == 204)
    #expect(try await stage(cloud, second, .bytes([1])) == 413)
    #expect(try await cloud.upload(second, "data").status == 413)
    #expect(try await take(cloud, third, Self.download) == 413)
    #expect(try await v1(cloud, ["x-glance-api-copy-from": "http://example.org/x"]) == 413)
    #expect(try await cloud.ask("GET", "/v2/images/\(second)").json["status"] == "queued")
    #expect(try await take(cloud, first, ["method": ["name": "glance-direct"]]) == 202)
    try await cloud.settle()
    #expect(try await cloud.upload(second, "data").status == 204, "none is under way now")
  }

  @Test("what is announced counts before the first byte")
  func announced() async throws {
    let cloud = try await cloud(["image_size_total": 1, "image_stage_total": 1])
    let id = try await cloud.image()
    #expect(try await cloud.upload(id, Self.large).status == 413)
    #expect(try await stage(cloud, id, Self.large) == 413)
    #expect(try await v1(cloud, Self.octets, Self.large) == 413)
    let unknown = Body.stream(BodyStream(length: nil) { nil })
    let said: Headers = ["Content-Type": "application/octet-stream", "x-openstack-image-size": "2097152"]
    #expect(try await cloud.send("PUT", "/v2/images/\(id)/file", unknown, headers: said).status == 413)
    let nonsense: Headers = ["Content-Type": "application/octet-stream", "x-openstack-image-size": "big"]
    #expect(try await cloud.send("PUT", "/v2/images/\(id)/file", unknown, headers: nonsense).status == 400)
    #expect(try await cloud.upload(id, "small").status == 204)
  }

  @Test("staged data must find room where it goes")
  func staged() async throws {
    let cloud = try await cloud(["image_size_total": 1])
    let id = try await cloud.image()
    #expect(try await stage(cloud, id, Self.large) == 204)
    #expect(try await take(cloud, id, ["method": ["name": "glance-direct"]]) == 413)
    #expect(try await cloud.ask("GET", "/v2/images/\(id)").json["status"] == "uploading")
  }

  @Test("copies count as often as they are kept, and no import begins beyond the limit")
  func copies() async throws {
    let cloud = try await cloud(["image_size_total": 3, "image_stage_total": 1])
    let id = try await cloud.image()
    #expect(try await cloud.upload(id, Self.large).status == 204)
    #expect(try await take(cloud, id, ["method": ["name": "copy-image"], "stores": ["more"]]) == 413, "2 MiB of 1")
    let roomy = try await self.cloud(["image_size_total": 3])
    let other = try await roomy.image()
    #expect(try await roomy.upload(other, Self.large).status == 204)
    #expect(try await take(roomy, other, ["method": ["name": "copy-image"], "stores": ["more"]]) == 202)
    #expect(try await roomy.ask("GET", "/v2/info/usage").json["usage"]?["image_count_uploading"]?["usage"] == 1)
    try await roomy.settle()
    #expect(try await roomy.ask("GET", "/v2/info/usage").json["usage"]?["image_size_total"]?["usage"] == 4)
    #expect(try await take(roomy, try await roomy.image(), Self.download) == 413)
    #expect(try await v1(roomy, ["x-image-meta-location": Self.url]) == 413)
  }

  @Test("an operator's limit of bytes holds for every way in")
  func storage() async throws {
    let cloud = try await cloud(nil) {
      $0.userStorageQuota = 3 << 20
      $0.showsLocations = true
    }
    let (first, second) = (try await cloud.image(), try await cloud.image())
    #expect(try await cloud.upload(first, Self.large).status == 204)
    let announced = try await cloud.upload(second, Self.large)
    #expect(announced.status == 413)
    #expect(announced.text.contains("Image exceeds the storage quota"))
    let pieces = Mutex(Array(repeating: [UInt8](repeating: 1, count: 1 << 20), count: 2))
    let unknown = Body.stream(BodyStream(length: nil) { pieces.withLock { $0.popLast() } })
    let late = try await cloud.send("PUT", "/v2/images/\(second)/file", unknown, headers: Self.octets)
    #expect(late.status == 413)
    #expect(try await cloud.ask("GET", "/v2/images/\(second)").json["status"] == "queued")
    #expect(try await v1(cloud, Self.octets, Self.large) == 413)
    #expect(try await v1(cloud, ["x-image-meta-location": Self.url]) == 413)
    let location: JSON = ["url": .string(Self.url), "metadata": [:]]
    #expect(try await cloud.patch(second, [["op": "add", "path": "/locations/-", "value": location]]).status == 413)
    #expect(try await take(cloud, first, ["method": ["name": "copy-image"], "stores": ["more"]]) == 413)
    #expect(try await take(cloud, second, Self.download) == 202)
    try await cloud.settle()
    let image = try await cloud.ask("GET", "/v2/images/\(second)").json
    #expect(image["status"] == "queued")
    #expect(image["os_glance_failed_import_reason"]?.string?.contains("storage quota") == true)
    #expect(try await cloud.upload(try await cloud.image(as: "other"), Self.large, as: "other").status == 204)
    #expect(try await cloud.upload(second, "small").status == 204)
  }

  @Test("an image stays in so many places, which are counted before anybody is asked")
  func locations() async throws {
    let cloud = try await cloud(nil) { options in
      options.showsLocations = true
      options.imageLocationQuota = 2
    }
    let id = try await cloud.image()
    func add(_ count: Int) -> JSON {
      .array(
        (0..<count).map {
          [
            "op": "add", "path": "/locations/-",
            "value": ["url": .string("\(Self.url)#\($0)"), "metadata": [:]],
          ]
        })
    }
    #expect(try await cloud.patch(id, add(3)).status == 413)
    #expect(try await cloud.ask("GET", "/v2/images/\(id)").json["status"] == "queued")
    #expect(try await cloud.patch(id, add(2)).status == 200)
    let more: JSON = [["op": "add", "path": "/locations/-", "value": ["url": .string(Self.url), "metadata": [:]]]]
    #expect(try await cloud.patch(id, more).status == 413)
  }

  @Test("a negative number of an operator is no limit")
  func unlimited() async throws {
    let cloud = try await cloud(nil) {
      ($0.imagePropertyQuota, $0.imageTagQuota, $0.imageMemberQuota, $0.imageLocationQuota) = (-1, -1, -1, -1)
    }
    let id = try await cloud.image(["a": "b", "tags": ["x"]])
    #expect(try await cloud.ask("POST", "/v2/images/\(id)/members", ["member": "p-other"]).status == 200)
    #expect(try await cloud.send("PUT", "/v1/images/\(id)/members/p-third").status == 204)
    #expect(try await v1(cloud, ["x-image-meta-property-a": "b"]) == 201)
    let none = try await self.cloud(nil) { ($0.imagePropertyQuota, $0.imageTagQuota) = (0, 0) }
    #expect(try await none.ask("POST", "/v2/images", ["a": "b"]).status == 413)
    #expect(try await none.ask("POST", "/v2/images", ["tags": ["b"]]).status == 413)
    let own = try await none.image()
    #expect(try await take(none, own, Self.download) == 202)
    #expect(
      try await none.send("PUT", "/v1/images/\(own)", headers: ["x-image-meta-name": "x"]).status == 200,
      "what the service itself notes of an import is not counted")
  }
}
