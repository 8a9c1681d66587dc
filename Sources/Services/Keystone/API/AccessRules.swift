internal import API
internal import Core
internal import JSON
internal import KeystoneModel
internal import Store

/// `/v3/users/{user}/access_rules`: the kinds of requests to which a user's application credentials are bound.
enum AccessRules {
  static let reading: Policy = "rule:admin_required or (role:reader and system_scope:all) or user_id:%(user_id)s"

  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .get("/users/{user}/access_rules", "list_access_rules", list, allow: reading),
      .get("/users/{user}/access_rules/{id}", "get_access_rule", show, allow: reading),
      .delete(
        "/users/{user}/access_rules/{id}", "delete_access_rule", delete,
        allow: "rule:admin_required or user_id:%(user_id)s"),
    ])

  private static func owner(_ call: Call<Keystone>) throws -> String {
    let user = call.path["user"] ?? ""
    try call.enforce(["user_id": user])
    return user
  }

  static func list(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    let user = try owner(call)
    let conditions =
      ["user_id = \(user)"] + call.filters(["service": "service", "path": "path", "method": "method"])
    let found = try await call.service.store.read { transaction in
      _ = try await transaction.existingUser(user)
      return try await transaction.all(AccessRule.self, SQL.allOf(conditions) + " ORDER BY id")
    }
    return listing("access_rules", found.map { render($0, call) }, call.incoming)
  }

  static func show(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    let user = try owner(call)
    let id = call.id
    return ["access_rule": render(try await call.service.store.read { try await $0.accessRule(id, of: user) }, call)]
  }

  /// A rule that a credential is bound to stays.
  static func delete(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let user = try owner(call)
    let id = call.id
    try await call.service.change { transaction in
      let rule = try await transaction.accessRule(id, of: user)
      let bound = try await transaction.all(ApplicationCredential.self, "WHERE user_id = \(user)")
      guard !bound.contains(where: { $0.accessRuleIDs?.contains(id) ?? false }) else {
        throw Fault.forbidden(
          "Unable to delete access rule \(id) because it is in use by an application credential. Delete that first.")
      }
      try await transaction.delete(rule)
    }
    return Nothing()
  }

  private static func render(_ rule: AccessRule, _ call: Call<Keystone>) -> JSON {
    guard case .object(var object) = rule.shown else { return .null }
    object.append("links", ["self": .string("\(call.baseURL)/v3/users/\(rule.userID)/access_rules/\(rule.id)")])
    return .object(object)
  }

  private static let methods = ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"]

  /// The rules that a request for an application credential names: by id, or whole.
  /// - Parameter ids: fresh ids, as many as there are rules.
  static func ensure(
    _ given: [JSON], of user: String, ids: [String], _ transaction: Transaction
  ) async throws -> [AccessRule] {
    var rules: [AccessRule] = []
    for (item, fresh) in zip(given, ids) {
      if let id = item["id"]?.string {
        guard let known = try await transaction.get(AccessRule.self, id), known.userID == user else {
          throw Fault.notFound("Could not find Access Rule: \(id).")
        }
        rules.append(known)
        continue
      }
      let rule = try read(item, user: user, id: fresh)
      let known = try await transaction.one(
        AccessRule.self,
        """
        WHERE user_id = \(user) AND service = \(rule.service) AND method = \(rule.method) AND path = \(rule.path)
        """)
      if known == nil { try await transaction.insert(rule) }
      rules.append(known ?? rule)
    }
    return rules
  }

  private static func read(_ item: JSON, user: String, id: String) throws -> AccessRule {
    guard let service = item["service"]?.string, let path = item["path"]?.string,
      let method = item["method"]?.string
    else {
      throw Fault.badRequest(
        "Invalid input for field/attribute access_rules. Value: \(item.text). It has a service, a method and a path, "
          + "or an id."
      )
    }
    guard methods.contains(method), path.hasPrefix("/"), !path.contains("***"), service.count <= 64, path.count <= 128
    else {
      throw Fault.badRequest(
        "Invalid input for field/attribute access_rules. Value: \(item.text). The method is one of \(methods), the "
          + "path begins with a slash.")
    }
    var rule = AccessRule()
    rule.id = id
    rule.userID = user
    rule.service = service
    rule.method = method
    rule.path = path
    return rule
  }
}

extension AccessRule {
  var shown: JSON {
    ["id": .string(id), "service": .string(service), "method": .string(method), "path": .string(path)]
  }
}

extension ReadTransaction {
  fileprivate func accessRule(_ id: String, of user: String) async throws -> AccessRule {
    guard let rule = try await get(AccessRule.self, id), rule.userID == user else {
      throw Fault.notFound("Could not find Access Rule: \(id).")
    }
    return rule
  }
}
