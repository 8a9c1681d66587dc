import Core
import FakeHardware
import GlanceAPI
import GlanceModel
import HTTP
import Hardware
import JSON
import Store
import TestSupport
import Testing

@Suite("What operators decide of images") struct ImageRuleTests {
  private static let url = "http://images.example.org/guest"

  private func cloud(
    _ change: (inout GlanceOptions) throws -> Void = { $0.showsLocations = true }, limits: Glance.Limits? = nil
  ) async throws -> ImageCloud {
    var options = GlanceOptions()
    try change(&options)
    let files = FakeImages()
    let stores = ImageStores(
      [
        ImageStores.Entry("file", type: "file", files),
        ImageStores.Entry("web", type: "http", FakeWeb(pages: [Self.url: "bytes"])),
      ], defaultID: "file", staging: files, stagingTwin: "file")
    return try await ImageCloud(stores: stores, options: options, limits: limits)
  }
  private func add(_ url: String, _ more: JSONObject = [:], at place: String = "-") -> JSON {
    let value = JSONObject([("url", .string(url)), ("metadata", ["a": "b"])] + more.members)
    return [["op": "add", "path": .string("/locations/\(place)"), "value": .object(value)]]
  }

  @Test("an image that stays elsewhere is active at once, and comes from there")
  func location() async throws {
    let cloud = try await cloud()
    let id = try await cloud.image()
    #expect(try await cloud.ask("GET", "/v2/images/\(id)").json["locations"] == [])
    let added = try await cloud.patch(id, add(Self.url))
    #expect(added.json["status"] == "active")
    #expect(added.json["size"] == 5)
    #expect(added.json["locations"] == [["url": .string(Self.url), "metadata": ["a": "b", "store": "web"]]])
    #expect(try await cloud.send("GET", "/v2/images/\(id)/file").text == "bytes")
    #expect(try await cloud.patch(id, add(Self.url)).status == 400, "it is there already")
    #expect(try await cloud.patch(id, add(Self.url + "#again")).status == 200)
    let all = try await cloud.ask("GET", "/v2/images/\(id)").json["locations"] ?? .null
    #expect(try await cloud.patch(id, [["op": "replace", "path": "/locations", "value": all]]).status == 200)
    let one: JSON = [["op": "replace", "path": "/locations", "value": .array([all[0] ?? .null])]]
    #expect(try await cloud.patch(id, one).status == 400)
    let remove: JSON = [["op": "remove", "path": "/locations/0"]]
    #expect(try await cloud.patch(id, remove).status == 403, "administrators alone remove places")
    #expect(try await cloud.patch(id, remove, as: "admin").json["locations"]?.array?.count == 1)
    #expect(try await cloud.patch(id, remove, as: "admin").status == 403, "the last one stays")
  }

  /// The bytes of an upload that goes on while its image's other place is given other metadata.
  @Test("other metadata for places leave those under way alone") func metadataDuringCopy() async throws {
    let cloud = try await cloud()
    let id = try await cloud.image()
    #expect(try await cloud.patch(id, add(Self.url)).status == 200)
    try await cloud.store.write { transaction in
      var image = try #require(try await transaction.get(Image.self, id))
      image.refer(to: ImageLocation(store: "file", key: "on-its-way", isReady: false))
      try await transaction.update(image)
    }
    let value: JSON = [["url": .string(Self.url), "metadata": ["c": "d"]]]
    let changed = try await cloud.patch(id, [["op": "replace", "path": "/locations", "value": value]])
    #expect(changed.json["locations"]?.array?.first?["metadata"]?["c"] == "d", "\(changed.text)")
    let image = try #require(try await cloud.store.read { try await $0.get(Image.self, id) })
    #expect(image.allLocations.map(\.key) == [Self.url, "on-its-way"])
  }

  /// A private image's hash, said of other data, is no way to its bytes.
  @Test("a hash that somebody says gives nobody the bytes that have it") func claimedHash() async throws {
    let cloud = try await cloud()
    let secret = try await cloud.image(["visibility": "private"], as: "other")
    #expect(try await cloud.upload(secret, "secret", as: "other").status == 204)
    let hash = try await cloud.ask("GET", "/v2/images/\(secret)", as: "other").json["os_hash_value"] ?? .null
    let id = try await cloud.image()
    let claim: JSONObject = ["validation_data": ["os_hash_algo": "sha512", "os_hash_value": hash]]
    #expect(try await cloud.patch(id, add(Self.url, claim)).status == 200)
    let copy: JSON = ["method": ["name": "copy-image"], "stores": ["file"]]
    #expect(try await cloud.ask("POST", "/v2/images/\(id)/import", copy, as: "admin").status == 202)
    try await cloud.settle()
    let image = try await cloud.ask("GET", "/v2/images/\(id)").json
    #expect(image["stores"] == "web")
    #expect(image["os_glance_failed_import"] == "file")
    #expect(try await cloud.send("GET", "/v2/images/\(secret)/file", as: "other").text == "secret")
  }

  @Test("places are neither shown nor taken where the operator does not let them")
  func invisible() async throws {
    let cloud = try await cloud { _ in }
    let id = try await cloud.image()
    #expect(try await cloud.ask("GET", "/v2/images/\(id)").json["locations"] == nil)
    #expect(try await cloud.patch(id, add(Self.url)).status == 403)
    for url in ["gopher://x", "file:///etc/passwd", "http://images.example.org/none"] {
      #expect(try await self.cloud().patch(try await self.cloud().image(), add(url)).status >= 400)
    }
  }

  @Test("what is said of bytes elsewhere must be a hash, and the same for every place")
  func facts() async throws {
    let cloud = try await cloud()
    func data(_ algorithm: String, _ hash: String) -> JSONObject {
      ["validation_data": ["os_hash_algo": .string(algorithm), "os_hash_value": .string(hash)]]
    }
    let hash = String(repeating: "ab", count: 64)
    for (algorithm, value) in [("sha256", hash), ("sha512", "short"), ("sha512", String(repeating: "xy", count: 64))] {
      let id = try await cloud.image()
      #expect(try await cloud.patch(id, add(Self.url, data(algorithm, value))).status == 409)
    }
    let id = try await cloud.image()
    let made = try await cloud.patch(id, add(Self.url, data("sha512", hash)))
    #expect(made.json["os_hash_value"] == .string(hash))
    #expect(try await cloud.patch(id, add(Self.url + "#2", data("sha512", hash))).status == 200)
    #expect(
      try await cloud.patch(id, add(Self.url + "#3", data("sha512", String(repeating: "cd", count: 64)))).status == 409)
  }

  @Test("v1 names a location in a header")
  func versionOne() async throws {
    let cloud = try await cloud { _ in }
    let made = try await cloud.send(
      "POST", "/v1/images",
      headers: [
        "x-image-meta-disk_format": "raw", "x-image-meta-container_format": "bare", "x-image-meta-location": Self.url,
      ])
    #expect(made.json["image"]?["status"] == "active")
    #expect(made.json["image"]?["size"] == 5)
    #expect(made.json["image"]?["location"] == nil)
  }

  private static let rules = """
    [secret_.*]
    create = admin
    read = admin
    update = admin
    delete = !
    [locked]
    create = @
    read = @
    update = !
    delete = admin
    [.*]
    create = @
    read = @
    update = @
    delete = @
    """

  @Test("protected properties are seen and changed by those who may")
  func protections() async throws {
    let cloud = try await cloud {
      $0.protections = try PropertyProtections(parsing: Self.rules, source: "rules.conf", form: .roles)
    }
    #expect(try await cloud.ask("POST", "/v2/images", ["secret_a": "1"]).status == 403)
    let id = try await cloud.image(["locked": "yes", "free": "1"])
    #expect(try await cloud.patch(id, [["op": "add", "path": "/secret_a", "value": "1"]], as: "admin").status == 200)
    #expect(try await cloud.ask("GET", "/v2/images/\(id)").json["secret_a"] == nil)
    #expect(try await cloud.ask("GET", "/v2/images/\(id)", as: "admin").json["secret_a"] == "1")
    #expect(try await cloud.patch(id, [["op": "replace", "path": "/locked", "value": "no"]]).status == 403)
    #expect(try await cloud.patch(id, [["op": "remove", "path": "/locked"]]).status == 403)
    #expect(try await cloud.patch(id, [["op": "remove", "path": "/free"]]).status == 200)
    #expect(try await cloud.patch(id, [["op": "remove", "path": "/secret_a"]], as: "admin").status == 403)
    let purged = try await cloud.send("PUT", "/v1/images/\(id)", headers: ["x-image-meta-property-locked": "yes"])
    #expect(purged.status == 200)
    #expect(try await cloud.ask("GET", "/v2/images/\(id)", as: "admin").json["secret_a"] == "1", "unseen, it stays")
  }

  @Test("rules that cannot be understood do not protect, and are refused")
  func badRules() {
    for text in [
      "[a]\ncreate=@", "[a(]\ncreate=@\nread=@\nupdate=@\ndelete=@", "[a]\ncreate=@,!\nread=@\nupdate=@\ndelete=@",
    ] {
      #expect(throws: Fault.self) { try PropertyProtections(parsing: text, source: "x", form: .roles) }
    }
    let two = "[a]\ncreate=x,y\nread=@\nupdate=@\ndelete=@"
    #expect(throws: Fault.self) { try PropertyProtections(parsing: two, source: "x", form: .policies) }
  }

  @Test("identity's limits hold for the images of a project")
  func limits() async throws {
    let cloud = try await cloud({ _ in }) { _ in
      ["image_count_total": 2, "image_size_total": -1, "image_stage_total": 0, "image_count_uploading": 1]
    }
    let first = try await cloud.image()
    _ = try await cloud.image()
    #expect(try await cloud.ask("POST", "/v2/images", [:]).status == 413)
    #expect(try await cloud.ask("POST", "/v2/images", [:], as: "other").status == 201)
    #expect(try await cloud.upload(first, "bytes").status == 204)
    let usage = try await cloud.ask("GET", "/v2/info/usage").json["usage"]
    #expect(usage?["image_count_total"] == ["limit": 2, "usage": 2])
    #expect(try await self.cloud().ask("GET", "/v2/info/usage").json == ["usage": [:]])
  }
}
