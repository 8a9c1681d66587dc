import Core
import GlanceModel
import HTTP
import Hardware
import JSON
import Store
import Synchronization
import Testing

@Suite("The image API v1") struct VersionOneTests {
  private static let form: Headers = ["x-image-meta-disk_format": "raw", "x-image-meta-container_format": "bare"]

  private func make(
    _ cloud: ImageCloud, _ more: [String: String], _ data: String? = nil, as token: String = "demo"
  ) async throws -> ImageCloud.Answer {
    var headers = Self.form
    for (name, value) in more { headers["x-image-meta-" + name] = value }
    if data != nil { headers["Content-Type"] = "application/octet-stream" }
    return try await cloud.send(
      "POST", "/v1/images", data.map { .bytes(Array($0.utf8)) } ?? .empty, as: token, headers: headers)
  }
  private func put(
    _ cloud: ImageCloud, _ id: String, _ headers: Headers, _ data: String? = nil, as token: String = "demo"
  ) async throws -> ImageCloud.Answer {
    try await cloud.send(
      "PUT", "/v1/images/\(id)", data.map { .bytes(Array($0.utf8)) } ?? .empty, as: token, headers: headers)
  }

  @Test("an image is made and filled by one request, and its headers say all of it")
  func whole() async throws {
    let cloud = try await ImageCloud()
    let made = try await make(
      cloud, ["name": "guest", "min_ram": "64", "property-color": "blue", "protected": "True"], "some bytes")
    #expect(made.status == 201)
    let image = made.json["image"] ?? .null
    #expect(image["status"] == "active")
    #expect(image["size"] == 10)
    #expect(image["is_public"] == false)
    #expect(image["properties"] == ["color": "blue"])
    #expect(image["deleted"] == false)
    let id = try #require(image["id"]?.string)
    let head = try await cloud.send("HEAD", "/v1/images/\(id)")
    #expect(head.status == 200)
    #expect(head.headers["x-image-meta-name"] == "guest")
    #expect(head.headers["x-image-meta-min_ram"] == "64")
    #expect(head.headers["x-image-meta-protected"] == "True")
    #expect(head.headers["x-image-meta-property-color"] == "blue")
    #expect(head.headers["ETag"] == image["checksum"]?.string)
    let data = try await cloud.send("GET", "/v1/images/\(id)")
    #expect(data.text == "some bytes")
    #expect(data.headers["x-image-meta-size"] == "10")
    #expect(try await cloud.ask("GET", "/v2/images/\(id)").json["color"] == "blue")
    #expect(try await cloud.ask("DELETE", "/v1/images/\(id)").status == 403, "it is protected")
  }

  @Test("an image waits for its bytes, and then takes them once")
  func later() async throws {
    let cloud = try await ImageCloud()
    let id = try #require(try await make(cloud, ["name": "late"]).json["image"]?["id"]?.string)
    #expect(try await cloud.send("GET", "/v1/images/\(id)").status == 404)
    #expect(try await put(cloud, id, [:], "data").json["image"]?["status"] == "active")
    #expect(try await put(cloud, id, [:], "more").status == 409)
    #expect(try await cloud.ask("DELETE", "/v1/images/\(id)").status == 200)
    #expect(try await cloud.ask("DELETE", "/v1/images/\(id)").status == 404)
  }

  @Test("properties that are not named go, unless they are to stay")
  func purge() async throws {
    let cloud = try await ImageCloud()
    let id = try #require(
      try await make(cloud, ["property-a": "1", "property-b": "2"], "x").json["image"]?["id"]?.string)
    let kept = try await put(
      cloud, id, ["x-image-meta-property-b": "3", "x-glance-registry-purge-props": "false"])
    #expect(kept.json["image"]?["properties"] == ["a": "1", "b": "3"])
    let purged = try await put(cloud, id, ["x-image-meta-property-c": "4"])
    #expect(purged.json["image"]?["properties"] == ["c": "4"])
  }

  @Test(
    "what cannot be said is refused",
    arguments: [
      (["disk_format": "floppy"], 400), (["container_format": "box"], 400), (["color": "red"], 400),
      (["size": "large"], 400), (["min_disk": "-1"], 400), (["min_disk": "9999999999999"], 400), (["id": "7"], 400),
      (["store": "attic"], 400),
      (["disk_format": "ami", "container_format": "bare"], 400), (["is_public": "True"], 403),
      (["location": "file:///etc/passwd"], 400), (["created_at": "soon"], 400),
    ] as [([String: String], Int)])
  func refused(meta: [String: String], status: Int) async throws {
    #expect(try await make(try await ImageCloud(), meta).status == status)
  }

  @Test("a checksum that was promised is kept, or the image waits for its bytes again")
  func checksum() async throws {
    let cloud = try await ImageCloud()
    let made = try await make(cloud, ["checksum": "0123456789abcdef0123456789abcdef"], "x")
    #expect(made.status == 400)
    let list = try await cloud.ask("GET", "/v1/images/detail").json["images"]
    #expect(list?[0]?["status"] == "queued")
    #expect(try await cloud.backend.list().isEmpty)
  }

  @Test(
    "filters and orders",
    arguments: [
      ("", ["c", "b", "a"]), ("sort_key=name&sort_dir=asc", ["a", "b", "c"]), ("name=b", ["b"]),
      ("size_min=2&sort_key=size&sort_dir=asc", ["b", "c"]), ("size_max=1", ["a"]), ("property-color=blue", ["a"]),
      ("status=active&limit=1", ["c"]), ("status=queued", []), ("protected=true", []),
      ("is_public=false", ["c", "b", "a"]),
      ("changes-since=2000-01-01T00:00:00", ["c", "b", "a"]), ("disk_format=iso", []),
    ] as [(String, [String])])
  func lists(query: String, names: [String]) async throws {
    let cloud = try await ImageCloud()
    _ = try await make(cloud, ["name": "a", "property-color": "blue"], "1")
    _ = try await make(cloud, ["name": "b"], "22")
    _ = try await make(cloud, ["name": "c"], "333")
    for path in ["/v1/images", "/v1/images/detail"] {
      #expect(try await cloud.ask("GET", "\(path)?\(query)").names == names)
    }
    let brief = try await cloud.ask("GET", "/v1/images?limit=1").json["images"]?[0]?.object?.keys.sorted()
    #expect(brief == ["checksum", "container_format", "disk_format", "id", "name", "size"])
  }

  @Test(
    "what cannot be asked for is refused",
    arguments: ["limit=x", "limit=-1", "marker=none", "sort_key=color", "sort_dir=up", "size_min=x", "protected=maybe"])
  func refusedLists(query: String) async throws {
    #expect(try await ImageCloud().ask("GET", "/v1/images?\(query)").status == 400)
  }

  @Test("who asks for changes is told what was deleted")
  func deleted() async throws {
    let cloud = try await ImageCloud()
    let id = try #require(try await make(cloud, ["name": "gone"], "x").json["image"]?["id"]?.string)
    _ = try await make(cloud, ["name": "here"], "x")
    _ = try await cloud.ask("DELETE", "/v1/images/\(id)")
    #expect(try await cloud.ask("GET", "/v1/images/detail").names == ["here"])
    let changes = try await cloud.ask("GET", "/v1/images/detail?changes-since=2000-01-01T00:00:00Z")
    #expect(changes.names == ["here", "gone"])
    #expect(changes.json["images"]?[1]?["status"] == "deleted")
    #expect(changes.json["images"]?[1]?["deleted_at"]?.string != nil)
    #expect(try await cloud.ask("GET", "/v1/images/detail?deleted=true&is_public=none", as: "admin").names == ["gone"])
    #expect(try await make(cloud, ["id": id]).status == 409, "an id is used once")
    let count = try await cloud.store.write { transaction in
      try await DeletedImage.purge(before: .init(seconds: 4_000_000_000), limit: 10, in: transaction)
    }
    #expect(count == 1)
  }

  @Test("images are shared, and shared on by those who may")
  func members() async throws {
    let cloud = try await ImageCloud()
    let id = try #require(try await make(cloud, ["name": "ours"], "x").json["image"]?["id"]?.string)
    let path = "/v1/images/\(id)/members"
    #expect(try await cloud.ask("PUT", "\(path)/p-other").status == 204)
    #expect(try await cloud.send("GET", "/v1/images/\(id)", as: "other").status == 200, "at once, in v1")
    #expect(try await cloud.ask("PUT", "\(path)/p-third", as: "other").status == 404)
    #expect(try await cloud.ask("PUT", "\(path)/p-other", ["member": ["can_share": true]]).status == 204)
    #expect(try await cloud.ask("PUT", "\(path)/p-third", as: "other").status == 204)
    #expect(try await cloud.ask("GET", path).json["members"]?.array?.count == 2)
    let shared = try await cloud.ask("GET", "/v1/shared-images/p-other", as: "other")
    #expect(shared.json["shared_images"] == [["image_id": .string(id), "can_share": true]])
    #expect(try await cloud.ask("PUT", path, ["memberships": [["member_id": "p-fourth"]]]).status == 204)
    #expect(try await cloud.ask("GET", path).json["members"] == [["member_id": "p-fourth", "can_share": false]])
    #expect(try await cloud.ask("DELETE", "\(path)/p-fourth").status == 204)
    #expect(try await cloud.ask("DELETE", "\(path)/p-fourth").status == 404)
    #expect(try await cloud.ask("DELETE", "/v1/images/").status == 404, "an image without an id")
  }

  @Test("an image comes from one place: an empty body beside a URL is none")
  func sources() async throws {
    let cloud = try await ImageCloud()
    let headers: Headers = [
      "x-image-meta-disk_format": "raw", "x-image-meta-container_format": "bare",
      "x-glance-api-copy-from": "http://example.org/image", "Content-Type": "application/octet-stream",
    ]
    let empty = BodyStream { nil }
    let made = try await cloud.send("POST", "/v1/images", .stream(empty), headers: headers)
    #expect(made.status == 201)
    #expect(made.json["image"]?["status"] == "saving")
    let piece = Mutex<[UInt8]?>([1])
    let full = BodyStream { piece.withLock { $0.take() } }
    #expect(try await cloud.send("POST", "/v1/images", .stream(full), headers: headers).status == 400)
  }
}
