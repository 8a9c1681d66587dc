internal import API
internal import Core
internal import Crypto
internal import HTTP
internal import JSON
internal import KeystoneModel
internal import OpenID
internal import Store

/// Logins by browser: a dashboard sends it here, we send it to its identity provider, and hand the dashboard a token.
///
/// What must be known when the browser comes back is in a cookie, sealed with the keys of tokens; its state is written
/// down when it comes back, so that nobody comes back with it again.
enum WebSSO {
  private static let root = "/auth/OS-FEDERATION"
  private static let ofProvider = root + "/identity_providers/{id}/protocols/{protocol}/websso"

  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .get(root + "/websso/{protocol}", "websso", choose, allow: .open, query: .keys("origin")),
      .post(root + "/websso/{protocol}", "websso", choose, allow: .open, status: 200, query: .keys("origin")),
      .get(ofProvider, "websso", begin, allow: .open, query: .keys("origin")),
      .post(ofProvider, "websso", begin, allow: .open, status: 200, query: .keys("origin")),
      .get(root + "/websso/{protocol}/redirect", "authenticate", end, allow: .open, query: .keys("code", "state")),
    ])

  // MARK: there

  /// The page that wants the token, which must be one that the operator trusts.
  private static func origin(_ call: Call<Keystone>) throws -> String {
    guard let origin = call.query("origin"), !origin.isEmpty else {
      throw Fault.badRequest("Request must have an origin query parameter")
    }
    let trusted = call.service.options.federation.trustedDashboards.map(withLowerCaseHost)
    guard trusted.contains(origin) else { throw Fault.unauthorized("\(origin) is not a trusted dashboard host") }
    return origin
  }

  private static func withLowerCaseHost(_ url: String) -> String {
    guard let mark = url.firstRange(of: "://") else { return url }
    let host = url[mark.upperBound...].prefix { $0 != "/" && $0 != "?" }
    return url[..<mark.upperBound].lowercased() + host.lowercased() + url[mark.upperBound...].dropFirst(host.count)
  }

  /// Without a provider's name: the only one that speaks the protocol, or a page to choose from.
  static func choose(_ call: Call<Keystone>, _: Nothing) async throws -> Response {
    let origin = try origin(call)
    let name = call.path["protocol"] ?? ""
    _ = try Keystone.method(name)
    let known = call.service.openID.ids
    let ids = try await call.service.store.read { transaction -> [String] in
      let speaking = try await transaction.all(FederationProtocol.self, "WHERE name = \(name)").map(\.providerID)
      return try await transaction.all(
        IdentityProvider.self, "WHERE id IN (\(list: speaking)) AND enabled = \(true) ORDER BY id"
      ).map(\.id).filter { known.contains($0) }
    }
    guard let first = ids.first else {
      throw Fault.unauthorized("No identity provider speaks \(name) here. Ask the administrator.")
    }
    if ids.count == 1 { return try await send(call, Voucher(provider: first, protocolName: name), origin) }
    let links = ids.map { id in
      let path = "/v3\(root)/identity_providers/\(percentEncode(id))/protocols/\(percentEncode(name))/websso"
      let url = "\(base(call))\(path)?origin=\(percentEncode(origin))"
      return "<li><a href=\"\(url.escapedForHTML)\">\(id.escapedForHTML)</a></li>"
    }
    return page("Log in with", "<ul>\(links.joined())</ul>")
  }

  static func begin(_ call: Call<Keystone>, _: Nothing) async throws -> Response {
    let origin = try origin(call)
    return try await send(call, Voucher(provider: call.id, protocolName: call.path["protocol"] ?? ""), origin)
  }

  /// This API as the browser knows it.
  private static func base(_ call: Call<Keystone>) -> String {
    call.service.options.federation.publicURL ?? call.baseURL
  }

  private static func send(_ call: Call<Keystone>, _ voucher: Voucher, _ origin: String) async throws -> Response {
    let service = call.service
    _ = try Keystone.method(voucher.protocolName)
    _ = try await service.enabledProvider(voucher)
    let provider = try service.openIDProvider(voucher.provider)
    let back = "\(base(call))/v3\(root)/websso/\(percentEncode(voucher.protocolName))/redirect"
    let login = BrowserLogin(
      provider: voucher.provider, protocol: voucher.protocolName, origin: origin,
      redirectURI: provider.settings.redirectURI ?? back, world: service.world)
    let url = try await provider.loginURL(for: login)
    let sealed = try service.tokenKeys.seal(login.json.bytes, padded: false)
    return Response(
      status: 302,
      headers: [
        "Location": url, "Set-Cookie": cookie(login, sealed, age: BrowserLogin.lifetime), "Cache-Control": "no-store",
      ])
  }

  // MARK: and back

  /// Each login has a cookie of its own, so that two in one browser do not disturb one another.
  private static func cookieName(_ state: String) -> String { "martlet_websso_\(state.prefix(12))" }

  private static func cookie(_ login: BrowserLogin, _ value: String, age: Duration) -> String {
    let secure = login.redirectURI.hasPrefix("https:") ? "; Secure" : ""
    return "\(cookieName(login.state))=\(value); Path=/; Max-Age=\(age.components.seconds); HttpOnly; SameSite=Lax"
      + secure
  }

  /// The login to which a state belongs, if this is the browser that began it.
  private static func login(_ call: Call<Keystone>, _ state: String) throws -> BrowserLogin {
    let service = call.service
    let name = cookieName(state) + "="
    let cookies = call.request.headers.all("Cookie").joined(separator: ";").split(separator: ";")
      .map { String($0.drop { $0 == " " }) }
    for cookie in cookies where cookie.hasPrefix(name) {
      let text = String(cookie.dropFirst(name.utf8.count))
      guard text.utf8.count <= 8192, let opened = try service.tokenKeys.open(text),
        let json = try? JSON(parsing: opened.bytes), let login = BrowserLogin(json: json),
        login.state == state, login.protocolName == call.path["protocol"], service.world.now() < login.ends
      else { continue }
      return login
    }
    throw Fault.unauthorized("This login was not begun in this browser, or too long ago. Begin again at the dashboard.")
  }

  static func end(_ call: Call<Keystone>, _: Nothing) async throws -> Response {
    guard let state = call.query("state"), state.utf8.count >= 12 else {
      throw Fault.badRequest("Request must have a state query parameter")
    }
    let service = call.service
    let login = try login(call, state)
    let (used, now) = (UsedLogin(state: state, expires: login.ends), service.world.now())
    let isFirst = try await service.store.write { transaction in
      try await transaction.deleteAll(UsedLogin.self, "WHERE expires < \(now)")
      return try await transaction.insertUnlessPresent(used)
    }
    guard isFirst else { throw Fault.unauthorized("This login has ended already. Begin again at the dashboard.") }
    guard let code = call.query("code"), !code.isEmpty else {
      throw Fault.unauthorized("The identity provider refused: \(call.query("error") ?? "it gave no code").")
    }
    let provider = try service.openIDProvider(login.provider)
    let claims = try await provider.claims(ofCode: code, login)
    let voucher = Voucher(provider: login.provider, protocolName: login.protocolName)
    let who = try await service.takeIn(
      claims.attributes(remoteUser: provider.settings.remoteUserClaim), voucher,
      try Keystone.method(login.protocolName))
    // A browser has no second way to say who it is.
    do { try await service.checkMethods(of: who) } catch is MoreMethodsNeeded {
      throw Fault.unauthorized("This user must log in with more than his identity provider.")
    }
    let (token, _) = try await service.issue(who, scope: .none)
    var response = handOver(token, to: login.origin)
    response.headers.append("Set-Cookie", cookie(login, "", age: .zero))
    return response
  }

  /// A page that sends itself on, as upstream's does: dashboards read the form's field `token`.
  private static func handOver(_ token: String, to origin: String) -> Response {
    let url = origin.escapedForHTML
    return page(
      "Logging in",
      """
      <form id="sso" name="sso" action="\(url)" method="post">
      <input type="hidden" name="token" id="token" value="\(token.escapedForHTML)">
      <noscript><input type="submit" value="Continue"></noscript>
      </form>
      <script>document.forms['sso'].submit();</script>
      """)
  }

  private static func page(_ title: String, _ body: String) -> Response {
    let text = """
      <!DOCTYPE html>
      <html lang="en">
      <head><meta charset="utf-8"><title>\(title)</title></head>
      <body>
      <p>\(title)…</p>
      \(body)
      </body>
      </html>

      """
    return Response(
      status: 200,
      headers: [
        "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
      ], body: .bytes(Array(text.utf8)))
  }
}
