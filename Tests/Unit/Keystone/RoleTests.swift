import API
import Core
import HTTP
import JSON
import KeystoneAPI
import Testing

@Suite("Roles and assignments") struct RoleTests {
  @Test("Roles are made, changed and deleted; those of every cloud are not")
  func roles() async throws {
    let cloud = try await TestCloud()
    let id = try await cloud.make("/v3/roles", "role", ["name": "pilot", "description": "steers"])
    let shown = try await cloud.ask("GET", "/v3/roles/\(id)")
    #expect(
      shown.json["role"] == [
        "id": .string(id), "name": "pilot", "domain_id": nil, "description": "steers", "options": [:],
        "links": ["self": .string("http://cloud:5000/v3/roles/\(id)")],
      ])
    #expect(try await cloud.ask("POST", "/v3/roles", ["role": ["name": "pilot"]]).status == 409)
    #expect(try await cloud.ask("PATCH", "/v3/roles/\(id)", ["role": ["name": "mate"]]).json["role"]?["name"] == "mate")
    #expect(
      try await cloud.ask("GET", "/v3/roles").json["roles"]?.array?.compactMap { $0["name"]?.string }
        == ["admin", "manager", "mate", "member", "reader", "service"])
    #expect(try await cloud.ask("DELETE", "/v3/roles/\(id)").status == 204)
    #expect(try await cloud.ask("GET", "/v3/roles/\(id)").message == "Could not find role: \(id).")
    let admin = try await cloud.id(of: "admin", in: "roles")
    #expect(try await cloud.ask("DELETE", "/v3/roles/\(admin)").status == 403)
    #expect(try await cloud.ask("PATCH", "/v3/roles/\(admin)", ["role": ["name": "root"]]).status == 403)
  }

  @Test("A role can imply another, never the administrator's and never itself")
  func implied() async throws {
    let cloud = try await TestCloud()
    let pilot = try await cloud.make("/v3/roles", "role", ["name": "pilot"])
    let mate = try await cloud.make("/v3/roles", "role", ["name": "mate"])
    let admin = try await cloud.id(of: "admin", in: "roles")
    let path = "/v3/roles/\(pilot)/implies/\(mate)"
    #expect(try await cloud.ask("GET", path).status == 404)
    let made = try await cloud.ask("PUT", path)
    #expect(made.status == 201)
    #expect(made.json["role_inference"]?["prior_role"]?["name"] == "pilot")
    #expect(made.json["role_inference"]?["implies"]?["name"] == "mate")
    #expect(try await cloud.ask("HEAD", path).status == 204)
    let list = try await cloud.ask("GET", "/v3/roles/\(pilot)/implies")
    #expect(list.json["role_inference"]?["implies"]?.array?.count == 1)
    #expect(try await cloud.ask("PUT", "/v3/roles/\(mate)/implies/\(pilot)").status == 403)
    #expect(try await cloud.ask("PUT", "/v3/roles/\(mate)/implies/\(mate)").status == 403)
    #expect(try await cloud.ask("PUT", "/v3/roles/\(mate)/implies/\(admin)").status == 403)
    let all = try await cloud.ask("GET", "/v3/role_inferences")
    #expect(
      all.json["role_inferences"]?.array?.compactMap { $0["prior_role"]?["name"]?.string }
        == ["admin", "manager", "member", "pilot"])
    #expect(try await cloud.ask("DELETE", path).status == 204)
    #expect(try await cloud.ask("HEAD", path).status == 404)
  }

  @Test("Roles are given on projects and domains, to users and groups, and taken away")
  func grants() async throws {
    let cloud = try await TestCloud()
    let user = try await cloud.id(of: "demo", in: "users")
    let group = try await cloud.make("/v3/groups", "group", ["name": "crew"])
    let project = try await cloud.id(of: "admin", in: "projects")
    let role = try await cloud.id(of: "member", in: "roles")
    for target in ["projects/\(project)", "domains/default", "system"] {
      for actor in ["users/\(user)", "groups/\(group)"] {
        let list = "/v3/\(target)/\(actor)/roles"
        let one = "\(list)/\(role)"
        #expect(try await cloud.ask("HEAD", one).status == 404)
        #expect(try await cloud.ask("PUT", one).status == 204)
        #expect(try await cloud.ask("PUT", one).status == 204)
        #expect(try await cloud.ask("HEAD", one).status == 204)
        #expect(try await cloud.ask("GET", one).status == 204)
        #expect(try await cloud.ask("GET", list).json["roles"]?.array?.compactMap { $0["name"]?.string } == ["member"])
        #expect(try await cloud.ask("DELETE", one).status == 204)
        #expect(try await cloud.ask("DELETE", one).status == 404)
        #expect(try await cloud.ask("PUT", "\(list)/nothing").status == 404)
      }
    }
    #expect(try await cloud.ask("PUT", "/v3/projects/nowhere/users/\(user)/roles/\(role)").status == 404)
    #expect(try await cloud.ask("PUT", "/v3/projects/\(project)/users/nobody/roles/\(role)").status == 404)
  }

  @Test("An inherited role holds below its target, not on it")
  func inheritance() async throws {
    let cloud = try await TestCloud()
    let user = try await cloud.make("/v3/users", "user", ["name": "ann", "password": "p"])
    let role = try await cloud.id(of: "reader", in: "roles")
    let parent = try await cloud.make("/v3/projects", "project", ["name": "parent"])
    let child = try await cloud.make("/v3/projects", "project", ["name": "child", "parent_id": .string(parent)])
    let path = "/v3/OS-INHERIT/projects/\(parent)/users/\(user)/roles/\(role)/inherited_to_projects"
    #expect(try await cloud.ask("PUT", path).status == 204)
    #expect(try await cloud.ask("HEAD", path).status == 204)
    let ann = TestCloud.user("ann", "p")
    #expect(try await cloud.authenticate(ann, scope: TestCloud.project("parent")).status == 401)
    #expect(try await cloud.authenticate(ann, scope: TestCloud.project("child")).status == 201)
    #expect(try await cloud.ask("GET", "/v3/users/\(user)/projects").json["projects"]?[0]?["id"]?.string == child)
    #expect(try await cloud.ask("DELETE", path).status == 204)
    #expect(try await cloud.authenticate(ann, scope: TestCloud.project("child")).status == 401)
    let domain = "/v3/OS-INHERIT/domains/default/users/\(user)/roles/\(role)/inherited_to_projects"
    #expect(try await cloud.ask("PUT", domain).status == 204)
    #expect(try await cloud.authenticate(ann, scope: TestCloud.project("child")).status == 201)
    #expect(try await cloud.authenticate(ann, scope: ["domain": ["id": "default"]]).status == 401)
  }

  @Test("The list of assignments, as given and as it works out")
  func assignments() async throws {
    let cloud = try await TestCloud()
    let user = try await cloud.id(of: "demo", in: "users")
    let project = try await cloud.id(of: "demo", in: "projects")
    let member = try await cloud.id(of: "member", in: "roles")
    let plain = try await cloud.ask("GET", "/v3/role_assignments?user.id=\(user)")
    #expect(
      plain.json["role_assignments"] == [
        [
          "role": ["id": .string(member)], "user": ["id": .string(user)],
          "scope": ["project": ["id": .string(project)]],
          "links": [
            "assignment": .string("http://cloud:5000/v3/projects/\(project)/users/\(user)/roles/\(member)")
          ],
        ]
      ])
    let named = try await cloud.ask(
      "GET", "/v3/role_assignments?scope.project.id=\(project)&user.id=\(user)&effective&include_names=1")
    let lines = try #require(named.json["role_assignments"]?.array)
    #expect(lines.compactMap { $0["role"]?["name"]?.string } == ["member", "reader"])
    #expect(lines[0]["user"]?["domain"] == ["id": "default", "name": "Default"])
    #expect(lines[0]["scope"]?["project"]?["name"] == "demo")
    #expect(lines[1]["links"]?["prior_role"]?.string?.contains("/v3/roles/\(member)/implies/") == true)

    let group = try await cloud.make("/v3/groups", "group", ["name": "crew"])
    #expect(try await cloud.ask("PUT", "/v3/groups/\(group)/users/\(user)").status == 204)
    let admin = try await cloud.id(of: "admin", in: "projects")
    #expect(try await cloud.ask("PUT", "/v3/projects/\(admin)/groups/\(group)/roles/\(member)").status == 204)
    let ofGroup = try await cloud.ask("GET", "/v3/role_assignments?group.id=\(group)")
    #expect(ofGroup.json["role_assignments"]?[0]?["group"]?["id"]?.string == group)
    let through = try await cloud.ask(
      "GET", "/v3/role_assignments?user.id=\(user)&effective&scope.project.id=\(admin)&role.id=\(member)")
    #expect(through.json["role_assignments"]?.array?.count == 1)
    #expect(
      through.json["role_assignments"]?[0]?["links"]?["membership"]?.string
        == "http://cloud:5000/v3/groups/\(group)/users/\(user)")
    let system = try await cloud.ask("GET", "/v3/role_assignments?scope.system=all")
    #expect(system.json["role_assignments"]?[0]?["scope"] == ["system": ["all": true]])
    #expect(try await cloud.ask("GET", "/v3/role_assignments?group.id=\(group)&effective").status == 400)
  }
}
