public import API
internal import KeystoneModel

extension Keystone {
  /// The identity API as one value, for an `Endpoint` whose `authenticate` is `validate(token:)`.
  public func api() -> APIService {
    let tables = [
      Tokens.routes, Domains.routes, Projects.routes, ProjectTags.routes, Users.routes, Groups.routes, Roles.routes,
      ImpliedRoles.routes, Grants.routes, SystemGrants.routes, RoleAssignments.routes, Services.routes,
      Endpoints.routes, Regions.routes, Credentials.routes, EC2Credentials.routes,
      ApplicationCredentials.routes,
      StoredPolicies.routes, PolicyAssociations.routes,
      EndpointGroups.routes, ProjectEndpoints.routes,
      DomainConfig.routes,
      AccessRules.routes,
      Trusts.routes,
      RegisteredLimits.routes, Limits.routes,
      EC2Tokens.routes,
      RevocationEvents.routes,
      Consumers.routes, OAuth.routes, AccessTokens.routes,
      IdentityProviders.routes, FederationProtocols.routes, Mappings.routes, ServiceProviders.routes,
      FederatedAuth.routes, WebSSO.routes,
    ]
    let limits: (String) -> Set<TokenScope> =
      options.enforceScope ? { ScopeTypes.of($0) } : { _ in [.system, .domain, .project] }
    let routes =
      Versions.routes.bound(to: self, at: [""]) + tables.flatMap { $0.limited(limits).bound(to: self, at: ["/v3"]) }
    return APIService("keystone", faults: .keystone, rules: Self.rules, routes: telling(routes))
  }

  /// Upstream's rules to which others refer, and those that count beside a row's own.
  private static let rules: [(name: String, policy: Policy)] = [
    (name: "service_role", policy: "role:service"),
    (name: "service_or_admin", policy: "rule:admin_required or rule:service_role"),
    (name: "token_subject", policy: "user_id:%(target.token.user_id)s"),
    (name: "admin_or_token_subject", policy: "rule:admin_required or rule:token_subject"),
    (name: "service_admin_or_token_subject", policy: "rule:service_or_admin or rule:token_subject"),
    (name: "identity:list_trusts", policy: Trusts.ofEveryone),
    (name: "identity:list_trusts_for_trustee", policy: Trusts.ofTrustee),
    (name: "identity:list_role_assignments_for_tree", policy: RoleAssignments.ofTree),
    (name: "identity:get_domain_role", policy: Grants.reading),
    (name: "identity:list_domain_roles", policy: Grants.reading), (name: "identity:create_domain_role", policy: .admin),
    (name: "identity:update_domain_role", policy: .admin), (name: "identity:delete_domain_role", policy: .admin),
    (
      name: "domain_managed_target_role",
      policy: "'manager':%(target.role.name)s or 'member':%(target.role.name)s or 'reader':%(target.role.name)s"
    ),
  ]
}
