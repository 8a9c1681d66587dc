// KeystoneModel: who there is, who may do what where, and which services there are.
//
// Records are plain structs; a domain is a project that acts as one, as upstream keeps it, so that every question about
// scope has one answer. Tokens are not kept at all: `TokenPayload` is what a Fernet token holds, and whether one is
// still good is computed from the records and the few `Revocation`s. What a user may do (`Grants`) is computed anew
// from assignments, groups, the tree of projects and implied roles, so a removed role is gone at once.
// Nothing here knows HTTP, or verifies a password.

public import Store

/// All tables of the identity service.
public let keystoneSchema = Schema(
  "keystone",
  tables: [
    Project.table, User.table, Group.table, Membership.table, Role.table, ImpliedRole.table,
    Assignment.table, Region.table, CatalogService.table, CatalogEndpoint.table, Credential.table,
    ApplicationCredential.table, Revocation.table,
    StoredPolicy.table, PolicyAssociation.table,
    EndpointGroup.table, ProjectEndpoint.table, ProjectEndpointGroup.table,
    DomainOption.table,
    Consumer.table, RequestToken.table, AccessToken.table,
    AccessRule.table,
    Trust.table,
    LoginState.table, PastPassword.table, UsedPasscode.table,
    RegisteredLimit.table, Limit.table,
    IdentityMapping.table,
    IdentityProvider.table, RemoteID.table, FederationProtocol.table, Mapping.table, ServiceProvider.table,
    FederatedUser.table, ExpiringMembership.table, UsedLogin.table,
  ])
