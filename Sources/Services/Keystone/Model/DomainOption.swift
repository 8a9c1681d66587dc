public import JSON
public import Store

/// One configuration option of a domain that has users of its own kind, such as those of an LDAP server.
public struct DomainOption: Record {
  public var domainID = ""
  public var group = ""
  public var option = ""
  public var value = JSON.null
  /// The value of an option that is never shown again, such as a password; `value` is null then.
  public var secret: String?

  public init() {}

  public static let table = Table<DomainOption>(
    "keystone_domain_options", since: 2,
    [
      .column("domain_id", \.domainID, key: true),
      .column("group_name", \.group, key: true),
      .column("option_name", \.option, key: true),
      .column("value", \.value),
      .column("secret", \.secret, secret: true),
    ])
}

extension ReadTransaction {
  /// A domain's options by group and name, secrets included: for what connects to its users, never for answers.
  public func configuration(ofDomain domain: String) async throws -> [String: [String: JSON]] {
    var all: [String: [String: JSON]] = [:]
    for row in try await self.all(DomainOption.self, "WHERE domain_id = \(domain)") {
      all[row.group, default: [:]][row.option] = row.secret.map { .string($0) } ?? row.value
    }
    return all
  }
}
