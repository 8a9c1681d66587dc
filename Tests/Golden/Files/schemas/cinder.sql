-- cinder, version 1, sqlite
CREATE TABLE cinder_volumes (
  id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  size INTEGER NOT NULL,
  state TEXT NOT NULL,
  doing TEXT,
  saga TEXT,
  host TEXT,
  availability_zone TEXT NOT NULL,
  type_id TEXT,
  snapshot_id TEXT,
  source_id TEXT,
  metadata TEXT NOT NULL,
  image_metadata TEXT,
  bootable INTEGER NOT NULL,
  multiattach INTEGER NOT NULL,
  is_read_only INTEGER NOT NULL,
  extending_to INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX cinder_volumes_project_id_idx ON cinder_volumes (project_id);
CREATE INDEX cinder_volumes_host_idx ON cinder_volumes (host);
CREATE INDEX cinder_volumes_type_id_idx ON cinder_volumes (type_id);
CREATE TABLE cinder_attachments (
  id TEXT NOT NULL,
  volume_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  server_id TEXT,
  state TEXT NOT NULL,
  mode TEXT,
  connector TEXT NOT NULL,
  connection_info TEXT NOT NULL,
  host TEXT,
  mountpoint TEXT,
  attached_at INTEGER,
  created_at INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX cinder_attachments_volume_id_idx ON cinder_attachments (volume_id);
CREATE INDEX cinder_attachments_server_id_idx ON cinder_attachments (server_id);
CREATE INDEX cinder_attachments_project_id_idx ON cinder_attachments (project_id);
CREATE TABLE cinder_snapshots (
  id TEXT NOT NULL,
  volume_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  size INTEGER NOT NULL,
  state TEXT NOT NULL,
  doing TEXT,
  saga TEXT,
  host TEXT,
  metadata TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX cinder_snapshots_project_id_idx ON cinder_snapshots (project_id);
CREATE INDEX cinder_snapshots_volume_id_idx ON cinder_snapshots (volume_id);
CREATE TABLE cinder_volume_types (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  is_public INTEGER NOT NULL,
  extra_specs TEXT NOT NULL,
  projects TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX cinder_volume_types_name_key ON cinder_volume_types (name);
CREATE TABLE cinder_quotas (
  project_id TEXT NOT NULL,
  limits TEXT NOT NULL,
  PRIMARY KEY (project_id)
);
CREATE TABLE cinder_transfers (
  id TEXT NOT NULL,
  volume_id TEXT NOT NULL,
  name TEXT NOT NULL,
  project_id TEXT NOT NULL,
  key_hash TEXT NOT NULL,
  without_snapshots INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX cinder_transfers_volume_id_key ON cinder_transfers (volume_id);
CREATE INDEX cinder_transfers_project_id_idx ON cinder_transfers (project_id);
CREATE TABLE cinder_hosts (
  id TEXT NOT NULL,
  total_gib INTEGER NOT NULL,
  free_gib INTEGER NOT NULL,
  availability_zone TEXT NOT NULL,
  is_disabled INTEGER NOT NULL,
  disabled_reason TEXT,
  last_seen INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE TABLE cinder_messages (
  id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  request_id TEXT,
  action TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  text TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX cinder_messages_project_id_idx ON cinder_messages (project_id);
CREATE INDEX cinder_messages_resource_id_idx ON cinder_messages (resource_id);
CREATE INDEX cinder_messages_expires_at_idx ON cinder_messages (expires_at);


-- cinder, version 1, postgres
CREATE TABLE cinder_volumes (
  id TEXT COLLATE "C" NOT NULL,
  project_id TEXT COLLATE "C" NOT NULL,
  user_id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C",
  size BIGINT NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  doing TEXT COLLATE "C",
  saga TEXT COLLATE "C",
  host TEXT COLLATE "C",
  availability_zone TEXT COLLATE "C" NOT NULL,
  type_id TEXT COLLATE "C",
  snapshot_id TEXT COLLATE "C",
  source_id TEXT COLLATE "C",
  metadata TEXT COLLATE "C" NOT NULL,
  image_metadata TEXT COLLATE "C",
  bootable BIGINT NOT NULL,
  multiattach BIGINT NOT NULL,
  is_read_only BIGINT NOT NULL,
  extending_to BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX cinder_volumes_project_id_idx ON cinder_volumes (project_id);
CREATE INDEX cinder_volumes_host_idx ON cinder_volumes (host);
CREATE INDEX cinder_volumes_type_id_idx ON cinder_volumes (type_id);
CREATE TABLE cinder_attachments (
  id TEXT COLLATE "C" NOT NULL,
  volume_id TEXT COLLATE "C" NOT NULL,
  project_id TEXT COLLATE "C" NOT NULL,
  server_id TEXT COLLATE "C",
  state TEXT COLLATE "C" NOT NULL,
  mode TEXT COLLATE "C",
  connector TEXT COLLATE "C" NOT NULL,
  connection_info TEXT COLLATE "C" NOT NULL,
  host TEXT COLLATE "C",
  mountpoint TEXT COLLATE "C",
  attached_at BIGINT,
  created_at BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX cinder_attachments_volume_id_idx ON cinder_attachments (volume_id);
CREATE INDEX cinder_attachments_server_id_idx ON cinder_attachments (server_id);
CREATE INDEX cinder_attachments_project_id_idx ON cinder_attachments (project_id);
CREATE TABLE cinder_snapshots (
  id TEXT COLLATE "C" NOT NULL,
  volume_id TEXT COLLATE "C" NOT NULL,
  project_id TEXT COLLATE "C" NOT NULL,
  user_id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C",
  size BIGINT NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  doing TEXT COLLATE "C",
  saga TEXT COLLATE "C",
  host TEXT COLLATE "C",
  metadata TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX cinder_snapshots_project_id_idx ON cinder_snapshots (project_id);
CREATE INDEX cinder_snapshots_volume_id_idx ON cinder_snapshots (volume_id);
CREATE TABLE cinder_volume_types (
  id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C",
  is_public BIGINT NOT NULL,
  extra_specs TEXT COLLATE "C" NOT NULL,
  projects TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX cinder_volume_types_name_key ON cinder_volume_types (name);
CREATE TABLE cinder_quotas (
  project_id TEXT COLLATE "C" NOT NULL,
  limits TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (project_id)
);
CREATE TABLE cinder_transfers (
  id TEXT COLLATE "C" NOT NULL,
  volume_id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  project_id TEXT COLLATE "C" NOT NULL,
  key_hash TEXT COLLATE "C" NOT NULL,
  without_snapshots BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX cinder_transfers_volume_id_key ON cinder_transfers (volume_id);
CREATE INDEX cinder_transfers_project_id_idx ON cinder_transfers (project_id);
CREATE TABLE cinder_hosts (
  id TEXT COLLATE "C" NOT NULL,
  total_gib BIGINT NOT NULL,
  free_gib BIGINT NOT NULL,
  availability_zone TEXT COLLATE "C" NOT NULL,
  is_disabled BIGINT NOT NULL,
  disabled_reason TEXT COLLATE "C",
  last_seen BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE TABLE cinder_messages (
  id TEXT COLLATE "C" NOT NULL,
  project_id TEXT COLLATE "C" NOT NULL,
  request_id TEXT COLLATE "C",
  action TEXT COLLATE "C" NOT NULL,
  resource_id TEXT COLLATE "C" NOT NULL,
  text TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX cinder_messages_project_id_idx ON cinder_messages (project_id);
CREATE INDEX cinder_messages_resource_id_idx ON cinder_messages (resource_id);
CREATE INDEX cinder_messages_expires_at_idx ON cinder_messages (expires_at);
