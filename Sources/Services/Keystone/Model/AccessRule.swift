public import Store

/// One kind of request that an application credential may be used for; a user's credentials share equal rules.
public struct AccessRule: Record {
  public var id = ""
  public var userID = ""
  /// The service's type in the catalogue.
  public var service = ""
  public var method = ""
  /// The path, in which `*` stands for part of a segment, `{name}` for a segment and `**` for any number of them.
  public var path = ""

  public init() {}

  public static let table = Table<AccessRule>(
    "keystone_access_rules", since: 2,
    [
      .column("id", \.id, key: true),
      .column("user_id", \.userID),
      .column("service", \.service),
      .column("method", \.method),
      .column("path", \.path),
    ],
    indexes: [.unique("user_id", "service", "method", "path", since: 2)])
}
