-- placement, version 1, sqlite
CREATE TABLE placement_resource_providers (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  generation INTEGER NOT NULL,
  root_id TEXT NOT NULL,
  parent_id TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX placement_resource_providers_name_key ON placement_resource_providers (name);
CREATE INDEX placement_resource_providers_root_id_idx ON placement_resource_providers (root_id);
CREATE INDEX placement_resource_providers_parent_id_idx ON placement_resource_providers (parent_id);
CREATE TABLE placement_inventories (
  provider_id TEXT NOT NULL,
  resource_class TEXT NOT NULL,
  total INTEGER NOT NULL,
  reserved INTEGER NOT NULL,
  min_unit INTEGER NOT NULL,
  max_unit INTEGER NOT NULL,
  step_size INTEGER NOT NULL,
  allocation_ratio REAL NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (provider_id, resource_class)
);
CREATE INDEX placement_inventories_resource_class_idx ON placement_inventories (resource_class);
CREATE TABLE placement_provider_traits (
  provider_id TEXT NOT NULL,
  trait TEXT NOT NULL,
  PRIMARY KEY (provider_id, trait)
);
CREATE INDEX placement_provider_traits_trait_idx ON placement_provider_traits (trait);
CREATE TABLE placement_provider_aggregates (
  provider_id TEXT NOT NULL,
  aggregate TEXT NOT NULL,
  PRIMARY KEY (provider_id, aggregate)
);
CREATE INDEX placement_provider_aggregates_aggregate_idx ON placement_provider_aggregates (aggregate);
CREATE TABLE placement_traits (
  name TEXT NOT NULL,
  PRIMARY KEY (name)
);
CREATE TABLE placement_resource_classes (
  name TEXT NOT NULL,
  PRIMARY KEY (name)
);
CREATE TABLE placement_consumers (
  id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  type TEXT,
  generation INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX placement_consumers_project_id_idx ON placement_consumers (project_id);
CREATE TABLE placement_allocations (
  consumer_id TEXT NOT NULL,
  provider_id TEXT NOT NULL,
  resource_class TEXT NOT NULL,
  used INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (consumer_id, provider_id, resource_class)
);
CREATE INDEX placement_allocations_provider_id_resource_class_idx ON placement_allocations (provider_id, resource_class);


-- placement, version 1, postgres
CREATE TABLE placement_resource_providers (
  id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  generation BIGINT NOT NULL,
  root_id TEXT COLLATE "C" NOT NULL,
  parent_id TEXT COLLATE "C",
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX placement_resource_providers_name_key ON placement_resource_providers (name);
CREATE INDEX placement_resource_providers_root_id_idx ON placement_resource_providers (root_id);
CREATE INDEX placement_resource_providers_parent_id_idx ON placement_resource_providers (parent_id);
CREATE TABLE placement_inventories (
  provider_id TEXT COLLATE "C" NOT NULL,
  resource_class TEXT COLLATE "C" NOT NULL,
  total BIGINT NOT NULL,
  reserved BIGINT NOT NULL,
  min_unit BIGINT NOT NULL,
  max_unit BIGINT NOT NULL,
  step_size BIGINT NOT NULL,
  allocation_ratio DOUBLE PRECISION NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (provider_id, resource_class)
);
CREATE INDEX placement_inventories_resource_class_idx ON placement_inventories (resource_class);
CREATE TABLE placement_provider_traits (
  provider_id TEXT COLLATE "C" NOT NULL,
  trait TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (provider_id, trait)
);
CREATE INDEX placement_provider_traits_trait_idx ON placement_provider_traits (trait);
CREATE TABLE placement_provider_aggregates (
  provider_id TEXT COLLATE "C" NOT NULL,
  aggregate TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (provider_id, aggregate)
);
CREATE INDEX placement_provider_aggregates_aggregate_idx ON placement_provider_aggregates (aggregate);
CREATE TABLE placement_traits (
  name TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (name)
);
CREATE TABLE placement_resource_classes (
  name TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (name)
);
CREATE TABLE placement_consumers (
  id TEXT COLLATE "C" NOT NULL,
  project_id TEXT COLLATE "C" NOT NULL,
  user_id TEXT COLLATE "C" NOT NULL,
  type TEXT COLLATE "C",
  generation BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX placement_consumers_project_id_idx ON placement_consumers (project_id);
CREATE TABLE placement_allocations (
  consumer_id TEXT COLLATE "C" NOT NULL,
  provider_id TEXT COLLATE "C" NOT NULL,
  resource_class TEXT COLLATE "C" NOT NULL,
  used BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (consumer_id, provider_id, resource_class)
);
CREATE INDEX placement_allocations_provider_id_resource_class_idx ON placement_allocations (provider_id, resource_class);
