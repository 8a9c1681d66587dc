import Core
import GlanceAPI
import GlanceModel
import HTTP
import JSON
import Store
import Testing

@Suite("Metadata definitions") struct MetadefTests {
  private static let root = "/v2/metadefs/namespaces"

  private func cloud() async throws -> ImageCloud {
    let cloud = try await ImageCloud()
    let made = try await cloud.ask(
      "POST", Self.root,
      [
        "namespace": "Own", "display_name": "Ours", "visibility": "public", "tags": [["name": "old"]],
        "properties": ["color": ["title": "Color", "type": "string", "enum": ["red", "blue"]]],
        "objects": [
          ["name": "disk", "properties": ["size": ["title": "Size", "type": "integer"]], "required": ["size"]]
        ],
        "resource_type_associations": [["name": "OS::Nova::Flavor", "prefix": "own:"]],
      ], as: "admin")
    try #require(made.status == 201, "\(made.text)")
    return cloud
  }

  @Test("definitions that an operator took away stay away") func unloaded() async throws {
    let cloud = try await ImageCloud()
    try await cloud.glance.bootstrap()
    try await MetadefLibrary(store: cloud.store, world: .real).unload()
    try await cloud.glance.bootstrap()
    #expect(try await cloud.ask("GET", Self.root).json["namespaces"] == [])
    // Also where that was before the first start.
    let fresh = try await ImageCloud()
    try await MetadefLibrary(store: fresh.store, world: .real).unload()
    try await fresh.glance.bootstrap()
    #expect(try await fresh.ask("GET", Self.root).json["namespaces"] == [])
  }

  @Test("the usual definitions are there from the start, and only once")
  func usual() async throws {
    let cloud = try await ImageCloud()
    try await cloud.glance.bootstrap()
    try await cloud.glance.bootstrap()
    let watchdog = try await cloud.ask(
      "GET", "\(Self.root)/OS::Compute::Watchdog?resource_type=OS::Nova::Flavor"
    ).json
    #expect(watchdog["protected"] == true)
    #expect(watchdog["properties"]?["hw:watchdog_action"]?["enum"]?.array?.contains("poweroff") == true)
    #expect(watchdog["properties"]?["hw:watchdog_action"]?["title"]?.string?.isEmpty == false)
    let types = try await cloud.ask("GET", "/v2/metadefs/resource_types").json["resource_types"]?.array ?? []
    #expect(types.contains { $0["name"] == "OS::Nova::Server" })
    let all = try await cloud.ask("GET", "\(Self.root)?limit=1000&sort_key=namespace&sort_dir=asc").json
    #expect((all["namespaces"]?.array?.count ?? 0) > 25)
    for (namespace, item) in [("OS::Software::DBMS", "objects"), ("OS::Compute::LibvirtImage", "properties")] {
      #expect(try await cloud.ask("GET", "\(Self.root)/\(namespace)").json[item] != nil)
    }
  }

  @Test("a namespace is shown with all that stands in it")
  func show() async throws {
    let own = try await cloud().ask("GET", "\(Self.root)/Own").json
    #expect(own["self"] == "/v2/metadefs/namespaces/Own")
    #expect(own["owner"] == "p-admin")
    #expect(own["tags"] == [["name": "old"]])
    #expect(own["objects"]?[0]?["required"] == ["size"])
    #expect(own["resource_type_associations"]?[0]?["prefix"] == "own:")
  }

  @Test("administrators change definitions; others read those that are public")
  func rights() async throws {
    let cloud = try await cloud()
    #expect(try await cloud.ask("GET", "\(Self.root)/Own/properties/color").json["type"] == "string")
    #expect(try await cloud.ask("POST", Self.root, ["namespace": "Mine"]).status == 403)
    #expect(try await cloud.ask("DELETE", "\(Self.root)/Own").status == 403)
    let body: JSON = ["namespace": "Own", "visibility": "private"]
    #expect(try await cloud.ask("PUT", "\(Self.root)/Own", body, as: "admin").json["visibility"] == "private")
    #expect(try await cloud.ask("GET", "\(Self.root)/Own").status == 404)
    #expect(try await cloud.ask("GET", "\(Self.root)/Own/objects").status == 404)
    #expect(try await cloud.ask("GET", Self.root).json["namespaces"] == [])
    #expect(try await cloud.ask("GET", Self.root + "?marker=Own").status == 404, "as one that is not there")
    #expect(try await cloud.ask("GET", Self.root + "?marker=Own", as: "admin").status == 200)
  }

  @Test("what does not fit the schema, or is there already, is refused")
  func refused() async throws {
    let cloud = try await cloud()
    for (body, status) in [
      (["namespace": "Own"], 409), ([:], 400), (["namespace": 1], 400), (["namespace": "x", "color": "y"], 400),
      (["namespace": "x", "visibility": "shared"], 400), (["namespace": "x", "schema": "y"], 403),
      (["namespace": "x", "properties": ["a": ["title": "A"]]], 400),
      (["namespace": "x", "properties": ["a": ["title": "A", "type": "color"]]], 400),
      (["namespace": .string(String(repeating: "x", count: 81))], 400),
    ] as [(JSON, Int)] {
      #expect(try await cloud.ask("POST", Self.root, body, as: "admin").status == status, "\(body)")
    }
    #expect(try await cloud.ask("POST", "\(Self.root)/Own/objects", ["name": "disk"], as: "admin").status == 409)
    #expect(try await cloud.ask("POST", "\(Self.root)/Own/tags/old", as: "admin").status == 409)
    #expect(try await cloud.ask("GET", "\(Self.root)/Own/objects/none", as: "admin").status == 404)
  }

  @Test("what is protected stays until it no longer is")
  func protected() async throws {
    let cloud = try await cloud()
    _ = try await cloud.ask("PUT", "\(Self.root)/Own", ["namespace": "Own", "protected": true], as: "admin")
    for path in [
      "", "/objects/disk", "/properties", "/properties/color", "/tags/old", "/resource_types/OS::Nova::Flavor",
    ] {
      #expect(try await cloud.ask("DELETE", "\(Self.root)/Own" + path, as: "admin").status == 403, "\(path)")
    }
    _ = try await cloud.ask("PUT", "\(Self.root)/Own", ["namespace": "Renamed"], as: "admin")
    #expect(try await cloud.ask("GET", "\(Self.root)/Renamed/tags/old", as: "admin").status == 200)
    #expect(try await cloud.ask("DELETE", "\(Self.root)/Renamed", as: "admin").status == 204)
    #expect(try await cloud.store.read { try await $0.count(MetadefItem.self) } == 0)
  }

  @Test("tags are replaced all at once, or added")
  func tags() async throws {
    let cloud = try await cloud()
    let path = "\(Self.root)/Own/tags"
    _ = try await cloud.ask("POST", path, ["tags": [["name": "a"], ["name": "b"]]], as: "admin")
    let sorted = path + "?sort_key=name&sort_dir=asc"
    #expect(try await cloud.ask("GET", sorted).json["tags"] == [["name": "a"], ["name": "b"]])
    #expect(try await cloud.ask("GET", sorted + "&marker=a").json["tags"] == [["name": "b"]])
    #expect(try await cloud.ask("GET", sorted + "&limit=1").json["tags"] == [["name": "a"]])
    let body: JSON = ["tags": [["name": "c"]]]
    _ = try await cloud.send(
      "POST", path, .bytes(body.bytes), as: "admin",
      headers: ["Content-Type": "application/json", "X-Openstack-Append": "True"])
    #expect(try await cloud.ask("GET", path).json["tags"]?.array?.count == 3)
  }

  @Test("all definitions are written out, and read again")
  func library() async throws {
    let cloud = try await cloud()
    let library = MetadefLibrary(store: cloud.store, world: .real)
    let documents = try await library.export()
    try await library.unload()
    #expect(try await library.load(documents) == ["Own"])
    #expect(try await library.export() == documents)
    #expect(try await library.load(documents) == [])
    var changed = documents[0].members.filter { $0.key != "properties" }
    changed.append((key: "properties", value: ["color": ["title": "Hue", "type": "string"]]))
    try await library.load([JSONObject(changed)], .merge(preferNew: false))
    #expect(try await cloud.ask("GET", "\(Self.root)/Own/properties/color", as: "admin").json["title"] == "Color")
    try await library.load([JSONObject(changed)], .merge(preferNew: true))
    #expect(try await cloud.ask("GET", "\(Self.root)/Own/properties/color", as: "admin").json["title"] == "Hue")
  }
}
