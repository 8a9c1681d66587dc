internal import API
internal import Core
internal import JSON
internal import KeystoneModel
internal import Store

/// `/v3/policies/{id}/OS-ENDPOINT-POLICY`: which document is meant for which endpoint.
enum PolicyAssociations {
  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    rows("/policies/{id}/OS-ENDPOINT-POLICY/endpoints/{endpoint}", "endpoint")
      + rows("/policies/{id}/OS-ENDPOINT-POLICY/services/{service}", "service")
      + rows("/policies/{id}/OS-ENDPOINT-POLICY/services/{service}/regions/{region}", "region_and_service")
      + [
        .get(
          "/endpoints/{endpoint}/OS-ENDPOINT-POLICY/policy", "get_policy_for_endpoint", policy,
          allow: StoredPolicies.reading),
        .get(
          "/policies/{id}/OS-ENDPOINT-POLICY/endpoints", "list_endpoints_for_policy", endpoints,
          allow: StoredPolicies.reading),
      ])

  private static func rows(_ path: String, _ what: String) -> [Route<Keystone>] {
    [
      .put(path, "create_policy_association_for_\(what)", create, allow: .admin, status: 204),
      .get(path, "check_policy_association_for_\(what)", check, allow: StoredPolicies.reading, status: 204),
      .delete(path, "delete_policy_association_for_\(what)", delete, allow: .admin),
    ]
  }

  /// The association that the path speaks of, whose parties must all exist.
  private static func association(
    _ call: Call<Keystone>, _ transaction: any ReadTransaction
  ) async throws -> PolicyAssociation {
    let path = call.path
    let policy = try await transaction.existingPolicy(call.id)
    if let endpoint = path["endpoint"] {
      return PolicyAssociation(policy: policy.id, endpoint: try await transaction.existingEndpoint(endpoint).id)
    }
    let service = try await transaction.existingService(path["service"] ?? "")
    if let region = path["region"] { _ = try await transaction.existingRegion(region) }
    return PolicyAssociation(policy: policy.id, service: service.id, region: path["region"])
  }

  static func create(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    try await call.service.change { transaction in
      let row = try await association(call, transaction)
      try await transaction.deleteAll(PolicyAssociation.self, "WHERE id = \(row.id)")
      try await transaction.insert(row)
    }
    return Nothing()
  }

  static func check(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    try await call.service.store.read { transaction in
      let row = try await association(call, transaction)
      guard try await transaction.get(PolicyAssociation.self, row.id)?.policyID == row.policyID else {
        throw Fault.notFound("Could not find policy association: \(row.policyID) with \(row.id).")
      }
    }
    return Nothing()
  }

  static func delete(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    try await call.service.change { transaction in
      let row = try await association(call, transaction)
      try await transaction.deleteAll(
        PolicyAssociation.self, "WHERE id = \(row.id) AND policy_id = \(row.policyID)")
    }
    return Nothing()
  }

  /// The endpoint's own document, else that of its service in its region or in one that holds it, else its service's.
  static func policy(_ call: Call<Keystone>, _: Nothing) async throws -> One<StoredPolicy> {
    let id = call.path["endpoint"] ?? ""
    return One(
      try await call.service.store.read { transaction in
        let endpoint = try await transaction.existingEndpoint(id)
        guard let row = try await association(of: endpoint, transaction) else {
          throw Fault.notFound("No policy is associated with endpoint \(id).")
        }
        return try await transaction.existingPolicy(row.policyID)
      })
  }

  private static func association(
    of endpoint: CatalogEndpoint, _ transaction: any ReadTransaction
  ) async throws -> PolicyAssociation? {
    var candidates = [PolicyAssociation(policy: "", endpoint: endpoint.id).id]
    var region = endpoint.regionID
    var seen: Set<String> = []
    while let id = region, seen.insert(id).inserted {
      candidates.append(PolicyAssociation(policy: "", service: endpoint.serviceID, region: id).id)
      region = try await transaction.get(Region.self, id)?.parentID
    }
    candidates.append(PolicyAssociation(policy: "", service: endpoint.serviceID).id)
    for id in candidates {
      if let row = try await transaction.get(PolicyAssociation.self, id) { return row }
    }
    return nil
  }

  /// The endpoints for which this document is the one that counts.
  static func endpoints(_ call: Call<Keystone>, _: Nothing) async throws -> Many<CatalogEndpoint> {
    let id = call.id
    return Many(
      try await call.service.store.read { transaction in
        _ = try await transaction.existingPolicy(id)
        var found: [CatalogEndpoint] = []
        for endpoint in try await transaction.all(CatalogEndpoint.self, "ORDER BY id") {
          if try await association(of: endpoint, transaction)?.policyID == id { found.append(endpoint) }
        }
        return found
      })
  }
}
