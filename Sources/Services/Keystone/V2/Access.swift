internal import API
internal import Clients
internal import Core
internal import HTTP
internal import JSON

/// What v2.0 says of a token: `{"access": {"token", "user", "serviceCatalog", "metadata"}}`.
enum Access {
  /// - Parameters:
  ///   - text: the token.
  ///   - token: what v3 says of it.
  /// - Throws: `unauthorized` for tokens that v2.0 has no words for: of another domain, on a domain, on the system.
  static func show(_ text: String, _ token: JSON, _ call: Call<KeystoneV2>) async throws -> JSON {
    let domain = call.domain
    guard token["user"]?["domain"]?["id"]?.string == domain else {
      throw Fault.unauthorized("Non-default domain is not supported")
    }
    guard token["domain"] == nil, token["system"] == nil else {
      throw Fault.unauthorized("Tokens on a domain or on the system are not supported by the API v2.0.")
    }
    var shown: JSONObject = [
      "issued_at": token["issued_at"] ?? .null, "expires": .string(wholeSeconds(token["expires_at"]?.string ?? "")),
      "id": .string(text), "audit_ids": token["audit_ids"] ?? [],
    ]
    if let project = token["project"] {
      guard project["domain"]?["id"]?.string == domain, let id = project["id"]?.string else {
        throw Fault.unauthorized("Non-default domain is not supported")
      }
      shown.append("tenant", try await tenant(id, project, text, call))
    }
    var access: JSONObject = [
      "token": .object(shown), "serviceCatalog": .array(catalog(token["catalog"], call.service.options)),
      "user": user(token),
      "metadata": ["is_admin": 0, "roles": .array(token["roles"]?.array?.compactMap { $0["id"] } ?? [])],
    ]
    if let trust = token["OS-TRUST:trust"] {
      access.append(
        "trust",
        [
          "id": trust["id"] ?? .null, "trustee_user_id": trust["trustee_user"]?["id"] ?? .null,
          "trustor_user_id": trust["trustor_user"]?["id"] ?? .null, "impersonation": trust["impersonation"] ?? false,
        ])
    }
    return ["access": .object(access)]
  }

  /// v3 writes microseconds; clients of 2013 were promised none.
  private static func wholeSeconds(_ time: String) -> String {
    guard let point = time.firstIndex(of: ".") else { return time }
    return time[..<point] + "Z"
  }

  private static func user(_ token: JSON) -> JSON {
    let user = token["user"]
    let roles = token["roles"]?.array ?? []
    return [
      "username": user?["name"] ?? .null, "roles_links": [], "id": user?["id"] ?? .null,
      "roles": .array(roles.map { ["name": $0["name"] ?? .null] }), "name": user?["name"] ?? .null,
    ]
  }

  /// The whole project, which v3's token does not hold. A signature of S3's is worth the knowledge of who signed and no
  /// token to ask with; id and name must do then.
  private static func tenant(_ id: String, _ brief: JSON, _ token: String, _ call: Call<KeystoneV2>) async throws
    -> JSON
  {
    if !token.isEmpty, let project = try await project(id, token, call) { return .object(Tenants.tenant(project)) }
    return ["id": .string(id), "name": brief["name"] ?? .null, "description": "", "enabled": true]
  }

  /// A project may be seen by tokens on it; nil where an operator's policy has it otherwise, and for those of EC2's
  /// signatures, which may ask nothing here but what they are good for.
  private static func project(_ id: String, _ token: String, _ call: Call<KeystoneV2>) async throws -> JSONObject? {
    do { return try await call.v3(as: token).call("GET", path("projects", id))["project"]?.object } catch let fault
      as Fault where fault.kind == .forbidden || fault.kind == .unauthorized
    { return nil }
  }

  /// v3's catalogue with one row for the three interfaces of a region.
  static func catalog(_ services: JSON?, _ options: KeystoneV2Options) -> [JSON] {
    (services?.array ?? []).compactMap { service -> JSON? in
      let isIdentity = service["type"] == "identity"
      let rows = EndpointRow.rows(of: service["endpoints"]?.array?.compactMap(\.object) ?? [])
      guard !rows.isEmpty else { return nil }
      let endpoints = rows.map { row -> JSON in
        var shown = JSONObject()
        for interface in EndpointRow.interfaces {
          guard let url = row.urls[interface] else { continue }
          shown.append(interface + "URL", .string(isIdentity ? own(url, interface, options) : url))
        }
        shown.append("region", row.region.json)
        shown.append("id", .string(row.id))
        return .object(shown)
      }
      return [
        "endpoints": .array(endpoints), "endpoints_links": [], "type": service["type"] ?? .null,
        "name": service["name"] ?? .null,
      ]
    }
  }

  /// Clients of v2.0 put `/users` behind what they find here, so this cloud's own identity service is named by its
  /// v2.0; what an operator wrote into the catalogue is left as it is.
  private static func own(_ url: String, _ interface: String, _ options: KeystoneV2Options) -> String {
    guard url == options.versionThreeURL else { return url }
    return interface == "admin" ? options.adminURL : options.publicURL
  }
}
