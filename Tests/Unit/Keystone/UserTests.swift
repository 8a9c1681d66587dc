import API
import Core
import HTTP
import JSON
import KeystoneAPI
import Testing

@Suite("Users and groups") struct UserTests {
  @Test("A user is made, found, shown, changed and deleted, with his own attributes and without a password")
  func users() async throws {
    let cloud = try await TestCloud()
    let made = try await cloud.ask(
      "POST", "/v3/users",
      ["user": ["name": "ann", "password": "secret", "email": "ann@example.org", "description": "first", "shoes": 43]])
    #expect(made.status == 201)
    let id = made.json["user"]?["id"]?.string ?? ""
    #expect(id.count == 32)
    #expect(
      made.json["user"] == [
        "id": .string(id), "name": "ann", "domain_id": "default", "enabled": true, "password_expires_at": nil,
        "options": [:], "email": "ann@example.org", "description": "first", "shoes": 43,
        "links": ["self": .string("http://cloud:5000/v3/users/\(id)")],
      ])
    let list = try await cloud.ask("GET", "/v3/users?name=ann&domain_id=default&enabled=1")
    #expect(list.json["users"]?.array?.count == 1)
    #expect(list.json["links"]?["self"] == "http://cloud:5000/v3/users?name=ann&domain_id=default&enabled=1")
    #expect(list.json["links"]?["next"] == .null && list.json["links"]?["previous"] == .null)
    #expect(try await cloud.ask("GET", "/v3/users?name__contains=nn").json["users"]?.array?.count == 1)
    #expect(try await cloud.ask("GET", "/v3/users?enabled=false").json["users"] == [])
    #expect(try await cloud.ask("GET", "/v3/users").json["users"]?.array?.count == 4)
    let changed = try await cloud.ask(
      "PATCH", "/v3/users/\(id)", ["user": ["name": "anna", "email": "anna@example.org"]])
    #expect(changed.json["user"]?["name"] == "anna" && changed.json["user"]?["email"] == "anna@example.org")
    #expect(changed.json["user"]?["shoes"] == 43)
    #expect(try await cloud.login("anna", "secret") != "")
    #expect(try await cloud.ask("DELETE", "/v3/users/\(id)").status == 204)
    let gone = try await cloud.ask("GET", "/v3/users/\(id)")
    #expect(gone.status == 404)
    #expect(
      gone.json == [
        "error": ["code": 404, "message": .string("Could not find user: \(id)."), "title": "Not Found"]
      ])
    #expect(try await cloud.ask("DELETE", "/v3/users/\(id)").status == 404)
  }

  @Test("A taken name, a missing name, an unknown domain and a wrong type are refused in upstream's words")
  func refusals() async throws {
    let cloud = try await TestCloud()
    let twice = try await cloud.ask("POST", "/v3/users", ["user": ["name": "demo"]])
    #expect(twice.status == 409)
    #expect(
      twice.message
        == "Conflict occurred attempting to store user - Duplicate entry found with name demo at domain ID default.")
    #expect(twice.json["error"]?["title"] == "Conflict")
    #expect(try await cloud.ask("POST", "/v3/users", ["user": ["email": "x"]]).status == 400)
    #expect(try await cloud.ask("POST", "/v3/users", ["user": ["name": ""]]).status == 400)
    #expect(try await cloud.ask("POST", "/v3/users", ["user": ["name": "x", "enabled": "perhaps"]]).status == 400)
    #expect(try await cloud.ask("POST", "/v3/users", ["name": "x"]).status == 400)
    #expect(try await cloud.ask("POST", "/v3/users", ["user": ["name": "x", "domain_id": "nowhere"]]).status == 404)
    let id = try await cloud.id(of: "demo", in: "users")
    #expect(try await cloud.ask("PATCH", "/v3/users/\(id)", ["user": ["domain_id": "other"]]).status == 400)
    #expect(try await cloud.ask("PATCH", "/v3/users/\(id)", ["user": ["name": "admin"]]).status == 409)
  }

  @Test("A member sees himself and nobody else, and makes nothing")
  func authorisation() async throws {
    let cloud = try await TestCloud()
    let demo = try await cloud.demo()
    let own = try await cloud.id(of: "demo", in: "users")
    let admin = try await cloud.id(of: "admin", in: "users")
    #expect(try await cloud.send("GET", "/v3/users/\(own)", as: demo).status == 200)
    #expect(try await cloud.send("GET", "/v3/users/\(own)/projects", as: demo).json["projects"]?.array?.count == 1)
    #expect(try await cloud.send("GET", "/v3/users/\(admin)", as: demo).status == 403)
    #expect(try await cloud.send("GET", "/v3/users/0123", as: demo).status == 403)
    #expect(try await cloud.send("GET", "/v3/users", as: demo).status == 403)
    #expect(try await cloud.send("PATCH", "/v3/users/\(own)", as: demo, ["user": ["enabled": true]]).status == 403)
    #expect(try await cloud.send("DELETE", "/v3/users/\(own)", as: demo).status == 403)
    let bodies: [(String, JSON)] = [
      ("users", ["user": ["name": "x"]]), ("groups", ["group": ["name": "x"]]),
      ("projects", ["project": ["name": "x"]]), ("domains", ["domain": ["name": "x"]]),
      ("roles", ["role": ["name": "x"]]), ("services", ["service": ["type": "x"]]),
      ("regions", ["region": ["id": "x"]]),
      ("endpoints", ["endpoint": ["service_id": "x", "url": "http://x", "interface": "public"]]),
      ("credentials", ["credential": ["type": "cert", "blob": "x", "user_id": .string(admin)]]),
    ]
    for (collection, body) in bodies {
      let answer = try await cloud.send("POST", "/v3/\(collection)", as: demo, body)
      #expect(answer.status == 403, "\(collection): \(answer.json.text)")
      #expect(answer.json["error"]?["code"] == 403)
    }
    for path in ["groups", "projects", "domains", "roles", "services", "endpoints", "role_assignments"] {
      #expect(try await cloud.send("GET", "/v3/\(path)", as: demo).status == 403, "\(path)")
    }
    let role = try await cloud.id(of: "admin", in: "roles")
    let project = try await cloud.id(of: "demo", in: "projects")
    let climb = "/v3/projects/\(project)/users/\(own)/roles/\(role)"
    #expect(try await cloud.send("PUT", climb, as: demo).status == 403)
    #expect(try await cloud.send("PUT", "/v3/system/users/\(own)/roles/\(role)", as: demo).status == 403)
    #expect(try await cloud.send("GET", "/v3/users").status == 401)
    #expect(try await cloud.send("GET", "/v3/nothing", as: demo).status == 404)
    #expect(try await cloud.send("PUT", "/v3/users", as: demo).status == 405)
  }

  @Test("A reader of the system reads everything and changes nothing; a domain's manager rules his domain alone")
  func scopedRoles() async throws {
    let cloud = try await TestCloud()
    let reader = try await cloud.id(of: "reader", in: "roles")
    let manager = try await cloud.id(of: "manager", in: "roles")
    let auditor = try await cloud.make("/v3/users", "user", ["name": "auditor", "password": "p"])
    #expect(try await cloud.ask("PUT", "/v3/system/users/\(auditor)/roles/\(reader)").status == 204)
    let system = try await cloud.authenticate(TestCloud.user("auditor", "p"), scope: ["system": ["all": true]]).token
    for path in ["users", "projects", "domains", "roles", "services", "role_assignments", "groups"] {
      #expect(try await cloud.send("GET", "/v3/\(path)", as: system).status == 200, "\(path)")
    }
    #expect(try await cloud.send("POST", "/v3/users", as: system, ["user": ["name": "x"]]).status == 403)

    let domain = try await cloud.make("/v3/domains", "domain", ["name": "acme"])
    let boss = try await cloud.make(
      "/v3/users", "user", ["name": "boss", "password": "p", "domain_id": .string(domain)])
    #expect(try await cloud.ask("PUT", "/v3/domains/\(domain)/users/\(boss)/roles/\(manager)").status == 204)
    let token = try await cloud.authenticate(
      ["id": .string(boss), "password": "p"], scope: ["domain": ["id": .string(domain)]]
    ).token
    #expect(try await cloud.send("POST", "/v3/users", as: token, ["user": ["name": "hand"]]).status == 201)
    #expect(try await cloud.send("POST", "/v3/projects", as: token, ["project": ["name": "works"]]).status == 201)
    let elsewhere: JSON = ["user": ["name": "spy", "domain_id": "default"]]
    #expect(try await cloud.send("POST", "/v3/users", as: token, elsewhere).status == 403)
    let users = try await cloud.send("GET", "/v3/users", as: token)
    #expect(users.json["users"]?.array?.compactMap { $0["name"]?.string } == ["boss", "hand"])
    let others = try await cloud.send("GET", "/v3/users?domain_id=default", as: token)
    #expect(others.json["users"]?.array?.compactMap { $0["name"]?.string } == ["boss", "hand"])
    let demo = try await cloud.id(of: "demo", in: "users")
    #expect(try await cloud.send("GET", "/v3/users/\(demo)", as: token).status == 403)
    #expect(try await cloud.send("DELETE", "/v3/users/\(demo)", as: token).status == 403)
  }

  @Test("Groups have members")
  func groups() async throws {
    let cloud = try await TestCloud()
    let id = try await cloud.make("/v3/groups", "group", ["name": "crew", "description": "all hands"])
    let user = try await cloud.id(of: "demo", in: "users")
    #expect(try await cloud.ask("GET", "/v3/groups/\(id)").json["group"]?["description"] == "all hands")
    let member = "/v3/groups/\(id)/users/\(user)"
    #expect(try await cloud.ask("HEAD", member).status == 404)
    #expect(try await cloud.ask("PUT", member).status == 204)
    #expect(try await cloud.ask("PUT", member).status == 204)
    #expect(try await cloud.ask("HEAD", member).status == 204)
    #expect(try await cloud.ask("GET", "/v3/groups/\(id)/users").json["users"]?[0]?["name"] == "demo")
    #expect(try await cloud.ask("GET", "/v3/users/\(user)/groups").json["groups"]?[0]?["name"] == "crew")
    #expect(try await cloud.ask("DELETE", member).status == 204)
    #expect(try await cloud.ask("DELETE", member).status == 404)
    #expect(try await cloud.ask("PUT", "/v3/groups/\(id)/users/nobody").message == "Could not find user: nobody.")
    #expect(try await cloud.ask("POST", "/v3/groups", ["group": ["name": "crew"]]).status == 409)
    #expect(try await cloud.ask("PATCH", "/v3/groups/\(id)", ["group": ["name": "gang"]]).status == 200)
    #expect(try await cloud.ask("DELETE", "/v3/groups/\(id)").status == 204)
    #expect(try await cloud.ask("GET", "/v3/groups/\(id)").message == "Could not find group: \(id).")
  }

  @Test("Lists come in pages")
  func pages() async throws {
    let cloud = try await TestCloud()
    let first = try await cloud.ask("GET", "/v3/users?limit=2")
    #expect(first.json["users"]?.array?.compactMap { $0["name"]?.string } == ["admin", "demo"])
    let next = try #require(first.json["links"]?["next"]?.string)
    let second = try await cloud.ask("GET", String(next.dropFirst("http://cloud:5000".count)))
    #expect(second.json["users"]?.array?.compactMap { $0["name"]?.string } == ["nova"])
    #expect(second.json["links"]?["next"] == .null)
  }
}
