internal import API
internal import Core
internal import JSON
internal import KeystoneModel
internal import Store

/// `GET /v3/OS-REVOKE/events`: which tokens are void for what the records do not tell, since a moment.
enum RevocationEvents {
  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .get("/OS-REVOKE/events", "list_revoke_events", list, allow: "rule:admin_required or role:service"),
      .get("/OS-SIMPLE-CERT/ca", "get_ca_certificate", certificates, allow: .open),
      .get("/OS-SIMPLE-CERT/certificates", "list_certificates", certificates, allow: .open),
    ])

  static func list(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    var conditions: [SQL] = []
    if let text = call.query("since") {
      guard let since = Timestamp(text) else { throw Fault.badRequest("invalidate date format \(text)") }
      conditions.append("issued_before >= \(since)")
    }
    let wanted = SQL.allOf(conditions)
    let rows = try await call.service.store.read { transaction in
      try await transaction.all(Revocation.self, wanted + " ORDER BY issued_before, id")
    }
    return [
      "events": .array(rows.map { show($0) }),
      "links": ["next": nil, "self": .string(call.baseURL + "/v3/OS-REVOKE/events"), "previous": nil],
    ]
  }

  private static func show(_ row: Revocation) -> JSON {
    var object = JSONObject()
    object["user_id"] = row.userID.map { .string($0) }
    object["project_id"] = row.projectID.map { .string($0) }
    object["domain_id"] = row.domainID.map { .string($0) }
    object["audit_id"] = row.auditID.map { .string($0) }
    object["audit_chain_id"] = row.chainID.map { .string($0) }
    object["issued_before"] = .string(row.issuedBefore.isoMicrosecondsZ)
    return .object(object)
  }

  /// Tokens that certificates signed are of the past.
  static func certificates(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    throw Fault(.gone, "This API is no longer available: tokens are not signed with certificates any more.")
  }
}
