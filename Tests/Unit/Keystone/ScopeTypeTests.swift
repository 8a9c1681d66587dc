import API
import Core
import HTTP
import JSON
import KeystoneAPI
import KeystoneModel
import Testing

@Suite("Scopes and domain managers") struct ScopeTypeTests {
  /// A domain with a user of the given role on it, who is logged in there.
  private struct Stage {
    let cloud: TestCloud
    let domain: String
    let user: String
    let token: String

    init(_ role: String, options: KeystoneOptions = TestCloud.quick) async throws {
      cloud = try await TestCloud(options: options)
      domain = try await cloud.make("/v3/domains", "domain", ["name": "acme"])
      user = try await cloud.make(
        "/v3/users", "user", ["name": "ann", "password": "a", "domain_id": .string(domain)])
      let id = try await cloud.id(of: role, in: "roles")
      #expect(try await cloud.ask("PUT", "/v3/domains/\(domain)/users/\(user)/roles/\(id)").status == 204)
      let login = try await cloud.authenticate(
        ["id": .string(user), "password": "a"], scope: ["domain": ["id": .string(domain)]])
      #expect(login.status == 201, "\(login.json.text)")
      token = login.token
    }
    func status(_ method: String, _ path: String, _ body: JSON? = nil) async throws -> Int {
      try await cloud.send(method, path, as: token, body).status
    }
  }

  @Test("A domain's administrator has no say over the cloud, unless scopes are not enforced")
  func scopes() async throws {
    let stage = try await Stage("admin")
    #expect(try await stage.status("GET", "/v3/services") == 403)
    #expect(try await stage.status("POST", "/v3/domains", ["domain": ["name": "mine"]]) == 403)
    #expect(try await stage.status("GET", "/v3/users?domain_id=\(stage.domain)") == 200)
    let refusal = try await stage.cloud.send("GET", "/v3/services", as: stage.token)
    #expect(refusal.message.contains("project or system"))
    let trust: JSON = ["trust": ["trustor_user_id": .string(stage.user)]]
    #expect(try await stage.status("POST", "/v3/OS-TRUST/trusts", trust) == 403)
    var lax = TestCloud.quick
    lax.enforceScope = false
    #expect(try await Stage("admin", options: lax).status("GET", "/v3/services") == 200)
  }

  @Test("A domain's manager keeps its users, groups and projects, and gives the harmless roles")
  func manager() async throws {
    let stage = try await Stage("manager")
    let cloud = stage.cloud
    let home: JSON = .string(stage.domain)
    let made = try await cloud.send(
      "POST", "/v3/users", as: stage.token, ["user": ["name": "bob", "password": "b", "domain_id": home]])
    #expect(made.status == 201, "\(made.json.text)")
    let bob = made.json["user"]?["id"]?.string ?? ""
    let project = try await cloud.send(
      "POST", "/v3/projects", as: stage.token, ["project": ["name": "boats", "domain_id": home]])
    #expect(project.status == 201)
    let boats = project.json["project"]?["id"]?.string ?? ""
    let group = try await cloud.send(
      "POST", "/v3/groups", as: stage.token, ["group": ["name": "crew", "domain_id": home]])
    #expect(group.status == 201)
    let crew = group.json["group"]?["id"]?.string ?? ""
    #expect(try await stage.status("PUT", "/v3/groups/\(crew)/users/\(bob)") == 204)

    let member = try await cloud.id(of: "member", in: "roles")
    let admin = try await cloud.id(of: "admin", in: "roles")
    let grant = "/v3/projects/\(boats)/users/\(bob)/roles"
    #expect(try await stage.status("PUT", "\(grant)/\(member)") == 204)
    #expect(try await stage.status("HEAD", "\(grant)/\(member)") == 204)
    #expect(try await stage.status("GET", grant) == 200)
    #expect(try await stage.status("PUT", "\(grant)/\(admin)") == 403)
    #expect(try await stage.status("PUT", "/v3/domains/\(stage.domain)/groups/\(crew)/roles/\(member)") == 204)
    #expect(try await stage.status("DELETE", "\(grant)/\(member)") == 204)
    // Not beyond its domain.
    let demo = try await cloud.id(of: "demo", in: "users")
    let demoProject = try await cloud.id(of: "demo", in: "projects")
    #expect(try await stage.status("PUT", "/v3/projects/\(boats)/users/\(demo)/roles/\(member)") == 403)
    #expect(try await stage.status("PUT", "/v3/projects/\(demoProject)/users/\(bob)/roles/\(member)") == 403)
    #expect(
      try await stage.status("POST", "/v3/users", ["user": ["name": "eve", "domain_id": "default"]]) == 403)
    #expect(try await stage.status("GET", "/v3/roles") == 200)
    #expect(try await stage.status("GET", "/v3/roles/\(member)") == 200)
    #expect(try await stage.status("GET", "/v3/roles/\(admin)") == 403)
  }

  @Test("A domain's reader reads it, and changes nothing")
  func reader() async throws {
    let stage = try await Stage("reader")
    #expect(try await stage.status("GET", "/v3/users?domain_id=\(stage.domain)") == 200)
    #expect(try await stage.status("GET", "/v3/users/\(stage.user)") == 200)
    let own = try await stage.cloud.send("GET", "/v3/domains", as: stage.token)
    #expect(own.status == 200)
    #expect(own.json["domains"]?.array?.compactMap { $0["id"]?.string } == [stage.domain])
    let home: JSON = .string(stage.domain)
    #expect(try await stage.status("POST", "/v3/users", ["user": ["name": "x", "domain_id": home]]) == 403)
    let member = try await stage.cloud.id(of: "member", in: "roles")
    #expect(
      try await stage.status("PUT", "/v3/domains/\(stage.domain)/users/\(stage.user)/roles/\(member)") == 403)
  }
}
