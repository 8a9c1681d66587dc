-- glance, version 2, sqlite
CREATE TABLE glance_images (
  id TEXT NOT NULL,
  generation INTEGER NOT NULL,
  name TEXT,
  status TEXT NOT NULL,
  visibility TEXT NOT NULL,
  owner TEXT,
  disk_format TEXT,
  container_format TEXT,
  size INTEGER,
  virtual_size INTEGER,
  checksum TEXT,
  hash_value TEXT,
  min_disk INTEGER NOT NULL,
  min_ram INTEGER NOT NULL,
  protected INTEGER NOT NULL,
  hidden INTEGER NOT NULL,
  tags TEXT NOT NULL,
  properties TEXT NOT NULL,
  stored_hash TEXT,
  upload_id TEXT,
  upload_until INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  hash_algorithm TEXT,
  locations TEXT NOT NULL DEFAULT '[]',
  PRIMARY KEY (id)
);
CREATE INDEX glance_images_name_idx ON glance_images (name);
CREATE INDEX glance_images_status_idx ON glance_images (status);
CREATE INDEX glance_images_visibility_idx ON glance_images (visibility);
CREATE INDEX glance_images_owner_idx ON glance_images (owner);
CREATE INDEX glance_images_stored_hash_idx ON glance_images (stored_hash);
CREATE INDEX glance_images_created_at_idx ON glance_images (created_at);
CREATE INDEX glance_images_hash_value_idx ON glance_images (hash_value);
CREATE TABLE glance_image_places (
  image_id TEXT NOT NULL,
  store TEXT NOT NULL,
  place_key TEXT NOT NULL,
  PRIMARY KEY (image_id, store, place_key)
);
CREATE INDEX glance_image_places_place_key_idx ON glance_image_places (place_key);
CREATE TABLE glance_image_members (
  image_id TEXT NOT NULL,
  member_id TEXT NOT NULL,
  status TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  can_share INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (image_id, member_id)
);
CREATE INDEX glance_image_members_member_id_idx ON glance_image_members (member_id);
CREATE TABLE glance_deleted_images (
  id TEXT NOT NULL,
  generation INTEGER NOT NULL,
  name TEXT,
  status TEXT NOT NULL,
  visibility TEXT NOT NULL,
  owner TEXT,
  disk_format TEXT,
  container_format TEXT,
  size INTEGER,
  virtual_size INTEGER,
  checksum TEXT,
  hash_value TEXT,
  hash_algorithm TEXT,
  min_disk INTEGER NOT NULL,
  min_ram INTEGER NOT NULL,
  protected INTEGER NOT NULL,
  hidden INTEGER NOT NULL,
  tags TEXT NOT NULL,
  properties TEXT NOT NULL,
  stored_hash TEXT,
  locations TEXT NOT NULL,
  upload_id TEXT,
  upload_until INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX glance_deleted_images_name_idx ON glance_deleted_images (name);
CREATE INDEX glance_deleted_images_status_idx ON glance_deleted_images (status);
CREATE INDEX glance_deleted_images_visibility_idx ON glance_deleted_images (visibility);
CREATE INDEX glance_deleted_images_owner_idx ON glance_deleted_images (owner);
CREATE INDEX glance_deleted_images_stored_hash_idx ON glance_deleted_images (stored_hash);
CREATE INDEX glance_deleted_images_created_at_idx ON glance_deleted_images (created_at);
CREATE INDEX glance_deleted_images_deleted_at_idx ON glance_deleted_images (deleted_at);
CREATE TABLE glance_tasks (
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  status TEXT NOT NULL,
  owner TEXT NOT NULL,
  input TEXT NOT NULL,
  result TEXT NOT NULL,
  message TEXT NOT NULL,
  image_id TEXT,
  request_id TEXT,
  user_id TEXT,
  expires_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX glance_tasks_image_id_idx ON glance_tasks (image_id);
CREATE INDEX glance_tasks_expires_at_idx ON glance_tasks (expires_at);
CREATE TABLE glance_cached_images (
  image_id TEXT NOT NULL,
  node TEXT NOT NULL,
  status TEXT NOT NULL,
  size INTEGER NOT NULL,
  hits INTEGER NOT NULL,
  cached_at INTEGER NOT NULL,
  read_at INTEGER NOT NULL,
  content_key TEXT,
  ticket TEXT NOT NULL,
  PRIMARY KEY (image_id, node)
);
CREATE INDEX glance_cached_images_content_key_idx ON glance_cached_images (content_key);
CREATE TABLE glance_nodes (
  name TEXT NOT NULL,
  url TEXT NOT NULL,
  PRIMARY KEY (name)
);
CREATE TABLE glance_metadef_namespaces (
  id TEXT NOT NULL,
  generation INTEGER NOT NULL,
  namespace TEXT NOT NULL,
  display_name TEXT,
  description TEXT,
  visibility TEXT NOT NULL,
  owner TEXT NOT NULL,
  protected INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX glance_metadef_namespaces_namespace_key ON glance_metadef_namespaces (namespace);
CREATE TABLE glance_metadef_items (
  id TEXT NOT NULL,
  namespace_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  content TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX glance_metadef_items_namespace_id_kind_name_key ON glance_metadef_items (namespace_id, kind, name);
CREATE TABLE glance_metadef_resource_types (
  name TEXT NOT NULL,
  protected INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (name)
);
CREATE TABLE glance_metadef_associations (
  namespace_id TEXT NOT NULL,
  name TEXT NOT NULL,
  prefix TEXT,
  properties_target TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (namespace_id, name)
);
CREATE INDEX glance_metadef_associations_name_idx ON glance_metadef_associations (name);
CREATE TABLE glance_metadef_loadings (
  name TEXT NOT NULL,
  loaded_at INTEGER NOT NULL,
  PRIMARY KEY (name)
);


-- glance, version 2, postgres
CREATE TABLE glance_images (
  id TEXT COLLATE "C" NOT NULL,
  generation BIGINT NOT NULL,
  name TEXT COLLATE "C",
  status TEXT COLLATE "C" NOT NULL,
  visibility TEXT COLLATE "C" NOT NULL,
  owner TEXT COLLATE "C",
  disk_format TEXT COLLATE "C",
  container_format TEXT COLLATE "C",
  size BIGINT,
  virtual_size BIGINT,
  checksum TEXT COLLATE "C",
  hash_value TEXT COLLATE "C",
  min_disk BIGINT NOT NULL,
  min_ram BIGINT NOT NULL,
  protected BIGINT NOT NULL,
  hidden BIGINT NOT NULL,
  tags TEXT COLLATE "C" NOT NULL,
  properties TEXT COLLATE "C" NOT NULL,
  stored_hash TEXT COLLATE "C",
  upload_id TEXT COLLATE "C",
  upload_until BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  hash_algorithm TEXT COLLATE "C",
  locations TEXT COLLATE "C" NOT NULL DEFAULT '[]',
  PRIMARY KEY (id)
);
CREATE INDEX glance_images_name_idx ON glance_images (name);
CREATE INDEX glance_images_status_idx ON glance_images (status);
CREATE INDEX glance_images_visibility_idx ON glance_images (visibility);
CREATE INDEX glance_images_owner_idx ON glance_images (owner);
CREATE INDEX glance_images_stored_hash_idx ON glance_images (stored_hash);
CREATE INDEX glance_images_created_at_idx ON glance_images (created_at);
CREATE INDEX glance_images_hash_value_idx ON glance_images (hash_value);
CREATE TABLE glance_image_places (
  image_id TEXT COLLATE "C" NOT NULL,
  store TEXT COLLATE "C" NOT NULL,
  place_key TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (image_id, store, place_key)
);
CREATE INDEX glance_image_places_place_key_idx ON glance_image_places (place_key);
CREATE TABLE glance_image_members (
  image_id TEXT COLLATE "C" NOT NULL,
  member_id TEXT COLLATE "C" NOT NULL,
  status TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  can_share BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (image_id, member_id)
);
CREATE INDEX glance_image_members_member_id_idx ON glance_image_members (member_id);
CREATE TABLE glance_deleted_images (
  id TEXT COLLATE "C" NOT NULL,
  generation BIGINT NOT NULL,
  name TEXT COLLATE "C",
  status TEXT COLLATE "C" NOT NULL,
  visibility TEXT COLLATE "C" NOT NULL,
  owner TEXT COLLATE "C",
  disk_format TEXT COLLATE "C",
  container_format TEXT COLLATE "C",
  size BIGINT,
  virtual_size BIGINT,
  checksum TEXT COLLATE "C",
  hash_value TEXT COLLATE "C",
  hash_algorithm TEXT COLLATE "C",
  min_disk BIGINT NOT NULL,
  min_ram BIGINT NOT NULL,
  protected BIGINT NOT NULL,
  hidden BIGINT NOT NULL,
  tags TEXT COLLATE "C" NOT NULL,
  properties TEXT COLLATE "C" NOT NULL,
  stored_hash TEXT COLLATE "C",
  locations TEXT COLLATE "C" NOT NULL,
  upload_id TEXT COLLATE "C",
  upload_until BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  deleted_at BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX glance_deleted_images_name_idx ON glance_deleted_images (name);
CREATE INDEX glance_deleted_images_status_idx ON glance_deleted_images (status);
CREATE INDEX glance_deleted_images_visibility_idx ON glance_deleted_images (visibility);
CREATE INDEX glance_deleted_images_owner_idx ON glance_deleted_images (owner);
CREATE INDEX glance_deleted_images_stored_hash_idx ON glance_deleted_images (stored_hash);
CREATE INDEX glance_deleted_images_created_at_idx ON glance_deleted_images (created_at);
CREATE INDEX glance_deleted_images_deleted_at_idx ON glance_deleted_images (deleted_at);
CREATE TABLE glance_tasks (
  id TEXT COLLATE "C" NOT NULL,
  type TEXT COLLATE "C" NOT NULL,
  status TEXT COLLATE "C" NOT NULL,
  owner TEXT COLLATE "C" NOT NULL,
  input TEXT COLLATE "C" NOT NULL,
  result TEXT COLLATE "C" NOT NULL,
  message TEXT COLLATE "C" NOT NULL,
  image_id TEXT COLLATE "C",
  request_id TEXT COLLATE "C",
  user_id TEXT COLLATE "C",
  expires_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX glance_tasks_image_id_idx ON glance_tasks (image_id);
CREATE INDEX glance_tasks_expires_at_idx ON glance_tasks (expires_at);
CREATE TABLE glance_cached_images (
  image_id TEXT COLLATE "C" NOT NULL,
  node TEXT COLLATE "C" NOT NULL,
  status TEXT COLLATE "C" NOT NULL,
  size BIGINT NOT NULL,
  hits BIGINT NOT NULL,
  cached_at BIGINT NOT NULL,
  read_at BIGINT NOT NULL,
  content_key TEXT COLLATE "C",
  ticket TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (image_id, node)
);
CREATE INDEX glance_cached_images_content_key_idx ON glance_cached_images (content_key);
CREATE TABLE glance_nodes (
  name TEXT COLLATE "C" NOT NULL,
  url TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (name)
);
CREATE TABLE glance_metadef_namespaces (
  id TEXT COLLATE "C" NOT NULL,
  generation BIGINT NOT NULL,
  namespace TEXT COLLATE "C" NOT NULL,
  display_name TEXT COLLATE "C",
  description TEXT COLLATE "C",
  visibility TEXT COLLATE "C" NOT NULL,
  owner TEXT COLLATE "C" NOT NULL,
  protected BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX glance_metadef_namespaces_namespace_key ON glance_metadef_namespaces (namespace);
CREATE TABLE glance_metadef_items (
  id TEXT COLLATE "C" NOT NULL,
  namespace_id TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  content TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX glance_metadef_items_namespace_id_kind_name_key ON glance_metadef_items (namespace_id, kind, name);
CREATE TABLE glance_metadef_resource_types (
  name TEXT COLLATE "C" NOT NULL,
  protected BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (name)
);
CREATE TABLE glance_metadef_associations (
  namespace_id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  prefix TEXT COLLATE "C",
  properties_target TEXT COLLATE "C",
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (namespace_id, name)
);
CREATE INDEX glance_metadef_associations_name_idx ON glance_metadef_associations (name);
CREATE TABLE glance_metadef_loadings (
  name TEXT COLLATE "C" NOT NULL,
  loaded_at BIGINT NOT NULL,
  PRIMARY KEY (name)
);
