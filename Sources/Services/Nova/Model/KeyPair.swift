public import Core
public import Store

/// A user's public key; the private one is shown once and never kept.
public struct KeyPair: Record {
  /// Unique over all users, for paging; clients know the name.
  public var id = ""
  public var userID = ""
  public var name = ""
  /// `ssh` or `x509`.
  public var type = "ssh"
  public var publicKey = ""
  public var fingerprint = ""
  public var createdAt = Timestamp(seconds: 0)
  public init() {}

  public static let table = Table<KeyPair>(
    "nova_key_pairs",
    [
      .column("id", \.id, key: true), .column("user_id", \.userID), .column("name", \.name), .column("type", \.type),
      .column("public_key", \.publicKey), .column("fingerprint", \.fingerprint), .column("created_at", \.createdAt),
    ], indexes: [.unique("user_id", "name")])
}
