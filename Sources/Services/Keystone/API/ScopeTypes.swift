internal import API

/// Which kinds of tokens each rule works with (upstream's `scope_types`): most work on the whole cloud, and so not with
/// a token of one domain; a few are a user's own business on a project.
enum ScopeTypes {
  static func of(_ rule: String) -> Set<TokenScope> {
    let name = String(rule.dropFirst("identity:".count))
    if projectOnly.contains(name) { return [.project] }
    return withDomain.contains(name) ? [.system, .domain, .project] : [.system, .project]
  }

  private static let projectOnly: Set<String> = [
    "authorize_request_token", "get_access_token", "get_access_token_role", "list_access_tokens",
    "list_access_token_roles", "delete_access_token", "create_application_credential", "create_trust",
  ]

  private static let withDomain: Set<String> = [
    "get_credential", "list_credentials", "create_credential", "update_credential", "delete_credential", "get_domain",
    "list_domains", "get_security_compliance_domain_config", "ec2tokens_validate", "check_grant", "list_grants",
    "create_grant", "revoke_grant", "get_group", "list_groups", "list_groups_for_user", "create_group", "update_group",
    "delete_group", "list_users_in_group", "remove_user_from_group", "check_user_in_group", "add_user_to_group",
    "get_limit_model", "get_limit", "list_limits", "get_project", "list_projects", "list_user_projects",
    "create_project", "update_project", "delete_project", "list_project_tags", "get_project_tag",
    "update_project_tags", "create_project_tag", "delete_project_tags", "delete_project_tag", "get_region",
    "list_regions", "get_registered_limit", "list_registered_limits", "get_role", "list_roles",
    "list_role_assignments", "list_role_assignments_for_tree", "s3tokens_validate", "check_token", "validate_token",
    "revoke_token", "get_user", "list_users", "create_user", "update_user", "delete_user", "revoke_tokens_for_user",
    "get_auth_catalog", "get_auth_projects", "get_auth_domains", "get_auth_system", "list_projects_for_user",
    "list_domains_for_user",
    // Ours, which need no rule upstream.
    "authenticate", "change_password", "create_access_token", "create_request_token", "get_version", "list_versions",
  ]
}
