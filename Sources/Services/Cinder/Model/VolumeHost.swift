public import Bus
public import Core
public import Store

/// A machine that keeps volumes, as its agent reports it; also its row among the services and pools.
public struct VolumeHost: Versioned {
  /// The host's name and its backend's: `node1@file`.
  public var id = ""
  public var totalGiB = 0
  public var freeGiB = 0
  public var availabilityZone = "nova"
  public var isDisabled = false
  public var disabledReason: String?
  public var lastSeen = Timestamp(seconds: 0)
  public var createdAt = Timestamp(seconds: 0)
  public var generation = 0
  public init() {}

  /// How long an agent may be silent and still count as up.
  public static let patience = Duration.seconds(60)
  public func isUp(at now: Timestamp) -> Bool { lastSeen + Self.patience > now }

  public static let table = Table<VolumeHost>(
    "cinder_hosts", logged: false,
    [
      .column("id", \.id, key: true), .column("total_gib", \.totalGiB), .column("free_gib", \.freeGiB),
      .column("availability_zone", \.availabilityZone), .column("is_disabled", \.isDisabled),
      .column("disabled_reason", \.disabledReason), .column("last_seen", \.lastSeen),
      .column("created_at", \.createdAt), .column("generation", \.generation),
    ])
}

/// Said by an agent when it starts and every few seconds after.
public struct ReportVolumeHost: Verb {
  public static let name = "report-volume-host"
  public typealias Reply = Done
  public var host: String
  public var totalGiB: Int
  public var freeGiB: Int
  public init(host: String, totalGiB: Int, freeGiB: Int) {
    self.host = host
    self.totalGiB = totalGiB
    self.freeGiB = freeGiB
  }
}
