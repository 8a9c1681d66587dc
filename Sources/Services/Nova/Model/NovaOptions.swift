internal import Core

/// What an operator can set about compute.
public struct NovaOptions: Sendable {
  /// How long a guest may take to power off before the plug is pulled.
  public var shutdownTimeout: Duration = .seconds(60)
  public var cpuAllocationRatio = 4.0
  public var memoryAllocationRatio = 1.0
  public var diskAllocationRatio = 1.0
  /// Memory that stays with the host itself, in MiB.
  public var reservedMemoryMiB = 512
  /// Where browsers find the console proxy.
  public var consoleURL = "http://127.0.0.1:6080/vnc_auto.html"
  /// How long a console URL is good for.
  public var consoleTokenLife: Duration = .minutes(10)
  /// The quota of a project that has none of its own.
  public var quotaInstances = 10
  public var quotaCores = 20
  public var quotaMemoryMiB = 51200
  public var quotaKeyPairs = 100
  public var quotaMetadataItems = 128
  public init() {}
}
