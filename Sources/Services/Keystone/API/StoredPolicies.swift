internal import API
internal import Core
internal import JSON
internal import KeystoneModel
internal import Store

/// `/v3/policies`: documents that services may fetch.
enum StoredPolicies {
  static let reading: Policy = "rule:admin_required or (role:reader and system_scope:all)"

  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .get("/policies", "list_policies", list, allow: reading),
      .get("/policies/{id}", "get_policy", show, allow: reading),
      .post("/policies", "create_policy", create, allow: .admin),
      .patch("/policies/{id}", "update_policy", update, allow: .admin),
      .delete("/policies/{id}", "delete_policy", delete, allow: .admin),
    ])

  static func list(_ call: Call<Keystone>, _: Nothing) async throws -> Many<StoredPolicy> {
    try await call.page(call.filters(["type": "type"]), by: "id")
  }
  static func show(_ call: Call<Keystone>, _: Nothing) async throws -> One<StoredPolicy> {
    let id = call.id
    return One(try await call.service.store.read { try await $0.existingPolicy(id) })
  }

  struct Body: OpenDraft {
    var blob: String?
    var type: String?
    var extra = JSONObject()
    static let shape = Shape<Body>(
      "policy", unknown: .ignored, [.key("blob", \.blob), .key("type", \.type, .text(0...255))])

    func apply(to policy: inout StoredPolicy) {
      if let blob { policy.blob = blob }
      if let type { policy.type = type }
      policy.extra = policy.extra.merging(extra)
    }
  }

  static func create(_ call: Call<Keystone>, _ body: Body) async throws -> One<StoredPolicy> {
    for (key, value) in [("blob", body.blob), ("type", body.type)] where value == nil {
      throw Fault.badRequest("Invalid input for field/attribute policy. '\(key)' is a required property")
    }
    var policy = StoredPolicy()
    policy.id = call.service.world.hexID()
    body.apply(to: &policy)
    let added = policy
    try await call.service.change { try await $0.insert(added) }
    return One(policy)
  }

  static func update(_ call: Call<Keystone>, _ body: Body) async throws -> One<StoredPolicy> {
    let id = call.id
    return One(
      try await call.service.change { transaction in
        var policy = try await transaction.existingPolicy(id)
        body.apply(to: &policy)
        return try await transaction.update(policy)
      })
  }

  static func delete(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let id = call.id
    try await call.service.change { transaction in
      let policy = try await transaction.existingPolicy(id)
      try await transaction.deleteAll(PolicyAssociation.self, "WHERE policy_id = \(id)")
      try await transaction.delete(policy)
    }
    return Nothing()
  }
}

extension StoredPolicy: Resource {
  static let collection = "policies"
  static let view = View<StoredPolicy>(
    "policy", plural: "policies", [.field("id", \.id), .field("type", \.type), .field("blob", \.blob)])
}

extension ReadTransaction {
  func existingPolicy(_ id: String) async throws -> StoredPolicy {
    guard let policy = try await get(StoredPolicy.self, id) else {
      throw Fault.notFound("Could not find policy: \(id).")
    }
    return policy
  }
}
