internal import Core
internal import Crypto
public import Store

/// Under which id the cloud knows a user or group that is kept in a directory. It outlives what it names, so that one
/// who comes back is the same as before.
public struct IdentityMapping: Record {
  public enum Kind: String, ColumnValue { case user, group }

  public var publicID = ""
  public var domainID = ""
  /// The value of the attribute that the directory's entries are told apart by.
  public var localID = ""
  public var kind = Kind.user

  public init() {}

  /// - Parameter id: nil for the one that follows from the others, as upstream's generator `sha256` has it.
  public init(_ kind: Kind, _ localID: String, in domain: String, id: String? = nil) {
    self.kind = kind
    self.localID = localID
    domainID = domain
    publicID = id ?? Self.id(kind, localID, in: domain)
  }

  /// The hash of domain, kind and local id, one after the other: the order of upstream's names for them.
  public static func id(_ kind: Kind, _ localID: String, in domain: String) -> String {
    Hash.sha256(Array((domain + kind.rawValue + localID).utf8)).hex
  }

  public static let table = Table<IdentityMapping>(
    "keystone_id_mappings", since: 3,
    [
      .column("public_id", \.publicID, key: true),
      .column("domain_id", \.domainID),
      .column("local_id", \.localID),
      .column("entity_type", \.kind),
    ],
    indexes: [.unique("domain_id", "local_id", "entity_type", since: 3)])
}
