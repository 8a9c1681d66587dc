internal import API
internal import Core
internal import HTTP
internal import JSON
internal import KeystoneModel
internal import Store

/// `/v3/domains/{id}/config`: what a domain sets for itself, such as the LDAP server with its users.
enum DomainConfig {
  static let reading: Policy = "rule:admin_required or (role:reader and system_scope:all)"

  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .put("/domains/{id}/config", "create_domain_config", replace, allow: .admin),
      .get("/domains/config/default", "get_domain_config_default", defaults, allow: reading),
      .get("/domains/config/{group}/default", "get_domain_config_default", defaults, allow: reading),
      .get("/domains/config/{group}/{option}/default", "get_domain_config_default", defaults, allow: reading),
      .get("/domains/{id}/config/security_compliance", "get_security_compliance_domain_config", rules, allow: .anyone),
      .get(
        "/domains/{id}/config/security_compliance/{option}", "get_security_compliance_domain_config", rules,
        allow: .anyone),
    ]
      + ["", "/{group}", "/{group}/{option}"].flatMap { rest -> [Route<Keystone>] in
        [
          .get("/domains/{id}/config" + rest, "get_domain_config", show, allow: reading),
          .patch("/domains/{id}/config" + rest, "update_domain_config", update, allow: .admin),
          .delete("/domains/{id}/config" + rest, "delete_domain_config", delete, allow: .admin),
        ]
      })

  private static func config(in body: JSON) throws -> JSONObject {
    guard let config = body["config"]?.object else { throw Fault.badRequest("'config' is a required property") }
    return config
  }

  /// Puts a configuration in the place of the one there is: 201 where there is none.
  static func replace(_ call: Call<Keystone>, _ body: JSON) async throws -> Response {
    let config = try config(in: body)
    try DomainOptions.check(config)
    let id = call.id
    let wasThere = try await call.service.change { transaction in
      _ = try await transaction.existingDomain(id)
      let count = try await transaction.deleteAll(DomainOption.self, "WHERE domain_id = \(id)")
      for row in rows(of: config, domain: id) { try await transaction.insert(row) }
      return count > 0
    }
    let shown = try await shown(id, call)
    return JSON.object(["config": shown]).response(to: call.incoming, status: wasThere ? 200 : 201)
  }

  private static func rows(of config: JSONObject, domain: String) -> [DomainOption] {
    config.members.flatMap { group, options in
      (options.object?.members ?? []).map { option, value in
        var row = DomainOption()
        row.domainID = domain
        row.group = group
        row.option = option
        if DomainOptions.isSecret(group, option) {
          row.secret = value.string ?? value.text
        } else {
          row.value = value
        }
        return row
      }
    }
  }

  /// Everything that may be shown, by group.
  private static func shown(_ id: String, _ call: Call<Keystone>) async throws -> JSON {
    let rows = try await call.service.store.read { transaction in
      try await transaction.all(
        DomainOption.self, "WHERE domain_id = \(id) AND secret IS NULL ORDER BY group_name, option_name")
    }
    return grouped(rows.map { (group: $0.group, option: $0.option, value: $0.value) })
  }
  private static func grouped(_ options: [(group: String, option: String, value: JSON)]) -> JSON {
    var groups = JSONObject()
    for item in options {
      var group = groups[item.group]?.object ?? JSONObject()
      group[item.option] = item.value
      groups[item.group] = .object(group)
    }
    return .object(groups)
  }

  static func show(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    let id = call.id
    let (group, option) = (call.path["group"], call.path["option"])
    try DomainOptions.check(group, option)
    _ = try await call.service.store.read { try await $0.existingDomain(id) }
    let all = try await shown(id, call)
    guard let part = part(of: all, group, option) else { throw absent(id, group, option) }
    return ["config": part]
  }

  private static func part(of all: JSON, _ group: String?, _ option: String?) -> JSON? {
    guard let group else { return all.object?.isEmpty == false ? all : Optional<JSON>.none }
    guard let inner = all[group] else { return Optional<JSON>.none }
    guard let option else { return .object([group: inner]) }
    return inner[option].map { .object([option: $0]) }
  }

  private static func absent(_ id: String, _ group: String?, _ option: String?) -> Fault {
    var what = "any options"
    if let group { what = option.map { "option \($0) in group \(group)" } ?? "group \(group)" }
    return .notFound("Could not find \(what) in domain configuration for domain \(id).")
  }

  /// Sets options beside those there are; a group or an option in the path must be there already and stand alone.
  static func update(_ call: Call<Keystone>, _ body: JSON) async throws -> JSON {
    let id = call.id
    let (group, option) = (call.path["group"], call.path["option"])
    let config = try narrowed(try config(in: body), group, option)
    try await call.service.change { transaction in
      _ = try await transaction.existingDomain(id)
      let known = try await transaction.all(DomainOption.self, "WHERE domain_id = \(id)")
      if let group, !known.contains(where: { $0.group == group && (option == nil || $0.option == option) }) {
        throw absent(id, group, option)
      }
      for row in rows(of: config, domain: id) { try await transaction.put(row) }
    }
    return ["config": try await shown(id, call)]
  }

  /// The configuration in a body, which may speak only of the group and option that the path names. Where the path has
  /// an option, the body holds it alone, without its group.
  private static func narrowed(_ config: JSONObject, _ group: String?, _ option: String?) throws -> JSONObject {
    try DomainOptions.check(group, option)
    guard let group else {
      try DomainOptions.check(config)
      return config
    }
    if let option {
      let inner = config[group]?.object ?? config
      guard inner.count == 1, let value = inner[option] else {
        throw DomainOptions.refusal(
          "Trying to update option \(option) in group \(group), so that, and only that, option must be specified in "
            + "the config")
      }
      return [group: .object([option: value])]
    }
    guard config.count == 1, config[group] != nil else {
      throw DomainOptions.refusal(
        "Trying to update group \(group), so that, and only that, group must be specified in the config")
    }
    try DomainOptions.check(config)
    return config
  }

  static func delete(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let id = call.id
    let (group, option) = (call.path["group"], call.path["option"])
    try DomainOptions.check(group, option)
    try await call.service.change { transaction in
      _ = try await transaction.existingDomain(id)
      var conditions: [SQL] = ["domain_id = \(id)"]
      if let group { conditions.append("group_name = \(group)") }
      if let option { conditions.append("option_name = \(option)") }
      let count = try await transaction.deleteAll(DomainOption.self, SQL.allOf(conditions))
      if count == 0, group != nil { throw absent(id, group, option) }
    }
    return Nothing()
  }

  static func defaults(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    let (group, option) = (call.path["group"], call.path["option"])
    try DomainOptions.check(group, option)
    let all = grouped(
      DomainOptions.defaults.flatMap { item in item.options.map { (item.group, $0.name, $0.value) } })
    guard let group else { return ["config": all] }
    guard let option else { return ["config": .object([group: all[group] ?? .null])] }
    return ["config": .object([option: all[group]?[option] ?? .null])]
  }

  /// What passwords must look like; whoever has a token may ask.
  static func rules(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    let compliance = call.service.options.compliance
    guard call.id == call.service.options.defaultDomainID else {
      throw DomainOptions.refusal(
        "Reading security compliance information for any domain other than the default domain is not allowed or "
          + "supported.")
    }
    let all: JSONObject = [
      "password_regex": compliance.passwordRegex.json,
      "password_regex_description": compliance.passwordRegexDescription.json,
    ]
    guard let option = call.path["option"] else { return ["config": ["security_compliance": .object(all)]] }
    guard let value = all[option] else {
      throw DomainOptions.refusal(
        "Reading security compliance values other than password_regex and password_regex_description is not allowed.")
    }
    return ["config": .object([option: value])]
  }
}
