public import Store

/// Somebody else's directory of users whose word this cloud takes (OS-FEDERATION).
public struct IdentityProvider: Versioned {
  /// Chosen by who makes it.
  public var id = ""
  /// Where the users live that are made at their first login.
  public var domainID = ""
  public var enabled = false
  public var details: String?
  /// For how many minutes after a login its groups count for what is done without that login's token (application
  /// credentials, trusts); nil for the cloud's default.
  public var authorizationTTL: Int?
  public var generation = 0

  public init() {}

  public static let table = Table<IdentityProvider>(
    "keystone_identity_providers", since: 3,
    [
      .column("id", \.id, key: true),
      .column("domain_id", \.domainID, indexed: true),
      .column("enabled", \.enabled),
      .column("description", \.details),
      .column("authorization_ttl", \.authorizationTTL),
      .column("generation", \.generation),
    ])
}

/// A name by which an identity provider calls itself in what it says of users: an issuer's URL. No two have the same.
public struct RemoteID: Record {
  public var remoteID = ""
  public var providerID = ""

  public init() {}
  public init(_ remoteID: String, of provider: String) {
    self.remoteID = remoteID
    providerID = provider
  }

  public static let table = Table<RemoteID>(
    "keystone_remote_ids", since: 3,
    [.column("remote_id", \.remoteID, key: true), .column("provider_id", \.providerID, indexed: true)])
}

/// A way in which an identity provider vouches for users, and the mapping that reads what it says.
public struct FederationProtocol: Record {
  public var providerID = ""
  /// Also the name of the authentication method: `openid`, `saml2`, `mapped`.
  public var name = ""
  public var mappingID = ""
  /// The attribute that holds the remote id; nil for the cloud's default.
  public var remoteIDAttribute: String?

  public init() {}

  public static let table = Table<FederationProtocol>(
    "keystone_federation_protocols", since: 3,
    [
      .column("provider_id", \.providerID, key: true),
      .column("name", \.name, key: true),
      .column("mapping_id", \.mappingID),
      .column("remote_id_attribute", \.remoteIDAttribute),
    ])
}

/// Another cloud to which this one could send its users.
public struct ServiceProvider: Versioned {
  public var id = ""
  public var authURL = ""
  public var url = ""
  public var details: String?
  public var enabled = false
  public var relayStatePrefix = ""
  public var generation = 0

  public init() {}

  public static let table = Table<ServiceProvider>(
    "keystone_service_providers", since: 3,
    [
      .column("id", \.id, key: true),
      .column("auth_url", \.authURL),
      .column("sp_url", \.url),
      .column("description", \.details),
      .column("enabled", \.enabled),
      .column("relay_state_prefix", \.relayStatePrefix),
      .column("generation", \.generation),
    ])
}
