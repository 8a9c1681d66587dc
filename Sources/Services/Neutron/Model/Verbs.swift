public import Bus

/// Where the parts of the service listen.
public enum NeutronTopic {
  public static let api = "neutron.api"
  public static func agent(_ host: String) -> String { "neutron.agent." + host }
}

/// Agent to API: what must this host have?
public struct GetPlan: Verb {
  public typealias Reply = HostPlan
  public static let name = "get-plan"
  public var host: String
  /// Whether this host carries DHCP servers and routers; one host of a cloud does.
  public var central: Bool
  public init(host: String, central: Bool) {
    self.host = host
    self.central = central
  }
}

/// API to agent: something changed; ask for the plan.
public struct PlanChanged: Verb {
  public typealias Reply = Done
  public static let name = "plan-changed"
  public init() {}
}

/// Agent to API: what became of the ports it was asked for.
public struct ReportPorts: Verb {
  public typealias Reply = Done
  public static let name = "report-ports"
  public var host: String
  public var active: [String]
  public var down: [String]
  public init(host: String, active: [String], down: [String]) {
    self.host = host
    self.active = active
    self.down = down
  }
}

/// Agent to API: I am here, and this is what I carry.
public struct ReportAgent: Verb {
  public typealias Reply = Done
  public static let name = "report-agent"
  public var host: String
  public var started: Bool
  public var ports: Int
  public var networks: Int
  public var routers: Int
  public init(host: String, started: Bool, ports: Int, networks: Int, routers: Int) {
    self.host = host
    self.started = started
    self.ports = ports
    self.networks = networks
    self.routers = routers
  }
}

/// Metadata service to API: whose is the address behind this network or router? Its reply is nil for nobody's.
public struct FindPortByAddress: Verb {
  public struct Found: Codable, Sendable, Equatable {
    public var portID: String
    /// The server's id, as nova wrote it into the port.
    public var deviceID: String
    public var projectID: String
    public var networkID: String
    public init(portID: String, deviceID: String, projectID: String, networkID: String) {
      self.portID = portID
      self.deviceID = deviceID
      self.projectID = projectID
      self.networkID = networkID
    }
  }
  public struct Reply: Codable, Sendable, Equatable {
    public var found: Found?
    public init(found: Found?) { self.found = found }
  }
  public static let name = "find-port-by-address"
  public var network: String?
  public var router: String?
  public var address: String
  public init(network: String? = nil, router: String? = nil, address: String) {
    self.network = network
    self.router = router
    self.address = address
  }
}

/// Compute agent to network agent, before a guest starts: the tap, the lease and the rules of this port, now.
public struct EnsurePlugged: Verb {
  public struct Reply: Codable, Sendable, Equatable {
    /// The interface to start the guest on.
    public var tap: String
    public var mtu: Int
    public init(tap: String, mtu: Int) {
      self.tap = tap
      self.mtu = mtu
    }
  }
  public static let name = "ensure-plugged"
  public var port: String
  public init(port: String) { self.port = port }
}

/// Compute agent to network agent, after a guest is gone: take the tap away.
public struct EnsureUnplugged: Verb {
  public typealias Reply = Done
  public static let name = "ensure-unplugged"
  public var port: String
  public init(port: String) { self.port = port }
}
