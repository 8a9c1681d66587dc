import API
import Core
import HTTP
import JSON
import KeystoneAPI
import Testing

@Suite("Access rules") struct AccessRuleTests {
  @Test(
    "A path may have holes",
    arguments: [
      ("/v2.1/servers", "/v2.1/servers", true), ("/v2.1/servers", "/v2.1/servers/", false),
      ("/v2.1/servers/*/ips", "/v2.1/servers/abc/ips", true), ("/v2.1/servers/*/ips", "/v2.1/servers//ips", false),
      ("/v2.1/servers/*/ips", "/v2.1/servers/a/b/ips", false),
      ("/v2.1/servers/{server_id}", "/v2.1/servers/abc", true), ("/v2.1/**", "/v2.1/a/b/c", true),
      ("/**", "/", true), ("/v2.1/**/ips", "/v2.1/a/b/ips", true), ("/v2.1/s*s", "/v2.1/servers", true),
      ("/v2.1/servers", "/v2.1/server", false), ("/a.c", "/abc", false),
    ])
  func paths(pattern: String, path: String, allowed: Bool) {
    let rule = RequestRule(service: "compute", method: "GET", path: pattern)
    #expect(rule.allows(Request("GET", path), to: "nova") == allowed)
    #expect(!rule.allows(Request("POST", path), to: "nova"))
    #expect(!rule.allows(Request("GET", path), to: "glance"))
  }

  @Test("A credential with rules is good for those requests alone, also at the identity service")
  func enforced() async throws {
    let cloud = try await TestCloud()
    let demo = try await cloud.demo()
    let user = try await cloud.id(of: "demo", in: "users")
    let rules: JSON = [["service": "identity", "method": "GET", "path": "/v3/users/*"]]
    let body: JSON = ["application_credential": ["name": "narrow", "secret": "s", "access_rules": rules]]
    let made = try await cloud.send("POST", "/v3/users/\(user)/application_credentials", as: demo, body)
    #expect(made.status == 201, "\(made.json.text)")
    let rule = try #require(made.json["application_credential"]?["access_rules"]?[0])
    #expect(rule["path"] == "/v3/users/*")
    let id = made.json["application_credential"]?["id"] ?? .null
    let token = try await cloud.send(
      "POST", "/v3/auth/tokens", as: nil,
      [
        "auth": [
          "identity": [
            "methods": ["application_credential"], "application_credential": ["id": id, "secret": "s"],
          ]
        ]
      ])
    #expect(token.json["token"]?["application_credential"]?["access_rules"]?[0]?["path"] == "/v3/users/*")
    #expect(try await cloud.send("GET", "/v3/users/\(user)", as: token.token).status == 200)
    #expect(try await cloud.send("GET", "/v3/users/\(user)/projects", as: token.token).status == 401)
    // Only who says that he looks at rules is told of it.
    #expect(try await cloud.status(of: token.token) == 404)
    let told = try await cloud.send(
      "GET", "/v3/auth/tokens", as: cloud.admin,
      headers: ["X-Subject-Token": token.token, "OpenStack-Identity-Access-Rules": "1.0"])
    #expect(told.status == 200)

    let path = "/v3/users/\(user)/access_rules"
    let ruleID = rule["id"]?.string ?? ""
    #expect(try await cloud.send("GET", path, as: demo).json["access_rules"]?.array?.count == 1)
    #expect(try await cloud.send("GET", "\(path)/\(ruleID)", as: demo).status == 200)
    #expect(try await cloud.send("DELETE", "\(path)/\(ruleID)", as: demo).status == 403)
    let credential = "/v3/users/\(user)/application_credentials/\(id.string ?? "")"
    #expect(try await cloud.send("DELETE", credential, as: demo).status == 204)
    #expect(try await cloud.send("DELETE", "\(path)/\(ruleID)", as: demo).status == 204)
    #expect(try await cloud.send("GET", "\(path)/\(ruleID)", as: demo).status == 404)
  }

  @Test("An empty list of roles, as the openstack client sends it, means all of the caller's")
  func emptyRoles() async throws {
    let cloud = try await TestCloud()
    let demo = try await cloud.demo()
    let user = try await cloud.id(of: "demo", in: "users")
    let body: JSON = ["application_credential": ["name": "x", "secret": "s", "roles": [], "access_rules": []]]
    let made = try await cloud.send("POST", "/v3/users/\(user)/application_credentials", as: demo, body)
    #expect(made.json["application_credential"]?["roles"]?.array?.count == 2)
    let id = made.json["application_credential"]?["id"] ?? .null
    let identity: JSON = ["methods": ["application_credential"], "application_credential": ["id": id, "secret": "s"]]
    #expect(
      try await cloud.send("POST", "/v3/auth/tokens", as: nil, ["auth": ["identity": identity]]).status == 201)
  }

  @Test("Rules that cannot be are refused")
  func bad() async throws {
    let cloud = try await TestCloud()
    let demo = try await cloud.demo()
    let user = try await cloud.id(of: "demo", in: "users")
    for rule: JSON in [
      [:], ["service": "compute", "method": "GET"], ["service": "compute", "method": "LOOK", "path": "/"],
      ["service": "compute", "method": "GET", "path": "servers"], ["id": "nothing"],
    ] {
      let body: JSON = ["application_credential": ["name": "x", "access_rules": [rule]]]
      let answer = try await cloud.send("POST", "/v3/users/\(user)/application_credentials", as: demo, body)
      #expect([400, 404].contains(answer.status), "\(rule.text)")
    }
  }
}
