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
CREATE TABLE glance_image_members (
  image_id TEXT NOT NULL,
  member_id TEXT NOT NULL,
  status TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (image_id, member_id)
);
CREATE INDEX glance_image_members_member_id_idx ON glance_image_members (member_id);


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
CREATE TABLE glance_image_members (
  image_id TEXT COLLATE "C" NOT NULL,
  member_id TEXT COLLATE "C" NOT NULL,
  status TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (image_id, member_id)
);
CREATE INDEX glance_image_members_member_id_idx ON glance_image_members (member_id);
