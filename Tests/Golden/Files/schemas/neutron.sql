-- neutron, version 2, sqlite
CREATE TABLE neutron_networks (
  id TEXT NOT NULL,
  admin_state_up INTEGER NOT NULL,
  shared INTEGER NOT NULL,
  external INTEGER NOT NULL,
  is_default INTEGER NOT NULL,
  mtu INTEGER NOT NULL,
  network_type TEXT NOT NULL,
  physical_network TEXT,
  segmentation_id INTEGER,
  port_security_enabled INTEGER NOT NULL,
  project_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  tags TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  dns_domain TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX neutron_networks_segmentation_id_key ON neutron_networks (segmentation_id);
CREATE INDEX neutron_networks_project_id_idx ON neutron_networks (project_id);
CREATE TABLE neutron_subnets (
  id TEXT NOT NULL,
  network_id TEXT NOT NULL,
  cidr TEXT NOT NULL,
  ip_version INTEGER NOT NULL,
  gateway_ip TEXT,
  enable_dhcp INTEGER NOT NULL,
  allocation_pools TEXT NOT NULL,
  dns_nameservers TEXT NOT NULL,
  host_routes TEXT NOT NULL,
  ipv6_address_mode TEXT,
  ipv6_ra_mode TEXT,
  subnetpool_id TEXT,
  service_types TEXT NOT NULL,
  project_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  tags TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX neutron_subnets_network_id_idx ON neutron_subnets (network_id);
CREATE INDEX neutron_subnets_subnetpool_id_idx ON neutron_subnets (subnetpool_id);
CREATE INDEX neutron_subnets_project_id_idx ON neutron_subnets (project_id);
CREATE TABLE neutron_ports (
  id TEXT NOT NULL,
  network_id TEXT NOT NULL,
  admin_state_up INTEGER NOT NULL,
  status TEXT NOT NULL,
  mac_address TEXT NOT NULL,
  fixed_ips TEXT NOT NULL,
  device_id TEXT NOT NULL,
  device_owner TEXT NOT NULL,
  host_id TEXT NOT NULL,
  vnic_type TEXT NOT NULL,
  profile TEXT NOT NULL,
  port_security_enabled INTEGER NOT NULL,
  security_groups TEXT NOT NULL,
  allowed_address_pairs TEXT NOT NULL,
  extra_dhcp_opts TEXT NOT NULL,
  dns_name TEXT NOT NULL,
  project_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  tags TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX neutron_ports_device_id_idx ON neutron_ports (device_id);
CREATE INDEX neutron_ports_host_id_idx ON neutron_ports (host_id);
CREATE INDEX neutron_ports_project_id_idx ON neutron_ports (project_id);
CREATE UNIQUE INDEX neutron_ports_network_id_mac_address_key ON neutron_ports (network_id, mac_address);
CREATE TABLE neutron_addresses (
  subnet_id TEXT NOT NULL,
  address TEXT NOT NULL,
  network_id TEXT NOT NULL,
  port_id TEXT NOT NULL,
  PRIMARY KEY (subnet_id, address)
);
CREATE INDEX neutron_addresses_port_id_idx ON neutron_addresses (port_id);
CREATE INDEX neutron_addresses_network_id_address_idx ON neutron_addresses (network_id, address);
CREATE TABLE neutron_group_members (
  group_id TEXT NOT NULL,
  port_id TEXT NOT NULL,
  PRIMARY KEY (group_id, port_id)
);
CREATE INDEX neutron_group_members_port_id_idx ON neutron_group_members (port_id);
CREATE TABLE neutron_routers (
  id TEXT NOT NULL,
  admin_state_up INTEGER NOT NULL,
  external_network_id TEXT,
  gateway_port_id TEXT,
  enable_snat INTEGER NOT NULL,
  routes TEXT NOT NULL,
  project_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  tags TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX neutron_routers_external_network_id_idx ON neutron_routers (external_network_id);
CREATE INDEX neutron_routers_project_id_idx ON neutron_routers (project_id);
CREATE TABLE neutron_floating_ips (
  id TEXT NOT NULL,
  network_id TEXT NOT NULL,
  address TEXT NOT NULL,
  holder_id TEXT NOT NULL,
  port_id TEXT,
  fixed_ip_address TEXT,
  router_id TEXT,
  project_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  tags TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX neutron_floating_ips_network_id_idx ON neutron_floating_ips (network_id);
CREATE INDEX neutron_floating_ips_port_id_idx ON neutron_floating_ips (port_id);
CREATE INDEX neutron_floating_ips_router_id_idx ON neutron_floating_ips (router_id);
CREATE INDEX neutron_floating_ips_project_id_idx ON neutron_floating_ips (project_id);
CREATE UNIQUE INDEX neutron_floating_ips_network_id_address_key ON neutron_floating_ips (network_id, address);
CREATE TABLE neutron_security_groups (
  id TEXT NOT NULL,
  stateful INTEGER NOT NULL,
  shared INTEGER NOT NULL,
  project_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  tags TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX neutron_security_groups_project_id_idx ON neutron_security_groups (project_id);
CREATE UNIQUE INDEX neutron_security_groups_project_id_name_key ON neutron_security_groups (project_id, name) WHERE name = 'default';
CREATE TABLE neutron_security_group_rules (
  id TEXT NOT NULL,
  security_group_id TEXT NOT NULL,
  direction TEXT NOT NULL,
  ethertype TEXT NOT NULL,
  protocol TEXT,
  port_range_min INTEGER,
  port_range_max INTEGER,
  remote_group_id TEXT,
  remote_ip_prefix TEXT,
  project_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  tags TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX neutron_security_group_rules_security_group_id_idx ON neutron_security_group_rules (security_group_id);
CREATE INDEX neutron_security_group_rules_remote_group_id_idx ON neutron_security_group_rules (remote_group_id);
CREATE INDEX neutron_security_group_rules_project_id_idx ON neutron_security_group_rules (project_id);
CREATE TABLE neutron_subnet_pools (
  id TEXT NOT NULL,
  prefixes TEXT NOT NULL,
  ip_version INTEGER NOT NULL,
  default_prefixlen INTEGER NOT NULL,
  min_prefixlen INTEGER NOT NULL,
  max_prefixlen INTEGER NOT NULL,
  shared INTEGER NOT NULL,
  is_default INTEGER NOT NULL,
  default_quota INTEGER,
  address_scope_id TEXT,
  project_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  tags TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX neutron_subnet_pools_address_scope_id_idx ON neutron_subnet_pools (address_scope_id);
CREATE INDEX neutron_subnet_pools_project_id_idx ON neutron_subnet_pools (project_id);
CREATE TABLE neutron_address_scopes (
  id TEXT NOT NULL,
  ip_version INTEGER NOT NULL,
  shared INTEGER NOT NULL,
  project_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  tags TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX neutron_address_scopes_project_id_idx ON neutron_address_scopes (project_id);
CREATE TABLE neutron_quotas (
  project_id TEXT NOT NULL,
  resource TEXT NOT NULL,
  max INTEGER NOT NULL,
  PRIMARY KEY (project_id, resource)
);
CREATE TABLE neutron_agents (
  id TEXT NOT NULL,
  host TEXT NOT NULL,
  admin_state_up INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  heartbeat_at INTEGER NOT NULL,
  ports INTEGER NOT NULL,
  networks INTEGER NOT NULL,
  routers INTEGER NOT NULL,
  project_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  tags TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX neutron_agents_host_key ON neutron_agents (host);
CREATE INDEX neutron_agents_project_id_idx ON neutron_agents (project_id);


-- neutron, version 2, postgres
CREATE TABLE neutron_networks (
  id TEXT COLLATE "C" NOT NULL,
  admin_state_up BIGINT NOT NULL,
  shared BIGINT NOT NULL,
  external BIGINT NOT NULL,
  is_default BIGINT NOT NULL,
  mtu BIGINT NOT NULL,
  network_type TEXT COLLATE "C" NOT NULL,
  physical_network TEXT COLLATE "C",
  segmentation_id BIGINT,
  port_security_enabled BIGINT NOT NULL,
  project_id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C" NOT NULL,
  tags TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  dns_domain TEXT COLLATE "C" NOT NULL DEFAULT '',
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX neutron_networks_segmentation_id_key ON neutron_networks (segmentation_id);
CREATE INDEX neutron_networks_project_id_idx ON neutron_networks (project_id);
CREATE TABLE neutron_subnets (
  id TEXT COLLATE "C" NOT NULL,
  network_id TEXT COLLATE "C" NOT NULL,
  cidr TEXT COLLATE "C" NOT NULL,
  ip_version BIGINT NOT NULL,
  gateway_ip TEXT COLLATE "C",
  enable_dhcp BIGINT NOT NULL,
  allocation_pools TEXT COLLATE "C" NOT NULL,
  dns_nameservers TEXT COLLATE "C" NOT NULL,
  host_routes TEXT COLLATE "C" NOT NULL,
  ipv6_address_mode TEXT COLLATE "C",
  ipv6_ra_mode TEXT COLLATE "C",
  subnetpool_id TEXT COLLATE "C",
  service_types TEXT COLLATE "C" NOT NULL,
  project_id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C" NOT NULL,
  tags TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX neutron_subnets_network_id_idx ON neutron_subnets (network_id);
CREATE INDEX neutron_subnets_subnetpool_id_idx ON neutron_subnets (subnetpool_id);
CREATE INDEX neutron_subnets_project_id_idx ON neutron_subnets (project_id);
CREATE TABLE neutron_ports (
  id TEXT COLLATE "C" NOT NULL,
  network_id TEXT COLLATE "C" NOT NULL,
  admin_state_up BIGINT NOT NULL,
  status TEXT COLLATE "C" NOT NULL,
  mac_address TEXT COLLATE "C" NOT NULL,
  fixed_ips TEXT COLLATE "C" NOT NULL,
  device_id TEXT COLLATE "C" NOT NULL,
  device_owner TEXT COLLATE "C" NOT NULL,
  host_id TEXT COLLATE "C" NOT NULL,
  vnic_type TEXT COLLATE "C" NOT NULL,
  profile TEXT COLLATE "C" NOT NULL,
  port_security_enabled BIGINT NOT NULL,
  security_groups TEXT COLLATE "C" NOT NULL,
  allowed_address_pairs TEXT COLLATE "C" NOT NULL,
  extra_dhcp_opts TEXT COLLATE "C" NOT NULL,
  dns_name TEXT COLLATE "C" NOT NULL,
  project_id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C" NOT NULL,
  tags TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX neutron_ports_device_id_idx ON neutron_ports (device_id);
CREATE INDEX neutron_ports_host_id_idx ON neutron_ports (host_id);
CREATE INDEX neutron_ports_project_id_idx ON neutron_ports (project_id);
CREATE UNIQUE INDEX neutron_ports_network_id_mac_address_key ON neutron_ports (network_id, mac_address);
CREATE TABLE neutron_addresses (
  subnet_id TEXT COLLATE "C" NOT NULL,
  address TEXT COLLATE "C" NOT NULL,
  network_id TEXT COLLATE "C" NOT NULL,
  port_id TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (subnet_id, address)
);
CREATE INDEX neutron_addresses_port_id_idx ON neutron_addresses (port_id);
CREATE INDEX neutron_addresses_network_id_address_idx ON neutron_addresses (network_id, address);
CREATE TABLE neutron_group_members (
  group_id TEXT COLLATE "C" NOT NULL,
  port_id TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (group_id, port_id)
);
CREATE INDEX neutron_group_members_port_id_idx ON neutron_group_members (port_id);
CREATE TABLE neutron_routers (
  id TEXT COLLATE "C" NOT NULL,
  admin_state_up BIGINT NOT NULL,
  external_network_id TEXT COLLATE "C",
  gateway_port_id TEXT COLLATE "C",
  enable_snat BIGINT NOT NULL,
  routes TEXT COLLATE "C" NOT NULL,
  project_id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C" NOT NULL,
  tags TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX neutron_routers_external_network_id_idx ON neutron_routers (external_network_id);
CREATE INDEX neutron_routers_project_id_idx ON neutron_routers (project_id);
CREATE TABLE neutron_floating_ips (
  id TEXT COLLATE "C" NOT NULL,
  network_id TEXT COLLATE "C" NOT NULL,
  address TEXT COLLATE "C" NOT NULL,
  holder_id TEXT COLLATE "C" NOT NULL,
  port_id TEXT COLLATE "C",
  fixed_ip_address TEXT COLLATE "C",
  router_id TEXT COLLATE "C",
  project_id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C" NOT NULL,
  tags TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX neutron_floating_ips_network_id_idx ON neutron_floating_ips (network_id);
CREATE INDEX neutron_floating_ips_port_id_idx ON neutron_floating_ips (port_id);
CREATE INDEX neutron_floating_ips_router_id_idx ON neutron_floating_ips (router_id);
CREATE INDEX neutron_floating_ips_project_id_idx ON neutron_floating_ips (project_id);
CREATE UNIQUE INDEX neutron_floating_ips_network_id_address_key ON neutron_floating_ips (network_id, address);
CREATE TABLE neutron_security_groups (
  id TEXT COLLATE "C" NOT NULL,
  stateful BIGINT NOT NULL,
  shared BIGINT NOT NULL,
  project_id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C" NOT NULL,
  tags TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX neutron_security_groups_project_id_idx ON neutron_security_groups (project_id);
CREATE UNIQUE INDEX neutron_security_groups_project_id_name_key ON neutron_security_groups (project_id, name) WHERE name = 'default';
CREATE TABLE neutron_security_group_rules (
  id TEXT COLLATE "C" NOT NULL,
  security_group_id TEXT COLLATE "C" NOT NULL,
  direction TEXT COLLATE "C" NOT NULL,
  ethertype TEXT COLLATE "C" NOT NULL,
  protocol TEXT COLLATE "C",
  port_range_min BIGINT,
  port_range_max BIGINT,
  remote_group_id TEXT COLLATE "C",
  remote_ip_prefix TEXT COLLATE "C",
  project_id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C" NOT NULL,
  tags TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX neutron_security_group_rules_security_group_id_idx ON neutron_security_group_rules (security_group_id);
CREATE INDEX neutron_security_group_rules_remote_group_id_idx ON neutron_security_group_rules (remote_group_id);
CREATE INDEX neutron_security_group_rules_project_id_idx ON neutron_security_group_rules (project_id);
CREATE TABLE neutron_subnet_pools (
  id TEXT COLLATE "C" NOT NULL,
  prefixes TEXT COLLATE "C" NOT NULL,
  ip_version BIGINT NOT NULL,
  default_prefixlen BIGINT NOT NULL,
  min_prefixlen BIGINT NOT NULL,
  max_prefixlen BIGINT NOT NULL,
  shared BIGINT NOT NULL,
  is_default BIGINT NOT NULL,
  default_quota BIGINT,
  address_scope_id TEXT COLLATE "C",
  project_id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C" NOT NULL,
  tags TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX neutron_subnet_pools_address_scope_id_idx ON neutron_subnet_pools (address_scope_id);
CREATE INDEX neutron_subnet_pools_project_id_idx ON neutron_subnet_pools (project_id);
CREATE TABLE neutron_address_scopes (
  id TEXT COLLATE "C" NOT NULL,
  ip_version BIGINT NOT NULL,
  shared BIGINT NOT NULL,
  project_id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C" NOT NULL,
  tags TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX neutron_address_scopes_project_id_idx ON neutron_address_scopes (project_id);
CREATE TABLE neutron_quotas (
  project_id TEXT COLLATE "C" NOT NULL,
  resource TEXT COLLATE "C" NOT NULL,
  max BIGINT NOT NULL,
  PRIMARY KEY (project_id, resource)
);
CREATE TABLE neutron_agents (
  id TEXT COLLATE "C" NOT NULL,
  host TEXT COLLATE "C" NOT NULL,
  admin_state_up BIGINT NOT NULL,
  started_at BIGINT NOT NULL,
  heartbeat_at BIGINT NOT NULL,
  ports BIGINT NOT NULL,
  networks BIGINT NOT NULL,
  routers BIGINT NOT NULL,
  project_id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C" NOT NULL,
  tags TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX neutron_agents_host_key ON neutron_agents (host);
CREATE INDEX neutron_agents_project_id_idx ON neutron_agents (project_id);
