internal import API
internal import Core
internal import HTTP
internal import JSON
internal import KeystoneModel
internal import Store

/// The attribute `federated` of a user: as whom identity providers know him.
///
///     [{"idp_id": "keycloak", "protocols": [{"protocol_id": "openid", "unique_id": "0f2c…"}]}]
enum FederatedAttribute {
  /// The form of the attribute; null for none.
  static func check(_ json: JSON) throws {
    guard let list = json.array else { throw fault("is not of type 'array'") }
    for item in list {
      guard item["idp_id"]?.string != nil else { throw fault("needs an idp_id, a text, in each of its items") }
      guard let protocols = item["protocols"]?.array, !protocols.isEmpty else {
        throw fault("needs a list of protocols in each of its items, with at least one")
      }
      for one in protocols where one["protocol_id"]?.string == nil || one["unique_id"]?.string == nil {
        throw fault("needs a protocol_id and a unique_id for each protocol")
      }
    }
  }

  private static func fault(_ what: String) -> Fault {
    .badRequest("Invalid input for field/attribute federated: it \(what).")
  }

  static func identities(_ json: JSON, of user: User) -> [FederatedUser] {
    (json.array ?? []).flatMap { item in
      (item["protocols"]?.array ?? []).map { one in
        FederatedUser(
          provider: item["idp_id"]?.string ?? "", protocol: one["protocol_id"]?.string ?? "",
          uniqueID: one["unique_id"]?.string ?? "", user: user.id, displayName: user.name)
      }
    }
  }

  /// nil for who is known to none.
  static func shown(_ identities: [FederatedUser]) -> JSON? {
    guard !identities.isEmpty else { return nil }
    let byProvider = Dictionary(grouping: identities, by: \.providerID)
    return .array(
      byProvider.keys.sorted().map { id in
        let protocols = (byProvider[id] ?? []).map { one -> JSON in
          ["protocol_id": .string(one.protocolName), "unique_id": .string(one.uniqueID)]
        }
        return ["idp_id": .string(id), "protocols": .array(protocols)]
      })
  }
}

extension Transaction {
  /// Writes down as whom identity providers know a user, in the place of what was known before.
  func replaceIdentities(of user: User, by json: JSON) async throws {
    let identities = FederatedAttribute.identities(json, of: user)
    for one in identities {
      guard try await get(IdentityProvider.self, one.providerID) != nil else {
        throw Fault.badRequest("Could not find Identity Provider: \(one.providerID)")
      }
      guard try await get(FederationProtocol.self, one.providerID, one.protocolName) != nil else {
        throw Fault.badRequest(
          "Could not find federated protocol \(one.protocolName) for Identity Provider: \(one.providerID).")
      }
    }
    try await deleteAll(FederatedUser.self, "WHERE user_id = \(user.id)")
    for one in identities {
      guard try await insertUnlessPresent(one) else {
        throw Fault.conflict(
          "Conflict occurred attempting to store federated_user - Duplicate entry found with unique id "
            + "\(one.uniqueID).")
      }
    }
  }
}

/// One user with what identity providers know him as.
struct ShownUser: Output {
  static func answerSchema(by view: UsualView?) -> JSONSchema? { User.view.one }
  let user: User
  let identities: [FederatedUser]

  func response(to incoming: Incoming, status: Int) -> Response {
    guard case .object(var object) = User.render(user, as: User.view, at: User.collection, for: incoming) else {
      return Response(status: status)
    }
    if let shown = FederatedAttribute.shown(identities) { object["federated"] = shown }
    return JSON.object([User.view.name: .object(object)]).response(to: incoming, status: status)
  }
}

extension Call where Service == Keystone {
  /// The conditions of `name=` and its like on users, who may have a display name alone.
  func userNameFilters() -> [SQL] {
    zip(filters(["name": "name"]), filters(["name": "display_name"])).map { own, display in
      "(display_name IS NULL AND \(own)) OR \(display)"
    }
  }

  /// The conditions of `idp_id=`, `protocol_id=` and `unique_id=`.
  func federationFilters() -> [SQL] {
    let conditions = filters(["idp_id": "provider_id", "protocol_id": "protocol", "unique_id": "unique_id"])
    guard !conditions.isEmpty else { return [] }
    let all = SQL.joined(conditions.map { "(\($0))" }, " AND ")
    return ["id IN (SELECT user_id FROM \(FederatedUser.table) WHERE \(all))"]
  }

  /// Groups, or users, by the word of an identity provider that holds still.
  func lent(_ column: String, where condition: SQL) -> SQL {
    let now = service.world.now()
    return
      "SELECT \(identifier: column) FROM \(ExpiringMembership.table) WHERE \(condition) AND expires > \(now)"
  }
}
