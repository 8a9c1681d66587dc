public import Hardware

/// What one host must have: a value that its agent turns into bridges, taps, servers and rules.
///
/// Groups and their members stand once and are resolved by `FirewallRules.compile` on the host, so that a plan of 500
/// ports in one group is 500 addresses and not 500 times 500.
public struct HostPlan: Codable, Sendable, Equatable {
  public struct PlannedPort: Codable, Sendable, Equatable {
    public var spec: PortSpec
    /// Whether the store shows it as plugged already.
    public var active: Bool
    public var secured: Bool
    public var groups: [String]
    public var pairs: [AddressPair]
    public init(spec: PortSpec, active: Bool, secured: Bool, groups: [String], pairs: [AddressPair]) {
      self.spec = spec
      self.active = active
      self.secured = secured
      self.groups = groups
      self.pairs = pairs
    }
  }
  public struct PlannedRule: Codable, Sendable, Equatable {
    public var direction: PortRules.Rule.Direction
    public var ipVersion: Int
    public var ipProtocol: Int?
    public var portMin: Int?
    public var portMax: Int?
    public var remotePrefix: String?
    public var remoteGroup: String?
    public init(
      direction: PortRules.Rule.Direction, ipVersion: Int, ipProtocol: Int? = nil, portMin: Int? = nil,
      portMax: Int? = nil, remotePrefix: String? = nil, remoteGroup: String? = nil
    ) {
      self.direction = direction
      self.ipVersion = ipVersion
      self.ipProtocol = ipProtocol
      self.portMin = portMin
      self.portMax = portMax
      self.remotePrefix = remotePrefix
      self.remoteGroup = remoteGroup
    }
  }

  /// Every network that anything below stands on.
  public var networks: [NetworkSpec] = []
  /// The ports bound to the host.
  public var ports: [PlannedPort] = []
  /// The leases of the networks whose DHCP server stands here.
  public var leases: [String: [Lease]] = [:]
  public var routers: [RouterSpec] = []
  /// The rules of the groups that the ports are in.
  public var groups: [String: [PlannedRule]] = [:]
  /// The addresses of the groups that those rules name.
  public var members: [String: [String]] = [:]

  public init() {}
}
