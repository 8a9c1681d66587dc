internal import API
internal import Core
internal import JSON
internal import KeystoneModel
internal import Store

/// `/v3/OS-FEDERATION/mappings`.
enum Mappings {
  private static let root = "/OS-FEDERATION/mappings"

  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .get(root, "list_mappings", list, allow: IdentityProviders.reading),
      .get(root + "/{id}", "get_mapping", show, allow: IdentityProviders.reading),
      .put(root + "/{id}", "create_mapping", create, allow: .admin, status: 201),
      .patch(root + "/{id}", "update_mapping", update, allow: .admin),
      .delete(root + "/{id}", "delete_mapping", delete, allow: .admin),
    ])

  static func list(_ call: Call<Keystone>, _: Nothing) async throws -> Many<Mapping> {
    Many(try await call.service.store.read { try await $0.all(Mapping.self, "ORDER BY id") })
  }
  static func show(_ call: Call<Keystone>, _: Nothing) async throws -> One<Mapping> {
    let id = call.id
    return One(try await call.service.store.read { try await $0.existingMapping(id) })
  }

  /// Rules and the language they are written in, found to be well formed.
  struct Body: Draft {
    var rules = JSON.array([])
    var version: String?
    static let shape = Shape<Body>(
      "mapping", unknown: .ignored, [.key("rules", \.rules, required: true), .key("schema_version", \.version)])

    func mapping(_ id: String, _ options: FederationRules) throws -> Mapping {
      var mapping = Mapping()
      mapping.id = id
      mapping.schemaVersion = options.mappingVersion
      if let version, !version.isEmpty {
        guard let known = MappingVersion(rawValue: version) else {
          throw Fault.badRequest(
            "Invalid input for field/attribute schema_version. Value: \(version). It is not one of "
              + MappingVersion.allCases.map(\.rawValue).joined(separator: ", "))
        }
        mapping.schemaVersion = known
      }
      try MappingRules.check(rules, version: mapping.schemaVersion)
      mapping.rules = rules
      return mapping
    }
  }

  static func create(_ call: Call<Keystone>, _ body: Body) async throws -> One<Mapping> {
    try checkFederationID(call.id)
    let mapping = try body.mapping(call.id, call.service.options.federation)
    try await call.service.store("mapping", mapping.id) { try await $0.insert(mapping) }
    return One(mapping)
  }

  static func update(_ call: Call<Keystone>, _ body: Body) async throws -> One<Mapping> {
    let new = try body.mapping(call.id, call.service.options.federation)
    return One(
      try await call.service.change { transaction in
        var mapping = try await transaction.existingMapping(new.id)
        mapping.rules = new.rules
        mapping.schemaVersion = new.schemaVersion
        return try await transaction.update(mapping)
      })
  }

  static func delete(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let id = call.id
    try await call.service.change { try await $0.delete(try await $0.existingMapping(id)) }
    return Nothing()
  }
}

extension Mapping: Resource {
  static let collection = "OS-FEDERATION/mappings"
  var extra: JSONObject { JSONObject() }
  static let view = View<Mapping>(
    "mapping",
    [
      .field("id", \.id), .field("rules", \.rules),
      .computed("schema_version", as: .string) { mapping, _ in .string(mapping.schemaVersion.rawValue) },
    ])
}

extension ReadTransaction {
  func existingMapping(_ id: String) async throws -> Mapping {
    guard let mapping = try await get(Mapping.self, id) else { throw Fault.notFound("Could not find mapping: \(id).") }
    return mapping
  }
}
