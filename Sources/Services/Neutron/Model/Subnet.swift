internal import Core
public import Hardware
public import JSON
public import Store
public import Text

/// Addresses from the first to the last that ports may be given.
public struct AllocationPool: JSONColumn, Equatable {
  public var start: String
  public var end: String
  public init(start: String, end: String) {
    self.start = start
    self.end = end
  }
  public init(_ range: AddressRange) { self.init(start: range.first.text, end: range.last.text) }
  public var json: JSON { ["start": .string(start), "end": .string(end)] }
  public init(json: JSON) throws {
    guard let start = json["start"]?.string, let end = json["end"]?.string else {
      throw Fault.badRequest("An allocation pool is an object with start and end.", code: "InvalidAllocationPool")
    }
    self.init(start: start, end: end)
  }
  public var range: AddressRange? {
    guard let first = IPAddress(start), let last = IPAddress(end) else { return nil }
    return AddressRange(first, last)
  }
}

/// A route that guests or routers are told of.
public struct StaticRoute: JSONColumn, Equatable {
  public var destination: String
  public var nexthop: String
  public init(destination: String, nexthop: String) {
    self.destination = destination
    self.nexthop = nexthop
  }
  public var json: JSON { ["destination": .string(destination), "nexthop": .string(nexthop)] }
  public init(json: JSON) throws {
    guard let destination = json["destination"]?.string, let nexthop = json["nexthop"]?.string,
      CIDR(strict: destination) != nil, IPAddress(nexthop) != nil
    else {
      throw Fault.badRequest(
        "A route is an object with destination, a network such as 10.9.0.0/24, and nexthop, an address.")
    }
    self.init(destination: destination, nexthop: nexthop)
  }
  public var hostRoute: HostRoute { HostRoute(destination: destination, nexthop: nexthop) }
}

/// How IPv6 hosts come to their addresses (`ipv6_address_mode`, `ipv6_ra_mode`).
public enum IPv6Mode: String, ColumnValue, JSONValue {
  case slaac
  case dhcpStateful = "dhcpv6-stateful"
  case dhcpStateless = "dhcpv6-stateless"
}

/// A block of addresses on a network.
public struct Subnet: NeutronRecord {
  public var id = ""
  public var standard = Standard()
  public var generation = 1
  public var networkID = ""
  public var cidr = ""
  public var ipVersion = 4
  public var gateway: String?
  public var dhcp = true
  public var pools: [AllocationPool] = []
  public var nameservers: [String] = []
  public var hostRoutes: [StaticRoute] = []
  public var addressMode: IPv6Mode?
  public var raMode: IPv6Mode?
  public var subnetPoolID: String?
  public var serviceTypes: [String] = []

  public init() {}

  public static let table = Table<Subnet>(
    "neutron_subnets",
    [
      .column("id", \.id, key: true),
      .column("network_id", \.networkID, indexed: true),
      .column("cidr", \.cidr),
      .column("ip_version", \.ipVersion),
      .column("gateway_ip", \.gateway),
      .column("enable_dhcp", \.dhcp),
      .column("allocation_pools", \.pools),
      .column("dns_nameservers", \.nameservers),
      .column("host_routes", \.hostRoutes),
      .column("ipv6_address_mode", \.addressMode),
      .column("ipv6_ra_mode", \.raMode),
      .column("subnetpool_id", \.subnetPoolID, indexed: true),
      .column("service_types", \.serviceTypes),
    ] + standardColumns(\.standard, \.generation))

  public var block: CIDR? { CIDR(cidr) }
  /// Whether hosts make their addresses from the prefix and their MAC (RFC 4862).
  public var isAutomatic: Bool { addressMode == .slaac || addressMode == .dhcpStateless }
}
