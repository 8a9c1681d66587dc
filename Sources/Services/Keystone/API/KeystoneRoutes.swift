public import API

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
      Consumers.routes, OAuth.routes, AccessTokens.routes,
    ]
    return APIService(
      "keystone", faults: .keystone,
      routes: Versions.routes.bound(to: self, at: [""]) + tables.flatMap { $0.bound(to: self, at: ["/v3"]) })
  }
}
