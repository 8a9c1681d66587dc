public import Hardware
public import Store

/// A network: one broadcast domain, of a tenant or to the outside.
public struct Network: NeutronRecord {
  /// How the frames travel; `provider:network_type`.
  public enum Kind: String, ColumnValue { case vxlan, flat, local }

  public var id = ""
  public var standard = Standard()
  public var generation = 1
  public var adminStateUp = true
  /// Every project may plug into it.
  public var shared = false
  /// Routers may have their gateways on it; every project sees it (`router:external`).
  public var external = false
  public var isDefault = false
  public var mtu = 1450
  public var kind = Kind.vxlan
  /// Of flat networks: the name under which the host knows the outside.
  public var physicalNetwork: String?
  /// Of VXLAN networks: the VNI, 1 to 2^24 - 1.
  public var segmentationID: Int?
  /// The domain under which an outside DNS service would know the network's ports; empty or with a dot at its end.
  public var dnsDomain = ""
  /// What new ports of the network begin with.
  public var portSecurity = true

  public init() {}

  public static let table = Table<Network>(
    "neutron_networks",
    [
      .column("id", \.id, key: true),
      .column("admin_state_up", \.adminStateUp),
      .column("shared", \.shared),
      .column("external", \.external),
      .column("is_default", \.isDefault),
      .column("mtu", \.mtu),
      .column("network_type", \.kind),
      .column("physical_network", \.physicalNetwork),
      .column("segmentation_id", \.segmentationID, unique: true),
      .column("port_security_enabled", \.portSecurity),
      .column("dns_domain", \.dnsDomain, since: 2),
    ] + standardColumns(\.standard, \.generation))

  /// What the network is to a host's switch.
  public var segment: NetworkSpec.Segment {
    switch kind {
    case .flat: .flat(physicalNetwork: physicalNetwork ?? "public")
    case .vxlan: .vxlan(vni: segmentationID ?? 0)
    case .local: .local
    }
  }
}
