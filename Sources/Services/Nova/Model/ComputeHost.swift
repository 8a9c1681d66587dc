public import Bus
public import Core
public import Hardware
public import Store

/// A machine that runs servers, as its agent reports it; also its row among the services and hypervisors.
public struct ComputeHost: Versioned {
  /// Also the id of its resource provider in placement.
  public var id = ""
  public var host = ""
  public var hypervisorType = ""
  public var hypervisorVersion = 0
  public var vcpus = 0
  public var memoryMiB = 0
  public var diskGiB = 0
  public var architecture = ""
  public var cpuModel = ""
  public var availabilityZone = "nova"
  public var disabled = false
  public var disabledReason: String?
  public var forcedDown = false
  public var lastSeen = Timestamp(seconds: 0)
  public var createdAt = Timestamp(seconds: 0)
  public var generation = 0
  public init() {}

  /// How long an agent may be silent and still count as up.
  public static let patience = Duration.seconds(60)
  public func isUp(at now: Timestamp) -> Bool { !forcedDown && lastSeen + Self.patience > now }

  public static let table = Table<ComputeHost>(
    "nova_hosts", logged: false,
    [
      .column("id", \.id, key: true), .column("host", \.host), .column("hypervisor_type", \.hypervisorType),
      .column("hypervisor_version", \.hypervisorVersion), .column("vcpus", \.vcpus),
      .column("memory_mib", \.memoryMiB), .column("disk_gib", \.diskGiB), .column("architecture", \.architecture),
      .column("cpu_model", \.cpuModel), .column("availability_zone", \.availabilityZone),
      .column("disabled", \.disabled), .column("disabled_reason", \.disabledReason),
      .column("forced_down", \.forcedDown), .column("last_seen", \.lastSeen), .column("created_at", \.createdAt),
      .column("generation", \.generation),
    ], indexes: [.unique("host")])
}

/// Said by an agent when it starts and every few seconds after.
public struct ReportHost: Verb {
  public static let name = "report-host"
  public typealias Reply = Done
  public var host: String
  public var capabilities: HostCapabilities
  public init(host: String, capabilities: HostCapabilities) {
    self.host = host
    self.capabilities = capabilities
  }
}
