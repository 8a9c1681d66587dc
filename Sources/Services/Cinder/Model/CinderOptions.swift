/// What an operator can set about volumes.
public struct CinderOptions: Sendable {
  /// The quota of a project that has none of its own; -1 is no limit.
  public var quotaVolumes = 10
  public var quotaGigabytes = 1000
  public var quotaSnapshots = 10
  /// The largest volume, in GiB; -1 is no limit.
  public var quotaPerVolumeGigabytes = -1
  /// How many times its free space a host may promise: volumes take only what is written to them.
  public var overcommit = 20.0
  public var availabilityZone = "nova"
  /// The name of the type that volumes have when none is asked for.
  public var defaultType = "__DEFAULT__"
  public init() {}
}
