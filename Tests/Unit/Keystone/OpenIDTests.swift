import Core
import Crypto
import HTTP
import JSON
import OpenID
import Synchronization
import Testing

@Suite("OpenID Connect") struct OpenIDTests {
  private let clock = TestClock()
  /// Time stands still, but waiting for somebody takes as long as it does.
  private var world: World {
    World(
      now: { clock.now }, uptime: { .microseconds(clock.now.microseconds) }, sleep: World.real.sleep,
      random: World.real.random)
  }

  private func refused(
    _ provider: OpenIDProvider, _ token: String, _ kind: Fault.Kind = .unauthorized, _ words: String = ""
  ) async {
    do {
      _ = try await provider.claims(ofBearer: token)
      Issue.record("accepted: \(token)")
    } catch {
      let fault = Fault(wrapping: error)
      #expect(fault.kind == kind && fault.message.contains(words), "\(fault)")
    }
  }

  @Test("A token that the issuer signed is believed, with its claims; its documents are read once")
  func accepted() async throws {
    let issuer = try TestIssuer(world: world)
    let provider = issuer.provider()
    for _ in 0..<3 {
      let claims = try await provider.claims(ofBearer: issuer.token(issuer.claims("u1", ["aud": ["x", "martlet"]])))
      #expect(claims.subject == "u1" && claims.members["email"] == "u1@example.com")
    }
    #expect(try await provider.claims(ofBearer: issuer.token(issuer.claims(), keyID: .some(nil))).subject == "u1")
    #expect(issuer.asked == ["/realm/.well-known/openid-configuration", "/realm/keys"])
  }

  @Test("Claims become attributes as mod_auth_openidc names them")
  func attributes() {
    let claims = Claims([
      "sub": "u1", "iss": "https://idp", "groups": ["a", "b"], "email_verified": true, "age": 7,
      "realm-access": ["roles": ["x"]], "nothing": nil, "Iss": "somebody else",
    ])
    let all = claims.attributes(remoteUser: "sub")
    #expect(all["OIDC-groups"] == "a;b" && all["HTTP_OIDC_GROUPS"] == "a;b")
    #expect(all["OIDC-email_verified"] == "1" && all["HTTP_OIDC_AGE"] == "7" && all["REMOTE_USER"] == "u1")
    #expect(all["HTTP_OIDC_REALM_ACCESS"] == #"{"roles":["x"]}"# && all["OIDC-nothing"] == nil)
    #expect(all["HTTP_OIDC_ISS"] == "https://idp")
    #expect(all.keys.allSatisfy { $0.hasPrefix("OIDC-") || $0.hasPrefix("HTTP_OIDC_") || $0 == "REMOTE_USER" })
  }

  @Test("What another signed, for somebody else, at another time, is refused")
  func refusals() async throws {
    let issuer = try TestIssuer(world: world)
    let provider = issuer.provider()
    let stranger = try JWSKeys.generate()
    let now = world.now().seconds
    await refused(
      provider, try stranger.sign(JSON.object(issuer.claims()).bytes, keyID: "first"), .unauthorized, "signature")
    await refused(provider, try stranger.sign(JSON.object(issuer.claims()).bytes), .unauthorized, "signature")
    await refused(provider, try issuer.token(issuer.claims(), keyID: "other"), .unauthorized, "no such key")
    let wrong: [(JSONObject, String)] = [
      (["aud": "other"], "somebody else"), (["aud": nil], "somebody else"), (["aud": []], "somebody else"),
      (["exp": .int(now - 61)], "over"), (["exp": nil], "no end"), (["exp": "soon"], "no end"),
      (["nbf": .int(now + 100)], "not good yet"), (["iat": .int(now + 100)], "future"),
      (["iss": "https://idp.example/realm/"], "another issuer"), (["iss": nil], "another issuer"),
      (["sub": nil], "nobody"),
      (["sub": ""], "nobody"),
    ]
    for (change, words) in wrong {
      await refused(provider, try issuer.token(issuer.claims("u1", change)), .unauthorized, words)
    }
    let good = try issuer.token(issuer.claims())
    let parts = good.split(separator: ".").map(String.init)
    func head(_ text: String) -> String { Base64.encode(Array(text.utf8), .urlSafe, padded: false) }
    for header in [
      #"{"alg":"none"}"#, #"{"alg":"HS256","kid":"first"}"#, #"{"alg":"ES256","kid":"first","crit":["x"]}"#, "{}",
    ] {
      for signature in ["", parts[2]] { await refused(provider, "\(head(header)).\(parts[1]).\(signature)") }
    }
    for text in [
      "", "x", "a.b", "a.b.c", "\(good).x", String(good.dropLast(4)), String(repeating: "a", count: 100_000),
    ] {
      await refused(provider, text)
    }
    clock.advance(.seconds(361))
    await refused(provider, good, .unauthorized, "over")
  }

  @Test("A key that is not known is looked for again, at most every few seconds")
  func rotation() async throws {
    let issuer = try TestIssuer(world: world)
    let provider = issuer.provider()
    _ = try await provider.claims(ofBearer: issuer.token(issuer.claims()))
    try issuer.rotate("second")
    await refused(provider, try issuer.token(issuer.claims()), .unauthorized, "no such key")
    #expect(issuer.asked.count == 2)
    clock.advance(.seconds(6))
    _ = try await provider.claims(ofBearer: issuer.token(issuer.claims()))
    #expect(issuer.asked.count == 3)
    for _ in 0..<5 {
      await refused(provider, try issuer.token(issuer.claims(), keyID: "third"), .unauthorized, "no such key")
    }
    #expect(issuer.asked.count == 3)
    try issuer.rotate("fourth")
    clock.advance(.seconds(6))
    _ = try await provider.claims(ofBearer: issuer.token(issuer.claims(), keyID: .some(nil)))
    #expect(issuer.asked.count == 4)
  }

  @Test("However many ask at once, the issuer is asked once; while it is away all are told at once")
  func away() async throws {
    let issuer = try TestIssuer(world: world)
    let provider = issuer.provider()
    issuer.goAway()
    let token = try issuer.token(issuer.claims())
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<20 { group.addTask { await refused(provider, token, .unavailable, "cannot be asked") } }
    }
    #expect(issuer.asked.count == 1)
    issuer.goAway(false)
    await refused(provider, token, .unavailable)
    clock.advance(.seconds(6))
    #expect(try await provider.claims(ofBearer: token).subject == "u1")
    // Its keys are known for an hour, so its being away later stops nobody.
    issuer.goAway()
    clock.advance(.seconds(100))
    #expect(try await provider.claims(ofBearer: token).subject == "u1")
  }

  @Test("An issuer that says nothing is not waited for without end")
  func silence() async throws {
    let waited = Mutex<[Duration]>([])
    let impatient = World(
      now: { clock.now }, uptime: { .microseconds(clock.now.microseconds) },
      sleep: { time in waited.withLock { $0.append(time) } }, random: World.real.random)
    let issuer = try TestIssuer(world: impatient)
    issuer.fallSilent()
    await refused(issuer.provider(), try issuer.token(issuer.claims()), .unavailable)
    #expect(waited.withLock { $0 } == [.seconds(5)])
  }

  @Test("Documents of another issuer, or with addresses that are none, are not believed")
  func documents() async throws {
    let path = "/realm/.well-known/openid-configuration"
    let wrong: [JSON] = [
      ["issuer": "https://other.example", "jwks_uri": "https://idp.example/realm/keys"],
      ["issuer": .string(TestIssuer.url)],
      ["issuer": .string(TestIssuer.url), "jwks_uri": "http://idp.example/realm/keys"],
      ["issuer": .string(TestIssuer.url), "jwks_uri": "file:///etc/passwd"], [],
    ]
    for document in wrong {
      let issuer = try TestIssuer(world: world)
      issuer.answer(path, document)
      await refused(issuer.provider(), try issuer.token(issuer.claims()), .unavailable)
      #expect(issuer.asked == [path])
    }
  }

  @Test("Introspection asks the issuer, with the client's name and secret")
  func introspection() async throws {
    let issuer = try TestIssuer(world: world)
    let provider = issuer.provider { $0.validation = .introspection }
    issuer.answer(
      "/realm/introspect", ["active": true, "sub": "u2", "aud": "martlet", "exp": .int(world.now().seconds + 9)])
    let claims = try await provider.claims(ofBearer: "opaque")
    #expect(claims.subject == "u2" && claims.members["iss"]?.string == TestIssuer.url)
    #expect(issuer.lastForm["token"] == "opaque")
    #expect(issuer.authorization == "Basic " + Base64.encode(Array("martlet:shared%20secret".utf8)))
    let wrong: [JSON] = [
      ["active": false], [:], ["active": "true", "sub": "u2"], ["active": true],
      ["active": true, "sub": "u2", "aud": "other"],
      ["active": true, "sub": "u2", "exp": 1], ["active": true, "sub": "u2", "iss": "https://other"],
    ]
    for answer in wrong {
      issuer.answer("/realm/introspect", answer)
      await refused(provider, "opaque")
    }
    issuer.answer("/realm/introspect", ["error": "invalid_client"], status: 401)
    await refused(provider, "opaque", .unauthorized, "invalid_client")
    issuer.answer("/realm/introspect", [:], status: 500)
    await refused(provider, "opaque", .unavailable)
  }

  @Test("The file of providers is read whole, and every mistake in it is named with its line")
  func file() throws {
    let text = """
      [keycloak]
      issuer = https://idp.example/realm
      client_id = martlet
      audience = a, b
      validation = introspection
      client_secret = x
      [google]
      issuer = https://accounts.example
      client_id = y
      scopes = openid groups
      """
    let all = try OpenIDFile.parse(text, source: "p.conf")
    #expect(all.keys.sorted() == ["google", "keycloak"] && all["keycloak"]?.audience == ["a", "b"])
    #expect(all["keycloak"]?.validation == .introspection && all["google"]?.scopes == "openid groups")
    #expect(all["google"]?.discoveryURL == "https://accounts.example/.well-known/openid-configuration")
    let wrong = "x = 1\n[a]\nisuer = https://x\n[b]\nissuer = ftp://x\nvalidation = maybe\nscopes = email\n"
    let fault = #expect(throws: Fault.self) { try OpenIDFile.parse(wrong, source: "p.conf") }
    for part in [
      "p.conf:1:", "p.conf:3:", "Did you mean issuer?", "p.conf:5:", "p.conf:6:", "p.conf:7:", "[a] needs a client_id",
    ] { #expect(fault?.message.contains(part) == true, "\(part): \(fault?.message ?? "")") }
  }
}
