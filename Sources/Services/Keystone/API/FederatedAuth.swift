internal import API
internal import Core
internal import HTTP
internal import JSON
internal import KeystoneModel

/// Logins by the word of an identity provider, and what such a user can do next.
enum FederatedAuth {
  private static let path = "/OS-FEDERATION/identity_providers/{id}/protocols/{protocol}/auth"

  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .get(path, "authenticate", login, allow: .open, status: 201),
      .post(path, "authenticate", login, allow: .open),
      // Their old places.
      .get("/OS-FEDERATION/projects", "get_auth_projects", Tokens.projects, allow: .anyone),
      .get(
        "/OS-FEDERATION/domains", "get_auth_domains", Tokens.domains, allow: .anyone, shows: Project.domainView.many),
      .get("/OS-FEDERATION/saml2/metadata", "get_saml2_metadata", noSAML, allow: .open),
      .post("/auth/OS-FEDERATION/saml2", "create_saml2_assertion", noSAML, allow: .open),
      .post("/auth/OS-FEDERATION/saml2/ecp", "create_ecp_assertion", noSAML, allow: .open),
    ])

  static func login(_ call: Call<Keystone>, _: Nothing) async throws -> Response {
    let name = call.path["protocol"] ?? ""
    return try await token(
      call, AuthRequest(voucher: Voucher(provider: call.id, protocolName: name), method: name))
  }

  static func token(_ call: Call<Keystone>, _ request: AuthRequest) async throws -> Response {
    let who: Authenticated
    do { who = try await call.service.authenticate(request, call) } catch let needed as MoreMethodsNeeded {
      return try await call.service.receipt(for: needed)
    }
    let (text, token) = try await call.service.issue(who, scope: request.scope)
    return Tokens.answer(call, text, token, status: 201)
  }

  static func noSAML(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    throw Fault(
      .notImplemented,
      "SAML2 is not there yet: this cloud neither reads nor writes its assertions. Log in by OpenID Connect.")
  }
}
