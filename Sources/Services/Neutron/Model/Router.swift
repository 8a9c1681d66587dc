public import Store

/// A router between subnets, and by its gateway to the outside.
public struct Router: NeutronRecord {
  public var id = ""
  public var standard = Standard()
  public var generation = 1
  public var adminStateUp = true
  /// The external network; nil without a gateway.
  public var externalNetworkID: String?
  public var gatewayPortID: String?
  public var snat = true
  public var routes: [StaticRoute] = []

  public init() {}

  public static let table = Table<Router>(
    "neutron_routers",
    [
      .column("id", \.id, key: true),
      .column("admin_state_up", \.adminStateUp),
      .column("external_network_id", \.externalNetworkID, indexed: true),
      .column("gateway_port_id", \.gatewayPortID),
      .column("enable_snat", \.snat),
      .column("routes", \.routes),
    ] + standardColumns(\.standard, \.generation))
}

/// An address of an external network that a project holds and may point at one of its ports.
public struct FloatingIP: NeutronRecord {
  public var id = ""
  public var standard = Standard()
  public var generation = 1
  public var networkID = ""
  public var address = ""
  /// The port on the external network that holds the address.
  public var holderID = ""
  /// The tenant's port; nil while it points nowhere.
  public var portID: String?
  public var fixedAddress: String?
  public var routerID: String?

  public init() {}

  public static let table = Table<FloatingIP>(
    "neutron_floating_ips",
    [
      .column("id", \.id, key: true),
      .column("network_id", \.networkID, indexed: true),
      .column("address", \.address),
      .column("holder_id", \.holderID),
      .column("port_id", \.portID, indexed: true),
      .column("fixed_ip_address", \.fixedAddress),
      .column("router_id", \.routerID, indexed: true),
    ] + standardColumns(\.standard, \.generation),
    indexes: [.unique("network_id", "address")])
}
