public import Core
public import JSON

/// What a token says as the claims of a JSON Web Token, named as upstream names them
/// (keystone/token/providers/jws/core.py).
extension TokenPayload {
  public func claims(issued: Timestamp) -> JSON {
    var claims: JSONObject = [
      "sub": .string(userID), "iat": .int(issued.seconds), "exp": .int(expires.seconds),
      "openstack_methods": methods.names.json, "openstack_audit_ids": auditIDs.json,
    ]
    switch scope {
    case .unscoped: break
    case .system: claims.append("openstack_system", "all")
    case .domain(let id): claims.append("openstack_domain_id", .string(id))
    case .project(let id): claims.append("openstack_project_id", .string(id))
    }
    switch delegation {
    case .none: break
    case .trust(let id): claims.append("openstack_trust_id", .string(id))
    case .applicationCredential(let id): claims.append("openstack_app_cred_id", .string(id))
    case .accessToken(let id): claims.append("openstack_access_token_id", .string(id))
    case .federation(let groups, let provider, let name):
      claims.append("openstack_group_ids", .array(groups.map { ["id": .string($0)] }))
      claims.append("openstack_idp_id", .string(provider))
      claims.append("openstack_protocol_id", .string(name))
    }
    return .object(claims)
  }

  /// - Returns: nil for claims that are not a token's.
  public init?(claims: JSON) {
    guard let user = claims["sub"]?.string, let end = claims["exp"]?.int,
      let ids = claims["openstack_audit_ids"]?.array?.compactMap(\.string), !ids.isEmpty,
      let names = claims["openstack_methods"]?.array?.compactMap(\.string)
    else { return nil }
    var scope = Scope.unscoped
    if let id = claims["openstack_project_id"]?.string {
      scope = .project(id)
    } else if let id = claims["openstack_domain_id"]?.string {
      scope = .domain(id)
    } else if claims["openstack_system"]?.string != nil {
      scope = .system
    }
    self.init(
      userID: user, methods: AuthMethods(names: names), scope: scope, delegation: Self.delegation(claims),
      expires: Timestamp(seconds: end), auditIDs: ids)
  }

  private static func delegation(_ claims: JSON) -> Delegation {
    if let id = claims["openstack_trust_id"]?.string { return .trust(id) }
    if let id = claims["openstack_app_cred_id"]?.string { return .applicationCredential(id) }
    if let id = claims["openstack_access_token_id"]?.string { return .accessToken(id) }
    if let provider = claims["openstack_idp_id"]?.string, let name = claims["openstack_protocol_id"]?.string {
      let groups = (claims["openstack_group_ids"]?.array ?? []).compactMap { $0["id"]?.string ?? $0.string }
      return .federation(groups: groups, provider: provider, protocol: name)
    }
    return .none
  }
}
