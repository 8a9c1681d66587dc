import API
import Core
import HTTP
import JSON
import Testing

@Suite("Logins by browser") struct WebSSOTests {
  private static let root = "/v3/auth/OS-FEDERATION"
  private static let begin = "\(root)/identity_providers/idp/protocols/openid/websso"

  private static func query(_ url: String) -> [String: String] {
    let text = url.split(separator: "?", maxSplits: 1).last.map(String.init) ?? ""
    return Dictionary(parseQuery(text).map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
  }
  private static var origin: String { percentEncode(FederatedCloud.dashboard) }

  private struct Begun {
    let query: [String: String]
    let cookie: String
    var state: String { query["state"] ?? "" }
  }

  private func begin(_ here: FederatedCloud, path: String = begin) async throws -> Begun {
    let answer = try await raw(here, "GET", path, ["origin": FederatedCloud.dashboard])
    #expect(answer.status == 302)
    let location = answer.headers["Location"] ?? ""
    #expect(location.hasPrefix(TestIssuer.url + "/login?"))
    let cookie = answer.headers["Set-Cookie"] ?? ""
    #expect(cookie.contains("; HttpOnly; SameSite=Lax"))
    return Begun(query: Self.query(location), cookie: String(cookie.prefix { $0 != ";" }))
  }

  /// Answers here are pages.
  private func raw(
    _ here: FederatedCloud, _ method: String, _ path: String, _ query: [String: String], cookie: String? = nil
  ) async throws -> (status: Int, headers: Headers, text: String) {
    var request = Request(method, path, query: query.map { (name: $0.key, value: $0.value) })
    request.headers["Host"] = "cloud:5000"
    request.headers["Cookie"] = cookie
    let response = await here.cloud.endpoint.handler(request)
    return (
      response.status, response.headers,
      String(decoding: try await response.body.collect(limit: 1 << 20), as: UTF8.self)
    )
  }

  private func tell(_ here: FederatedCloud, _ begun: Begun, _ more: JSONObject = [:]) throws {
    let own: JSONObject = ["nonce": (begun.query["nonce"]).json]
    let claims = here.issuer.claims("u1", own.merging(more))
    here.issuer.answer("/realm/token", ["id_token": .string(try here.issuer.token(claims)), "access_token": "a"])
  }

  @Test("From the dashboard to the provider and back, with a token in a form")
  func whole() async throws {
    let here = try await FederatedCloud()
    for path in [Self.begin, "\(Self.root)/websso/openid"] {
      let begun = try await begin(here, path: path)
      #expect(begun.query["response_type"] == "code" && begun.query["client_id"] == "martlet")
      #expect(begun.query["code_challenge_method"] == "S256" && begun.query["scope"] == "openid email profile")
      #expect(begun.query["redirect_uri"] == "http://cloud:5000\(Self.root)/websso/openid/redirect")
      try tell(here, begun)
      let back = "\(Self.root)/websso/openid/redirect"
      let end = try await raw(here, "GET", back, ["state": begun.state, "code": "c"], cookie: "x=y; \(begun.cookie)")
      #expect(end.status == 200 && end.text.contains("action=\"\(FederatedCloud.dashboard)\""), "\(end.text)")
      #expect(here.issuer.lastForm["code"] == "c" && here.issuer.lastForm["grant_type"] == "authorization_code")
      #expect((here.issuer.lastForm["code_verifier"] ?? "").utf8.count >= 43)
      let mark = "id=\"token\" value=\""
      let token = end.text.firstRange(of: mark).map { String(end.text[$0.upperBound...].prefix { $0 != "\"" }) } ?? ""
      #expect(try await here.cloud.status(of: token) == 200)
      // Neither the same browser nor another comes back with it again.
      for cookie in [begun.cookie, nil] {
        #expect(try await raw(here, "GET", back, ["state": begun.state, "code": "c"], cookie: cookie).status == 401)
      }
    }
  }

  @Test("A login that this browser did not begin, or that was made for another, is refused")
  func refusals() async throws {
    let here = try await FederatedCloud()
    let back = "\(Self.root)/websso/openid/redirect"
    let (one, other) = (try await begin(here), try await begin(here))
    func end(_ query: [String: String], _ cookie: String?, _ path: String = back) async throws -> Int {
      try await raw(here, "GET", path, query, cookie: cookie).status
    }
    try tell(here, one)
    #expect(try await end([:], one.cookie) == 400)
    #expect(try await end(["state": one.state, "code": "c"], nil) == 401)
    #expect(try await end(["state": one.state, "code": "c"], other.cookie) == 401)
    let value = other.cookie.drop { $0 != "=" }
    #expect(try await end(["state": one.state, "code": "c"], String(one.cookie.prefix { $0 != "=" }) + value) == 401)
    #expect(try await end(["state": one.state, "code": "c"], one.cookie, "\(Self.root)/websso/mapped/redirect") == 401)
    #expect(try await end(["state": one.state, "error": "access_denied"], one.cookie) == 401)
    // The other's answer was made for another nonce.
    #expect(try await end(["state": other.state, "code": "c"], other.cookie) == 401)
    let third = try await begin(here)
    try tell(here, third, ["aud": ["martlet", "x"], "azp": "x"])
    #expect(try await end(["state": third.state, "code": "c"], third.cookie) == 401)
    let late = try await begin(here)
    try tell(here, late)
    here.cloud.clock.advance(.minutes(11))
    #expect(try await end(["state": late.state, "code": "c"], late.cookie) == 401)
  }

  @Test("Only trusted dashboards get tokens")
  func origins() async throws {
    let here = try await FederatedCloud()
    for path in [Self.begin, "\(Self.root)/websso/openid"] {
      #expect(try await raw(here, "GET", path, [:]).status == 400)
      for wrong in ["https://evil.example/", FederatedCloud.dashboard + "x", "javascript:alert(1)"] {
        #expect(try await raw(here, "GET", path, ["origin": wrong]).status == 401)
      }
    }
    let origin = ["origin": FederatedCloud.dashboard]
    #expect(try await raw(here, "GET", "\(Self.root)/websso/mapped", origin).status == 401)
    #expect(
      try await raw(here, "GET", "\(Self.root)/identity_providers/none/protocols/openid/websso", origin).status == 404)
    #expect(
      try await raw(here, "GET", "\(Self.root)/identity_providers/idp/protocols/saml2/websso", origin).status == 404)
  }

  @Test("Of several providers the user chooses")
  func choice() async throws {
    let here = try await FederatedCloud()
    let path = "/v3/OS-FEDERATION/identity_providers/off"
    #expect(try await here.cloud.ask("PUT", path, ["identity_provider": ["enabled": true]]).status == 201)
    #expect(
      try await here.cloud.ask("PUT", path + "/protocols/openid", ["protocol": ["mapping_id": "m"]]).status == 201)
    let answer = try await raw(here, "GET", "\(Self.root)/websso/openid", ["origin": FederatedCloud.dashboard])
    #expect(answer.status == 200)
    for id in ["idp", "off"] {
      #expect(answer.text.contains("identity_providers/\(id)/protocols/openid/websso?origin=\(Self.origin)"))
    }
    #expect(try await here.cloud.ask("PATCH", path, ["identity_provider": ["enabled": false]]).status == 200)
    #expect(
      try await raw(here, "GET", "\(Self.root)/websso/openid", ["origin": FederatedCloud.dashboard]).status == 302)
  }
}
