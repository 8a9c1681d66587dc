/// The layer 2 of a host: networks as bridges, ports as taps on them.
public protocol Switch: Sendable {
  func ensureNetwork(_ network: NetworkSpec) async throws
  func ensureNetworkAbsent(_ id: String) async throws
  /// Makes the port's tap on its network's bridge, so that a guest can be started on it.
  /// - Returns: the tap's name, `PortSpec.tap`.
  func ensurePlugged(_ port: PortSpec, on network: NetworkSpec) async throws -> String
  func ensureUnplugged(_ port: String) async throws
  /// Ids of the networks and ports that exist here, by which reconcilers find strays.
  func networks() async throws -> [String]
  func ports() async throws -> [String]
}

/// Addresses for guests: one server for each network, and the socket of its metadata service.
public protocol DHCPServers: Sendable {
  /// Serves exactly these leases on the network; a running server is told only what changed.
  func ensureServing(_ network: NetworkSpec, leases: [Lease]) async throws
  func ensureAbsent(_ network: String) async throws
  func served() async throws -> [String]
  /// A listening TCP socket for 169.254.169.254:80 in the network's namespace, owned by the caller; nil where
  /// there is no real network (the fake).
  func metadataSocket(_ network: String) async throws -> Int32?
}

/// Routers: each a namespace with its legs, source NAT and floating IPs.
public protocol Routers: Sendable {
  func ensureRouter(_ router: RouterSpec) async throws
  func ensureAbsent(_ router: String) async throws
  func routers() async throws -> [String]
  /// A listening TCP socket that receives the guests' requests to 169.254.169.254:80 which come through the router.
  func metadataSocket(_ router: String) async throws -> Int32?
}

/// Security groups and anti-spoofing on this host's ports.
public protocol Firewall: Sendable {
  /// Replaces the rules of the whole host at once; ports that are not listed pass nothing.
  func apply(_ ports: [PortRules]) async throws
}

/// A network as one host must know it.
public struct NetworkSpec: Sendable, Codable, Equatable {
  public enum Segment: Sendable, Codable, Equatable {
    /// Only on this host.
    case local
    /// Between hosts, by a VXLAN with that id (RFC 7348).
    case vxlan(vni: Int)
    /// An external network, on a bridge that the host itself is on.
    case flat(physicalNetwork: String)
  }
  public var id: String
  public var segment: Segment
  public var mtu: Int
  public var subnets: [SubnetSpec]
  public init(id: String, segment: Segment, mtu: Int, subnets: [SubnetSpec]) {
    self.id = id
    self.segment = segment
    self.mtu = mtu
    self.subnets = subnets
  }
}

public struct SubnetSpec: Sendable, Codable, Equatable {
  public var id: String
  /// `10.0.0.0/24`
  public var cidr: String
  public var gateway: String?
  public var dhcp: Bool
  /// The address of the DHCP server on this subnet, from its DHCP port; nil without DHCP.
  public var dhcpAddress: String?
  public var nameservers: [String]
  public var hostRoutes: [HostRoute]
  public init(
    id: String, cidr: String, gateway: String?, dhcp: Bool, dhcpAddress: String?, nameservers: [String] = [],
    hostRoutes: [HostRoute] = []
  ) {
    self.id = id
    self.cidr = cidr
    self.gateway = gateway
    self.dhcp = dhcp
    self.dhcpAddress = dhcpAddress
    self.nameservers = nameservers
    self.hostRoutes = hostRoutes
  }
}

public struct HostRoute: Sendable, Codable, Equatable {
  public var destination: String
  public var nexthop: String
  public init(destination: String, nexthop: String) {
    self.destination = destination
    self.nexthop = nexthop
  }
}

public struct FixedAddress: Sendable, Codable, Equatable {
  public var subnet: String
  public var address: String
  /// The length of the subnet's prefix.
  public var prefix: Int
  public init(subnet: String, address: String, prefix: Int) {
    self.subnet = subnet
    self.address = address
    self.prefix = prefix
  }
}

public struct PortSpec: Sendable, Codable, Equatable {
  public var id: String
  public var network: String
  public var mac: String
  public var addresses: [FixedAddress]
  public init(id: String, network: String, mac: String, addresses: [FixedAddress]) {
    self.id = id
    self.network = network
    self.mac = mac
    self.addresses = addresses
  }
  /// The tap's name: `tap` and the first eleven characters of the id, as neutron's agents name it.
  public var tap: String { "tap" + id.prefix(11) }
}

public struct Lease: Sendable, Codable, Equatable {
  public var mac: String
  public var address: String
  public var hostname: String
  public var subnet: String
  public init(mac: String, address: String, hostname: String, subnet: String) {
    self.mac = mac
    self.address = address
    self.hostname = hostname
    self.subnet = subnet
  }
}

public struct RouterSpec: Sendable, Codable, Equatable {
  /// A leg on an internal network: the router's port there.
  public struct Leg: Sendable, Codable, Equatable {
    public var port: PortSpec
    public var networkSpec: NetworkSpec
    public init(port: PortSpec, networkSpec: NetworkSpec) {
      self.port = port
      self.networkSpec = networkSpec
    }
  }
  /// The leg on the external network.
  public struct Gateway: Sendable, Codable, Equatable {
    public var leg: Leg
    /// Where the rest of the world is; nil when the subnet has no gateway.
    public var nexthop: String?
    public var snat: Bool
    public init(leg: Leg, nexthop: String?, snat: Bool) {
      self.leg = leg
      self.nexthop = nexthop
      self.snat = snat
    }
  }
  public struct FloatingIP: Sendable, Codable, Equatable {
    public var floating: String
    public var fixed: String
    public init(floating: String, fixed: String) {
      self.floating = floating
      self.fixed = fixed
    }
  }
  public var id: String
  public var legs: [Leg]
  public var gateway: Gateway?
  public var floatingIPs: [FloatingIP]
  public var routes: [HostRoute]
  public init(id: String, legs: [Leg], gateway: Gateway?, floatingIPs: [FloatingIP], routes: [HostRoute] = []) {
    self.id = id
    self.legs = legs
    self.gateway = gateway
    self.floatingIPs = floatingIPs
    self.routes = routes
  }
}

/// The compiled rules of one port: what may come in and go out. Established connections always may.
public struct PortRules: Sendable, Codable, Equatable {
  public struct Rule: Sendable, Codable, Equatable {
    public enum Direction: String, Sendable, Codable { case ingress, egress }
    public var direction: Direction
    public var ipVersion: Int
    /// nil is any; else a protocol number.
    public var ipProtocol: Int?
    /// Ports for TCP, UDP, SCTP; type (and code) for ICMP; nil is any.
    public var portMin: Int?
    public var portMax: Int?
    /// The networks at the other end; empty is any. A remote group is resolved to its members' addresses.
    public var remotes: [String]
    public init(
      direction: Direction, ipVersion: Int, ipProtocol: Int? = nil, portMin: Int? = nil, portMax: Int? = nil,
      remotes: [String] = []
    ) {
      self.direction = direction
      self.ipVersion = ipVersion
      self.ipProtocol = ipProtocol
      self.portMin = portMin
      self.portMax = portMax
      self.remotes = remotes
    }
  }
  public var port: PortSpec
  /// False: nothing is filtered and no address is checked (`port_security_enabled=False`).
  public var secured: Bool
  /// Further addresses the port may send from (`allowed_address_pairs`), as `IP[/prefix]` with an optional MAC.
  public var allowedPairs: [AddressPair]
  public var rules: [Rule]
  public init(port: PortSpec, secured: Bool, allowedPairs: [AddressPair] = [], rules: [Rule]) {
    self.port = port
    self.secured = secured
    self.allowedPairs = allowedPairs
    self.rules = rules
  }
}

public struct AddressPair: Sendable, Codable, Equatable {
  public var address: String
  public var mac: String?
  public init(address: String, mac: String?) {
    self.address = address
    self.mac = mac
  }
}
