public import JSON
public import Store

/// A policy document that some service may fetch; we keep it and never read it.
public struct StoredPolicy: Versioned {
  public var id = ""
  /// The document's MIME type.
  public var type = ""
  public var blob = ""
  public var extra = JSONObject()
  public var generation = 0

  public init() {}

  public static let table = Table<StoredPolicy>(
    "keystone_policies", since: 2,
    [
      .column("id", \.id, key: true),
      .column("type", \.type),
      .column("blob", \.blob),
      .column("extra", \.extra),
      .column("generation", \.generation),
    ])
}

/// That a policy document is meant for an endpoint, for a service, or for a service in a region. One of each at most.
public struct PolicyAssociation: Record {
  /// What it is meant for: `endpoint:ID`, `service:ID` or `service:ID:REGION`.
  public var id = ""
  public var policyID = ""
  public var endpointID: String?
  public var serviceID: String?
  public var regionID: String?

  public init() {}
  public init(policy: String, endpoint: String) {
    id = "endpoint:" + endpoint
    policyID = policy
    endpointID = endpoint
  }
  public init(policy: String, service: String, region: String? = nil) {
    id = "service:" + service + (region.map { ":" + $0 } ?? "")
    policyID = policy
    serviceID = service
    regionID = region
  }

  public static let table = Table<PolicyAssociation>(
    "keystone_policy_associations", since: 2,
    [
      .column("id", \.id, key: true),
      .column("policy_id", \.policyID, indexed: true),
      .column("endpoint_id", \.endpointID, indexed: true),
      .column("service_id", \.serviceID, indexed: true),
      .column("region_id", \.regionID),
    ])
}
