public import Store

/// Prefixes out of which subnets are cut.
public struct SubnetPool: NeutronRecord {
  public var id = ""
  public var standard = Standard()
  public var generation = 1
  public var prefixes: [String] = []
  public var ipVersion = 4
  public var defaultPrefix = 26
  public var minPrefix = 8
  public var maxPrefix = 32
  public var shared = false
  public var isDefault = false
  /// How many addresses of the pool one project's subnets may cover; nil is no limit.
  public var defaultQuota: Int?
  public var addressScopeID: String?

  public init() {}

  public static let table = Table<SubnetPool>(
    "neutron_subnet_pools",
    [
      .column("id", \.id, key: true),
      .column("prefixes", \.prefixes),
      .column("ip_version", \.ipVersion),
      .column("default_prefixlen", \.defaultPrefix),
      .column("min_prefixlen", \.minPrefix),
      .column("max_prefixlen", \.maxPrefix),
      .column("shared", \.shared),
      .column("is_default", \.isDefault),
      .column("default_quota", \.defaultQuota),
      .column("address_scope_id", \.addressScopeID, indexed: true),
    ] + standardColumns(\.standard, \.generation))
}

/// A space in which addresses are unique and may be routed without translation.
public struct AddressScope: NeutronRecord {
  public var id = ""
  public var standard = Standard()
  public var generation = 1
  public var ipVersion = 4
  public var shared = false

  public init() {}

  public static let table = Table<AddressScope>(
    "neutron_address_scopes",
    [
      .column("id", \.id, key: true),
      .column("ip_version", \.ipVersion),
      .column("shared", \.shared),
    ] + standardColumns(\.standard, \.generation))
}
