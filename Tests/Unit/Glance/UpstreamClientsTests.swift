import FakeHardware
import GlanceAPI
import GlanceModel
import HTTP
import Hardware
import JSON
import TestSupport
import Testing

/// What genuine clients were seen to get from upstream's image service, request by request.
@Suite("What clients of upstream's image service expect") struct UpstreamClientsTests {
  private static let web = "http://images.example.org/guest"

  private func cloud() async throws -> ImageCloud {
    var options = GlanceOptions()
    options.showsLocations = true
    options.showsDirectURL = true
    let files = FakeImages()
    let stores = ImageStores(
      [
        ImageStores.Entry("file", type: "file", files),
        ImageStores.Entry("web", type: "http", FakeWeb(pages: [Self.web: "bytes"])),
      ], defaultID: "file", staging: files, stagingTwin: "file")
    return try await ImageCloud(stores: stores, options: options)
  }

  // MARK: Versions

  @Test(
    "a minor version, or a media type, names the version as well as v2 does",
    arguments: [
      ("/v2.0/images", "", 200), ("/v2//images", "", 200), ("/v2.18/images", "", 200), ("/v2.19/images", "", 300),
      ("/images", "", 300),
      ("/images", "application/vnd.openstack.images-v2", 200),
      ("/images", "application/vnd.openstack.images-v2.3", 200),
      ("/images", "application/vnd.openstack.images-v9", 300), ("/", "*/*", 300), ("/v9/images", "", 300),
    ])
  func versions(path: String, accept: String, status: Int) async throws {
    let answer = try await cloud().send("GET", path, headers: ["Accept": accept])
    #expect(answer.status == status)
    #expect((answer.json["versions"] != nil) == (status == 300))
  }

  @Test("a choice of versions, and whether the service lives, needs no token") func strangers() async throws {
    let cloud = try await cloud()
    #expect(try await cloud.ask("GET", "/nothing", as: "").status == 300)
    #expect(try await cloud.ask("POST", "/nothing", as: "").status == 401)
    let health = try await cloud.ask("GET", "/healthcheck", as: "")
    #expect(health.status == 200 && health.text == "OK")
  }

  @Test("images are no matter of the whole system") func scopes() async throws {
    let cloud = try await cloud()
    let listed = try await cloud.ask("GET", "/v2/images", as: "system")
    #expect(listed.status == 403 && listed.text.contains("project"))
    #expect(try await cloud.ask("POST", "/v2/images", ["name": "a"], as: "system").status == 403)
    #expect(try await cloud.ask("GET", "/v2/schemas/image", as: "system").status == 200)
  }

  // MARK: Bodies

  @Test("what curl calls a form is read as JSON, but not as a patch") func forms() async throws {
    let cloud = try await cloud()
    let form: Headers = ["Content-Type": "application/x-www-form-urlencoded"]
    let made = try await cloud.send("POST", "/v2/images", .bytes(Array(#"{"name": "a"}"#.utf8)), headers: form)
    #expect(made.status == 201 && made.json["name"] == "a")
    let id = try #require(made.json["id"]?.string)
    #expect(try await cloud.send("PATCH", "/v2/images/\(id)", .bytes(Array("a=b".utf8)), headers: form).status == 415)
  }

  @Test(
    "what does not look like an attribute is malformed before it is forbidden",
    arguments: [
      (["locations": "x"], 400), (["locations": []], 403), (["locations": [["url": "x"]]], 400),
      (["status": "x"], 400), (["status": "active"], 403), (["size": "x"], 400), (["size": 5], 403), (["self": 5], 403),
      (["os_glance_x": 1], 400), (["os_glance_x": "1"], 403), (["id": "{5d3b2f0c-0b0f-4b7f-8a10-000000000001}"], 400),
      (["kernel_id": "x"], 400), (["kernel_id": "5d3b2f0c-0b0f-4b7f-8a10-000000000001"], 201),
      (["cinder_encryption_key_deletion_policy": "perhaps"], 400),
    ] as [(JSON, Int)])
  func shapes(body: JSON, status: Int) async throws {
    #expect(try await cloud().ask("POST", "/v2/images", body).status == status)
  }

  @Test("an image without a kernel has null for one, as nova writes it") func kernels() async throws {
    let cloud = try await cloud()
    let made = try await cloud.ask("POST", "/v2/images", ["kernel_id": nil, "ramdisk_id": nil])
    #expect(made.status == 201)
    let id = try #require(made.json["id"]?.string)
    let kernel: JSON = "5d3b2f0c-0b0f-4b7f-8a10-000000000001"
    let set = try await cloud.patch(id, [["op": "add", "path": "/kernel_id", "value": kernel]])
    #expect(set.json["kernel_id"] == kernel)
    let unset = try await cloud.patch(id, [["op": "replace", "path": "/kernel_id", "value": nil]])
    #expect(unset.status == 200 && unset.json["kernel_id"]?.string == nil)
    #expect(try await cloud.ask("POST", "/v2/images", ["os_distro": nil]).status == 400)
  }

  @Test(
    "of a patch, first its form is refused, then what it says, then what it means",
    arguments: [
      (["op": "replace", "path": "/status"], 400), (["op": "replace", "path": "/status", "value": "active"], 403),
      (["op": "replace", "path": "/none", "value": 5], 400), (["op": "replace", "path": "/none", "value": "5"], 409),
      (["op": "replace", "path": "/locations", "value": []], 403),
      (
        [
          "op": "replace", "path": "/locations",
          "value": [["url": .string(web), "metadata": [:]], ["url": .string(web), "metadata": [:]]],
        ], 400
      ),
      (
        [
          "op": "add", "path": "/locations/-",
          "value": ["url": .string(web), "metadata": [:], "validation_data": ["checksum": "x"]],
        ], 400
      ),
      (
        [
          "op": "add", "path": "/locations/-", "value": ["url": .string(web), "metadata": [:], "validation_data": "x"],
        ],
        400
      ),
    ] as [(JSON, Int)])
  func patches(change: JSON, status: Int) async throws {
    let cloud = try await cloud()
    #expect(try await cloud.patch(try await cloud.image(), [change]).status == status)
  }

  @Test("clients learn which properties are columns and which are not") func schema() async throws {
    let schema = try await cloud().ask("GET", "/v2/schemas/image").json["properties"]
    for name in ["kernel_id", "os_distro", "description", "cinder_encryption_key_id"] {
      #expect(schema?[name]?["is_base"] == false, "\(name)")
    }
    #expect(schema?["name"]?["is_base"] == nil)
  }

  // MARK: Lists

  @Test(
    "filters and orders of lists",
    arguments: [
      ("name=eq:b", ["b"]), ("deleted=false", ["b", "c", "a"]), ("deleted=true", ["b", "c", "a"]),
      ("name=a&name=b", ["b"]), ("limit=1&limit=2", ["b", "c"]), ("limit=+1", ["b"]),
      ("limit=99999999999999999999", ["b", "c", "a"]), ("name=b:1", []),
      // What is alike is ordered as the one direction says, and downwards where there are more.
      ("sort=container_format:asc", ["a", "c", "b"]), ("sort=container_format:desc", ["b", "c", "a"]),
      ("sort_key=status&sort_dir=asc", ["a", "c", "b"]),
      ("sort_key=status&sort_key=size&sort_dir=asc", ["a", "c", "b"]),
      ("sort=status:asc,size:asc", ["b", "c", "a"]), ("sort=name:", ["c", "b", "a"]),
    ] as [(String, [String])])
  func lists(query: String, names: [String]) async throws {
    let cloud = try await cloud()
    for name in ["a", "c", "b"] { _ = try await cloud.image(["name": .string(name)]) }
    let answer = try await cloud.ask("GET", "/v2/images?\(query)")
    #expect(answer.status == 200, "\(answer.text)")
    #expect(answer.names == names)
  }

  @Test("an order of nothing, and an operator that texts have not, are refused", arguments: ["sort=", "name=gt:a"])
  func refused(query: String) async throws {
    #expect(try await cloud().ask("GET", "/v2/images?\(query)").status == 400)
  }

  @Test("an administrator's pages go on behind an image that is gone meanwhile") func goneMarker() async throws {
    let cloud = try await cloud()
    _ = try await cloud.image(["name": "older"])
    let id = try await cloud.image(["name": "gone"])
    #expect(try await cloud.ask("DELETE", "/v2/images/\(id)").status == 204)
    #expect(try await cloud.ask("GET", "/v2/images?marker=\(id)", as: "admin").names == ["older"])
    #expect(try await cloud.ask("GET", "/v2/images?marker=\(id)").status == 400)
  }

  // MARK: Members

  @Test("who asks for a membership that is none of his learns whose it is") func memberships() async throws {
    let cloud = try await cloud()
    let id = try await cloud.image()
    let members = "/v2/images/\(id)/members"
    for project in ["p-demo", "p-other"] {
      #expect(try await cloud.ask("POST", members, ["member": .string(project)]).status == 200)
    }
    #expect(try await cloud.ask("PUT", members + "/p-other", ["status": "accepted"]).status == 403)
    #expect(try await cloud.ask("PUT", members + "/p-other", ["status": "x"]).status == 403)
    #expect(try await cloud.ask("PUT", members + "/p-none", ["status": "accepted"]).status == 404)
    #expect(try await cloud.ask("PUT", members + "/p-demo", ["status": "accepted"], as: "other").status == 404)
    #expect(try await cloud.ask("DELETE", members + "/p-none", as: "other").status == 404)
    #expect(try await cloud.ask("DELETE", members + "/p-other", as: "other").status == 403)
    let mine = "/v2/images/\(try await cloud.image())/members/p-demo"
    #expect(try await cloud.ask("PUT", mine, ["status": "accepted"]).status == 404, "his own image, no member")
    #expect(try await cloud.ask("PUT", members + "/p-other", ["status": "x"], as: "other").status == 400)
    #expect(try await cloud.ask("PUT", members + "/p-other", ["status": "accepted"], as: "other").status == 200)
    _ = try await cloud.patch(id, [["op": "replace", "path": "/visibility", "value": "public"]], as: "admin")
    for who in ["demo", "other", "admin"] {
      #expect(try await cloud.ask("GET", members + "/p-other", as: who).status == 404, "\(who)")
    }
    #expect(try await cloud.ask("GET", members).status == 403)
  }

  // MARK: Data

  @Test(
    "an image has as many bytes as its client says",
    arguments: [
      ("3", "file", 204), ("0", "file", 204), ("2", "file", 400), ("4", "file", 400), ("-1", "file", 400),
      ("2", "stage", 400), ("4", "stage", 204),
    ])
  func sizes(size: String, place: String, status: Int) async throws {
    let cloud = try await cloud()
    let id = try await cloud.image()
    let answer = try await cloud.send(
      "PUT", "/v2/images/\(id)/\(place)", .bytes(Array("abc".utf8)),
      headers: ["Content-Type": "application/octet-stream; charset=utf-8", "x-openstack-image-size": size])
    #expect(answer.status == status)
    let shown = try await cloud.ask("GET", "/v2/images/\(id)").json
    #expect(shown["status"] == (status == 204 ? place == "file" ? "active" : "uploading" : "queued"))
    if place == "stage" { #expect(shown["checksum"] == .null && shown["os_hash_value"] == .null) }
  }

  @Test("no bytes are no disk, and no store takes what it cannot write") func empty() async throws {
    let cloud = try await cloud()
    let id = try await cloud.image()
    let headers: Headers = ["Content-Type": "application/octet-stream", "X-Image-Meta-Store": "web"]
    #expect(try await cloud.send("PUT", "/v2/images/\(id)/file", .bytes([1]), headers: headers).status == 410)
    #expect(try await cloud.upload(id, "").status == 204)
    let shown = try await cloud.ask("GET", "/v2/images/\(id)").json
    #expect(shown["status"] == "active" && shown["size"] == 0 && shown["virtual_size"] == .null)
  }

  @Test(
    "ranges",
    arguments: [
      ("Range", "bytes=2-3", 206), ("Range", "bytes=3-2", 416), ("Range", "bytes=a-b", 416), ("Range", "bytes=", 416),
      ("Range", "bytes=0-0,2-3", 400), ("Range", "items=0-1", 200), ("Content-Range", "bytes 2-3/5", 206),
      ("Content-Range", "bytes 2-3/*", 206), ("Content-Range", "bytes 2-9/5", 416), ("Content-Range", "2-3", 416),
    ])
  func ranges(header: String, text: String, status: Int) async throws {
    let cloud = try await cloud()
    let id = try await cloud.image()
    let value: JSON = ["url": .string(Self.web), "metadata": [:]]
    #expect(try await cloud.patch(id, [["op": "add", "path": "/locations/-", "value": value]]).status == 200)
    let answer = try await cloud.send("GET", "/v2/images/\(id)/file", headers: [header: text])
    #expect(answer.status == status)
    if status == 206 { #expect(answer.text == "te" && answer.headers["Content-Range"] == "bytes 2-3/5") }
  }

  @Test("an image that is out of use says to administrators alone where its bytes are") func deactivated() async throws
  {
    let cloud = try await cloud()
    let id = try await cloud.image()
    #expect(try await cloud.upload(id, "bytes").status == 204)
    #expect(try await cloud.ask("GET", "/v2/images/\(id)").json["stores"] == "file")
    #expect(try await cloud.ask("POST", "/v2/images/\(id)/actions/deactivate", as: "admin").status == 204)
    let shown = try await cloud.ask("GET", "/v2/images/\(id)").json
    #expect(shown["locations"] == [] && shown["stores"] == nil && shown["direct_url"] == nil)
    let all = try await cloud.ask("GET", "/v2/images/\(id)", as: "admin").json
    #expect(all["locations"]?.array?.count == 1 && all["stores"] == "file" && all["direct_url"] != nil)
  }
}
