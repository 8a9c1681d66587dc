// NeutronModel: networks as records, and every decision about them as a function of records.
//
// What tenants ask for is kept in rows: networks, subnets, ports, routers, floating IPs, security groups. What a host
// must do follows from the rows alone (`HostPlan`), so nothing here speaks of bridges or processes. Addresses, firewall
// rules and plans are computed by functions without effects, which tables of tests can cover. A port's addresses stand
// twice: in the port, to be shown, and in `neutron_addresses`, whose key is what keeps two ports from one address.
// It must not know HTTP, and it names the verbs by which API and agents speak, since neither may import the other.

public import Core
public import Store

/// What every resource of this service has besides its own.
public struct Standard: Sendable, Equatable {
  /// Empty for what the service made for itself (gateway and floating IP ports), which tenants do not see.
  public var projectID = ""
  public var name = ""
  public var description = ""
  public var tags: [String] = []
  public var createdAt = Timestamp(microseconds: 0)
  public var updatedAt = Timestamp(microseconds: 0)

  public init() {}
  public init(projectID: String, name: String = "", description: String = "", at now: Timestamp) {
    self.projectID = projectID
    self.name = name
    self.description = description
    createdAt = now
    updatedAt = now
  }
}

/// A resource of the networking service; its generation is the API's `revision_number`.
public protocol NeutronRecord: Versioned {
  var id: String { get set }
  var standard: Standard { get set }
}

extension NeutronRecord {
  public var projectID: String { standard.projectID }
  public var name: String { standard.name }

  /// The columns of `standard` and of the generation, which stand last in every table. Both must be stored.
  static func standardColumns(
    _ standard: any WritableKeyPath<Self, Standard> & Sendable, _ generation: any WritableKeyPath<Self, Int> & Sendable
  ) -> [Column<Self>] { Column.part(standard, Standard.columns) + [.column("generation", generation)] }
}

extension Standard {
  fileprivate static let columns: [Column<Standard>] = [
    .column("project_id", \.projectID, indexed: true),
    .column("name", \.name),
    .column("description", \.description),
    .column("tags", \.tags),
    .column("created_at", \.createdAt),
    .column("updated_at", \.updatedAt),
  ]
}
