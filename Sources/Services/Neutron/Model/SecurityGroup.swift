public import JSON
public import Store

/// A named set of rules for what may reach and leave ports.
public struct SecurityGroup: NeutronRecord {
  public var id = ""
  public var standard = Standard()
  public var generation = 1
  public var stateful = true
  /// Other projects may use it too.
  public var shared = false

  public init() {}

  /// The group that each project has from its first use on, under this name alone.
  public static let defaultName = "default"

  public static let table = Table<SecurityGroup>(
    "neutron_security_groups",
    [
      .column("id", \.id, key: true),
      .column("stateful", \.stateful),
      .column("shared", \.shared),
    ] + standardColumns(\.standard, \.generation),
    indexes: [.unique("project_id", "name", where: "name = 'default'")])
}

/// One rule: what it lets through. There are no rules that forbid.
public struct SecurityGroupRule: NeutronRecord {
  public enum Direction: String, ColumnValue, JSONValue { case ingress, egress }

  public var id = ""
  public var standard = Standard()
  public var generation = 1
  public var groupID = ""
  public var direction = Direction.ingress
  /// `IPv4` or `IPv6`.
  public var ethertype = "IPv4"
  /// A name or a number as text; nil is any.
  public var ipProtocol: String?
  /// Ports, or the type of ICMP; nil is any.
  public var portMin: Int?
  /// Ports, or the code of ICMP.
  public var portMax: Int?
  public var remoteGroupID: String?
  public var remotePrefix: String?

  public init() {}

  public static let table = Table<SecurityGroupRule>(
    "neutron_security_group_rules",
    [
      .column("id", \.id, key: true),
      .column("security_group_id", \.groupID, indexed: true),
      .column("direction", \.direction),
      .column("ethertype", \.ethertype),
      .column("protocol", \.ipProtocol),
      .column("port_range_min", \.portMin),
      .column("port_range_max", \.portMax),
      .column("remote_group_id", \.remoteGroupID, indexed: true),
      .column("remote_ip_prefix", \.remotePrefix),
    ] + standardColumns(\.standard, \.generation))
}
