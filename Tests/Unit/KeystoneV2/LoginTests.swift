import HTTP
import JSON
import Testing

@Suite("v2.0: logging in") struct LoginTests {
  @Test("a password and a tenant's name give a token on it, in the words of 2013")
  func password() async throws {
    let cloud = try await TwoPorts()
    let answer = try await cloud.login("demo", TwoPorts.demoPassword, tenant: "demo")
    #expect(answer.status == 200)
    let access = try #require(answer.json["access"])
    #expect(access.object?.keys == ["token", "serviceCatalog", "user", "metadata"])
    #expect(access["token"]?["tenant"]?["name"] == "demo")
    #expect(access["token"]?["tenant"]?["enabled"] == true)
    #expect(Set(access["token"]?["tenant"]?.object?.keys ?? []) == ["id", "name", "description", "enabled"])
    #expect(access["user"]?["username"] == "demo")
    #expect(access["user"]?["roles"]?.array?.contains(["name": "member"]) == true)
    #expect(access["metadata"]?["is_admin"] == 0)
    let expires = try #require(access["token"]?["expires"]?.string)
    #expect(expires.count == 20 && expires.hasSuffix("Z"), "\(expires)")
  }

  @Test("ids do instead of names, and a token instead of a password")
  func idsAndTokens() async throws {
    let cloud = try await TwoPorts()
    let first = try await cloud.login("demo", TwoPorts.demoPassword)
    let user = first.json["access"]?["user"]?["id"] ?? .null
    #expect(first.json["access"]?["token"]?["tenant"] == nil)
    #expect(first.json["access"]?["serviceCatalog"] == [])
    let tenants = try await cloud.send("GET", "/v2.0/tenants", as: first.token, at: .open)
    #expect(tenants.names == ["demo"])
    let tenant = tenants.json["tenants"]?[0]?["id"] ?? .null
    let byID = try await cloud.send(
      "POST", "/v2.0/tokens",
      [
        "auth": [
          "passwordCredentials": ["userId": user, "password": .string(TwoPorts.demoPassword)], "tenantId": tenant,
        ]
      ], at: .open)
    #expect(byID.json["access"]?["token"]?["tenant"]?["id"] == tenant)
    let rescoped = try await cloud.send(
      "POST", "/v2.0/tokens", ["auth": ["token": ["id": .string(first.token)], "tenantName": "demo"]], at: .open)
    #expect(rescoped.json["access"]?["token"]?["tenant"]?["id"] == tenant)
    #expect(rescoped.json["access"]?["token"]?["expires"] == first.json["access"]?["token"]?["expires"])
  }

  @Test(
    "what cannot be right is refused as upstream does",
    arguments: [
      ("{}", 400, "auth in request body"),
      (#"{"auth": {}}"#, 400, "passwordCredentials in auth"),
      (#"{"auth": {"passwordCredentials": {}}}"#, 400, "password in passwordCredentials"),
      (#"{"auth": {"passwordCredentials": {"password": "x"}}}"#, 400, "username or userId"),
      (#"{"auth": {"passwordCredentials": {"username": "", "password": "x"}}}"#, 400, "username or userId"),
      (#"{"auth": {"token": {}}}"#, 400, "id in token"),
      (#"{"auth": {"token": {"id": "none"}}}"#, 401, ""),
      (#"{"auth": {"passwordCredentials": {"username": "demo", "password": "x"}}}"#, 401, ""),
      (#"{"auth": {"passwordCredentials": {"username": "nobody", "password": "x"}}}"#, 401, ""),
      (#"{"auth": {"passwordCredentials": {"username": 5, "password": "x"}}}"#, 400, "username"),
    ])
  func refusals(body: String, status: Int, words: String) async throws {
    let cloud = try await TwoPorts()
    let answer = try await cloud.send("POST", "/v2.0/tokens", try JSON(parsing: body), at: .open)
    #expect(answer.status == status)
    #expect(answer.message.contains(words), "\(answer.message)")
    #expect(answer.json["error"]?["code"] == .int(status))
    #expect(answer.json["error"]?["title"]?.string != nil)
  }

  @Test("a tenant that is not there, not one's own, or of another name than any can be")
  func tenants() async throws {
    let cloud = try await TwoPorts()
    #expect(try await cloud.login("demo", TwoPorts.demoPassword, tenant: "nowhere").status == 401)
    #expect(try await cloud.login("demo", TwoPorts.demoPassword, tenant: "admin").status == 401)
    let long = String(repeating: "x", count: 10_000)
    #expect(try await cloud.login("demo", TwoPorts.demoPassword, tenant: long).status == 413)
    #expect(try await cloud.login(long, "x").status == 413)
  }

  @Test("whoever lives in another domain is not known")
  func otherDomains() async throws {
    let cloud = try await TwoPorts()
    let domain = try await cloud.ask("POST", "/v3/domains", ["domain": ["name": "elsewhere"]]).id
    let made = try await cloud.ask(
      "POST", "/v3/users", ["user": ["name": "far", "password": "far", "domain_id": .string(domain)]])
    let project = try await cloud.ask(
      "POST", "/v3/projects", ["project": ["name": "away", "domain_id": .string(domain)]])
    #expect(made.status == 201 && project.status == 201)
    #expect(try await cloud.login("far", "far").status == 401)
    let byID = try await cloud.send(
      "POST", "/v2.0/tokens",
      ["auth": ["passwordCredentials": ["userId": .string(made.id), "password": "far"]]], at: .open)
    #expect(byID.status == 401)
    #expect(byID.message == "Non-default domain is not supported")
    #expect(try await cloud.ask("GET", "/v2.0/users").names.contains("far") == false)
    #expect(try await cloud.ask("GET", "/v2.0/tenants").names.contains("away") == false)
    #expect(try await cloud.ask("GET", "/v2.0/tenants/\(domain)").status == 404)
  }
}

@Suite("v2.0: tokens") struct TokenTests {
  @Test("an administrator reads anybody's token, others nobody's")
  func validation() async throws {
    let cloud = try await TwoPorts()
    let demo = try await cloud.demo()
    let shown = try await cloud.ask("GET", "/v2.0/tokens/\(demo)")
    #expect(shown.status == 200)
    #expect(shown.token == demo)
    let tenant = try #require(shown.json["access"]?["token"]?["tenant"]?["id"]?.string)
    #expect(try await cloud.ask("GET", "/v2.0/tokens/\(demo)?belongsTo=\(tenant)").status == 200)
    #expect(try await cloud.ask("GET", "/v2.0/tokens/\(demo)?belongsTo=another").status == 401)
    #expect(try await cloud.ask("HEAD", "/v2.0/tokens/\(demo)").status == 200)
    #expect(try await cloud.ask("GET", "/v2.0/tokens/none").status == 404)
    #expect(try await cloud.ask("GET", "/v2.0/tokens/none").message == "Could not find token: none.")
    #expect(try await cloud.send("GET", "/v2.0/tokens/\(demo)", as: demo).status == 403)
    #expect(try await cloud.send("GET", "/v2.0/tokens/\(demo)").status == 401)
  }

  @Test("a token that is revoked is none, and neither is one of a removed user")
  func revocation() async throws {
    let cloud = try await TwoPorts()
    let demo = try await cloud.demo()
    #expect(try await cloud.ask("DELETE", "/v2.0/tokens/\(demo)").status == 204)
    #expect(try await cloud.ask("GET", "/v2.0/tokens/\(demo)").status == 404)
    #expect(try await cloud.ask("DELETE", "/v2.0/tokens/\(demo)").status == 404)
    #expect(try await cloud.send("GET", "/v2.0/tenants", as: demo, at: .open).status == 401)
  }

  @Test("the endpoints of a token carry its tenant in their URLs")
  func endpoints() async throws {
    let cloud = try await TwoPorts()
    let demo = try await cloud.demo()
    let rows = try await cloud.ask("GET", "/v2.0/tokens/\(demo)/endpoints").json["endpoints"]?.array ?? []
    let volume = try #require(rows.first { $0["type"] == "volumev3" })
    let tenant = try #require(volume["tenantId"]?.string)
    #expect(volume["publicURL"] == .string("http://127.0.0.1:8776/v3/\(tenant)"))
    #expect(volume["name"] == "cinder")
  }

  @Test("lists and certificates of older kinds of tokens are said to be gone")
  func gone() async throws {
    let cloud = try await TwoPorts()
    #expect(try await cloud.ask("GET", "/v2.0/tokens/revoked").status == 410)
    for name in ["ca", "signing"] {
      #expect(try await cloud.send("GET", "/v2.0/certificates/\(name)", at: .open).status == 410)
    }
  }
}
