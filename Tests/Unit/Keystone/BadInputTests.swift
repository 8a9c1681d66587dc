import API
import Core
import Crypto
import HTTP
import JSON
import KeystoneAPI
import KeystoneModel
import Testing

@Suite("Bad input") struct BadInputTests {
  @Test("Whoever may not in is told the same, whatever is wrong with him")
  func logins() async throws {
    let cloud = try await TestCloud()
    let domain = try await cloud.make("/v3/domains", "domain", ["name": "acme"])
    _ = try await cloud.make("/v3/users", "user", ["name": "ann", "password": "a", "domain_id": .string(domain)])
    _ = try await cloud.make("/v3/users", "user", ["name": "off", "password": "a", "enabled": false])
    func ann() async throws -> Answer {
      try await cloud.authenticate(["name": "ann", "domain": ["name": "acme"], "password": "a"])
    }
    #expect(try await ann().status == 201)
    #expect(try await cloud.ask("PATCH", "/v3/domains/\(domain)", ["domain": ["enabled": false]]).status == 200)
    let usual = "The request you have made requires authentication."
    for user: JSON in [
      TestCloud.user("demo", "wrong"), TestCloud.user("nobody", "a"), TestCloud.user("off", "a"),
      ["name": "ann", "domain": ["name": "acme"], "password": "a"], ["id": "nobody", "password": "a"],
      ["name": "ann", "domain": ["name": "nowhere"], "password": "a"], TestCloud.user("DEMO", TestCloud.demoPassword),
    ] {
      let answer = try await cloud.authenticate(user)
      #expect(answer.status == 401, "\(user.text)")
      #expect(answer.message == usual, "\(user.text)")
      #expect(answer.json["error"]?["title"] == "Unauthorized")
    }
  }

  @Test("Bodies that are no logins")
  func bodies() async throws {
    let cloud = try await TestCloud()
    let right: JSON = ["methods": ["password"], "password": ["user": TestCloud.user("demo", TestCloud.demoPassword)]]
    for (body, status): (JSON, Int) in [
      ([:], 400), (["auth": [:]], 400), (["auth": ["identity": [:]]], 400),
      (["auth": ["identity": ["methods": []]]], 400),
      (["auth": ["identity": ["methods": ["password"]]]], 400), (["auth": ["identity": ["methods": ["magic"]]]], 401),
      (["auth": ["identity": ["methods": [1]]]], 400),
      (
        ["auth": ["identity": ["methods": ["password"], "password": ["user": ["name": "demo", "password": "x"]]]]], 400
      ),
      (["auth": ["identity": right, "scope": [:]]], 400),
      (["auth": ["identity": right, "scope": ["project": ["name": "demo"]]]], 400),
      (["auth": ["identity": right, "scope": ["project": ["id": "x"], "domain": ["id": "default"]]]], 400),
      (["auth": ["identity": right, "scope": ["project": ["id": "nowhere"]]]], 401),
      (["auth": ["identity": right, "scope": ["domain": ["id": "nowhere"]]]], 401),
      (["auth": ["identity": right, "scope": ["system": ["all": true]]]], 401),
      (["auth": ["identity": right, "scope": ["OS-TRUST:trust": ["id": "none"]]]], 401),
      (["auth": ["identity": right, "scope": ["OS-TRUST:trust": [:]]]], 400),
    ] {
      let answer = try await cloud.send("POST", "/v3/auth/tokens", as: nil, body)
      #expect(answer.status == status, "\(body.text): \(answer.json.text)")
    }
  }

  @Test("Tokens that are forged, cut short, or under a key that is gone")
  func tokens() async throws {
    let keys = Ring()
    let cloud = try await TestCloud(keys: { keys.current })
    let good = try await cloud.demo()
    #expect(try await cloud.status(of: good) == 200)
    for bad in [
      "x", "", String(good.dropLast(1)), "A" + good.dropFirst(), String(repeating: "A", count: 10_000), "gAAAAA",
      good + good, "Ω" + good,
    ] {
      #expect(try await cloud.status(of: bad) == 404, "\(bad.prefix(20))")
      #expect([401].contains(try await cloud.send("GET", "/v3/users", as: bad).status), "\(bad.prefix(20))")
    }
    keys.rotate()
    cloud.clock.advance(.seconds(10))
    let admin = try await cloud.login("admin", TestCloud.adminPassword, project: "admin")
    func status(_ token: String) async throws -> Int {
      try await cloud.send("GET", "/v3/auth/tokens", as: admin, headers: ["X-Subject-Token": token]).status
    }
    #expect(try await status(good) == 200)
    keys.rotate()
    cloud.clock.advance(.seconds(10))
    #expect(try await cloud.send("GET", "/v3/users", as: good).status == 401)
  }

  /// Two keys: the newest seals, the one before still opens.
  private final class Ring: Sendable {
    private let world = World.real
    private let keys = Shared([FernetKey(world: .real)])
    var current: Fernet { Fernet(keys: keys.value) }
    func rotate() { keys.value = Array(([FernetKey(world: world)] + keys.value).prefix(2)) }
  }

  @Test("Names: too long, empty, of other scripts, and in another case")
  func names() async throws {
    let cloud = try await TestCloud()
    let long = String(repeating: "x", count: 10_000)
    for (path, name, limit) in [
      ("users", "user", 255), ("projects", "project", 64), ("groups", "group", 64), ("roles", "role", 255),
      ("domains", "domain", 64),
    ] {
      #expect(try await cloud.ask("POST", "/v3/\(path)", [name: ["name": .string(long)]]).status == 400, "\(path)")
      #expect(try await cloud.ask("POST", "/v3/\(path)", [name: ["name": "  "]]).status == 400, "\(path)")
      #expect(try await cloud.ask("POST", "/v3/\(path)", [name: ["name": 7]]).status == 400, "\(path)")
      #expect(try await cloud.ask("POST", "/v3/\(path)", [name: [:]]).status == 400, "\(path)")
      let most = String(repeating: "é", count: limit)
      #expect(try await cloud.ask("POST", "/v3/\(path)", [name: ["name": .string(most)]]).status == 201, "\(path)")
      for each in ["Ωmega 🚀", "ωmega 🚀", "'; DROP TABLE keystone_users; --", "%_\\"] {
        let made = try await cloud.ask("POST", "/v3/\(path)", [name: ["name": .string(each)]])
        #expect(made.status == 201, "\(path) \(each): \(made.json.text)")
        #expect(try await cloud.ask("POST", "/v3/\(path)", [name: ["name": .string(each)]]).status == 409)
        let found = try await cloud.ask("GET", "/v3/\(path)?name=\(percentEncode(each))")
        #expect(found.json[path]?.array?.count == 1, "\(path) \(each)")
      }
    }
  }

  @Test("Trees that are too deep, roles in a circle, regions in a circle")
  func trees() async throws {
    let cloud = try await TestCloud()
    var parent: String?
    for level in 1...4 {
      var project: JSONObject = ["name": .string("level \(level)")]
      project["parent_id"] = parent.map { .string($0) }
      parent = try await cloud.make("/v3/projects", "project", .object(project))
    }
    let tooDeep: JSON = ["project": ["name": "deeper", "parent_id": .string(parent ?? "")]]
    let answer = try await cloud.ask("POST", "/v3/projects", tooDeep)
    #expect(answer.status == 403)
    #expect(answer.message.contains("Max hierarchy depth reached"))

    var roles: [String] = []
    for name in ["a", "b", "c"] { roles.append(try await cloud.make("/v3/roles", "role", ["name": .string(name)])) }
    #expect(try await cloud.ask("PUT", "/v3/roles/\(roles[0])/implies/\(roles[1])").status == 201)
    #expect(try await cloud.ask("PUT", "/v3/roles/\(roles[1])/implies/\(roles[2])").status == 201)
    #expect(try await cloud.ask("PUT", "/v3/roles/\(roles[2])/implies/\(roles[0])").status == 403)

    for id in ["north", "south"] {
      #expect(try await cloud.ask("POST", "/v3/regions", ["region": ["id": .string(id)]]).status == 201)
    }
    let under: JSON = ["region": ["parent_region_id": "north"]]
    #expect(try await cloud.ask("PATCH", "/v3/regions/south", under).status == 200)
    let over: JSON = ["region": ["parent_region_id": "south"]]
    #expect([400, 409].contains(try await cloud.ask("PATCH", "/v3/regions/north", over).status))
    #expect(
      [400, 404].contains(
        try await cloud.ask("PATCH", "/v3/regions/north", ["region": ["parent_region_id": "x"]]).status))
    #expect(try await cloud.ask("DELETE", "/v3/regions/RegionOne").status == 403)
    #expect(try await cloud.ask("DELETE", "/v3/regions/north").status == 204)
    #expect(try await cloud.ask("GET", "/v3/regions/south").status == 404)
  }

  @Test("The home document tells where everything is, in paths that there are")
  func home() async throws {
    let cloud = try await TestCloud()
    let home = try await cloud.send("GET", "/v3", as: nil, headers: ["Accept": "application/json-home"])
    #expect(home.headers["Content-Type"] == "application/json-home")
    let root = "https://docs.openstack.org/api/openstack-identity/3/"
    #expect(home.json["resources"]?[root + "rel/users"]?["href"] == "/users")
    let user = home.json["resources"]?[root + "rel/user"]
    #expect(user?["href-template"] == "/users/{user_id}")
    #expect(user?["href-vars"]?["user_id"]?.string == root + "param/user_id")
    func shape(_ path: String) -> String {
      path.split(separator: "/").map { $0.hasPrefix("{") ? "{}" : String($0) }.joined(separator: "/")
    }
    let paths = Set(cloud.endpoint.service.routes.map { shape($0.path) })
    for (relation, resource) in home.json["resources"]?.object?.members ?? [] {
      let path = resource["href"]?.string ?? resource["href-template"]?.string ?? ""
      #expect(paths.contains(shape(path)), "\(relation): \(path)")
    }
    let above = try await cloud.send("GET", "/", as: nil, headers: ["Accept": "application/json-home"])
    #expect(above.json["resources"]?[root + "rel/users"]?["href"] == "/v3/users")
    let plain = try await cloud.send(
      "GET", "/v3", as: nil, headers: ["Accept": "application/json-home;q=0.3, application/json"])
    #expect(plain.json["version"]?["id"] == "v3.14")
  }
}
