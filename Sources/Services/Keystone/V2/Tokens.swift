internal import API
internal import Clients
internal import Core
internal import HTTP
internal import JSON

/// `/v2.0/tokens`, and the certificates of tokens that were signed.
enum Tokens {
  static let routes = Routes(
    rules: "identity_v2:", of: KeystoneV2.self,
    [
      .post("/tokens", "authenticate", authenticate, allow: .open, status: 200),
      .get("/tokens/revoked", "revocation_list", revoked, allow: .service),
      .get("/tokens/{id}", "validate_token", show, allow: .service),
      .head("/tokens/{id}", "validate_token", check, allow: .service, status: 200),
      .delete("/tokens/{id}", "revoke_token", revoke, allow: .admin),
      .get("/tokens/{id}/endpoints", "list_token_endpoints", endpoints, allow: .admin),
      .get("/certificates/ca", "get_certificate", certificate, allow: .open),
      .get("/certificates/signing", "get_certificate", certificate, allow: .open),
    ])

  static func authenticate(_ call: Call<KeystoneV2>, _ body: JSON) async throws -> JSON {
    try await issue(try Login(body, domain: call.domain).body, call)
  }

  /// A new token, in v2.0's words.
  static func issue(_ request: JSON, _ call: Call<KeystoneV2>) async throws -> JSON {
    try await access(of: try await asking(call.v3(as: nil), "POST", "/auth/tokens", request), call)
  }

  /// The token in an answer of v3's.
  static func access(of answer: (text: String, token: JSON), _ call: Call<KeystoneV2>) async throws -> JSON {
    try await Access.show(answer.text, answer.token, call)
  }

  /// Asks v3 for a token: its text stands in a header.
  static func asking(
    _ v3: ServiceClient, _ method: String, _ path: String, _ body: JSON
  ) async throws -> (text: String, token: JSON) {
    let response = try await v3.send(
      method, path, headers: ["Content-Type": "application/json"], body: .bytes(body.bytes))
    let json = try JSON(parsing: try await response.body.collect(limit: 16 << 20))
    return (response.headers["X-Subject-Token"] ?? "", json["token"] ?? .null)
  }

  /// What v3 says of the token in the path.
  /// - Throws: `notFound` for what is no token, or none any more.
  private static func subject(_ call: Call<KeystoneV2>) async throws -> JSON {
    let text = call.id
    do {
      let response = try await call.v3.send("GET", "/auth/tokens", headers: ["X-Subject-Token": text])
      return try JSON(parsing: try await response.body.collect(limit: 16 << 20))["token"] ?? .null
    } catch let fault as Fault where fault.kind == .notFound { throw unknown(text) }
  }
  private static func unknown(_ text: String) -> Fault { .notFound("Could not find token: \(text).") }

  static func show(_ call: Call<KeystoneV2>, _: Nothing) async throws -> JSON {
    let token = try await subject(call)
    if let tenant = call.query("belongsTo"), !tenant.isEmpty, token["project"]?["id"]?.string != tenant {
      throw Fault.unauthorized("Token does not belong to specified tenant.")
    }
    return try await Access.show(call.id, token, call)
  }

  static func check(_ call: Call<KeystoneV2>, _: Nothing) async throws -> Response {
    let shown = try await show(call, Nothing())
    return shown.response(to: call.incoming, status: 200)
  }

  static func revoke(_ call: Call<KeystoneV2>, _: Nothing) async throws -> Nothing {
    let text = call.id
    do { _ = try await call.v3.send("DELETE", "/auth/tokens", headers: ["X-Subject-Token": text]) } catch let fault
      as Fault where fault.kind == .notFound
    { throw unknown(text) }
    return Nothing()
  }

  static func endpoints(_ call: Call<KeystoneV2>, _: Nothing) async throws -> JSON {
    let token = try await subject(call)
    let list = Access.catalog(token["catalog"], call.service.options).flatMap { service -> [JSON] in
      (service["endpoints"]?.array ?? []).compactMap { endpoint -> JSON? in
        guard var shown = endpoint.object else { return nil }
        shown.append("name", service["name"] ?? .null)
        shown.append("type", service["type"] ?? .null)
        if let tenant = token["project"]?["id"] { shown.append("tenantId", tenant) }
        return .object(shown)
      }
    }
    return ["endpoints": .array(list), "endpoints_links": []]
  }

  static func revoked(_ call: Call<KeystoneV2>, _: Nothing) async throws -> Nothing {
    throw Fault(.gone, "Lists of revoked tokens are not kept. Validate each token instead.")
  }
  static func certificate(_ call: Call<KeystoneV2>, _: Nothing) async throws -> Nothing {
    throw Fault(
      .gone, "Tokens of this cloud are sealed, not signed: there are no certificates. Validate each token instead.")
  }
}

/// The body of `POST /v2.0/tokens`, in v3's words.
struct Login {
  let body: JSON

  /// - Throws: `badRequest` for a body of the wrong form; `tooLarge` for names longer than any can be.
  init(_ request: JSON, domain: String) throws {
    guard let auth = request["auth"]?.object else { throw missing("auth", "request body") }
    let identity: JSON
    if let token = auth["token"] {
      guard let id = token["id"] else { throw missing("id", "token") }
      identity = ["methods": ["token"], "token": ["id": id]]
    } else {
      identity = try Self.password(auth["passwordCredentials"], domain)
    }
    body = ["auth": ["identity": identity, "scope": try Self.scope(auth, domain)]]
  }

  private static func password(_ credentials: JSON?, _ domain: String) throws -> JSON {
    guard let credentials = credentials?.object else { throw missing("passwordCredentials", "auth") }
    guard let password = credentials["password"] else { throw missing("password", "passwordCredentials") }
    var user = JSONObject()
    if let id = try text(credentials, "userId") { user.append("id", .string(id)) }
    if let name = try text(credentials, "username") {
      user = ["name": .string(name), "domain": ["id": .string(domain)]]
    }
    guard !user.isEmpty else { throw missing("username or userId", "passwordCredentials") }
    user.append("password", password)
    return ["methods": ["password"], "password": ["user": .object(user)]]
  }

  /// v2.0 never takes a user's default tenant for granted: who names none gets a token without any.
  private static func scope(_ auth: JSONObject, _ domain: String) throws -> JSON {
    if let name = try text(auth, "tenantName") {
      return ["project": ["name": .string(name), "domain": ["id": .string(domain)]]]
    }
    if let id = try text(auth, "tenantId") { return ["project": ["id": .string(id)]] }
    return ["unscoped": [:]]
  }

  /// A text that says something; null and nothing are as if it were not there.
  private static func text(_ object: JSONObject, _ key: String) throws -> String? {
    guard let value = object[key], !value.isNull else { return nil }
    guard let text = value.string else { throw Fault.badRequest("\(key) must be a string.") }
    guard text.count <= 255 else {
      throw Fault(
        .tooLarge,
        "Request attribute \(key) must be less than or equal to 255. The server could not comply with the request "
          + "because the attribute size is invalid (too large). The client is assumed to be in error.")
    }
    return text.isEmpty ? nil : text
  }
}
