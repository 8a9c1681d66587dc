import API
import Core
import HTTP
import JSON
import KeystoneAPI
import KeystoneModel
import Testing

@Suite("The catalogue") struct CatalogTests {
  @Test("Services and their endpoints are made, changed and deleted, and stand in tokens at once")
  func servicesAndEndpoints() async throws {
    let cloud = try await TestCloud()
    let made = try await cloud.ask("POST", "/v3/services", ["service": ["type": "dns", "name": "designate"]])
    #expect(made.status == 201)
    let service = made.json["service"]?["id"]?.string ?? ""
    #expect(
      made.json["service"] == [
        "id": .string(service), "type": "dns", "name": "designate", "enabled": true,
        "links": ["self": .string("http://cloud:5000/v3/services/\(service)")],
      ])
    #expect(try await cloud.ask("GET", "/v3/services?type=dns").json["services"]?.array?.count == 1)
    let described = try await cloud.ask("PATCH", "/v3/services/\(service)", ["service": ["description": "names"]])
    #expect(described.json["service"]?["description"] == "names")
    let body: JSON = [
      "endpoint": [
        "service_id": .string(service), "interface": "public", "region_id": "RegionOne",
        "url": "http://dns/%(project_id)s",
      ]
    ]
    let endpoint = try await cloud.ask("POST", "/v3/endpoints", body)
    #expect(endpoint.status == 201)
    #expect(endpoint.json["endpoint"]?["region"] == "RegionOne")
    let id = endpoint.json["endpoint"]?["id"]?.string ?? ""
    func entry() async throws -> JSON? {
      let token = try await cloud.authenticate(TestCloud.user("demo", TestCloud.demoPassword)).json["token"]
      return token?["catalog"]?.array?.first { $0["type"] == "dns" }
    }
    let project = try await cloud.id(of: "demo", in: "projects")
    #expect(try await entry()?["endpoints"]?[0]?["url"]?.string == "http://dns/\(project)")
    #expect(
      try await cloud.ask("GET", "/v3/endpoints?service_id=\(service)&interface=public").json["endpoints"]?.array?.count
        == 1)
    #expect(try await cloud.ask("PATCH", "/v3/endpoints/\(id)", ["endpoint": ["enabled": false]]).status == 200)
    #expect(try await entry()?["endpoints"] == [])
    #expect(try await cloud.ask("PATCH", "/v3/services/\(service)", ["service": ["enabled": false]]).status == 200)
    #expect(try await entry() == nil)
    #expect(try await cloud.ask("DELETE", "/v3/services/\(service)").status == 204)
    #expect(try await cloud.ask("GET", "/v3/endpoints/\(id)").message == "Could not find endpoint: \(id).")
    #expect(try await cloud.ask("GET", "/v3/services/\(service)").message == "Could not find service: \(service).")
  }

  @Test("An endpoint needs a service, a region, an interface and a URL that can be filled in")
  func refusals() async throws {
    let cloud = try await TestCloud()
    let service = try await cloud.id(of: "nova", in: "services")
    func status(_ change: JSON) async throws -> Int {
      var body: JSONObject = ["service_id": .string(service), "interface": "public", "url": "http://x"]
      for (key, value) in change.object?.members ?? [] { body[key] = value }
      return try await cloud.ask("POST", "/v3/endpoints", ["endpoint": .object(body)]).status
    }
    #expect(try await status([:]) == 201)
    #expect(try await status(["service_id": "nothing"]) == 400)
    #expect(try await status(["region_id": "Nowhere"]) == 400)
    #expect(try await status(["region": "Made-on-the-way"]) == 201)
    #expect(try await status(["interface": "secret"]) == 400)
    #expect(try await status(["url": "http://x/%(nonsense)s"]) == 400)
    #expect(try await status(["url": ""]) == 400)
    #expect(try await cloud.ask("POST", "/v3/endpoints", ["endpoint": ["url": "http://x"]]).status == 400)
  }

  @Test("Regions lie in one another, not in a circle, and stay while endpoints are there")
  func regions() async throws {
    let cloud = try await TestCloud()
    let made = try await cloud.ask("POST", "/v3/regions", ["region": ["id": "north", "description": "d"]])
    #expect(made.status == 201)
    #expect(
      made.json["region"] == [
        "id": "north", "description": "d", "parent_region_id": nil,
        "links": ["self": "http://cloud:5000/v3/regions/north"],
      ])
    #expect(try await cloud.ask("POST", "/v3/regions", ["region": ["id": "north"]]).status == 409)
    #expect(try await cloud.ask("PUT", "/v3/regions/polar", ["region": ["parent_region_id": "north"]]).status == 201)
    let circle = try await cloud.ask("PATCH", "/v3/regions/north", ["region": ["parent_region_id": "polar"]])
    #expect(circle.status == 400)
    let demo = try await cloud.demo()
    #expect(try await cloud.send("GET", "/v3/regions", as: demo).json["regions"]?.array?.count == 3)
    #expect(try await cloud.ask("GET", "/v3/regions?parent_region_id=north").json["regions"]?[0]?["id"] == "polar")
    #expect(try await cloud.ask("DELETE", "/v3/regions/RegionOne").status == 403)
    #expect(try await cloud.ask("DELETE", "/v3/regions/north").status == 204)
    #expect(try await cloud.ask("GET", "/v3/regions/polar").message == "Could not find region: polar.")
  }

  @Test("URL templates")
  func templates() {
    func url(_ template: String, project: String? = "P") -> String? {
      var endpoint = CatalogEndpoint()
      endpoint.url = template
      return endpoint.url(project: project, user: "U")
    }
    #expect(url("http://h/v1/AUTH_$(project_id)s") == "http://h/v1/AUTH_P")
    #expect(url("http://h/%(tenant_id)s/x/$(user_id)s") == "http://h/P/x/U")
    #expect(url("http://h/%(tenant_id)s", project: nil) == nil)
    #expect(url("http://h/100%/$5", project: nil) == "http://h/100%/$5")
    #expect(url("http://h/%(other)s") == nil)
    #expect(url("http://h/%(project_id") == "http://h/%(project_id")
  }

  @Test("Starting again changes nothing but the URLs that the configuration names, and a service's new secret")
  func bootstrapAgain() async throws {
    let cloud = try await TestCloud()
    let demo = try await cloud.id(of: "demo", in: "users")
    #expect(try await cloud.ask("PATCH", "/v3/users/\(demo)", ["user": ["password": "mine"]]).status == 200)
    let before = try await cloud.ask("GET", "/v3/endpoints").json["endpoints"]?.array
    let moved = TestCloud.catalog.map {
      (type: $0.type, name: $0.name, url: $0.url.replacing("127.0.0.1", with: "cloud.example.org"))
    }
    try await cloud.bootstrap(catalog: moved)
    let after = try await cloud.ask("GET", "/v3/endpoints").json["endpoints"]?.array
    #expect(after?.count == 12 && before?.compactMap { $0["id"]?.string } == after?.compactMap { $0["id"]?.string })
    #expect(after?.allSatisfy { $0["url"]?.string?.hasPrefix("http://cloud.example.org:") == true } == true)
    for (collection, count) in [("users", 3), ("projects", 3), ("roles", 5), ("services", 4), ("regions", 1)] {
      #expect(try await cloud.ask("GET", "/v3/\(collection)").json[collection]?.array?.count == count, "\(collection)")
    }
    cloud.clock.advance(.seconds(1))
    #expect(try await cloud.login("demo", "mine", project: "demo") != "")
    try await cloud.keystone.bootstrap(
      adminPassword: "ignored", demoPassword: nil, services: [(name: "nova", password: "another")],
      catalog: TestCloud.catalog)
    #expect(try await cloud.login("nova", "another", project: "service") != "")
    #expect(try await cloud.login("admin", TestCloud.adminPassword, project: "admin") != "")
  }
}
