public import Core
public import JSON
public import Store

/// A program that asks users to let it act for them (OAuth 1.0a).
public struct Consumer: Versioned {
  public var id = ""
  public var details: String?
  public var secret = ""
  public var extra = JSONObject()
  public var generation = 0

  public init() {}

  public static let table = Table<Consumer>(
    "keystone_consumers", since: 2,
    [
      .column("id", \.id, key: true),
      .column("description", \.details),
      .column("secret", \.secret, secret: true),
      .column("extra", \.extra),
      .column("generation", \.generation),
    ])
}

/// A consumer's wish to act on a project, until a user has granted it and an access token is fetched.
public struct RequestToken: Versioned {
  public var id = ""
  public var secret = ""
  public var consumerID = ""
  public var projectID = ""
  /// What the user tells the consumer, who proves with it that it was he who allowed.
  public var verifier: String?
  public var userID: String?
  public var roleIDs: [String] = []
  public var expires: Timestamp?
  public var generation = 0

  public init() {}

  public static let table = Table<RequestToken>(
    "keystone_request_tokens", since: 2,
    [
      .column("id", \.id, key: true),
      .column("secret", \.secret, secret: true),
      .column("consumer_id", \.consumerID, indexed: true),
      .column("project_id", \.projectID),
      .column("verifier", \.verifier, secret: true),
      .column("user_id", \.userID),
      .column("role_ids", \.roleIDs),
      .column("expires", \.expires),
      .column("generation", \.generation),
    ])
}

/// With this a consumer gets tokens of the user who allowed it: on one project, with the roles that he named.
public struct AccessToken: Record {
  public var id = ""
  public var secret = ""
  public var consumerID = ""
  public var projectID = ""
  public var userID = ""
  public var roleIDs: [String] = []
  public var expires: Timestamp?

  public init() {}

  public static let table = Table<AccessToken>(
    "keystone_access_tokens", since: 2,
    [
      .column("id", \.id, key: true),
      .column("secret", \.secret, secret: true),
      .column("consumer_id", \.consumerID, indexed: true),
      .column("project_id", \.projectID, indexed: true),
      .column("user_id", \.userID, indexed: true),
      .column("role_ids", \.roleIDs),
      .column("expires", \.expires),
    ])
}
