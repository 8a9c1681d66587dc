internal import API
internal import Core
internal import HTTP
internal import JSON
internal import KeystoneModel
internal import Store

/// `/v3/OS-FEDERATION/identity_providers/{id}/protocols`.
enum FederationProtocols {
  private static let root = "/OS-FEDERATION/identity_providers"
  private static let one = root + "/{id}/protocols/{protocol}"

  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .get(root + "/{id}/protocols", "list_protocols", list, allow: IdentityProviders.reading),
      .get(one, "get_protocol", show, allow: IdentityProviders.reading),
      .put(one, "create_protocol", create, allow: .admin, status: 201),
      .patch(one, "update_protocol", update, allow: .admin),
      .delete(one, "delete_protocol", delete, allow: .admin),
    ])

  private static func render(_ row: FederationProtocol, _ incoming: Incoming) -> JSON {
    let provider = "\(incoming.baseURL)/v3\(root)/\(percentEncode(row.providerID))"
    return [
      "id": .string(row.name), "mapping_id": .string(row.mappingID),
      "remote_id_attribute": row.remoteIDAttribute.json,
      "links": [
        "identity_provider": .string(provider), "self": .string("\(provider)/protocols/\(percentEncode(row.name))"),
      ],
    ]
  }

  static func list(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    let id = call.id
    let rows = try await call.service.store.read { transaction in
      try await transaction.all(FederationProtocol.self, "WHERE provider_id = \(id) ORDER BY name")
    }
    return listing("protocols", rows.map { render($0, call.incoming) }, call.incoming)
  }

  private static func key(_ call: Call<Keystone>) -> (provider: String, name: String) {
    (call.id, call.path["protocol"] ?? "")
  }

  static func show(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    let key = key(call)
    let row = try await call.service.store.read { try await $0.existingProtocol(key.name, of: key.provider) }
    return ["protocol": render(row, call.incoming)]
  }

  struct Body: Draft {
    var mappingID = ""
    var remoteIDAttribute: Given<String?> = .absent
    static let shape = Shape<Body>(
      "protocol",
      [
        .key("mapping_id", \.mappingID, .text(1...64), required: true),
        .key("remote_id_attribute", \.remoteIDAttribute, .text(0...64)),
      ])
  }

  private static func checkMapping(_ id: String, _ transaction: any ReadTransaction) async throws {
    guard try await transaction.get(Mapping.self, id) != nil else {
      throw Fault.badRequest("Invalid mapping id: \(id)")
    }
  }

  static func create(_ call: Call<Keystone>, _ body: Body) async throws -> JSON {
    let key = key(call)
    try checkFederationID(key.name)
    var row = FederationProtocol()
    row.providerID = key.provider
    row.name = key.name
    row.mappingID = body.mappingID
    row.remoteIDAttribute = body.remoteIDAttribute.value ?? nil
    let added = row
    try await call.service.store("federation_protocol", key.name) { transaction in
      try await checkMapping(added.mappingID, transaction)
      _ = try await transaction.existingProvider(added.providerID)
      try await transaction.insert(added)
    }
    return ["protocol": render(row, call.incoming)]
  }

  static func update(_ call: Call<Keystone>, _ body: Body) async throws -> JSON {
    let key = key(call)
    let row = try await call.service.change { transaction in
      try await checkMapping(body.mappingID, transaction)
      var row = try await transaction.existingProtocol(key.name, of: key.provider)
      row.mappingID = body.mappingID
      body.remoteIDAttribute.apply(to: &row.remoteIDAttribute)
      return try await transaction.update(row)
    }
    return ["protocol": render(row, call.incoming)]
  }

  static func delete(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let key = key(call)
    try await call.service.change { transaction in
      try await transaction.delete(try await transaction.existingProtocol(key.name, of: key.provider))
      try await transaction.removeIdentities("WHERE provider_id = \(key.provider) AND protocol = \(key.name)")
    }
    return Nothing()
  }
}

extension ReadTransaction {
  func existingProtocol(_ name: String, of provider: String) async throws -> FederationProtocol {
    guard let row = try await get(FederationProtocol.self, provider, name) else {
      throw Fault.notFound("Could not find federated protocol \(name) for Identity Provider: \(provider).")
    }
    return row
  }
}
