import API
import Core
import HTTP
import JSON
import KeystoneAPI
import KeystoneModel
import Testing

@Suite("Trusts") struct TrustTests {
  /// A cloud with a trustor, who is a member of a project, and a trustee, who is nobody.
  private struct Stage {
    let cloud: TestCloud
    let trustor: String
    let trustee: String
    let project: String
    let member: String
    let token: String

    init() async throws {
      cloud = try await TestCloud()
      trustor = try await cloud.make("/v3/users", "user", ["name": "ann", "password": "a"])
      trustee = try await cloud.make("/v3/users", "user", ["name": "bob", "password": "b"])
      project = try await cloud.make("/v3/projects", "project", ["name": "boats"])
      member = try await cloud.id(of: "member", in: "roles")
      #expect(try await cloud.ask("PUT", "/v3/projects/\(project)/users/\(trustor)/roles/\(member)").status == 204)
      token = try await cloud.login("ann", "a", project: "boats")
    }

    func trust(_ more: JSONObject) async throws -> Answer { try await trust(as: token, more) }
    func trust(as token: String? = nil, _ more: JSONObject = [:]) async throws -> Answer {
      var body: JSONObject = [
        "trustor_user_id": .string(trustor), "trustee_user_id": .string(trustee), "project_id": .string(project),
        "impersonation": true, "roles": [["name": "member"]],
      ]
      for (key, value) in more.members { body[key] = value }
      return try await cloud.send("POST", "/v3/OS-TRUST/trusts", as: token ?? self.token, ["trust": .object(body)])
    }
    func use(_ id: String, _ name: String = "bob", _ password: String = "b") async throws -> Answer {
      try await cloud.authenticate(
        TestCloud.user(name, password), scope: ["OS-TRUST:trust": ["id": .string(id)]])
    }
  }

  @Test("The trustee gets a token that shows the trustor, with the roles passed on and no more")
  func impersonation() async throws {
    let stage = try await Stage()
    let made = try await stage.trust()
    #expect(made.status == 201, "\(made.json.text)")
    let trust = try #require(made.json["trust"])
    let id = try #require(trust["id"]?.string)
    #expect(trust["redelegation_count"] == 0)
    #expect(trust["roles"]?[0]?["name"] == "member")
    let answer = try await stage.use(id)
    #expect(answer.status == 201, "\(answer.json.text)")
    let token = try #require(answer.json["token"])
    #expect(token["user"]?["id"]?.string == stage.trustor)
    #expect(token["OS-TRUST:trust"]?["trustee_user"]?["id"]?.string == stage.trustee)
    #expect(token["OS-TRUST:trust"]?["impersonation"] == true)
    #expect(token["project"]?["id"]?.string == stage.project)
    #expect(token["roles"]?.array?.compactMap { $0["name"]?.string } == ["member", "reader"])
    #expect(try await stage.cloud.status(of: answer.token) == 200)
    // Services ask with the token itself what it is good for.
    let own = try await stage.cloud.send(
      "GET", "/v3/auth/tokens", as: answer.token, headers: ["X-Subject-Token": answer.token])
    #expect(own.status == 200)
    // It makes no other token, and nobody but the trustee gets one.
    #expect(try await stage.cloud.rescope(answer.token, scope: TestCloud.project("boats")).status == 403)
    #expect(try await stage.use(id, "ann", "a").status == 403)
    let plain = try await stage.trust(["impersonation": false]).json["trust"]?["id"]?.string ?? ""
    #expect(try await stage.use(plain).json["token"]?["user"]?["id"]?.string == stage.trustee)
  }

  @Test("A trust ends by itself, by its uses, by being deleted and when the trustor loses the role")
  func ends() async throws {
    let stage = try await Stage()
    let cloud = stage.cloud
    let counted = try await stage.trust(["remaining_uses": 1]).json["trust"]?["id"]?.string ?? ""
    #expect(try await stage.use(counted).status == 201)
    #expect(try await stage.use(counted).status == 403)
    #expect(try await cloud.send("GET", "/v3/OS-TRUST/trusts/\(counted)", as: stage.token).status == 404)

    let end = cloud.clock.now + .minutes(5)
    let short = try await stage.trust(["expires_at": .string(end.iso8601)]).json["trust"]?["id"]?.string ?? ""
    let ofShort = try await stage.use(short).token
    #expect(try await cloud.status(of: ofShort) == 200)
    cloud.clock.advance(.minutes(6))
    #expect(try await stage.use(short).status == 401)
    #expect(try await cloud.status(of: ofShort) == 404)

    let deleted = try await stage.trust().json["trust"]?["id"]?.string ?? ""
    let ofDeleted = try await stage.use(deleted).token
    #expect(try await cloud.send("DELETE", "/v3/OS-TRUST/trusts/\(deleted)", as: stage.token).status == 204)
    #expect(try await cloud.status(of: ofDeleted) == 404)
    #expect(try await stage.use(deleted).status == 401)

    let last = try await stage.trust().json["trust"]?["id"]?.string ?? ""
    let ofLast = try await stage.use(last).token
    let grant = "/v3/projects/\(stage.project)/users/\(stage.trustor)/roles/\(stage.member)"
    #expect(try await cloud.ask("DELETE", grant).status == 204)
    #expect(try await cloud.status(of: ofLast) == 404)
    #expect(try await stage.use(last).status == 403)
  }

  @Test("Whose trust it is, and who may see it")
  func owners() async throws {
    let stage = try await Stage()
    let cloud = stage.cloud
    let bob = try await cloud.login("bob", "b")
    #expect(try await stage.trust(as: bob).status == 403)
    #expect(try await stage.trust(as: cloud.admin).status == 403)
    #expect(try await stage.trust(["roles": [["name": "admin"]]]).status == 404)
    #expect(try await stage.trust(["roles": []]).status == 403)
    #expect(try await stage.trust(["trustee_user_id": "nobody"]).status == 404)
    #expect(try await stage.trust(["expires_at": "2001-01-01T00:00:00Z"]).status == 400)
    #expect(try await stage.trust(["expires_at": "soon"]).status == 400)
    #expect(try await stage.trust(["remaining_uses": 0]).status == 400)
    let id = try await stage.trust().json["trust"]?["id"]?.string ?? ""
    for token in [stage.token, bob, cloud.admin] {
      #expect(try await cloud.send("GET", "/v3/OS-TRUST/trusts/\(id)", as: token).status == 200)
    }
    #expect(try await cloud.send("GET", "/v3/OS-TRUST/trusts/\(id)", as: cloud.demo()).status == 403)
    #expect(try await cloud.send("DELETE", "/v3/OS-TRUST/trusts/\(id)", as: bob).status == 403)
    #expect(try await cloud.send("GET", "/v3/OS-TRUST/trusts", as: stage.token).status == 403)
    #expect(try await cloud.ask("GET", "/v3/OS-TRUST/trusts").json["trusts"]?.array?.count == 1)
    let own = try await cloud.send(
      "GET", "/v3/OS-TRUST/trusts?trustor_user_id=\(stage.trustor)", as: stage.token)
    #expect(own.json["trusts"]?[0]?["id"]?.string == id)
    let roles = try await cloud.send("GET", "/v3/OS-TRUST/trusts/\(id)/roles", as: bob)
    #expect(roles.json["roles"]?[0]?["id"]?.string == stage.member)
    #expect(
      try await cloud.send("GET", "/v3/OS-TRUST/trusts/\(id)/roles/\(stage.member)", as: bob).status == 200)
    #expect(try await cloud.send("GET", "/v3/OS-TRUST/trusts/\(id)/roles/nothing", as: bob).status == 404)
  }

  @Test("A trust can be passed on as often as its maker allowed, with no more than it gives")
  func redelegation() async throws {
    let stage = try await Stage()
    let cloud = stage.cloud
    #expect(try await stage.trust(["allow_redelegation": true, "redelegation_count": 4]).status == 403)
    #expect(try await stage.trust(["allow_redelegation": true, "remaining_uses": 2]).status == 400)
    let first = try await stage.trust(["allow_redelegation": true, "redelegation_count": 2])
    #expect(first.json["trust"]?["redelegation_count"] == 2)
    let id = first.json["trust"]?["id"]?.string ?? ""
    let carol = try await cloud.make("/v3/users", "user", ["name": "carol", "password": "c"])
    let token = try await stage.use(id).token
    let second = try await stage.trust(
      as: token, ["trustee_user_id": .string(carol), "allow_redelegation": true])
    #expect(second.status == 201, "\(second.json.text)")
    #expect(second.json["trust"]?["redelegation_count"] == 1)
    #expect(second.json["trust"]?["redelegated_trust_id"]?.string == id)
    let secondID = second.json["trust"]?["id"]?.string ?? ""
    let ofCarol = try await stage.use(secondID, "carol", "c")
    #expect(ofCarol.status == 201, "\(ofCarol.json.text)")
    #expect(ofCarol.json["token"]?["user"]?["id"]?.string == stage.trustor)

    let reader = try await stage.trust(["allow_redelegation": true, "roles": [["name": "reader"]]])
    #expect(reader.status == 201)
    let narrow = try await stage.use(reader.json["trust"]?["id"]?.string ?? "").token
    #expect(try await stage.trust(as: narrow, ["trustee_user_id": .string(carol)]).status == 403)
    let closed = try await stage.trust().json["trust"]?["id"]?.string ?? ""
    #expect(try await stage.trust(as: try await stage.use(closed).token).status == 403)

    // With the first goes what followed from it.
    #expect(try await cloud.send("DELETE", "/v3/OS-TRUST/trusts/\(id)", as: stage.token).status == 204)
    #expect(try await cloud.ask("GET", "/v3/OS-TRUST/trusts/\(secondID)").status == 404)
    #expect(try await cloud.status(of: ofCarol.token) == 404)
  }

  @Test("A disabled or deleted trustor takes the trust along")
  func trustorGoes() async throws {
    let stage = try await Stage()
    let cloud = stage.cloud
    let id = try await stage.trust().json["trust"]?["id"]?.string ?? ""
    let token = try await stage.use(id).token
    #expect(
      try await cloud.ask("PATCH", "/v3/users/\(stage.trustor)", ["user": ["enabled": false]]).status == 200)
    #expect(try await cloud.status(of: token) == 404)
    #expect(try await stage.use(id).status == 403)
    #expect(try await cloud.ask("DELETE", "/v3/users/\(stage.trustor)").status == 204)
    #expect(try await stage.use(id).status == 401)
  }
}
