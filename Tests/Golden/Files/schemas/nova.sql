-- nova, version 1, sqlite
CREATE TABLE nova_servers (
  id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  name TEXT NOT NULL,
  hostname TEXT NOT NULL,
  description TEXT,
  state TEXT NOT NULL,
  doing TEXT,
  saga TEXT,
  power INTEGER NOT NULL,
  host TEXT,
  availability_zone TEXT,
  pinned_zone TEXT,
  flavor TEXT NOT NULL,
  flavor_id TEXT NOT NULL,
  vcpus INTEGER NOT NULL,
  memory_mib INTEGER NOT NULL,
  image_id TEXT,
  key_name TEXT,
  key_public TEXT,
  user_data TEXT,
  metadata TEXT NOT NULL,
  tags TEXT NOT NULL,
  nics TEXT NOT NULL,
  config_drive INTEGER NOT NULL,
  root_device TEXT NOT NULL,
  access_ipv4 TEXT,
  access_ipv6 TEXT,
  reservation_id TEXT NOT NULL,
  launch_index INTEGER NOT NULL,
  locked INTEGER NOT NULL,
  locked_reason TEXT,
  locked_by TEXT,
  fault TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  launched_at INTEGER,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX nova_servers_project_id_idx ON nova_servers (project_id);
CREATE INDEX nova_servers_host_idx ON nova_servers (host);
CREATE INDEX nova_servers_reservation_id_idx ON nova_servers (reservation_id);
CREATE TABLE nova_instance_actions (
  id TEXT NOT NULL,
  server_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  request_id TEXT NOT NULL,
  action TEXT NOT NULL,
  saga TEXT,
  host TEXT,
  message TEXT,
  result TEXT,
  start_time INTEGER NOT NULL,
  finish_time INTEGER,
  PRIMARY KEY (id)
);
CREATE INDEX nova_instance_actions_server_id_idx ON nova_instance_actions (server_id);
CREATE INDEX nova_instance_actions_saga_idx ON nova_instance_actions (saga);
CREATE TABLE nova_volume_attachments (
  id TEXT NOT NULL,
  server_id TEXT NOT NULL,
  volume_id TEXT NOT NULL,
  attachment_id TEXT,
  device TEXT,
  boot_index INTEGER,
  delete_on_termination INTEGER NOT NULL,
  tag TEXT,
  state TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX nova_volume_attachments_server_id_volume_id_key ON nova_volume_attachments (server_id, volume_id);
CREATE INDEX nova_volume_attachments_volume_id_idx ON nova_volume_attachments (volume_id);
CREATE TABLE nova_hosts (
  id TEXT NOT NULL,
  host TEXT NOT NULL,
  hypervisor_type TEXT NOT NULL,
  hypervisor_version INTEGER NOT NULL,
  vcpus INTEGER NOT NULL,
  memory_mib INTEGER NOT NULL,
  disk_gib INTEGER NOT NULL,
  architecture TEXT NOT NULL,
  cpu_model TEXT NOT NULL,
  availability_zone TEXT NOT NULL,
  disabled INTEGER NOT NULL,
  disabled_reason TEXT,
  forced_down INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX nova_hosts_host_key ON nova_hosts (host);
CREATE TABLE nova_flavors (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  vcpus INTEGER NOT NULL,
  memory_mib INTEGER NOT NULL,
  disk_gib INTEGER NOT NULL,
  ephemeral_gib INTEGER NOT NULL,
  swap_mib INTEGER NOT NULL,
  rxtx_factor REAL NOT NULL,
  is_public INTEGER NOT NULL,
  disabled INTEGER NOT NULL,
  description TEXT,
  extra_specs TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX nova_flavors_name_key ON nova_flavors (name);
CREATE TABLE nova_flavor_accesses (
  flavor_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  PRIMARY KEY (flavor_id, project_id)
);
CREATE INDEX nova_flavor_accesses_project_id_idx ON nova_flavor_accesses (project_id);
CREATE TABLE nova_key_pairs (
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  public_key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX nova_key_pairs_user_id_name_key ON nova_key_pairs (user_id, name);
CREATE TABLE nova_quotas (
  project_id TEXT NOT NULL,
  resource TEXT NOT NULL,
  quota_limit INTEGER NOT NULL,
  PRIMARY KEY (project_id, resource)
);
CREATE TABLE nova_server_groups (
  id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  name TEXT NOT NULL,
  policy TEXT NOT NULL,
  max_server_per_host INTEGER,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX nova_server_groups_project_id_idx ON nova_server_groups (project_id);
CREATE TABLE nova_server_group_members (
  server_id TEXT NOT NULL,
  group_id TEXT NOT NULL,
  PRIMARY KEY (server_id)
);
CREATE INDEX nova_server_group_members_group_id_idx ON nova_server_group_members (group_id);
CREATE TABLE nova_aggregates (
  number INTEGER NOT NULL,
  uuid TEXT NOT NULL,
  name TEXT NOT NULL,
  hosts TEXT NOT NULL,
  metadata TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER,
  generation INTEGER NOT NULL,
  PRIMARY KEY (number)
);
CREATE UNIQUE INDEX nova_aggregates_name_key ON nova_aggregates (name);
CREATE TABLE nova_console_tokens (
  token TEXT NOT NULL,
  server_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  host TEXT NOT NULL,
  port INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (token)
);
CREATE INDEX nova_console_tokens_server_id_idx ON nova_console_tokens (server_id);
CREATE INDEX nova_console_tokens_expires_at_idx ON nova_console_tokens (expires_at);
CREATE TABLE nova_server_passwords (
  server_id TEXT NOT NULL,
  encrypted TEXT NOT NULL,
  PRIMARY KEY (server_id)
);


-- nova, version 1, postgres
CREATE TABLE nova_servers (
  id TEXT COLLATE "C" NOT NULL,
  project_id TEXT COLLATE "C" NOT NULL,
  user_id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  hostname TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C",
  state TEXT COLLATE "C" NOT NULL,
  doing TEXT COLLATE "C",
  saga TEXT COLLATE "C",
  power BIGINT NOT NULL,
  host TEXT COLLATE "C",
  availability_zone TEXT COLLATE "C",
  pinned_zone TEXT COLLATE "C",
  flavor TEXT COLLATE "C" NOT NULL,
  flavor_id TEXT COLLATE "C" NOT NULL,
  vcpus BIGINT NOT NULL,
  memory_mib BIGINT NOT NULL,
  image_id TEXT COLLATE "C",
  key_name TEXT COLLATE "C",
  key_public TEXT COLLATE "C",
  user_data TEXT COLLATE "C",
  metadata TEXT COLLATE "C" NOT NULL,
  tags TEXT COLLATE "C" NOT NULL,
  nics TEXT COLLATE "C" NOT NULL,
  config_drive BIGINT NOT NULL,
  root_device TEXT COLLATE "C" NOT NULL,
  access_ipv4 TEXT COLLATE "C",
  access_ipv6 TEXT COLLATE "C",
  reservation_id TEXT COLLATE "C" NOT NULL,
  launch_index BIGINT NOT NULL,
  locked BIGINT NOT NULL,
  locked_reason TEXT COLLATE "C",
  locked_by TEXT COLLATE "C",
  fault TEXT COLLATE "C",
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  launched_at BIGINT,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX nova_servers_project_id_idx ON nova_servers (project_id);
CREATE INDEX nova_servers_host_idx ON nova_servers (host);
CREATE INDEX nova_servers_reservation_id_idx ON nova_servers (reservation_id);
CREATE TABLE nova_instance_actions (
  id TEXT COLLATE "C" NOT NULL,
  server_id TEXT COLLATE "C" NOT NULL,
  project_id TEXT COLLATE "C" NOT NULL,
  user_id TEXT COLLATE "C" NOT NULL,
  request_id TEXT COLLATE "C" NOT NULL,
  action TEXT COLLATE "C" NOT NULL,
  saga TEXT COLLATE "C",
  host TEXT COLLATE "C",
  message TEXT COLLATE "C",
  result TEXT COLLATE "C",
  start_time BIGINT NOT NULL,
  finish_time BIGINT,
  PRIMARY KEY (id)
);
CREATE INDEX nova_instance_actions_server_id_idx ON nova_instance_actions (server_id);
CREATE INDEX nova_instance_actions_saga_idx ON nova_instance_actions (saga);
CREATE TABLE nova_volume_attachments (
  id TEXT COLLATE "C" NOT NULL,
  server_id TEXT COLLATE "C" NOT NULL,
  volume_id TEXT COLLATE "C" NOT NULL,
  attachment_id TEXT COLLATE "C",
  device TEXT COLLATE "C",
  boot_index BIGINT,
  delete_on_termination BIGINT NOT NULL,
  tag TEXT COLLATE "C",
  state TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX nova_volume_attachments_server_id_volume_id_key ON nova_volume_attachments (server_id, volume_id);
CREATE INDEX nova_volume_attachments_volume_id_idx ON nova_volume_attachments (volume_id);
CREATE TABLE nova_hosts (
  id TEXT COLLATE "C" NOT NULL,
  host TEXT COLLATE "C" NOT NULL,
  hypervisor_type TEXT COLLATE "C" NOT NULL,
  hypervisor_version BIGINT NOT NULL,
  vcpus BIGINT NOT NULL,
  memory_mib BIGINT NOT NULL,
  disk_gib BIGINT NOT NULL,
  architecture TEXT COLLATE "C" NOT NULL,
  cpu_model TEXT COLLATE "C" NOT NULL,
  availability_zone TEXT COLLATE "C" NOT NULL,
  disabled BIGINT NOT NULL,
  disabled_reason TEXT COLLATE "C",
  forced_down BIGINT NOT NULL,
  last_seen BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX nova_hosts_host_key ON nova_hosts (host);
CREATE TABLE nova_flavors (
  id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  vcpus BIGINT NOT NULL,
  memory_mib BIGINT NOT NULL,
  disk_gib BIGINT NOT NULL,
  ephemeral_gib BIGINT NOT NULL,
  swap_mib BIGINT NOT NULL,
  rxtx_factor DOUBLE PRECISION NOT NULL,
  is_public BIGINT NOT NULL,
  disabled BIGINT NOT NULL,
  description TEXT COLLATE "C",
  extra_specs TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX nova_flavors_name_key ON nova_flavors (name);
CREATE TABLE nova_flavor_accesses (
  flavor_id TEXT COLLATE "C" NOT NULL,
  project_id TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (flavor_id, project_id)
);
CREATE INDEX nova_flavor_accesses_project_id_idx ON nova_flavor_accesses (project_id);
CREATE TABLE nova_key_pairs (
  id TEXT COLLATE "C" NOT NULL,
  user_id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  type TEXT COLLATE "C" NOT NULL,
  public_key TEXT COLLATE "C" NOT NULL,
  fingerprint TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX nova_key_pairs_user_id_name_key ON nova_key_pairs (user_id, name);
CREATE TABLE nova_quotas (
  project_id TEXT COLLATE "C" NOT NULL,
  resource TEXT COLLATE "C" NOT NULL,
  quota_limit BIGINT NOT NULL,
  PRIMARY KEY (project_id, resource)
);
CREATE TABLE nova_server_groups (
  id TEXT COLLATE "C" NOT NULL,
  project_id TEXT COLLATE "C" NOT NULL,
  user_id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  policy TEXT COLLATE "C" NOT NULL,
  max_server_per_host BIGINT,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX nova_server_groups_project_id_idx ON nova_server_groups (project_id);
CREATE TABLE nova_server_group_members (
  server_id TEXT COLLATE "C" NOT NULL,
  group_id TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (server_id)
);
CREATE INDEX nova_server_group_members_group_id_idx ON nova_server_group_members (group_id);
CREATE TABLE nova_aggregates (
  number BIGINT NOT NULL,
  uuid TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  hosts TEXT COLLATE "C" NOT NULL,
  metadata TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT,
  generation BIGINT NOT NULL,
  PRIMARY KEY (number)
);
CREATE UNIQUE INDEX nova_aggregates_name_key ON nova_aggregates (name);
CREATE TABLE nova_console_tokens (
  token TEXT COLLATE "C" NOT NULL,
  server_id TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  host TEXT COLLATE "C" NOT NULL,
  port BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (token)
);
CREATE INDEX nova_console_tokens_server_id_idx ON nova_console_tokens (server_id);
CREATE INDEX nova_console_tokens_expires_at_idx ON nova_console_tokens (expires_at);
CREATE TABLE nova_server_passwords (
  server_id TEXT COLLATE "C" NOT NULL,
  encrypted TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (server_id)
);
