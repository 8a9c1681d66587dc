import HTTP
import JSON
import Testing

@Suite("Images") struct ImageTests {
  @Test("versions need no token; everything else does")
  func versions() async throws {
    let cloud = try await ImageCloud()
    let root = try await cloud.send("GET", "/", as: "")
    #expect(root.status == 300)
    #expect(root.json["versions"]?[0]?["id"] == "v2.18")
    #expect(root.json["versions"]?[0]?["status"] == "CURRENT")
    #expect(root.json["versions"]?[0]?["links"]?[0]?["href"] == "http://images/v2/")
    #expect(try await cloud.send("GET", "/versions", as: "").status == 200)
    #expect(try await cloud.send("GET", "/v2/images", as: "").status == 401)
  }

  @Test("a new image has upstream's defaults")
  func create() async throws {
    let cloud = try await ImageCloud()
    let made = try await cloud.ask(
      "POST", "/v2/images",
      ["name": "debian", "disk_format": "qcow2", "container_format": "bare", "os_distro": "debian"])
    #expect(made.status == 201)
    let id = try #require(made.json["id"]?.string)
    #expect(made.headers["Location"] == "http://images/v2/images/\(id)")
    #expect(made.headers["OpenStack-image-import-methods"] == "glance-direct,web-download,copy-image")
    let image = try await cloud.ask("GET", "/v2/images/\(id)").json
    #expect(image["status"] == "queued")
    #expect(image["visibility"] == "shared")
    #expect(image["owner"] == "p-demo")
    #expect(image["os_distro"] == "debian")
    #expect(image["protected"] == false)
    #expect(image["size"] == .null)
    #expect(image["file"] == .string("/v2/images/\(id)/file"))
    #expect(image["created_at"]?.string?.hasSuffix("Z") == true)
    let head = try await cloud.send("HEAD", "/v2/images/\(id)")
    #expect(head.status == 200)
  }

  @Test(
    "what a new image must not say is refused",
    arguments: [
      (["status": "active"], 403), (["size": 1], 403), (["location": "x"], 403), (["os_glance_x": "y"], 403),
      (["disk_format": "floppy"], 400), (["container_format": 1], 400), (["visibility": "secret"], 400),
      (["min_disk": -1], 400), (["min_ram": "1"], 400), (["protected": "yes"], 400), (["tags": "x"], 400),
      (["os_distro": 1], 400), (["id": "7"], 400), (["visibility": "public"], 403), (["owner": "p-other"], 403),
      (["visibility": "community"], 201), (["name": nil], 201), (["tags": ["a", "a"]], 201),
    ] as [(JSON, Int)])
  func createRefused(body: JSON, status: Int) async throws {
    let cloud = try await ImageCloud()
    #expect(try await cloud.ask("POST", "/v2/images", body).status == status)
  }

  @Test("administrators publish images; administrators and services make them for others")
  func privileged() async throws {
    let cloud = try await ImageCloud()
    #expect(try await cloud.ask("POST", "/v2/images", ["visibility": "public"], as: "admin").status == 201)
    #expect(try await cloud.ask("POST", "/v2/images", ["owner": "p-demo"], as: "admin").json["owner"] == "p-demo")
    let snapshot = try await cloud.image(["owner": "p-demo", "name": "snap"], as: "nova")
    #expect(try await cloud.upload(snapshot, "bytes", as: "nova").status == 204)
    #expect(try await cloud.ask("GET", "/v2/images/\(snapshot)").json["status"] == "active")
    #expect(try await cloud.ask("POST", "/v2/images", [:], as: "reader").status == 403)
    let twice = "5ea2c4f1-3a1c-4c80-8a39-3f5d5b6ac001"
    #expect(try await cloud.ask("POST", "/v2/images", ["id": .string(twice)]).status == 201)
    #expect(try await cloud.ask("POST", "/v2/images", ["id": .string(twice)]).status == 409)
  }

  @Test("deleting removes the image, but not a protected one")
  func delete() async throws {
    let cloud = try await ImageCloud()
    let id = try await cloud.image(["protected": true])
    #expect(try await cloud.ask("DELETE", "/v2/images/\(id)").status == 403)
    #expect(try await cloud.patch(id, [["op": "replace", "path": "/protected", "value": false]]).status == 200)
    #expect(try await cloud.ask("DELETE", "/v2/images/\(id)").status == 204)
    let gone = try await cloud.send("GET", "/v2/images/\(id)", headers: ["Accept": "*/*"])
    #expect(gone.status == 404)
    #expect(gone.text.contains("No image found with ID \(id)"))
    #expect(gone.headers["Content-Type"]?.hasPrefix("text/html") == true)
    #expect(try await cloud.ask("DELETE", "/v2/images/\(id)").status == 404)
  }

  struct PatchCase: Sendable, CustomTestStringConvertible {
    let changes: JSON
    let status: Int
    var key = ""
    var value: JSON = .null
    var testDescription: String { "\(changes)" }
  }
  static let patches: [PatchCase] = [
    PatchCase(changes: [["op": "replace", "path": "/name", "value": "new"]], status: 200, key: "name", value: "new"),
    PatchCase(
      changes: [["op": "add", "path": "/os_version", "value": "13"]], status: 200, key: "os_version", value: "13"),
    PatchCase(changes: [["op": "replace", "path": "/mine", "value": "b"]], status: 200, key: "mine", value: "b"),
    PatchCase(changes: [["op": "remove", "path": "/mine"]], status: 200, key: "mine"),
    PatchCase(changes: [["op": "add", "path": "/a~1b~0c", "value": "x"]], status: 200, key: "a/b~c", value: "x"),
    PatchCase(
      changes: [["op": "replace", "path": "/tags", "value": ["x", "y"]]], status: 200, key: "tags", value: ["x", "y"]),
    PatchCase(changes: [["op": "replace", "path": "/min_disk", "value": 5]], status: 200, key: "min_disk", value: 5),
    PatchCase(changes: [], status: 200, key: "name", value: "old"),
    PatchCase(changes: [["op": "remove", "path": "/name"]], status: 403),
    PatchCase(changes: [["op": "replace", "path": "/absent", "value": "x"]], status: 409),
    PatchCase(changes: [["op": "remove", "path": "/absent"]], status: 409),
    PatchCase(changes: [["op": "replace", "path": "/id", "value": "x"]], status: 403),
    PatchCase(changes: [["op": "replace", "path": "/status", "value": "active"]], status: 403),
    PatchCase(changes: [["op": "add", "path": "/locations", "value": []]], status: 400),
    PatchCase(changes: [["op": "replace", "path": "/owner", "value": "p-other"]], status: 403),
    PatchCase(changes: [["op": "replace", "path": "/visibility", "value": "public"]], status: 403),
    PatchCase(changes: [["op": "replace", "path": "name", "value": "x"]], status: 400),
    PatchCase(changes: [["op": "replace", "path": "/a/b", "value": "x"]], status: 400),
    PatchCase(changes: [["op": "replace", "path": "/name"]], status: 400),
    PatchCase(changes: [["op": "move", "path": "/name", "value": "x"]], status: 400),
    PatchCase(changes: [["path": "/name", "value": "x"]], status: 400),
    PatchCase(changes: [["op": "add", "path": "/a~2", "value": "x"]], status: 400),
    PatchCase(changes: ["x"], status: 400), PatchCase(changes: ["op": "add"], status: 400),
  ]

  @Test("patches", arguments: patches)
  func patch(_ one: PatchCase) async throws {
    let cloud = try await ImageCloud()
    let id = try await cloud.image(["name": "old", "mine": "a"])
    let answer = try await cloud.patch(id, one.changes)
    #expect(answer.status == one.status, "\(answer.text)")
    if one.status == 200 { #expect((answer.json[one.key] ?? .null) == one.value) }
    if one.status != 200 { #expect(try await cloud.ask("GET", "/v2/images/\(id)").json["name"] == "old") }
  }

  @Test("patches need their media type, and draft 4 is still read")
  func patchTypes() async throws {
    let cloud = try await ImageCloud()
    let id = try await cloud.image(["name": "old"])
    #expect(try await cloud.ask("PATCH", "/v2/images/\(id)", []).status == 415)
    let old = try await cloud.send(
      "PATCH", "/v2/images/\(id)", .bytes(Array(#"[{"replace": "/name", "value": "four"}]"#.utf8)),
      headers: ["Content-Type": "application/openstack-images-v2.0-json-patch"])
    #expect(old.json["name"] == "four")
  }

  @Test("formats are fixed once there is data")
  func formatsFixed() async throws {
    let cloud = try await ImageCloud()
    let id = try await cloud.image()
    let change: JSON = [["op": "replace", "path": "/disk_format", "value": "ari"]]
    #expect(try await cloud.patch(id, change).status == 200)
    #expect(try await cloud.upload(id, "x").status == 204)
    #expect(try await cloud.patch(id, change).status == 403)
  }

  @Test("tags come and go one by one")
  func tags() async throws {
    let cloud = try await ImageCloud()
    let id = try await cloud.image()
    #expect(try await cloud.ask("PUT", "/v2/images/\(id)/tags/lts").status == 204)
    #expect(try await cloud.ask("PUT", "/v2/images/\(id)/tags/lts").status == 204)
    #expect(try await cloud.ask("GET", "/v2/images/\(id)").json["tags"] == ["lts"])
    #expect(try await cloud.ask("PUT", "/v2/images/\(id)/tags/x", as: "other").status == 404)
    #expect(try await cloud.ask("DELETE", "/v2/images/\(id)/tags/lts").status == 204)
    #expect(try await cloud.ask("DELETE", "/v2/images/\(id)/tags/lts").status == 404)
  }

  @Test("schemas and discovery answer what clients read")
  func discovery() async throws {
    let cloud = try await ImageCloud()
    let schema = try await cloud.ask("GET", "/v2/schemas/image").json
    #expect(schema["name"] == "image")
    #expect(schema["additionalProperties"] == ["type": "string"])
    #expect(schema["properties"]?["disk_format"]?["enum"]?.array?.contains("qcow2") == true)
    #expect(schema["properties"]?["locations"]?["type"] == "array", "clients hold images against the schema")
    #expect(try await cloud.ask("GET", "/v2/schemas/images").json["properties"]?["images"]?["items"] == schema)
    #expect(try await cloud.ask("GET", "/v2/schemas/member").json["name"] == "member")
    #expect(try await cloud.ask("GET", "/v2/schemas/members").json["name"] == "members")
    #expect(
      try await cloud.ask("GET", "/v2/info/import").json["import-methods"]?["value"]
        == ["glance-direct", "web-download", "copy-image"])
    #expect(try await cloud.ask("GET", "/v2/info/stores").json["stores"]?[0]?["id"] == "file")
  }
}
