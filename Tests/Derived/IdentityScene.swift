import API
import Core
import Crypto
import HTTP
import JSON
import KeystoneAPI
import KeystoneModel
import SmallCloud
import Store
import Testing

/// What identity has: a user and a project with something of every kind.
extension Subject {
  static func keystone(_ subject: Subject) async throws -> SmallCloud.Cast {
    let cloud = subject.cloud
    try await cloud.keystone.bootstrap(
      adminPassword: "admin's long and generated secret", demoPassword: nil, services: [], catalog: [])
    var cast: SmallCloud.Cast = ["domain": "default"]
    func make(_ word: String, _ path: String, _ name: String, _ body: JSON) async throws {
      let answer = try await subject.must("POST", "/v3/\(path)", [name: body])
      cast[word] = answer[name]?["id"]?.string
    }
    try await make("spare", "domains", "domain", ["name": "spare"])
    try await make("project", "projects", "project", ["name": "demo", "domain_id": "default", "tags": ["gold"]])
    try await make(
      "user", "users", "user",
      ["name": "demo", "domain_id": "default", "password": "demo's long secret"])
    cast["password"] = "demo's long secret"
    try await make("group", "groups", "group", ["name": "staff", "domain_id": "default"])
    try await make("role", "roles", "role", ["name": "painter"])
    try await make("implied", "roles", "role", ["name": "brush"])
    try await make("region", "regions", "region", ["id": "north"])
    try await make("service", "services", "service", ["type": "paint", "name": "paint"])
    try await make(
      "endpoint", "endpoints", "endpoint",
      ["service_id": cast["service"].json, "interface": "public", "url": "http://127.0.0.1:1"])
    try await make("trustee", "users", "user", ["name": "trustee", "domain_id": "default"])
    try await make("policy", "policies", "policy", ["blob": "{}", "type": "application/json"])
    try await make("consumer", "OS-OAUTH1/consumers", "consumer", ["description": "a painter"])
    try await make(
      "endpoint_group", "OS-EP-FILTER/endpoint_groups", "endpoint_group",
      ["name": "paints", "filters": ["interface": "public"]])
    try await subject.must(
      "PUT", "/v3/domains/\(cast["spare"] ?? "")/config", ["config": ["identity": ["driver": "ldap"]]])
    try await subject.must(
      "PUT", "/v3/OS-EP-FILTER/endpoint_groups/\(cast["endpoint_group"] ?? "")/projects/\(cast["project"] ?? "")")
    try await subject.must(
      "PUT", "/v3/OS-EP-FILTER/projects/\(cast["project"] ?? "")/endpoints/\(cast["endpoint"] ?? "")")
    try await subject.makeFederation(&cast)
    let (user, group, project) = (cast["user"] ?? "", cast["group"] ?? "", cast["project"] ?? "")
    try await subject.must("PUT", "/v3/groups/\(group)/users/\(user)")
    try await subject.must("PUT", "/v3/roles/\(cast["role"] ?? "")/implies/\(cast["implied"] ?? "")")
    for target in ["projects/\(project)", "domains/default", "system"] {
      for actor in ["users/\(user)", "groups/\(group)"] {
        try await subject.must("PUT", "/v3/\(target)/\(actor)/roles/\(cast["role"] ?? "")")
        guard target != "system" else { continue }
        try await subject.must(
          "PUT", "/v3/OS-INHERIT/\(target)/\(actor)/roles/\(cast["role"] ?? "")/inherited_to_projects")
      }
    }
    try await make(
      "credential", "credentials", "credential", ["type": "cert", "blob": "{}", "user_id": .string(user)])
    let access = try await subject.must(
      "POST", "/v3/users/\(user)/credentials/OS-EC2", ["tenant_id": .string(project)])
    cast["access"] = access["credential"]?["access"]?.string
    // What signs a request of which nothing is said.
    cast["signature"] = Base64.encode(HMAC.sha1(key: Array((access["credential"]?["secret"]?.string ?? "").utf8), []))
    cast["token"] = try await subject.token(of: user, cast["password"])
    try await subject.makeLimits(&cast)
    let own = Self.callers(of: cast)
    let demo = try Subject("keystone", cloud, callers: own)
    let rule: JSON = ["path": "/v2.1/servers", "method": "GET", "service": "paint"]
    let application = try await demo.must(
      "POST", "/v3/users/\(user)/application_credentials",
      ["application_credential": ["name": "robot", "access_rules": [rule]]], as: "demo")
    cast["application"] = application["application_credential"]?["id"]?.string
    cast["access_rule"] = application["application_credential"]?["access_rules"]?[0]?["id"]?.string
    let trust = try await demo.must(
      "POST", "/v3/OS-TRUST/trusts",
      [
        "trust": [
          "trustor_user_id": .string(user), "trustee_user_id": cast["trustee"].json, "impersonation": false,
          "project_id": .string(project), "roles": [["id": cast["role"].json]],
        ]
      ], as: "demo")
    cast["trust"] = trust["trust"]?["id"]?.string
    cast["access_token"] = try await subject.accessToken(of: cast)
    return cast
  }

  /// Somebody else's users, and somebody else's cloud.
  private func makeFederation(_ cast: inout SmallCloud.Cast) async throws {
    let rule: JSON = ["local": [["user": ["name": "{0}"]]], "remote": [["type": "OIDC-sub"]]]
    let urls: JSON = ["auth_url": "http://127.0.0.1:1/x", "sp_url": "http://127.0.0.1:1/y"]
    for (path, name, body) in [
      ("identity_providers/company", "identity_provider", ["enabled": true, "remote_ids": ["http://127.0.0.1:1"]]),
      ("mappings/people", "mapping", ["rules": [rule]]), ("service_providers/friend", "service_provider", urls),
      ("identity_providers/company/protocols/openid", "protocol", ["mapping_id": "people"]),
    ] as [(String, String, JSON)] {
      try await must("PUT", "/v3/OS-FEDERATION/\(path)", [name: body])
    }
    cast["idp"] = "company"
    cast["mapping"] = "people"
    cast["service_provider"] = "friend"
  }

  /// Two registered limits, of which one has an exception.
  private func makeLimits(_ cast: inout SmallCloud.Cast) async throws {
    func registered(_ name: String) -> JSON {
      ["service_id": cast["service"].json, "resource_name": .string(name), "default_limit": 5]
    }
    let both = try await must(
      "POST", "/v3/registered_limits", ["registered_limits": [registered("brush"), registered("paint")]])
    cast["registered_limit"] = both["registered_limits"]?[0]?["id"]?.string
    let limit: JSON = [
      "service_id": cast["service"].json, "resource_name": "paint", "resource_limit": 3,
      "domain_id": cast["spare"].json,
    ]
    let made = try await must("POST", "/v3/limits", ["limits": [limit]])
    cast["limit"] = made["limits"]?[0]?["id"]?.string
  }

  private func token(of user: String, _ password: String?) async throws -> String? {
    let who: JSON = ["user": ["id": .string(user), "password": password.json]]
    let body: JSON = ["auth": ["identity": ["methods": ["password"], "password": who]]]
    var request = Request("POST", "/v3/auth/tokens", headers: ["Content-Type": "application/json"])
    request.body = .bytes(body.bytes)
    return await endpoint.handler(request).headers["X-Subject-Token"]
  }

  /// A token that the user has given a consumer, as identity keeps it.
  private func accessToken(of cast: SmallCloud.Cast) async throws -> String {
    var token = AccessToken()
    token.id = cloud.world.hexID()
    token.consumerID = cast["consumer"] ?? ""
    token.projectID = cast["project"] ?? ""
    token.userID = cast["user"] ?? ""
    token.roleIDs = [cast["role"] ?? ""]
    let new = token
    try await cloud.store.write { try await $0.insert(new) }
    return new.id
  }

  /// Callers who have the ids that identity gave to its user and project.
  static func callers(of cast: SmallCloud.Cast) -> [String: Caller] {
    SmallCloud.callers.mapValues { caller in
      var caller = caller
      if caller.userID == "u-demo" { caller.userID = cast["user"] ?? caller.userID }
      if caller.projectID == "p-demo" { caller.projectID = cast["project"] ?? caller.projectID }
      return caller
    }
  }
}
