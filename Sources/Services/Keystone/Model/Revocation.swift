public import Core
public import Store

/// That tokens issued before an instant are void: one, one and its descendants, or all of a user, project or domain.
///
/// Only for what the records themselves no longer tell: a password that was changed, a user who was disabled for a
/// while, a token that was handed back. Who lost a role or was deleted is found out without.
public struct Revocation: Record {
  public var id = ""
  public var auditID: String?
  /// The first token of a chain of rescoped ones.
  public var chainID: String?
  public var userID: String?
  public var projectID: String?
  public var domainID: String?
  public var issuedBefore = Timestamp(microseconds: 0)
  /// When every token it could concern has ended by itself.
  public var expires = Timestamp(microseconds: 0)

  public init() {}

  public static let table = Table<Revocation>(
    "keystone_revocations", logged: false,
    [
      .column("id", \.id, key: true),
      .column("audit_id", \.auditID, indexed: true),
      .column("chain_id", \.chainID, indexed: true),
      .column("user_id", \.userID, indexed: true),
      .column("project_id", \.projectID, indexed: true),
      .column("domain_id", \.domainID, indexed: true),
      .column("issued_before", \.issuedBefore),
      .column("expires", \.expires, indexed: true),
    ])
}

extension Transaction {
  /// Adds a revocation, and forgets those that no longer matter.
  public func revoke(_ revocation: Revocation, now: Timestamp) async throws {
    try await deleteAll(Revocation.self, "WHERE expires < \(now)")
    try await insert(revocation)
  }
}

extension ReadTransaction {
  /// Whether a token with these properties has been revoked.
  /// - Parameter users: everyone whose rights it carries: whom it shows, and the parties of a trust.
  public func isRevoked(
    _ token: TokenPayload, issued: Timestamp, users: [String], project: Project?, domains: [String]
  ) async throws -> Bool {
    let rows = try await all(
      Revocation.self,
      """
      WHERE audit_id = \(token.auditIDs.first) OR chain_id = \(token.auditIDs.last) OR user_id IN (\(list: users)) \
      OR project_id = \(project?.id) OR domain_id IN (\(list: domains))
      """)
    return rows.contains { $0.auditID != nil || $0.chainID != nil || issued <= $0.issuedBefore }
  }
}
