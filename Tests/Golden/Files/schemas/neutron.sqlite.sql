-- neutron, version 1
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
