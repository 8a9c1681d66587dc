import API
import Core
import HTTP
import JSON
import KeystoneAPI
import Store
import Testing

@Suite("What makes tokens void") struct RevocationTests {
  @Test("A token that is handed back is void at once, a sibling is not")
  func revoke() async throws {
    let cloud = try await TestCloud()
    let one = try await cloud.demo()
    let two = try await cloud.demo()
    #expect(try await cloud.status(of: one) == 200)
    let other = try await cloud.send("DELETE", "/v3/auth/tokens", as: two, headers: ["X-Subject-Token": cloud.admin])
    #expect(other.status == 403)
    #expect(try await cloud.send("DELETE", "/v3/auth/tokens", as: one, headers: ["X-Subject-Token": one]).status == 204)
    #expect(try await cloud.status(of: one) == 404)
    #expect(try await cloud.send("GET", "/v3/auth/projects", as: one).status == 401)
    #expect(try await cloud.status(of: two) == 200)
  }

  @Test("A changed password voids the tokens before it, and not the one that comes right after")
  func passwordChange() async throws {
    let cloud = try await TestCloud()
    let before = try await cloud.demo()
    let id = try await cloud.id(of: "demo", in: "users")
    cloud.clock.advance(.milliseconds(5))
    let wrong: JSON = ["user": ["original_password": "wrong", "password": "new"]]
    #expect(try await cloud.send("POST", "/v3/users/\(id)/password", as: nil, wrong).status == 401)
    #expect(try await cloud.status(of: before) == 200)
    let right: JSON = ["user": ["original_password": .string(TestCloud.demoPassword), "password": "new"]]
    #expect(try await cloud.send("POST", "/v3/users/\(id)/password", as: nil, right).status == 204)
    #expect(try await cloud.status(of: before) == 404)
    #expect(try await cloud.authenticate(TestCloud.user("demo", TestCloud.demoPassword)).status == 401)
    cloud.clock.advance(.milliseconds(5))
    let after = try await cloud.login("demo", "new", project: "demo")
    #expect(try await cloud.status(of: after) == 200)
    cloud.clock.advance(.seconds(2))
    #expect(try await cloud.status(of: after) == 200)
  }

  @Test("A password that an administrator sets counts at once too")
  func passwordReset() async throws {
    let cloud = try await TestCloud()
    let before = try await cloud.demo()
    let id = try await cloud.id(of: "demo", in: "users")
    let answer = try await cloud.ask("PATCH", "/v3/users/\(id)", ["user": ["password": "reset"]])
    #expect(answer.status == 200 && !answer.json.text.contains("reset"))
    #expect(try await cloud.status(of: before) == 404)
    cloud.clock.advance(.milliseconds(1))
    #expect(try await cloud.login("demo", "reset") != "")
  }

  @Test("Disabled users, projects and domains let nobody in, and their old tokens stay void when they come back")
  func disabling() async throws {
    for (collection, name) in [("users", "user"), ("projects", "project")] {
      let cloud = try await TestCloud()
      let before = try await cloud.demo()
      let path = "/v3/\(collection)/\(try await cloud.id(of: "demo", in: collection))"
      #expect(try await cloud.ask("PATCH", path, [name: ["enabled": false]]).status == 200)
      #expect(try await cloud.status(of: before) == 404)
      let answer = try await cloud.authenticate(
        TestCloud.user("demo", TestCloud.demoPassword), scope: TestCloud.project("demo"))
      #expect(answer.status == 401)
      cloud.clock.advance(.seconds(1))
      #expect(try await cloud.ask("PATCH", path, [name: ["enabled": true]]).status == 200)
      #expect(try await cloud.status(of: before) == 404)
      #expect(try await cloud.status(of: cloud.demo()) == 200)
    }
  }

  @Test("A removed role, membership, project or user is gone from tokens at once")
  func removal() async throws {
    let cloud = try await TestCloud()
    let group = try await cloud.make("/v3/groups", "group", ["name": "crew"])
    let user = try await cloud.make("/v3/users", "user", ["name": "ann", "password": "secret"])
    let project = try await cloud.make("/v3/projects", "project", ["name": "ship"])
    let reader = try await cloud.id(of: "reader", in: "roles")
    let member = try await cloud.id(of: "member", in: "roles")
    #expect(try await cloud.ask("PUT", "/v3/groups/\(group)/users/\(user)").status == 204)
    #expect(try await cloud.ask("PUT", "/v3/projects/\(project)/groups/\(group)/roles/\(member)").status == 204)
    #expect(try await cloud.ask("PUT", "/v3/projects/\(project)/users/\(user)/roles/\(reader)").status == 204)
    let token = try await cloud.login("ann", "secret", project: "ship")
    func roles() async throws -> [String]? {
      let seen = try await cloud.send("GET", "/v3/auth/tokens", as: cloud.admin, headers: ["X-Subject-Token": token])
      return seen.json["token"]?["roles"]?.array?.compactMap { $0["name"]?.string }
    }
    #expect(try await roles() == ["member", "reader"])
    #expect(try await cloud.ask("DELETE", "/v3/groups/\(group)/users/\(user)").status == 204)
    #expect(try await roles() == ["reader"])
    #expect(try await cloud.ask("DELETE", "/v3/projects/\(project)/users/\(user)/roles/\(reader)").status == 204)
    #expect(try await roles() == nil)
    #expect(try await cloud.ask("PUT", "/v3/groups/\(group)/users/\(user)").status == 204)
    #expect(try await roles() == ["member", "reader"])
    #expect(try await cloud.ask("DELETE", "/v3/projects/\(project)").status == 204)
    #expect(try await roles() == nil)
    let unscoped = try await cloud.login("ann", "secret")
    #expect(try await cloud.status(of: unscoped) == 200)
    #expect(try await cloud.ask("DELETE", "/v3/users/\(user)").status == 204)
    #expect(try await cloud.status(of: unscoped) == 404)
  }

  @Test("Another process's change is noticed within a second")
  func foreignChange() async throws {
    let cloud = try await TestCloud()
    let token = try await cloud.demo()
    #expect(try await cloud.status(of: token) == 200)
    try await cloud.keystone.store.write { transaction in
      _ = try await transaction.run("UPDATE keystone_users SET enabled = 0 WHERE name = \("demo")")
    }
    cloud.clock.advance(.seconds(1))
    #expect(try await cloud.status(of: token) == 404)
  }
}
