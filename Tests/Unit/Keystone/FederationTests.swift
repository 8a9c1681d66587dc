import API
import Core
import HTTP
import JSON
import KeystoneAPI
import KeystoneModel
import OpenID
import Testing

/// A cloud with an identity provider `idp` that speaks `openid`.
struct FederatedCloud {
  let cloud: TestCloud
  let issuer: TestIssuer
  static let path = "/v3/OS-FEDERATION/identity_providers/idp"
  static let dashboard = "https://dashboard.example/auth/websso/"

  /// Everyone is a user by his address, in the groups of the claim `groups` that there are in the default domain.
  static let rules: JSON = [
    [
      "local": [["user": ["id": "{0}", "name": "{1}", "email": "{1}"]]],
      "remote": [["type": "OIDC-sub"], ["type": "HTTP_OIDC_EMAIL"]],
    ],
    ["local": [["groups": "{0}", "domain": ["id": "default"]]], "remote": [["type": "OIDC-groups"]]],
  ]

  init(_ rules: JSON = rules, version: String = "1.0", ttl: JSON = nil, domain: JSON = nil) async throws {
    let clock = TestClock()
    issuer = try TestIssuer(
      world: World(
        now: { clock.now }, uptime: { .microseconds(clock.now.microseconds) }, sleep: World.real.sleep,
        random: World.real.random))
    var options = TestCloud.quick
    options.federation.trustedDashboards = [Self.dashboard]
    cloud = try await TestCloud(
      options: options, clock: clock, openID: OpenIDProviders(["idp": issuer.provider(), "off": issuer.provider()]))
    var provider: JSONObject = ["enabled": true, "remote_ids": [.string(TestIssuer.url)], "authorization_ttl": ttl]
    if !domain.isNull { provider["domain_id"] = domain }
    for (path, name, body) in [
      (Self.path, "identity_provider", JSON.object(provider)),
      ("/v3/OS-FEDERATION/mappings/m", "mapping", ["rules": rules, "schema_version": .string(version)]),
      ("\(Self.path)/protocols/openid", "protocol", ["mapping_id": "m", "remote_id_attribute": "HTTP_OIDC_ISS"]),
    ] {
      let answer = try await cloud.ask("PUT", path, [name: body])
      #expect(answer.status == 201, "\(answer.json.text)")
    }
  }

  func login(
    _ subject: String = "u1", _ more: JSONObject = [:], method: String = "POST", path: String = "/protocols/openid/auth"
  ) async throws -> Answer {
    let token = try issuer.token(issuer.claims(subject, more))
    return try await cloud.send(method, Self.path + path, headers: ["Authorization": "Bearer \(token)"])
  }
  func group(_ name: String, role: String, on project: String) async throws -> String {
    let id = try await cloud.make("/v3/groups", "group", ["name": .string(name), "domain_id": "default"])
    let role = try await cloud.id(of: role, in: "roles")
    let project = try await cloud.id(of: project, in: "projects")
    #expect(try await cloud.ask("PUT", "/v3/projects/\(project)/groups/\(id)/roles/\(role)").status == 204)
    return id
  }
}

@Suite("Federation") struct FederationTests {
  @Test("A user of the provider gets an unscoped token, and with it one of a project through his groups")
  func login() async throws {
    let here = try await FederatedCloud()
    let group = try await here.group("staff", role: "member", on: "demo")
    for method in ["POST", "GET"] {
      let answer = try await here.login("u1", ["groups": ["staff", "unknown here"]], method: method)
      #expect(answer.status == 201, "\(answer.json.text)")
      let token = answer.json["token"]
      #expect(token?["methods"] == ["openid"] && token?["project"] == nil && token?["catalog"] == nil)
      #expect(token?["user"]?["name"] == "u1@example.com" && token?["user"]?["password_expires_at"] == nil)
      #expect(
        token?["user"]?["OS-FEDERATION"]
          == ["groups": [["id": .string(group)]], "identity_provider": ["id": "idp"], "protocol": ["id": "openid"]])
      for path in ["/v3/auth/projects", "/v3/OS-FEDERATION/projects"] {
        let projects = try await here.cloud.send("GET", path, as: answer.token)
        #expect(projects.json["projects"]?.array?.compactMap { $0["name"]?.string } == ["demo"])
      }
      #expect(try await here.cloud.send("GET", "/v3/OS-FEDERATION/domains", as: answer.token).json["domains"] == [])
      let scoped = try await here.cloud.rescope(answer.token, scope: TestCloud.project("demo"))
      #expect(scoped.status == 201 && scoped.json["token"]?["expires_at"] == token?["expires_at"])
      #expect(scoped.json["token"]?["roles"]?.array?.contains { $0["name"] == "member" } == true)
      #expect(scoped.json["token"]?["user"]?["OS-FEDERATION"]?["groups"] == [["id": .string(group)]])
      #expect(try await here.cloud.status(of: scoped.token) == 200)
      for name in ["openid", "mapped", "saml2"] {
        var identity: JSONObject = ["methods": [.string(name)]]
        identity[name] = ["id": .string(answer.token)]
        let body: JSON = ["auth": ["identity": .object(identity), "scope": TestCloud.project("demo")]]
        #expect(try await here.cloud.send("POST", "/v3/auth/tokens", as: nil, body).status == 201)
      }
      #expect(try await here.cloud.rescope(answer.token, scope: TestCloud.project("admin")).status == 401)
    }
    let names = try await here.cloud.ask("GET", "/v3/users?idp_id=idp&unique_id=u1").json["users"]?.array
    #expect(names?.count == 1 && names?.first?["email"] == "u1@example.com")
  }

  @Test("Whom the provider does not vouch for does not come in")
  func refusals() async throws {
    let here = try await FederatedCloud()
    let cloud = here.cloud
    let path = FederatedCloud.path + "/protocols/openid/auth"
    #expect(try await cloud.send("POST", path).status == 401)
    #expect(try await cloud.send("POST", path, headers: ["Authorization": "Basic eDp4"]).status == 401)
    #expect(try await cloud.send("POST", path, headers: ["Authorization": "Bearer x.y.z"]).status == 401)
    // Nobody says who he is himself.
    #expect(
      try await cloud.send("POST", path, headers: ["OIDC-sub": "u1", "HTTP_OIDC_EMAIL": "x", "Remote-User": "u1"])
        .status == 401)
    #expect(try await here.login("u1", ["aud": "other"]).status == 401)
    #expect(try await here.login("u1", ["exp": 1]).status == 401)
    #expect(try await here.login("u1", ["email": nil]).status == 401)
    #expect(try await here.login(path: "/protocols/saml2/auth").status == 404)
    #expect(try await here.login(path: "/protocols/other/auth").status == 401)
    let token = try here.issuer.token(here.issuer.claims())
    let elsewhere = "/v3/OS-FEDERATION/identity_providers/none/protocols/openid/auth"
    #expect(try await cloud.send("POST", elsewhere, headers: ["Authorization": "Bearer \(token)"]).status == 404)

    #expect(try await here.login().status == 201)
    let other: JSON = ["identity_provider": ["remote_ids": ["https://other"]]]
    #expect(try await cloud.ask("PATCH", FederatedCloud.path, other).status == 200)
    #expect(try await here.login().status == 403)
    let none: JSON = ["identity_provider": ["remote_ids": [], "enabled": false]]
    #expect(try await cloud.ask("PATCH", FederatedCloud.path, none).status == 200)
    #expect(try await here.login().status == 403)
    #expect(try await cloud.ask("PATCH", FederatedCloud.path, ["identity_provider": ["enabled": true]]).status == 200)
    let first = try await here.login()
    #expect(first.status == 201)
    here.issuer.goAway()
    here.cloud.clock.advance(.hours(2))
    let away = try await here.login()
    #expect(away.status == 503 && away.message.contains("identity provider"))
    here.issuer.goAway(false)
    here.cloud.clock.advance(.seconds(10))
    let second = try await here.login()
    #expect(second.status == 201)
    // The administrator's token has ended meanwhile.
    let admin = try await cloud.login("admin", TestCloud.adminPassword, project: "admin")
    #expect(try await cloud.send("DELETE", FederatedCloud.path, as: admin).status == 204)
    #expect(
      try await cloud.send("GET", "/v3/auth/tokens", as: admin, headers: ["X-Subject-Token": second.token]).status
        == 404)
    #expect(try await cloud.send("GET", "/v3/users?unique_id=u1", as: admin).json["users"] == [])
  }

  @Test("The same person is the same user, under whatever name he comes, and two of one name are two")
  func sameness() async throws {
    let here = try await FederatedCloud()
    let first = try await here.login("u1", ["email": "a@x"])
    let id = first.json["token"]?["user"]?["id"]
    let renamed = try await here.login("u1", ["email": "b@x"])
    #expect(renamed.json["token"]?["user"]?["id"] == id && renamed.json["token"]?["user"]?["name"] == "b@x")
    #expect(try await here.login("u2", ["email": "b@x"]).json["token"]?["user"]?["id"] != id)
    #expect(try await here.cloud.ask("GET", "/v3/users?name=b@x").json["users"]?.array?.count == 2)
    #expect(try await here.cloud.ask("GET", "/v3/users?name=a@x").json["users"]?.array?.isEmpty == true)
    let shown = try await here.cloud.ask("GET", "/v3/users/\(id?.string ?? "")")
    #expect(
      shown.json["user"]?["federated"]
        == [["idp_id": "idp", "protocols": [["protocol_id": "openid", "unique_id": "u1"]]]])
    let domain = try await here.cloud.ask("GET", FederatedCloud.path).json["identity_provider"]?["domain_id"]
    #expect(shown.json["user"]?["domain_id"] == domain && shown.json["user"]?["email"] == "b@x")
    // Disabled is disabled, and nothing but the provider's word opens the account.
    #expect(
      try await here.cloud.ask("PATCH", "/v3/users/\(id?.string ?? "")", ["user": ["enabled": false]]).status == 200)
    #expect(try await here.login("u1").status == 401)
    #expect(try await here.cloud.authenticate(TestCloud.user(id?.string ?? "", "")).status == 401)
  }

  @Test("Groups that are said no more are gone, and tokens that were had through them with them")
  func memberships() async throws {
    let here = try await FederatedCloud(ttl: 60)
    let group = try await here.group("staff", role: "member", on: "demo")
    let first = try await here.login("u1", ["groups": ["staff"]])
    let user = first.json["token"]?["user"]?["id"]?.string ?? ""
    func members() async throws -> Int {
      try await here.cloud.ask("GET", "/v3/groups/\(group)/users").json["users"]?.array?.count ?? -1
    }
    #expect(try await members() == 1)
    #expect(try await here.cloud.ask("HEAD", "/v3/groups/\(group)/users/\(user)").status == 204)
    #expect(try await here.cloud.ask("GET", "/v3/users/\(user)/groups").json["groups"]?[0]?["name"] == "staff")
    here.cloud.clock.advance(.seconds(2))
    let second = try await here.login("u1", ["groups": ["other"]])
    #expect(try await here.cloud.status(of: first.token) == 404)
    #expect(second.status == 201)
    #expect(try await here.cloud.status(of: second.token) == 200)
    #expect(try await members() == 0)
    _ = try await here.login("u1", ["groups": "staff"])
    #expect(try await members() == 1)
    let short: JSON = ["identity_provider": ["authorization_ttl": 1]]
    #expect(try await here.cloud.ask("PATCH", FederatedCloud.path, short).status == 200)
    here.cloud.clock.advance(.seconds(61))
    #expect(try await members() == 0)
  }

  @Test("What a user was lent lasts in application credentials for as long as the provider's word does")
  func lasting() async throws {
    let here = try await FederatedCloud(ttl: 30)
    _ = try await here.group("staff", role: "member", on: "demo")
    let token = try await here.login("u1", ["groups": ["staff"]])
    let user = token.json["token"]?["user"]?["id"]?.string ?? ""
    let scoped = try await here.cloud.rescope(token.token, scope: TestCloud.project("demo"))
    let made = try await here.cloud.send(
      "POST", "/v3/users/\(user)/application_credentials", as: scoped.token,
      ["application_credential": ["name": "robot"]])
    #expect(made.status == 201, "\(made.json.text)")
    let robot = made.json["application_credential"]
    let identity: JSON = [
      "methods": ["application_credential"],
      "application_credential": ["id": robot?["id"] ?? nil, "secret": robot?["secret"] ?? nil],
    ]
    func login() async throws -> Int {
      try await here.cloud.send("POST", "/v3/auth/tokens", as: nil, ["auth": ["identity": identity]]).status
    }
    #expect(try await login() == 201)
    here.cloud.clock.advance(.minutes(31))
    #expect(try await login() == 401)
    _ = try await here.login("u1", ["groups": ["staff"]])
    #expect(try await login() == 201)
  }

  private static func projects(_ domain: JSON) -> JSON {
    let projects: JSON = [
      ["name": "Production", "roles": [["name": "reader"]]], ["name": "Home of {0}", "roles": [["name": "member"]]],
    ]
    var local: JSONObject = ["user": ["name": "{0}"], "projects": projects]
    if !domain.isNull { local["domain"] = domain }
    return [["local": [.object(local)], "remote": [["type": "OIDC-sub"]]]]
  }

  @Test(
    "Projects that the mapping names are made at the login, with the user's roles there", arguments: ["1.0", "2.0"])
  func projects(version: String) async throws {
    let here = try await FederatedCloud(Self.projects(version == "2.0" ? ["id": "default"] : nil), version: version)
    for _ in 0..<2 {
      let token = try await here.login("u1")
      #expect(token.status == 201, "\(token.json.text)")
      let projects = try await here.cloud.send("GET", "/v3/auth/projects", as: token.token).json["projects"]?.array
      #expect(projects?.compactMap { $0["name"]?.string } == ["Home of u1", "Production"])
      let isDefault = projects?.allSatisfy { $0["domain_id"] == "default" }
      #expect(isDefault == (version == "2.0"))
      let id = projects?.first?["id"] ?? nil
      let scoped = try await here.cloud.rescope(token.token, scope: ["project": ["id": id]])
      #expect(scoped.json["token"]?["roles"]?.array?.contains { $0["name"] == "member" } == true)
    }
  }

  @Test("A role that is none stops the login before anything is made")
  func noRole() async throws {
    let rules: JSON = [
      [
        "local": [["user": ["name": "{0}"], "projects": [["name": "p", "roles": [["name": "nothing"]]]]]],
        "remote": [["type": "OIDC-sub"]],
      ]
    ]
    let here = try await FederatedCloud(rules)
    #expect(try await here.login().status == 404)
    #expect(try await here.cloud.ask("GET", "/v3/users?unique_id=u1").json["users"] == [])
    #expect(try await here.cloud.ask("GET", "/v3/projects?name=p").json["projects"] == [])
  }

  @Test("Rules of version 3.0 take away the roles that are named no more")
  func synchronised() async throws {
    let rules: JSON = [
      [
        "local": [["user": ["name": "{0}"], "projects_json": "{1}"]],
        "remote": [["type": "OIDC-sub"], ["type": "OIDC-work"]],
      ]
    ]
    let here = try await FederatedCloud(rules, version: "3.0", domain: "default")
    func names(_ work: String) async throws -> [String] {
      let token = try await here.login("u1", ["work": .string(work)])
      #expect(token.status == 201, "\(token.json.text)")
      let found = try await here.cloud.send("GET", "/v3/auth/projects", as: token.token).json["projects"]?.array ?? []
      return found.compactMap { $0["name"]?.string }
    }
    let one = #"{"name": "one", "roles": [{"name": "member"}]}"#
    #expect(try await names("[\(one), {\"name\": \"two\", \"roles\": [{\"name\": \"reader\"}]}]") == ["one", "two"])
    #expect(try await names("[\(one)]") == ["one"])
    #expect(try await names("[]") == [])
  }

  @Test("A local user is one who is here already, with what is his")
  func local() async throws {
    let rules: JSON = [
      [
        "local": [["user": ["name": "{0}", "domain": ["id": "default"], "type": "local"]]],
        "remote": [["type": "OIDC-sub"]],
      ]
    ]
    let here = try await FederatedCloud(rules)
    let token = try await here.login("demo")
    #expect(token.status == 201 && token.json["token"]?["user"]?["OS-FEDERATION"] == nil)
    // As with a password, the default project is taken.
    #expect(token.json["token"]?["project"]?["name"] == "demo")
    #expect(try await here.login("nobody").status == 401)
  }

  @Test("A mapping that refers to what is not there is the administrator's to mend")
  func broken() async throws {
    let rules: JSON = [["local": [["user": ["name": "{7}"]]], "remote": [["type": "OIDC-sub"]]]]
    #expect(try await FederatedCloud(rules).login().status == 500)
    let group: JSON = [
      ["local": [["user": ["name": "{0}"], "group": ["id": "none"]]], "remote": [["type": "OIDC-sub"]]]
    ]
    #expect(try await FederatedCloud(group).login().status == 500)
  }

  @Test("SAML2 is said not to be there yet")
  func saml() async throws {
    let cloud = try await TestCloud()
    for (method, path) in [
      ("POST", "/v3/auth/OS-FEDERATION/saml2"), ("POST", "/v3/auth/OS-FEDERATION/saml2/ecp"),
      ("GET", "/v3/OS-FEDERATION/saml2/metadata"),
    ] {
      let answer = try await cloud.send(method, path)
      #expect(answer.status == 501 && answer.message.contains("SAML2"))
    }
  }
}
