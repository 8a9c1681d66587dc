public import JSON
public import Store

/// One address of a port.
public struct FixedIP: JSONColumn, Hashable {
  public var subnetID: String
  public var address: String
  public init(subnetID: String, address: String) {
    self.subnetID = subnetID
    self.address = address
  }
  public var json: JSON { ["subnet_id": .string(subnetID), "ip_address": .string(address)] }
  public init(json: JSON) throws {
    self.init(subnetID: json["subnet_id"]?.string ?? "", address: json["ip_address"]?.string ?? "")
  }
}

/// A further address that a port may send from.
public struct AllowedPair: JSONColumn, Hashable {
  public var address: String
  public var mac: String
  public init(address: String, mac: String) {
    self.address = address
    self.mac = mac
  }
  public var json: JSON { ["ip_address": .string(address), "mac_address": .string(mac)] }
  public init(json: JSON) throws {
    self.init(address: json["ip_address"]?.string ?? "", mac: json["mac_address"]?.string ?? "")
  }
}

/// What uses a port, as far as the service treats it differently; `device_owner`.
public enum DeviceOwner {
  public static let dhcp = "network:dhcp"
  public static let routerInterface = "network:router_interface"
  public static let routerGateway = "network:router_gateway"
  public static let floatingIP = "network:floatingip"
  /// Owned by a router or a floating IP: never deleted by itself.
  public static let kept: Set<String> = [routerInterface, routerGateway, floatingIP]
}

/// A place to plug something into a network.
public struct Port: NeutronRecord {
  public enum Status: String, ColumnValue, JSONValue {
    case active = "ACTIVE"
    case down = "DOWN"
    case build = "BUILD"
  }

  public var id = ""
  public var standard = Standard()
  public var generation = 1
  public var networkID = ""
  public var adminStateUp = true
  public var status = Status.down
  public var mac = ""
  public var fixedIPs: [FixedIP] = []
  public var deviceID = ""
  public var deviceOwner = ""
  /// The host whose agent plugs it; empty while unbound.
  public var hostID = ""
  public var vnicType = "normal"
  public var profile: JSON = [:]
  public var portSecurity = true
  public var securityGroups: [String] = []
  public var allowedPairs: [AllowedPair] = []
  public var extraDHCPOptions: JSON = []
  public var dnsName = ""

  public init() {}

  public static let table = Table<Port>(
    "neutron_ports",
    [
      .column("id", \.id, key: true),
      .column("network_id", \.networkID),
      .column("admin_state_up", \.adminStateUp),
      .column("status", \.status),
      .column("mac_address", \.mac),
      .column("fixed_ips", \.fixedIPs),
      .column("device_id", \.deviceID, indexed: true),
      .column("device_owner", \.deviceOwner),
      .column("host_id", \.hostID, indexed: true),
      .column("vnic_type", \.vnicType),
      .column("profile", \.profile),
      .column("port_security_enabled", \.portSecurity),
      .column("security_groups", \.securityGroups),
      .column("allowed_address_pairs", \.allowedPairs),
      .column("extra_dhcp_opts", \.extraDHCPOptions),
      .column("dns_name", \.dnsName),
    ] + standardColumns(\.standard, \.generation),
    indexes: [.unique("network_id", "mac_address")])

  /// The name by which its guest is known to the DHCP server; the address's own where none was given.
  public func hostname(of address: String) -> String {
    dnsName.isEmpty ? "host-" + address.map { $0 == "." || $0 == ":" ? "-" : String($0) }.joined() : dnsName
  }
}

/// An address in use, whose key is what keeps it from being given twice.
public struct AddressRow: Record {
  public var subnetID = ""
  public var address = ""
  public var networkID = ""
  public var portID = ""

  public init() {}
  public init(_ fixed: FixedIP, of port: Port) {
    (subnetID, address, networkID, portID) = (fixed.subnetID, fixed.address, port.networkID, port.id)
  }

  public static let table = Table<AddressRow>(
    "neutron_addresses", logged: false,
    [
      .column("subnet_id", \.subnetID, key: true),
      .column("address", \.address, key: true),
      .column("network_id", \.networkID),
      .column("port_id", \.portID, indexed: true),
    ], indexes: [.index("network_id", "address")])
}

/// A port's membership of a security group, for finding the members of a group.
public struct GroupMember: Record {
  public var groupID = ""
  public var portID = ""

  public init() {}
  public init(group: String, port: String) { (groupID, portID) = (group, port) }

  public static let table = Table<GroupMember>(
    "neutron_group_members", logged: false,
    [.column("group_id", \.groupID, key: true), .column("port_id", \.portID, key: true, indexed: true)])
}
