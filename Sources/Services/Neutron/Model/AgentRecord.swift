public import Core
public import Store

/// A host's network agent, as it last reported.
public struct AgentRecord: NeutronRecord {
  public var id = ""
  public var standard = Standard()
  public var generation = 1
  public var host = ""
  public var adminStateUp = true
  public var startedAt = Timestamp(microseconds: 0)
  public var heartbeatAt = Timestamp(microseconds: 0)
  public var ports = 0
  public var networks = 0
  public var routers = 0

  public init() {}

  /// After this long without a report an agent is taken for dead, as upstream does.
  public static let deadAfter = Duration.seconds(75)

  public static let table = Table<AgentRecord>(
    "neutron_agents", logged: false,
    [
      .column("id", \.id, key: true),
      .column("host", \.host, unique: true),
      .column("admin_state_up", \.adminStateUp),
      .column("started_at", \.startedAt),
      .column("heartbeat_at", \.heartbeatAt),
      .column("ports", \.ports),
      .column("networks", \.networks),
      .column("routers", \.routers),
    ] + standardColumns(\.standard, \.generation))
}
