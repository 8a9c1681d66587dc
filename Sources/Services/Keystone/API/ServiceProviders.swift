internal import API
internal import Core
internal import JSON
internal import KeystoneModel
internal import Store

/// `/v3/OS-FEDERATION/service_providers`: other clouds that take this one's word.
enum ServiceProviders {
  private static let root = "/OS-FEDERATION/service_providers"

  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .get(root, "list_service_providers", list, allow: IdentityProviders.reading),
      .get(root + "/{id}", "get_service_provider", show, allow: IdentityProviders.reading),
      .put(root + "/{id}", "create_service_provider", create, allow: .admin, status: 201),
      .patch(root + "/{id}", "update_service_provider", update, allow: .admin),
      .delete(root + "/{id}", "delete_service_provider", delete, allow: .admin),
    ])

  static func list(_ call: Call<Keystone>, _: Nothing) async throws -> Many<ServiceProvider> {
    try await call.page(call.filters(["id": "id"]) + call.enabledFilter(), by: "id")
  }
  static func show(_ call: Call<Keystone>, _: Nothing) async throws -> One<ServiceProvider> {
    let id = call.id
    return One(try await call.service.store.read { try await $0.existingServiceProvider(id) })
  }

  struct Body: Draft {
    var authURL: String?
    var url: String?
    var details: Given<String?> = .absent
    var enabled: Bool?
    var relayStatePrefix: Given<String?> = .absent
    static let shape = Shape<Body>(
      "service_provider",
      [
        .key("auth_url", \.authURL, .custom(checkURL)), .key("sp_url", \.url, .custom(checkURL)),
        .key("description", \.details), .key("enabled", \.enabled),
        .key("relay_state_prefix", \.relayStatePrefix, .text(0...256)),
      ])

    func apply(to provider: inout ServiceProvider) {
      if let authURL { provider.authURL = authURL }
      if let url { provider.url = url }
      details.apply(to: &provider.details)
      if let enabled { provider.enabled = enabled }
      if let prefix = relayStatePrefix.value { provider.relayStatePrefix = prefix ?? ServiceProviders.relayStatePrefix }
    }
  }

  /// Upstream's default of `[saml] relay_state_prefix`.
  private static let relayStatePrefix = "ss:mem:"

  private static func checkURL(_ json: JSON) throws {
    let text = json.string ?? ""
    guard text.utf8.count <= 225, text.hasPrefix("http://") || text.hasPrefix("https://"),
      text.utf8.allSatisfy({ $0 > 32 && $0 < 127 }), text.utf8.count > 8
    else { throw Fault.badRequest("Invalid input for field/attribute URL. Value: \(text). It is not a URL.") }
  }

  static func create(_ call: Call<Keystone>, _ body: Body) async throws -> One<ServiceProvider> {
    for (key, value) in [("auth_url", body.authURL), ("sp_url", body.url)] where value == nil {
      throw Fault.badRequest("Invalid input for field/attribute service_provider. '\(key)' is a required property")
    }
    var provider = ServiceProvider()
    provider.id = call.id
    try checkFederationID(provider.id)
    provider.relayStatePrefix = relayStatePrefix
    body.apply(to: &provider)
    let added = provider
    try await call.service.store("service_provider", added.id) { try await $0.insert(added) }
    return One(provider)
  }

  static func update(_ call: Call<Keystone>, _ body: Body) async throws -> One<ServiceProvider> {
    let id = call.id
    return One(
      try await call.service.change { transaction in
        var provider = try await transaction.existingServiceProvider(id)
        body.apply(to: &provider)
        return try await transaction.update(provider)
      })
  }

  static func delete(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let id = call.id
    try await call.service.change { try await $0.delete(try await $0.existingServiceProvider(id)) }
    return Nothing()
  }
}

extension ServiceProvider: Resource {
  static let collection = "OS-FEDERATION/service_providers"
  var extra: JSONObject { JSONObject() }
  static let view = View<ServiceProvider>(
    "service_provider",
    [
      .field("id", \.id), .field("auth_url", \.authURL), .field("sp_url", \.url), .field("description", \.details),
      .field("enabled", \.enabled), .field("relay_state_prefix", \.relayStatePrefix),
    ])
}

extension ReadTransaction {
  func existingServiceProvider(_ id: String) async throws -> ServiceProvider {
    guard let provider = try await get(ServiceProvider.self, id) else {
      throw Fault.notFound("Could not find Service Provider: \(id).")
    }
    return provider
  }
}
