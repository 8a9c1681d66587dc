import API
import Core
import HTTP
import JSON
import KeystoneAPI
import Testing

@Suite("Every route") struct RouteTests {
  private func path(of route: BoundRoute) -> String {
    (route.mount + route.path).split(separator: "/", omittingEmptySubsequences: false)
      .map { $0.hasPrefix("{") ? "0123456789abcdef0123456789abcdef" : String($0) }.joined(separator: "/")
  }
  private static let open = Set([
    "GET /", "GET /v3", "POST /v3/auth/tokens", "POST /v3/users/{id}/password",
    "POST /v3/OS-OAUTH1/request_token", "POST /v3/OS-OAUTH1/access_token",
    "GET /v3/OS-SIMPLE-CERT/ca", "GET /v3/OS-SIMPLE-CERT/certificates",
    "GET /v3/OS-FEDERATION/saml2/metadata", "POST /v3/auth/OS-FEDERATION/saml2",
    "POST /v3/auth/OS-FEDERATION/saml2/ecp",
    "GET /v3/auth/OS-FEDERATION/websso/{protocol}/redirect",
  ]).union(
    ["GET", "POST"].flatMap { method in
      [
        "\(method) /v3/OS-FEDERATION/identity_providers/{id}/protocols/{protocol}/auth",
        "\(method) /v3/auth/OS-FEDERATION/websso/{protocol}",
        "\(method) /v3/auth/OS-FEDERATION/identity_providers/{id}/protocols/{protocol}/websso",
      ]
    })

  @Test("wants a token, but for the few by which one gets in")
  func needToken() async throws {
    let cloud = try await TestCloud()
    for route in cloud.endpoint.service.routes where !Self.open.contains("\(route.method) \(route.mount)\(route.path)")
    {
      let answer = try await cloud.send(route.method, path(of: route))
      #expect(answer.status == 401, "\(route.method) \(route.mount)\(route.path)")
    }
  }

  @Test("refuses who has no role anywhere, but for what is his own")
  func needRole() async throws {
    let cloud = try await TestCloud()
    _ = try await cloud.make("/v3/users", "user", ["name": "nobody", "password": "p"])
    let token = try await cloud.authenticate(TestCloud.user("nobody", "p")).token
    let own: Set<String> = [
      "/v3/auth/projects", "/v3/auth/domains", "/v3/auth/system", "/v3/auth/tokens", "/v3/regions", "/v3/regions/{id}",
      "/v3/credentials", "/v3/credentials/{id}", "/v3/registered_limits", "/v3/registered_limits/{id}", "/v3/limits",
      "/v3/limits/model", "/v3/domains/{id}/config/security_compliance",
      "/v3/domains/{id}/config/security_compliance/{option}", "/v3/OS-FEDERATION/projects", "/v3/OS-FEDERATION/domains",
    ]
    for route in cloud.endpoint.service.routes {
      let place = route.mount + route.path
      if Self.open.contains("\(route.method) \(place)")
        || own.contains(place) && route.policy.text != "rule:admin_required"
      {
        continue
      }
      let name = String(route.path.split(separator: "/").last { !$0.hasPrefix("{") }?.dropLast() ?? "")
      let body: JSON? =
        ["POST", "PATCH", "PUT"].contains(route.method)
        ? [name: ["name": "x", "trustor_user_id": "x", "trustee_user_id": "y", "impersonation": true], "tags": []] : nil
      let answer = try await cloud.send(route.method, path(of: route), as: token, body)
      // An object that does not exist may be said to be missing where its owner is who decides.
      let isMissing = answer.status == 404 && route.path.contains("{") && route.policy.text.contains("%(target.")
      #expect(answer.status == 403 || isMissing, "\(route.method) \(place): \(answer.status) \(answer.json.text)")
    }
  }

  @Test("answers what is not there with 404 to the administrator, and never with a failure of its own")
  func missing() async throws {
    let cloud = try await TestCloud()
    for route in cloud.endpoint.service.routes where route.path.contains("{") {
      // Who logs in is told what he did wrong; and a provider that is none has no protocols, as upstream.
      let isLogin = Self.open.contains("\(route.method) \(route.mount)\(route.path)")
      if isLogin || route.path == "/OS-FEDERATION/identity_providers/{id}/protocols" { continue }
      let answer = try await cloud.ask(
        route.method, path(of: route), ["POST", "PATCH", "PUT"].contains(route.method) ? [:] : nil)
      #expect(
        (400..<500).contains(answer.status) || (route.method, route.path) == ("PUT", "/regions/{id}"),
        "\(route.method) \(route.path): \(answer.status) \(answer.json.text)")
      if route.method == "GET" || route.method == "DELETE" {
        #expect(
          [404, 403].contains(answer.status), "\(route.method) \(route.path): \(answer.status) \(answer.json.text)")
      }
    }
  }
}
