internal import API
internal import Core
internal import HTTP
internal import JSON
internal import KeystoneModel
internal import Store

/// `/v3/OS-FEDERATION/identity_providers`.
enum IdentityProviders {
  static let reading: Policy = "rule:admin_required or (role:reader and system_scope:all)"
  private static let root = "/OS-FEDERATION/identity_providers"

  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .get(root, "list_identity_providers", list, allow: reading),
      .get(root + "/{id}", "get_identity_provider", show, allow: reading),
      .put(root + "/{id}", "create_identity_provider", create, allow: .admin, status: 201),
      .patch(root + "/{id}", "update_identity_provider", update, allow: .admin),
      .delete(root + "/{id}", "delete_identity_provider", delete, allow: .admin),
    ])

  private static func render(
    _ provider: IdentityProvider, _ remoteIDs: [String], _ incoming: Incoming
  ) -> JSON {
    let link = "\(incoming.baseURL)/v3\(root)/\(percentEncode(provider.id))"
    return [
      "id": .string(provider.id), "enabled": .bool(provider.enabled), "description": provider.details.json,
      "domain_id": .string(provider.domainID), "authorization_ttl": provider.authorizationTTL.json,
      "remote_ids": remoteIDs.json, "links": ["self": .string(link), "protocols": .string(link + "/protocols")],
    ]
  }

  static func list(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    let conditions = call.filters(["id": "id"]) + call.enabledFilter()
    let condition: SQL = conditions.isEmpty ? "1 = 1" : SQL.joined(conditions.map { "(\($0))" }, " AND ")
    let (providers, names) = try await call.service.store.read { transaction in
      (
        try await transaction.all(IdentityProvider.self, "WHERE \(condition) ORDER BY id"),
        Dictionary(grouping: try await transaction.all(RemoteID.self, "ORDER BY remote_id"), by: \.providerID)
      )
    }
    let items = providers.map { render($0, (names[$0.id] ?? []).map(\.remoteID), call.incoming) }
    return listing("identity_providers", items, call.incoming)
  }

  static func show(_ call: Call<Keystone>, _: Nothing) async throws -> JSON {
    let id = call.id
    return try await call.service.store.read { try await shown(id, call.incoming, $0) }
  }

  private static func shown(
    _ id: String, _ incoming: Incoming, _ transaction: any ReadTransaction
  ) async throws -> JSON {
    let provider = try await transaction.existingProvider(id)
    return ["identity_provider": render(provider, try await transaction.remoteIDs(of: id), incoming)]
  }

  struct Body: Draft {
    var enabled: Bool?
    var details: Given<String?> = .absent
    var authorizationTTL: Given<Int?> = .absent
    var remoteIDs: Given<[String]?> = .absent
    static let keys: [Key<Body>] = [
      .key("enabled", \.enabled), .key("description", \.details),
      .key("authorization_ttl", \.authorizationTTL, .range(0...10_000_000)),
      .key("remote_ids", \.remoteIDs, .custom(checkRemoteIDs)),
    ]
    static let shape = Shape<Body>("identity_provider", keys)

    init() {}
    init(from incoming: Incoming) throws {
      self.init()
      guard let object = incoming.body["identity_provider"]?.object else {
        throw Fault.badRequest("'identity_provider' is a required property")
      }
      guard !object.isEmpty else { throw Fault.badRequest("identity_provider: {} does not have enough properties") }
      try Self.shape.read(object, into: &self, version: incoming.version)
    }
  }

  struct Create: Draft {
    var rest = Body()
    var domainID: String?
    static let shape = Shape<Create>(
      "identity_provider",
      [
        .key("domain_id", \.domainID), .key("enabled", \.rest.enabled), .key("description", \.rest.details),
        .key("authorization_ttl", \.rest.authorizationTTL, .range(0...10_000_000)),
        .key("remote_ids", \.rest.remoteIDs, .custom(checkRemoteIDs)),
      ])
  }

  private static func checkRemoteIDs(_ json: JSON) throws {
    let ids = json.array ?? []
    guard ids.allSatisfy({ ($0.string ?? "").utf8.count <= 255 }) else {
      throw Fault.badRequest("Invalid input for field/attribute remote_ids: one is longer than 255 letters.")
    }
    guard Set(ids).count == ids.count else {
      throw Fault.badRequest("Invalid input for field/attribute remote_ids: it has non-unique elements.")
    }
  }

  static func create(_ call: Call<Keystone>, _ draft: Create) async throws -> JSON {
    let service = call.service
    var provider = IdentityProvider()
    provider.id = call.id
    try checkFederationID(provider.id)
    provider.enabled = draft.rest.enabled ?? false
    provider.details = draft.rest.details.value ?? nil
    provider.authorizationTTL = draft.rest.authorizationTTL.value ?? nil
    let remoteIDs = (draft.rest.remoteIDs.value ?? nil) ?? []
    var domain: Project?
    if let id = draft.domainID {
      provider.domainID = id
    } else {
      var made = Project()
      made.id = service.world.hexID()
      made.name = made.id
      made.isDomain = true
      made.details = "Auto generated federated domain for Identity Provider: \(provider.id)"
      provider.domainID = made.id
      domain = made
    }
    let (added, home) = (provider, domain)
    try await conflicts(added.id) {
      try await service.change { transaction in
        if let home {
          try await transaction.insert(home)
        } else {
          _ = try await transaction.existingDomain(added.domainID)
        }
        try await transaction.insert(added)
        for name in remoteIDs { try await transaction.insert(RemoteID(name, of: added.id)) }
      }
    }
    return ["identity_provider": render(provider, remoteIDs.sorted(), call.incoming)]
  }

  /// With upstream's words for an id, or a remote id, that is taken.
  private static func conflicts<T: Sendable>(_ id: String, _ body: () async throws -> T) async throws -> T {
    do { return try await body() } catch let fault as Fault where fault.code == "duplicate" {
      throw Fault.conflict(
        "Conflict occurred attempting to store identity_provider - Duplicate entry: \(id) or one of its remote ids.")
    }
  }

  static func update(_ call: Call<Keystone>, _ body: Body) async throws -> JSON {
    let id = call.id
    let service = call.service
    try await conflicts(id) {
      try await service.change { transaction in
        var provider = try await transaction.existingProvider(id)
        if let enabled = body.enabled { provider.enabled = enabled }
        body.details.apply(to: &provider.details)
        body.authorizationTTL.apply(to: &provider.authorizationTTL)
        try await transaction.update(provider)
        if let names = body.remoteIDs.value {
          try await transaction.deleteAll(RemoteID.self, "WHERE provider_id = \(id)")
          for name in names ?? [] { try await transaction.insert(RemoteID(name, of: id)) }
        }
        guard case .given = body.authorizationTTL else { return }
        // What was said at earlier logins counts for as long as is said now.
        let lifetime = Int(service.lifetime(ofGroupsBy: provider).microseconds)
        _ = try await transaction.run(
          "UPDATE \(ExpiringMembership.table) SET expires = verified + \(lifetime) WHERE provider_id = \(id)")
      }
    }
    return try await service.store.read { try await shown(id, call.incoming, $0) }
  }

  static func delete(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let id = call.id
    try await call.service.change { try await $0.remove(try await $0.existingProvider(id)) }
    return Nothing()
  }
}

/// Ids that their makers choose, which stand in paths.
func checkFederationID(_ id: String) throws {
  guard (1...64).contains(id.count) else {
    throw Fault.badRequest("Invalid input for field/attribute id. Value: \(id.prefix(80)). It has 1 to 64 letters.")
  }
}

extension ReadTransaction {
  func existingProvider(_ id: String) async throws -> IdentityProvider {
    guard let provider = try await get(IdentityProvider.self, id) else {
      throw Fault.notFound("Could not find Identity Provider: \(id).")
    }
    return provider
  }
  func remoteIDs(of provider: String) async throws -> [String] {
    try await all(RemoteID.self, "WHERE provider_id = \(provider) ORDER BY remote_id").map(\.remoteID)
  }
}

extension Keystone {
  /// How long a provider's groups outlive a login.
  func lifetime(ofGroupsBy provider: IdentityProvider) -> Duration {
    .minutes(provider.authorizationTTL ?? options.federation.authorizationTTL)
  }
}

extension Transaction {
  /// Removes a provider with its protocols, and the users who are known by its word alone.
  func remove(_ provider: IdentityProvider) async throws {
    try await deleteAll(RemoteID.self, "WHERE provider_id = \(provider.id)")
    try await deleteAll(FederationProtocol.self, "WHERE provider_id = \(provider.id)")
    try await deleteAll(ExpiringMembership.self, "WHERE provider_id = \(provider.id)")
    try await removeIdentities("WHERE provider_id = \(provider.id)")
    try await delete(provider)
  }

  /// Removes what providers said users to be, and those users who are nobody without it.
  func removeIdentities(_ condition: SQL) async throws {
    let identities = try await all(FederatedUser.self, condition)
    try await deleteAll(FederatedUser.self, condition)
    for id in Set(identities.map(\.userID)).sorted() {
      guard try await federatedIdentities(of: id).isEmpty, let user = try await get(User.self, id),
        user.displayName != nil
      else { continue }
      try await remove(user)
    }
  }
}
