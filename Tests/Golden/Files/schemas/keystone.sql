-- keystone, version 3, sqlite
CREATE TABLE keystone_projects (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  domain_id TEXT,
  parent_id TEXT,
  is_domain INTEGER NOT NULL,
  description TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  tags TEXT NOT NULL,
  options TEXT NOT NULL,
  extra TEXT NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX keystone_projects_parent_id_idx ON keystone_projects (parent_id);
CREATE UNIQUE INDEX keystone_projects_domain_id_name_key ON keystone_projects (domain_id, name) WHERE is_domain = 0;
CREATE UNIQUE INDEX keystone_projects_name_key ON keystone_projects (name) WHERE is_domain = 1;
CREATE INDEX keystone_projects_name_id_idx ON keystone_projects (name, id);
CREATE TABLE keystone_users (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  domain_id TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  default_project_id TEXT,
  password_hash TEXT,
  password_expires INTEGER,
  options TEXT NOT NULL,
  extra TEXT NOT NULL,
  generation INTEGER NOT NULL,
  display_name TEXT,
  PRIMARY KEY (id)
);
CREATE INDEX keystone_users_display_name_idx ON keystone_users (display_name);
CREATE UNIQUE INDEX keystone_users_domain_id_name_key ON keystone_users (domain_id, name);
CREATE INDEX keystone_users_name_id_idx ON keystone_users (name, id);
CREATE TABLE keystone_groups (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  domain_id TEXT NOT NULL,
  description TEXT NOT NULL,
  extra TEXT NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX keystone_groups_domain_id_name_key ON keystone_groups (domain_id, name);
CREATE TABLE keystone_memberships (
  group_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  PRIMARY KEY (group_id, user_id)
);
CREATE INDEX keystone_memberships_user_id_idx ON keystone_memberships (user_id);
CREATE TABLE keystone_roles (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  domain_id TEXT,
  description TEXT,
  options TEXT NOT NULL,
  extra TEXT NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX keystone_roles_domain_id_name_key ON keystone_roles (domain_id, name);
CREATE UNIQUE INDEX keystone_roles_name_key ON keystone_roles (name) WHERE domain_id IS NULL;
CREATE TABLE keystone_implied_roles (
  prior_id TEXT NOT NULL,
  implied_id TEXT NOT NULL,
  PRIMARY KEY (prior_id, implied_id)
);
CREATE TABLE keystone_assignments (
  actor TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  target TEXT NOT NULL,
  target_id TEXT NOT NULL,
  role_id TEXT NOT NULL,
  inherited INTEGER NOT NULL,
  PRIMARY KEY (actor, actor_id, target, target_id, role_id, inherited)
);
CREATE INDEX keystone_assignments_target_id_idx ON keystone_assignments (target_id);
CREATE INDEX keystone_assignments_role_id_idx ON keystone_assignments (role_id);
CREATE TABLE keystone_regions (
  id TEXT NOT NULL,
  parent_id TEXT,
  description TEXT NOT NULL,
  extra TEXT NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE TABLE keystone_services (
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  name TEXT,
  description TEXT,
  enabled INTEGER NOT NULL,
  extra TEXT NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX keystone_services_type_idx ON keystone_services (type);
CREATE TABLE keystone_endpoints (
  id TEXT NOT NULL,
  service_id TEXT NOT NULL,
  interface TEXT NOT NULL,
  region_id TEXT,
  url TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  extra TEXT NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX keystone_endpoints_service_id_idx ON keystone_endpoints (service_id);
CREATE TABLE keystone_credentials (
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  project_id TEXT,
  type TEXT NOT NULL,
  sealed TEXT NOT NULL,
  extra TEXT NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX keystone_credentials_user_id_idx ON keystone_credentials (user_id);
CREATE INDEX keystone_credentials_project_id_idx ON keystone_credentials (project_id);
CREATE TABLE keystone_application_credentials (
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  secret_hash TEXT NOT NULL,
  role_ids TEXT NOT NULL,
  expires INTEGER,
  unrestricted INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  access_rule_ids TEXT,
  PRIMARY KEY (id)
);
CREATE INDEX keystone_application_credentials_project_id_idx ON keystone_application_credentials (project_id);
CREATE UNIQUE INDEX keystone_application_credentials_user_id_name_key ON keystone_application_credentials (user_id, name);
CREATE TABLE keystone_revocations (
  id TEXT NOT NULL,
  audit_id TEXT,
  chain_id TEXT,
  user_id TEXT,
  project_id TEXT,
  domain_id TEXT,
  issued_before INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX keystone_revocations_audit_id_idx ON keystone_revocations (audit_id);
CREATE INDEX keystone_revocations_chain_id_idx ON keystone_revocations (chain_id);
CREATE INDEX keystone_revocations_user_id_idx ON keystone_revocations (user_id);
CREATE INDEX keystone_revocations_project_id_idx ON keystone_revocations (project_id);
CREATE INDEX keystone_revocations_domain_id_idx ON keystone_revocations (domain_id);
CREATE INDEX keystone_revocations_expires_idx ON keystone_revocations (expires);
CREATE TABLE keystone_policies (
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  blob TEXT NOT NULL,
  extra TEXT NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE TABLE keystone_policy_associations (
  id TEXT NOT NULL,
  policy_id TEXT NOT NULL,
  endpoint_id TEXT,
  service_id TEXT,
  region_id TEXT,
  PRIMARY KEY (id)
);
CREATE INDEX keystone_policy_associations_policy_id_idx ON keystone_policy_associations (policy_id);
CREATE INDEX keystone_policy_associations_endpoint_id_idx ON keystone_policy_associations (endpoint_id);
CREATE INDEX keystone_policy_associations_service_id_idx ON keystone_policy_associations (service_id);
CREATE TABLE keystone_endpoint_groups (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  filters TEXT NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE TABLE keystone_project_endpoints (
  endpoint_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  PRIMARY KEY (endpoint_id, project_id)
);
CREATE INDEX keystone_project_endpoints_project_id_idx ON keystone_project_endpoints (project_id);
CREATE TABLE keystone_project_endpoint_groups (
  group_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  PRIMARY KEY (group_id, project_id)
);
CREATE INDEX keystone_project_endpoint_groups_project_id_idx ON keystone_project_endpoint_groups (project_id);
CREATE TABLE keystone_domain_options (
  domain_id TEXT NOT NULL,
  group_name TEXT NOT NULL,
  option_name TEXT NOT NULL,
  value TEXT NOT NULL,
  secret TEXT,
  PRIMARY KEY (domain_id, group_name, option_name)
);
CREATE TABLE keystone_consumers (
  id TEXT NOT NULL,
  description TEXT,
  secret TEXT NOT NULL,
  extra TEXT NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE TABLE keystone_request_tokens (
  id TEXT NOT NULL,
  secret TEXT NOT NULL,
  consumer_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  verifier TEXT,
  user_id TEXT,
  role_ids TEXT NOT NULL,
  expires INTEGER,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX keystone_request_tokens_consumer_id_idx ON keystone_request_tokens (consumer_id);
CREATE TABLE keystone_access_tokens (
  id TEXT NOT NULL,
  secret TEXT NOT NULL,
  consumer_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  role_ids TEXT NOT NULL,
  expires INTEGER,
  PRIMARY KEY (id)
);
CREATE INDEX keystone_access_tokens_consumer_id_idx ON keystone_access_tokens (consumer_id);
CREATE INDEX keystone_access_tokens_project_id_idx ON keystone_access_tokens (project_id);
CREATE INDEX keystone_access_tokens_user_id_idx ON keystone_access_tokens (user_id);
CREATE TABLE keystone_access_rules (
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  service TEXT NOT NULL,
  method TEXT NOT NULL,
  path TEXT NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX keystone_access_rules_user_id_service_method_path_key ON keystone_access_rules (user_id, service, method, path);
CREATE TABLE keystone_trusts (
  id TEXT NOT NULL,
  trustor_id TEXT NOT NULL,
  trustee_id TEXT NOT NULL,
  impersonation INTEGER NOT NULL,
  project_id TEXT,
  role_ids TEXT NOT NULL,
  expires INTEGER,
  remaining_uses INTEGER,
  redelegation_count INTEGER NOT NULL,
  source_id TEXT,
  extra TEXT NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX keystone_trusts_trustor_id_idx ON keystone_trusts (trustor_id);
CREATE INDEX keystone_trusts_trustee_id_idx ON keystone_trusts (trustee_id);
CREATE INDEX keystone_trusts_project_id_idx ON keystone_trusts (project_id);
CREATE INDEX keystone_trusts_source_id_idx ON keystone_trusts (source_id);
CREATE TABLE keystone_login_states (
  user_id TEXT NOT NULL,
  failures INTEGER NOT NULL,
  failed_at INTEGER,
  last_active INTEGER,
  PRIMARY KEY (user_id)
);
CREATE TABLE keystone_past_passwords (
  user_id TEXT NOT NULL,
  created INTEGER NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (user_id, created)
);
CREATE TABLE keystone_used_passcodes (
  credential_id TEXT NOT NULL,
  step INTEGER NOT NULL,
  PRIMARY KEY (credential_id)
);
CREATE TABLE keystone_registered_limits (
  id TEXT NOT NULL,
  service_id TEXT NOT NULL,
  region_id TEXT,
  resource_name TEXT NOT NULL,
  default_limit INTEGER NOT NULL,
  description TEXT,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX keystone_registered_limits_service_id_region_id_resour_c11ed187 ON keystone_registered_limits (service_id, region_id, resource_name);
CREATE UNIQUE INDEX keystone_registered_limits_service_id_resource_name_key ON keystone_registered_limits (service_id, resource_name) WHERE region_id IS NULL;
CREATE TABLE keystone_limits (
  id TEXT NOT NULL,
  project_id TEXT,
  domain_id TEXT,
  registered_id TEXT NOT NULL,
  service_id TEXT NOT NULL,
  region_id TEXT,
  resource_name TEXT NOT NULL,
  resource_limit INTEGER NOT NULL,
  description TEXT,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX keystone_limits_project_id_idx ON keystone_limits (project_id);
CREATE INDEX keystone_limits_domain_id_idx ON keystone_limits (domain_id);
CREATE INDEX keystone_limits_registered_id_idx ON keystone_limits (registered_id);
CREATE UNIQUE INDEX keystone_limits_project_id_registered_id_key ON keystone_limits (project_id, registered_id);
CREATE UNIQUE INDEX keystone_limits_domain_id_registered_id_key ON keystone_limits (domain_id, registered_id);
CREATE TABLE keystone_id_mappings (
  public_id TEXT NOT NULL,
  domain_id TEXT NOT NULL,
  local_id TEXT NOT NULL,
  entity_type TEXT NOT NULL,
  PRIMARY KEY (public_id)
);
CREATE UNIQUE INDEX keystone_id_mappings_domain_id_local_id_entity_type_key ON keystone_id_mappings (domain_id, local_id, entity_type);
CREATE TABLE keystone_identity_providers (
  id TEXT NOT NULL,
  domain_id TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  description TEXT,
  authorization_ttl INTEGER,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX keystone_identity_providers_domain_id_idx ON keystone_identity_providers (domain_id);
CREATE TABLE keystone_remote_ids (
  remote_id TEXT NOT NULL,
  provider_id TEXT NOT NULL,
  PRIMARY KEY (remote_id)
);
CREATE INDEX keystone_remote_ids_provider_id_idx ON keystone_remote_ids (provider_id);
CREATE TABLE keystone_federation_protocols (
  provider_id TEXT NOT NULL,
  name TEXT NOT NULL,
  mapping_id TEXT NOT NULL,
  remote_id_attribute TEXT,
  PRIMARY KEY (provider_id, name)
);
CREATE TABLE keystone_mappings (
  id TEXT NOT NULL,
  rules TEXT NOT NULL,
  schema_version TEXT NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE TABLE keystone_service_providers (
  id TEXT NOT NULL,
  auth_url TEXT NOT NULL,
  sp_url TEXT NOT NULL,
  description TEXT,
  enabled INTEGER NOT NULL,
  relay_state_prefix TEXT NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE TABLE keystone_federated_users (
  provider_id TEXT NOT NULL,
  protocol TEXT NOT NULL,
  unique_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  display_name TEXT NOT NULL,
  PRIMARY KEY (provider_id, protocol, unique_id)
);
CREATE INDEX keystone_federated_users_unique_id_idx ON keystone_federated_users (unique_id);
CREATE INDEX keystone_federated_users_user_id_idx ON keystone_federated_users (user_id);
CREATE TABLE keystone_expiring_memberships (
  user_id TEXT NOT NULL,
  group_id TEXT NOT NULL,
  provider_id TEXT NOT NULL,
  verified INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  PRIMARY KEY (user_id, group_id)
);
CREATE INDEX keystone_expiring_memberships_group_id_idx ON keystone_expiring_memberships (group_id);
CREATE INDEX keystone_expiring_memberships_provider_id_idx ON keystone_expiring_memberships (provider_id);
CREATE TABLE keystone_used_logins (
  state TEXT NOT NULL,
  expires INTEGER NOT NULL,
  PRIMARY KEY (state)
);
CREATE INDEX keystone_used_logins_expires_idx ON keystone_used_logins (expires);


-- keystone, version 3, postgres
CREATE TABLE keystone_projects (
  id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  domain_id TEXT COLLATE "C",
  parent_id TEXT COLLATE "C",
  is_domain BIGINT NOT NULL,
  description TEXT COLLATE "C" NOT NULL,
  enabled BIGINT NOT NULL,
  tags TEXT COLLATE "C" NOT NULL,
  options TEXT COLLATE "C" NOT NULL,
  extra TEXT COLLATE "C" NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX keystone_projects_parent_id_idx ON keystone_projects (parent_id);
CREATE UNIQUE INDEX keystone_projects_domain_id_name_key ON keystone_projects (domain_id, name) WHERE is_domain = 0;
CREATE UNIQUE INDEX keystone_projects_name_key ON keystone_projects (name) WHERE is_domain = 1;
CREATE INDEX keystone_projects_name_id_idx ON keystone_projects (name, id);
CREATE TABLE keystone_users (
  id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  domain_id TEXT COLLATE "C" NOT NULL,
  enabled BIGINT NOT NULL,
  default_project_id TEXT COLLATE "C",
  password_hash TEXT COLLATE "C",
  password_expires BIGINT,
  options TEXT COLLATE "C" NOT NULL,
  extra TEXT COLLATE "C" NOT NULL,
  generation BIGINT NOT NULL,
  display_name TEXT COLLATE "C",
  PRIMARY KEY (id)
);
CREATE INDEX keystone_users_display_name_idx ON keystone_users (display_name);
CREATE UNIQUE INDEX keystone_users_domain_id_name_key ON keystone_users (domain_id, name);
CREATE INDEX keystone_users_name_id_idx ON keystone_users (name, id);
CREATE TABLE keystone_groups (
  id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  domain_id TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C" NOT NULL,
  extra TEXT COLLATE "C" NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX keystone_groups_domain_id_name_key ON keystone_groups (domain_id, name);
CREATE TABLE keystone_memberships (
  group_id TEXT COLLATE "C" NOT NULL,
  user_id TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (group_id, user_id)
);
CREATE INDEX keystone_memberships_user_id_idx ON keystone_memberships (user_id);
CREATE TABLE keystone_roles (
  id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  domain_id TEXT COLLATE "C",
  description TEXT COLLATE "C",
  options TEXT COLLATE "C" NOT NULL,
  extra TEXT COLLATE "C" NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX keystone_roles_domain_id_name_key ON keystone_roles (domain_id, name);
CREATE UNIQUE INDEX keystone_roles_name_key ON keystone_roles (name) WHERE domain_id IS NULL;
CREATE TABLE keystone_implied_roles (
  prior_id TEXT COLLATE "C" NOT NULL,
  implied_id TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (prior_id, implied_id)
);
CREATE TABLE keystone_assignments (
  actor TEXT COLLATE "C" NOT NULL,
  actor_id TEXT COLLATE "C" NOT NULL,
  target TEXT COLLATE "C" NOT NULL,
  target_id TEXT COLLATE "C" NOT NULL,
  role_id TEXT COLLATE "C" NOT NULL,
  inherited BIGINT NOT NULL,
  PRIMARY KEY (actor, actor_id, target, target_id, role_id, inherited)
);
CREATE INDEX keystone_assignments_target_id_idx ON keystone_assignments (target_id);
CREATE INDEX keystone_assignments_role_id_idx ON keystone_assignments (role_id);
CREATE TABLE keystone_regions (
  id TEXT COLLATE "C" NOT NULL,
  parent_id TEXT COLLATE "C",
  description TEXT COLLATE "C" NOT NULL,
  extra TEXT COLLATE "C" NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE TABLE keystone_services (
  id TEXT COLLATE "C" NOT NULL,
  type TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C",
  description TEXT COLLATE "C",
  enabled BIGINT NOT NULL,
  extra TEXT COLLATE "C" NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX keystone_services_type_idx ON keystone_services (type);
CREATE TABLE keystone_endpoints (
  id TEXT COLLATE "C" NOT NULL,
  service_id TEXT COLLATE "C" NOT NULL,
  interface TEXT COLLATE "C" NOT NULL,
  region_id TEXT COLLATE "C",
  url TEXT COLLATE "C" NOT NULL,
  enabled BIGINT NOT NULL,
  extra TEXT COLLATE "C" NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX keystone_endpoints_service_id_idx ON keystone_endpoints (service_id);
CREATE TABLE keystone_credentials (
  id TEXT COLLATE "C" NOT NULL,
  user_id TEXT COLLATE "C" NOT NULL,
  project_id TEXT COLLATE "C",
  type TEXT COLLATE "C" NOT NULL,
  sealed TEXT COLLATE "C" NOT NULL,
  extra TEXT COLLATE "C" NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX keystone_credentials_user_id_idx ON keystone_credentials (user_id);
CREATE INDEX keystone_credentials_project_id_idx ON keystone_credentials (project_id);
CREATE TABLE keystone_application_credentials (
  id TEXT COLLATE "C" NOT NULL,
  user_id TEXT COLLATE "C" NOT NULL,
  project_id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C",
  secret_hash TEXT COLLATE "C" NOT NULL,
  role_ids TEXT COLLATE "C" NOT NULL,
  expires BIGINT,
  unrestricted BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  access_rule_ids TEXT COLLATE "C",
  PRIMARY KEY (id)
);
CREATE INDEX keystone_application_credentials_project_id_idx ON keystone_application_credentials (project_id);
CREATE UNIQUE INDEX keystone_application_credentials_user_id_name_key ON keystone_application_credentials (user_id, name);
CREATE TABLE keystone_revocations (
  id TEXT COLLATE "C" NOT NULL,
  audit_id TEXT COLLATE "C",
  chain_id TEXT COLLATE "C",
  user_id TEXT COLLATE "C",
  project_id TEXT COLLATE "C",
  domain_id TEXT COLLATE "C",
  issued_before BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX keystone_revocations_audit_id_idx ON keystone_revocations (audit_id);
CREATE INDEX keystone_revocations_chain_id_idx ON keystone_revocations (chain_id);
CREATE INDEX keystone_revocations_user_id_idx ON keystone_revocations (user_id);
CREATE INDEX keystone_revocations_project_id_idx ON keystone_revocations (project_id);
CREATE INDEX keystone_revocations_domain_id_idx ON keystone_revocations (domain_id);
CREATE INDEX keystone_revocations_expires_idx ON keystone_revocations (expires);
CREATE TABLE keystone_policies (
  id TEXT COLLATE "C" NOT NULL,
  type TEXT COLLATE "C" NOT NULL,
  blob TEXT COLLATE "C" NOT NULL,
  extra TEXT COLLATE "C" NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE TABLE keystone_policy_associations (
  id TEXT COLLATE "C" NOT NULL,
  policy_id TEXT COLLATE "C" NOT NULL,
  endpoint_id TEXT COLLATE "C",
  service_id TEXT COLLATE "C",
  region_id TEXT COLLATE "C",
  PRIMARY KEY (id)
);
CREATE INDEX keystone_policy_associations_policy_id_idx ON keystone_policy_associations (policy_id);
CREATE INDEX keystone_policy_associations_endpoint_id_idx ON keystone_policy_associations (endpoint_id);
CREATE INDEX keystone_policy_associations_service_id_idx ON keystone_policy_associations (service_id);
CREATE TABLE keystone_endpoint_groups (
  id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C",
  filters TEXT COLLATE "C" NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE TABLE keystone_project_endpoints (
  endpoint_id TEXT COLLATE "C" NOT NULL,
  project_id TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (endpoint_id, project_id)
);
CREATE INDEX keystone_project_endpoints_project_id_idx ON keystone_project_endpoints (project_id);
CREATE TABLE keystone_project_endpoint_groups (
  group_id TEXT COLLATE "C" NOT NULL,
  project_id TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (group_id, project_id)
);
CREATE INDEX keystone_project_endpoint_groups_project_id_idx ON keystone_project_endpoint_groups (project_id);
CREATE TABLE keystone_domain_options (
  domain_id TEXT COLLATE "C" NOT NULL,
  group_name TEXT COLLATE "C" NOT NULL,
  option_name TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  secret TEXT COLLATE "C",
  PRIMARY KEY (domain_id, group_name, option_name)
);
CREATE TABLE keystone_consumers (
  id TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C",
  secret TEXT COLLATE "C" NOT NULL,
  extra TEXT COLLATE "C" NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE TABLE keystone_request_tokens (
  id TEXT COLLATE "C" NOT NULL,
  secret TEXT COLLATE "C" NOT NULL,
  consumer_id TEXT COLLATE "C" NOT NULL,
  project_id TEXT COLLATE "C" NOT NULL,
  verifier TEXT COLLATE "C",
  user_id TEXT COLLATE "C",
  role_ids TEXT COLLATE "C" NOT NULL,
  expires BIGINT,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX keystone_request_tokens_consumer_id_idx ON keystone_request_tokens (consumer_id);
CREATE TABLE keystone_access_tokens (
  id TEXT COLLATE "C" NOT NULL,
  secret TEXT COLLATE "C" NOT NULL,
  consumer_id TEXT COLLATE "C" NOT NULL,
  project_id TEXT COLLATE "C" NOT NULL,
  user_id TEXT COLLATE "C" NOT NULL,
  role_ids TEXT COLLATE "C" NOT NULL,
  expires BIGINT,
  PRIMARY KEY (id)
);
CREATE INDEX keystone_access_tokens_consumer_id_idx ON keystone_access_tokens (consumer_id);
CREATE INDEX keystone_access_tokens_project_id_idx ON keystone_access_tokens (project_id);
CREATE INDEX keystone_access_tokens_user_id_idx ON keystone_access_tokens (user_id);
CREATE TABLE keystone_access_rules (
  id TEXT COLLATE "C" NOT NULL,
  user_id TEXT COLLATE "C" NOT NULL,
  service TEXT COLLATE "C" NOT NULL,
  method TEXT COLLATE "C" NOT NULL,
  path TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX keystone_access_rules_user_id_service_method_path_key ON keystone_access_rules (user_id, service, method, path);
CREATE TABLE keystone_trusts (
  id TEXT COLLATE "C" NOT NULL,
  trustor_id TEXT COLLATE "C" NOT NULL,
  trustee_id TEXT COLLATE "C" NOT NULL,
  impersonation BIGINT NOT NULL,
  project_id TEXT COLLATE "C",
  role_ids TEXT COLLATE "C" NOT NULL,
  expires BIGINT,
  remaining_uses BIGINT,
  redelegation_count BIGINT NOT NULL,
  source_id TEXT COLLATE "C",
  extra TEXT COLLATE "C" NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX keystone_trusts_trustor_id_idx ON keystone_trusts (trustor_id);
CREATE INDEX keystone_trusts_trustee_id_idx ON keystone_trusts (trustee_id);
CREATE INDEX keystone_trusts_project_id_idx ON keystone_trusts (project_id);
CREATE INDEX keystone_trusts_source_id_idx ON keystone_trusts (source_id);
CREATE TABLE keystone_login_states (
  user_id TEXT COLLATE "C" NOT NULL,
  failures BIGINT NOT NULL,
  failed_at BIGINT,
  last_active BIGINT,
  PRIMARY KEY (user_id)
);
CREATE TABLE keystone_past_passwords (
  user_id TEXT COLLATE "C" NOT NULL,
  created BIGINT NOT NULL,
  hash TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (user_id, created)
);
CREATE TABLE keystone_used_passcodes (
  credential_id TEXT COLLATE "C" NOT NULL,
  step BIGINT NOT NULL,
  PRIMARY KEY (credential_id)
);
CREATE TABLE keystone_registered_limits (
  id TEXT COLLATE "C" NOT NULL,
  service_id TEXT COLLATE "C" NOT NULL,
  region_id TEXT COLLATE "C",
  resource_name TEXT COLLATE "C" NOT NULL,
  default_limit BIGINT NOT NULL,
  description TEXT COLLATE "C",
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX keystone_registered_limits_service_id_region_id_resour_c11ed187 ON keystone_registered_limits (service_id, region_id, resource_name);
CREATE UNIQUE INDEX keystone_registered_limits_service_id_resource_name_key ON keystone_registered_limits (service_id, resource_name) WHERE region_id IS NULL;
CREATE TABLE keystone_limits (
  id TEXT COLLATE "C" NOT NULL,
  project_id TEXT COLLATE "C",
  domain_id TEXT COLLATE "C",
  registered_id TEXT COLLATE "C" NOT NULL,
  service_id TEXT COLLATE "C" NOT NULL,
  region_id TEXT COLLATE "C",
  resource_name TEXT COLLATE "C" NOT NULL,
  resource_limit BIGINT NOT NULL,
  description TEXT COLLATE "C",
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX keystone_limits_project_id_idx ON keystone_limits (project_id);
CREATE INDEX keystone_limits_domain_id_idx ON keystone_limits (domain_id);
CREATE INDEX keystone_limits_registered_id_idx ON keystone_limits (registered_id);
CREATE UNIQUE INDEX keystone_limits_project_id_registered_id_key ON keystone_limits (project_id, registered_id);
CREATE UNIQUE INDEX keystone_limits_domain_id_registered_id_key ON keystone_limits (domain_id, registered_id);
CREATE TABLE keystone_id_mappings (
  public_id TEXT COLLATE "C" NOT NULL,
  domain_id TEXT COLLATE "C" NOT NULL,
  local_id TEXT COLLATE "C" NOT NULL,
  entity_type TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (public_id)
);
CREATE UNIQUE INDEX keystone_id_mappings_domain_id_local_id_entity_type_key ON keystone_id_mappings (domain_id, local_id, entity_type);
CREATE TABLE keystone_identity_providers (
  id TEXT COLLATE "C" NOT NULL,
  domain_id TEXT COLLATE "C" NOT NULL,
  enabled BIGINT NOT NULL,
  description TEXT COLLATE "C",
  authorization_ttl BIGINT,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX keystone_identity_providers_domain_id_idx ON keystone_identity_providers (domain_id);
CREATE TABLE keystone_remote_ids (
  remote_id TEXT COLLATE "C" NOT NULL,
  provider_id TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (remote_id)
);
CREATE INDEX keystone_remote_ids_provider_id_idx ON keystone_remote_ids (provider_id);
CREATE TABLE keystone_federation_protocols (
  provider_id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  mapping_id TEXT COLLATE "C" NOT NULL,
  remote_id_attribute TEXT COLLATE "C",
  PRIMARY KEY (provider_id, name)
);
CREATE TABLE keystone_mappings (
  id TEXT COLLATE "C" NOT NULL,
  rules TEXT COLLATE "C" NOT NULL,
  schema_version TEXT COLLATE "C" NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE TABLE keystone_service_providers (
  id TEXT COLLATE "C" NOT NULL,
  auth_url TEXT COLLATE "C" NOT NULL,
  sp_url TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C",
  enabled BIGINT NOT NULL,
  relay_state_prefix TEXT COLLATE "C" NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE TABLE keystone_federated_users (
  provider_id TEXT COLLATE "C" NOT NULL,
  protocol TEXT COLLATE "C" NOT NULL,
  unique_id TEXT COLLATE "C" NOT NULL,
  user_id TEXT COLLATE "C" NOT NULL,
  display_name TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (provider_id, protocol, unique_id)
);
CREATE INDEX keystone_federated_users_unique_id_idx ON keystone_federated_users (unique_id);
CREATE INDEX keystone_federated_users_user_id_idx ON keystone_federated_users (user_id);
CREATE TABLE keystone_expiring_memberships (
  user_id TEXT COLLATE "C" NOT NULL,
  group_id TEXT COLLATE "C" NOT NULL,
  provider_id TEXT COLLATE "C" NOT NULL,
  verified BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  PRIMARY KEY (user_id, group_id)
);
CREATE INDEX keystone_expiring_memberships_group_id_idx ON keystone_expiring_memberships (group_id);
CREATE INDEX keystone_expiring_memberships_provider_id_idx ON keystone_expiring_memberships (provider_id);
CREATE TABLE keystone_used_logins (
  state TEXT COLLATE "C" NOT NULL,
  expires BIGINT NOT NULL,
  PRIMARY KEY (state)
);
CREATE INDEX keystone_used_logins_expires_idx ON keystone_used_logins (expires);
