/// The operator's choices for the networking service.
public struct NeutronOptions: Sendable {
  /// MTU of flat networks, in bytes.
  public var flatMTU = 1500
  /// MTU of tenants' VXLAN networks, in bytes: 1500 less the tunnel's 50.
  public var tenantMTU = 1450
  /// The VNIs tenants' networks get.
  public var vniRange = 1...65_535
  /// The physical networks that administrators may name.
  public var physicalNetworks: [String] = ["public"]
  /// The zone of everything, as lists of availability zones show it.
  public var availabilityZone = "nova"
  /// Limits of projects for which nobody set any, by the API's names; -1 is no limit.
  public var quotas: [String: Int] = [:]
  public var maxHostRoutes = 20
  public var maxNameservers = 5
  public var maxRoutes = 30

  public init() {}

  public func limit(_ resource: QuotaResource) -> Int { quotas[resource.rawValue] ?? resource.usual }
}
