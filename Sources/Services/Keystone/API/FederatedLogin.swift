internal import API
internal import Core
internal import HTTP
internal import KeystoneModel
internal import OpenID
internal import Store

/// Who vouches, and in which way.
struct Voucher: Sendable, Equatable {
  var provider: String
  var protocolName: String
}

extension Keystone {
  /// The methods `mapped`, `openid` and `saml2`: somebody for whom an identity provider vouches with what the request
  /// holds.
  func checkVoucher(_ voucher: Voucher, by method: String, _ call: Call<Keystone>) async throws -> Authenticated {
    let method = try Self.method(method)
    let attributes = try await bearerAttributes(voucher, call.request)
    return try await takeIn(attributes, voucher, method)
  }

  /// - Throws: `unauthorized` for a protocol that is no authentication method, as upstream.
  static func method(_ name: String) throws -> AuthMethods {
    let method = AuthMethods(names: [name])
    guard !method.isEmpty, AuthMethods.federated.isSuperset(of: method) else {
      throw Fault.unauthorized("Attempted to authenticate with an unsupported method.")
    }
    return method
  }

  /// What the provider says in the token that the request carries. No other word of the request counts.
  private func bearerAttributes(_ voucher: Voucher, _ request: Request) async throws -> [String: String] {
    let words = (request.headers["Authorization"] ?? "").split(separator: " ")
    guard words.count == 2, words[0].lowercased() == "bearer" else {
      throw Fault.unauthorized(
        "The request needs the header Authorization: Bearer with a token of the identity provider.")
    }
    _ = try await enabledProvider(voucher)
    let provider = try openIDProvider(voucher.provider)
    let claims = try await provider.claims(ofBearer: String(words[1]))
    return claims.attributes(remoteUser: provider.settings.remoteUserClaim)
  }

  func openIDProvider(_ id: String) throws -> OpenIDProvider {
    guard let provider = openID[id] else {
      throw Fault.unauthorized(
        "Nothing is known here of how to check what the identity provider \(id) says. An administrator must describe "
          + "it in the file that the option openid.providers names.")
    }
    return provider
  }

  /// - Throws: `notFound` where provider or protocol are none, `forbidden` for a provider that is disabled.
  func enabledProvider(_ voucher: Voucher) async throws -> (IdentityProvider, FederationProtocol, Mapping) {
    try await store.read { transaction in
      let provider = try await transaction.existingProvider(voucher.provider)
      guard provider.enabled else { throw Fault.forbidden("Identity Provider \(provider.id) is disabled") }
      let row = try await transaction.existingProtocol(voucher.protocolName, of: provider.id)
      return (provider, row, try await transaction.existingMapping(row.mappingID))
    }
  }

  /// Makes a user of this cloud out of what a provider says.
  /// - Parameter said: attributes that are known to be the provider's.
  func takeIn(_ said: [String: String], _ voucher: Voucher, _ method: AuthMethods) async throws -> Authenticated {
    let (provider, row, mapping) = try await enabledProvider(voucher)
    let prefix = options.federation.assertionPrefix
    let attributes = prefix.isEmpty ? said : said.filter { $0.key.hasPrefix(prefix) }
    try await checkRemoteID(attributes, provider, row)
    let identity = try map(attributes, mapping)
    if identity.kind == .local { return try await localUser(identity, method) }
    let shadow = try await store.read { try await $0.shadow(identity, said["REMOTE_USER"], provider, mapping) }
    return try await enter(shadow, voucher, method)
  }

  /// The provider that vouches must be one of those that the administrator meant.
  private func checkRemoteID(
    _ attributes: [String: String], _ provider: IdentityProvider, _ row: FederationProtocol
  ) async throws {
    let own = row.remoteIDAttribute.flatMap { $0.isEmpty ? nil : $0 }
    guard let name = own ?? options.federation.remoteIDAttribute, !name.isEmpty else { return }
    let accepted = try await store.read { try await $0.remoteIDs(of: provider.id) }
    guard !accepted.isEmpty else { return }
    guard let said = attributes[name] else {
      throw Fault.unauthorized("Could not find Identity Provider identifier in environment")
    }
    guard accepted.contains(said) else {
      throw Fault.forbidden("Incoming identity provider identifier not included among the accepted identifiers.")
    }
  }

  private func map(_ attributes: [String: String], _ mapping: Mapping) throws -> MappedIdentity {
    let engine = MappingEngine(id: mapping.id, rules: mapping.rules, version: mapping.schemaVersion)
    do { return try engine.map(attributes) } catch {
      switch error {
      case .nobody(let why): throw Fault.unauthorized(why)
      case .badReference:
        throw Fault.internalError(
          "Local section in mapping \(mapping.id) refers to a remote match that doesn't exist (e.g. {0} in a local "
            + "section). The administrator must mend the mapping.")
      }
    }
  }

  /// A user who is here already; the mapping has only to say who.
  private func localUser(_ identity: MappedIdentity, _ method: AuthMethods) async throws -> Authenticated {
    let found = try await store.read { transaction -> User? in
      if let name = identity.userName {
        guard let domain = identity.domain else { throw missing("domain", "user") }
        guard let home = try await transaction.find(domain), home.enabled else { return nil }
        return try await transaction.user(named: name, in: home.id)
      }
      guard let id = identity.userID else { throw missing("id or name", "user") }
      return try await transaction.get(User.self, id)
    }
    guard let found, found.enabled else { throw Fault.unauthorized() }
    return Authenticated(userID: found.id, methods: method)
  }

  /// The method `token`, or one of federation, with a token that was had through a provider.
  func rescope(_ token: ValidToken, _ groups: [String], _ voucher: Voucher) async throws -> Authenticated {
    let (_, _, mapping) = try await enabledProvider(voucher)
    let known = try await store.read { try await $0.all(Group.self, "WHERE id IN (\(list: groups))").map(\.id) }
    if let gone = groups.first(where: { !known.contains($0) }) { throw Self.noGroup(gone, mapping.id) }
    return Authenticated(
      userID: token.payload.userID, methods: token.payload.methods.union(.token), delegation: token.payload.delegation,
      expires: token.payload.expires, chainID: token.payload.auditIDs.last)
  }

  static func noGroup(_ id: String, _ mapping: String) -> Fault {
    .internalError(
      "Group \(id) returned by mapping \(mapping) was not found in the backend. "
        + "The administrator must mend the mapping.")
  }
}

extension ReadTransaction {
  func find(_ domain: MappedIdentity.Domain) async throws -> Project? {
    if let id = domain.id { return try await self.domain(id) }
    guard let name = domain.name else { return nil }
    return try await self.domain(named: name)
  }
}
