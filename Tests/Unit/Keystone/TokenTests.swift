import API
import Core
import Crypto
import HTTP
import JSON
import KeystoneAPI
import KeystoneModel
import Testing

@Suite("Tokens") struct TokenTests {
  @Test("A password gives a token of a project, with roles and what they imply, and the catalogue")
  func projectScope() async throws {
    let cloud = try await TestCloud()
    let answer = try await cloud.authenticate(
      TestCloud.user("admin", TestCloud.adminPassword), scope: TestCloud.project("admin"))
    #expect(answer.status == 201)
    #expect(answer.token.hasPrefix("gAAAA") && answer.token.utf8.count < 255 && !answer.token.contains("="))
    let token = try #require(answer.json["token"])
    #expect(
      token.object?.keys == [
        "methods", "user", "audit_ids", "expires_at", "issued_at", "project", "is_domain", "roles", "catalog",
      ])
    #expect(token["methods"] == ["password"])
    #expect(token["user"]?["name"] == "admin")
    #expect(token["user"]?["domain"] == ["id": "default", "name": "Default"])
    #expect(token["user"]?["password_expires_at"] == .null)
    #expect(token["issued_at"]?.string == Timestamp(seconds: cloud.clock.now.seconds).isoMicrosecondsZ)
    #expect(token["expires_at"]?.string == Timestamp(seconds: cloud.clock.now.seconds + 3600).isoMicrosecondsZ)
    #expect(token["audit_ids"]?.array?.count == 1)
    #expect(token["project"]?["name"] == "admin")
    #expect(token["project"]?["domain"] == ["id": "default", "name": "Default"])
    #expect(token["is_domain"] == false)
    #expect(token["roles"]?.array?.compactMap { $0["name"]?.string } == ["admin", "manager", "member", "reader"])
    let project = try #require(token["project"]?["id"]?.string)
    let catalog = try #require(token["catalog"]?.array)
    #expect(catalog.compactMap { $0["type"]?.string } == ["compute", "identity", "object-store", "volumev3"])
    let store = try #require(catalog.first { $0["type"] == "object-store" }?["endpoints"]?.array)
    #expect(Set(store.compactMap { $0["interface"]?.string }) == ["public", "internal", "admin"])
    #expect(store.allSatisfy { $0["url"]?.string == "http://127.0.0.1:8080/v1/AUTH_\(project)" })
    #expect(store.allSatisfy { $0["region"] == "RegionOne" && $0["region_id"] == "RegionOne" })
    #expect(catalog.last?["endpoints"]?[0]?["url"]?.string == "http://127.0.0.1:8776/v3/\(project)")
  }

  @Test("A token validates itself, a member's is shown to the services, and nobody else sees it")
  func validation() async throws {
    let cloud = try await TestCloud()
    let demo = try await cloud.demo()
    let own = try await cloud.send("GET", "/v3/auth/tokens", as: demo, headers: ["X-Subject-Token": demo])
    #expect(own.status == 200 && own.token == demo, "\(own.json.text)")
    #expect(own.json["token"]?["roles"]?.array?.compactMap { $0["name"]?.string } == ["member", "reader"])
    let head = try await cloud.send("HEAD", "/v3/auth/tokens", as: demo, headers: ["X-Subject-Token": demo])
    #expect(head.status == 200)
    let nova = try await cloud.login("nova", "nova's long and generated secret", project: "service")
    let seen = try await cloud.send("GET", "/v3/auth/tokens?nocatalog", as: nova, headers: ["X-Subject-Token": demo])
    #expect(seen.status == 200 && seen.json["token"]?["catalog"] == nil)
    let other = try await cloud.send("GET", "/v3/auth/tokens", as: demo, headers: ["X-Subject-Token": nova])
    #expect(other.status == 403)
    let bad = try await cloud.send("GET", "/v3/auth/tokens", as: nova, headers: ["X-Subject-Token": "gAAAAnonsense"])
    #expect(bad.status == 404)
    #expect(try await cloud.send("GET", "/v3/auth/tokens", as: "nonsense").status == 401)
    #expect(try await cloud.send("GET", "/v3/auth/tokens").status == 401)
  }

  @Test("Every wrong way in is refused alike")
  func refusals() async throws {
    let cloud = try await TestCloud()
    let project = TestCloud.project("demo")
    let wrong: [JSON] = [
      TestCloud.user("demo", "wrong"), TestCloud.user("nobody", TestCloud.demoPassword),
      ["name": "demo", "domain": ["name": "Elsewhere"], "password": .string(TestCloud.demoPassword)],
      ["id": "0123456789abcdef0123456789abcdef", "password": .string(TestCloud.demoPassword)],
    ]
    for user in wrong {
      let answer = try await cloud.authenticate(user, scope: project)
      #expect(answer.status == 401)
      #expect(answer.json["error"]?["code"] == 401 && answer.json["error"]?["title"] == "Unauthorized")
      #expect(answer.message == "The request you have made requires authentication.")
      #expect(answer.headers["WWW-Authenticate"] == "Keystone uri=\"http://127.0.0.1:5000\"")
    }
    let elsewhere = try await cloud.authenticate(
      TestCloud.user("demo", TestCloud.demoPassword), scope: TestCloud.project("admin"))
    #expect(elsewhere.status == 401)
    let malformed: [JSON] = [
      [:], ["auth": [:]], ["auth": ["identity": [:]]], ["auth": ["identity": ["methods": ["password"]]]],
      ["auth": ["identity": ["methods": ["password"], "password": ["user": ["name": "demo", "password": "x"]]]]],
    ]
    for body in malformed { #expect(try await cloud.send("POST", "/v3/auth/tokens", as: nil, body).status == 400) }
    let unknown: JSON = ["auth": ["identity": ["methods": ["magic"], "magic": [:]]]]
    #expect(try await cloud.send("POST", "/v3/auth/tokens", as: nil, unknown).status == 401)
  }

  @Test("A token ends with its time, and is shown for a while to who asks for expired ones")
  func expiry() async throws {
    let cloud = try await TestCloud()
    let demo = try await cloud.demo()
    cloud.clock.advance(.minutes(30))
    let admin = try await cloud.login("admin", TestCloud.adminPassword, project: "admin")
    cloud.clock.advance(.minutes(30))
    #expect(try await cloud.send("GET", "/v3/auth/projects", as: demo).status == 401)
    let headers: Headers = ["X-Subject-Token": demo]
    #expect(try await cloud.send("GET", "/v3/auth/tokens", as: admin, headers: headers).status == 404)
    #expect(try await cloud.send("GET", "/v3/auth/tokens?allow_expired=1", as: admin, headers: headers).status == 200)
  }

  /// Else it would seem younger than what was revoked while it was made.
  @Test("A token is as old as the look at its user, however long it took to make")
  func age() async throws {
    let cloud = try await TestCloud()
    cloud.clock.drag(.milliseconds(700))
    let answer = try await cloud.authenticate(
      TestCloud.user("demo", TestCloud.demoPassword), scope: TestCloud.project("demo"))
    let opened = try #require(cloud.keys.open(answer.token))
    #expect(answer.json["token"]?["issued_at"]?.string == opened.time.isoMicrosecondsZ)
  }
}
