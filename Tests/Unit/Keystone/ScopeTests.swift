import API
import Core
import HTTP
import JSON
import KeystoneAPI
import Testing

@Suite("Scopes of tokens") struct ScopeTests {
  private let admin = TestCloud.user("admin", TestCloud.adminPassword)

  @Test("Each scope says in its token what it is")
  func scopes() async throws {
    let cloud = try await TestCloud()
    let unscoped = try await cloud.authenticate(admin, scope: "unscoped")
    #expect(unscoped.status == 201)
    #expect(unscoped.json["token"]?.object?.keys == ["methods", "user", "audit_ids", "expires_at", "issued_at"])
    let alike = try await cloud.authenticate(admin, scope: ["unscoped": [:]])
    #expect(alike.json["token"]?["project"] == nil && alike.json["token"]?["catalog"] == nil)

    let system = try await cloud.authenticate(admin, scope: ["system": ["all": true]])
    #expect(system.json["token"]?["system"] == ["all": true])
    #expect(system.json["token"]?["roles"]?[0]?["name"] == "admin")
    let demo = TestCloud.user("demo", TestCloud.demoPassword)
    #expect(try await cloud.authenticate(demo, scope: ["system": ["all": true]]).status == 401)

    #expect(try await cloud.authenticate(admin, scope: ["domain": ["id": "default"]]).status == 401)
    let user = try await cloud.id(of: "admin", in: "users")
    let role = try await cloud.id(of: "admin", in: "roles")
    #expect(try await cloud.ask("PUT", "/v3/domains/default/users/\(user)/roles/\(role)").status == 204)
    let domain = try await cloud.authenticate(admin, scope: ["domain": ["name": "Default"]])
    #expect(domain.status == 201)
    #expect(domain.json["token"]?["domain"] == ["id": "default", "name": "Default"])
    #expect(domain.json["token"]?["project"] == nil)
    // Endpoints that need a project are left out where there is none.
    let types = domain.json["token"]?["catalog"]?.array?.filter { $0["endpoints"]?.array?.isEmpty == false }
    #expect(types?.compactMap { $0["type"]?.string } == ["compute", "identity"])

    let byID = try await cloud.id(of: "admin", in: "projects")
    let project = try await cloud.authenticate(
      ["id": .string(user), "password": .string(TestCloud.adminPassword)], scope: ["project": ["id": .string(byID)]])
    #expect(project.json["token"]?["project"]?["id"]?.string == byID)
    for token in [unscoped, system, domain, project] { #expect(token.token.utf8.count < 255) }
    for token in [unscoped, system, domain, project] { #expect(try await cloud.status(of: token.token) == 200) }
  }

  @Test("Without a scope the default project is taken where the user may go there")
  func defaultProject() async throws {
    let cloud = try await TestCloud()
    let demo = TestCloud.user("demo", TestCloud.demoPassword)
    #expect(try await cloud.authenticate(demo).json["token"]?["project"]?["name"] == "demo")
    let id = try await cloud.id(of: "demo", in: "users")
    let elsewhere = try await cloud.id(of: "admin", in: "projects")
    let moved = try await cloud.ask(
      "PATCH", "/v3/users/\(id)", ["user": ["default_project_id": .string(elsewhere)]])
    #expect(moved.status == 200)
    let answer = try await cloud.authenticate(demo)
    #expect(answer.status == 201 && answer.json["token"]?["project"] == nil)
  }

  @Test("A scope must be exactly one")
  func malformedScopes() async throws {
    let cloud = try await TestCloud()
    let wrong: [JSON] = [
      ["project": ["id": "x"], "domain": ["id": "default"]], [:], ["project": ["name": "demo"]], ["project": [:]],
      ["system": [:]],
    ]
    for scope in wrong { #expect(try await cloud.authenticate(admin, scope: scope).status == 400) }
  }

  @Test("A token gives another with another scope, that ends when the first does and goes with it")
  func rescoping() async throws {
    let cloud = try await TestCloud()
    let first = try await cloud.authenticate(admin, scope: "unscoped")
    cloud.clock.advance(.minutes(10))
    let second = try await cloud.rescope(first.token, scope: TestCloud.project("admin"))
    #expect(second.status == 201)
    #expect(second.json["token"]?["methods"] == ["token", "password"])
    #expect(second.json["token"]?["expires_at"] == first.json["token"]?["expires_at"])
    #expect(second.json["token"]?["issued_at"] != first.json["token"]?["issued_at"])
    #expect(second.json["token"]?["audit_ids"]?[1] == first.json["token"]?["audit_ids"]?[0])
    #expect(second.token.utf8.count < 255)
    let third = try await cloud.rescope(second.token, scope: ["system": ["all": true]])
    #expect(third.json["token"]?["audit_ids"]?[1] == first.json["token"]?["audit_ids"]?[0])
    #expect(try await cloud.rescope("nonsense").status == 404)

    let revoked = try await cloud.send(
      "DELETE", "/v3/auth/tokens", as: first.token, headers: ["X-Subject-Token": first.token])
    #expect(revoked.status == 204)
    for token in [first, second, third] { #expect(try await cloud.status(of: token.token) == 404) }
    #expect(try await cloud.rescope(first.token).status == 404)
    #expect(try await cloud.status(of: cloud.admin) == 200)
  }

  @Test("Who asks learns which projects, domains and services he has")
  func possibleScopes() async throws {
    let cloud = try await TestCloud()
    let demo = try await cloud.demo()
    let projects = try await cloud.send("GET", "/v3/auth/projects", as: demo)
    #expect(projects.json["projects"]?.array?.compactMap { $0["name"]?.string } == ["demo"])
    #expect(projects.json["links"]?["self"] == "http://cloud:5000/v3/auth/projects")
    #expect(try await cloud.send("GET", "/v3/auth/domains", as: demo).json["domains"] == [])
    #expect(try await cloud.send("GET", "/v3/auth/system", as: demo).json["system"] == [])
    #expect(try await cloud.ask("GET", "/v3/auth/system").json["system"] == [["all": true]])
    let catalog = try await cloud.send("GET", "/v3/auth/catalog", as: demo)
    #expect(catalog.status == 200 && catalog.json["catalog"]?.array?.count == 4)
    let unscoped = try await cloud.authenticate(admin, scope: "unscoped").token
    #expect(try await cloud.send("GET", "/v3/auth/catalog", as: unscoped).status == 403)
  }

  @Test("The documents by which clients find the API")
  func discovery() async throws {
    let cloud = try await TestCloud()
    let root = try await cloud.send("GET", "/")
    #expect(root.status == 300)
    #expect(root.json["versions"]?["values"]?[0]?["id"] == "v3.14")
    for path in ["/v3", "/v3/"] {
      let version = try await cloud.send("GET", path)
      #expect(version.status == 200)
      #expect(version.json["version"]?["status"] == "stable")
      #expect(version.json["version"]?["links"]?[0]?["href"] == "http://cloud:5000/v3/")
    }
  }
}
