internal import API
internal import Core
internal import JSON
internal import KeystoneModel
internal import Store

/// `POST /v3/OS-TRUST/trusts`: making a trust, and a trust from a trust.
enum NewTrusts {
  struct Body: OpenDraft {
    var trustorID = ""
    var trusteeID = ""
    var impersonation = false
    var projectID: String?
    var roles: [JSON]?
    var expires: String?
    var remainingUses: Int?
    var allowRedelegation: Bool?
    var redelegationCount: Int?
    var extra = JSONObject()
    static let shape = Shape<Body>(
      "trust", unknown: .ignored,
      [
        .key("trustor_user_id", \.trustorID, required: true), .key("trustee_user_id", \.trusteeID, required: true),
        .key("impersonation", \.impersonation, required: true), .key("project_id", \.projectID),
        .key("roles", \.roles, .custom(checkRoles)), .key("expires_at", \.expires),
        .key("remaining_uses", \.remainingUses, .range(1...Int.max)),
        .key("allow_redelegation", \.allowRedelegation),
        .key("redelegation_count", \.redelegationCount, .range(0...Int.max)),
      ])

    private static func checkRoles(_ json: JSON) throws {
      for item in json.array ?? [] {
        guard let object = item.object, object.count == 1, let key = object.keys.first, ["id", "name"].contains(key),
          object[key]?.string != nil
        else {
          throw Fault.badRequest("Invalid input for field/attribute roles. Value: \(item.text). It is an id or a name.")
        }
      }
    }
  }

  static func create(_ call: Call<Keystone>, _ body: Body) async throws -> JSON {
    try call.enforce(["target.trust.trustor_user_id": body.trustorID])
    try await call.refuseDelegated("manage trusts")
    let service = call.service
    let now = service.world.now()
    if body.projectID != nil, body.roles?.isEmpty ?? true {
      throw forbidden("At least one role should be specified")
    }
    var draft = try begin(body, maximum: service.options.maximumRedelegation)
    draft.id = service.world.hexID()
    if let text = body.expires {
      guard let expires = Timestamp(text) else { throw Fault.badRequest("Timestamp not in expected format: \(text)") }
      guard expires > now else {
        throw Fault.badRequest("The 'expires_at' must not be before now. The server could not comply with the request.")
      }
      draft.expires = expires
    }
    let given = draft
    let source = try await service.valid(call.incoming.caller.token)?.payload.trustID
    let wantsMore = body.allowRedelegation == true && body.redelegationCount != 0
    let maximum = service.options.maximumRedelegation
    try await service.freshen(user: given.trusteeID)
    let (trust, roles) = try await service.change { transaction in
      var trust = given
      _ = try await transaction.existingUser(trust.trusteeID)
      trust.roleIDs = try await transaction.roleIDs(body.roles ?? [])
      var first = trust.trustorID
      if let source {
        let chain = try await follow(
          source, &trust, asked: wantsMore ? body.redelegationCount : nil, maximum, now, transaction)
        if wantsMore == false { trust.redelegationCount = 0 }
        first = chain.last?.trustorID ?? first
      }
      try await transaction.requireHeld(trust.roleIDs, by: first, on: trust.projectID)
      try await transaction.insert(trust)
      return (trust, try await transaction.roles(trust.roleIDs))
    }
    return ["trust": Trusts.shown(trust, roles, call)]
  }

  /// What the body says of uses and redelegation, checked against itself.
  private static func begin(_ body: Body, maximum: Int) throws -> Trust {
    var trust = Trust()
    trust.trustorID = body.trustorID
    trust.trusteeID = body.trusteeID
    trust.impersonation = body.impersonation
    trust.projectID = body.projectID
    trust.remainingUses = body.remainingUses
    trust.extra = body.extra
    guard body.allowRedelegation == true, body.redelegationCount != 0 else { return trust }
    if let count = body.redelegationCount, count > maximum {
      throw Fault.forbidden("Requested redelegation depth of \(count) is greater than allowed \(maximum)")
    }
    if body.remainingUses != nil {
      throw Fault.badRequest("remaining_uses must not be set if redelegation is allowed")
    }
    trust.redelegationCount = body.redelegationCount ?? maximum
    return trust
  }

  /// Makes the trust follow from another: it may give no more than that one and all before it.
  /// - Returns: those, nearest first.
  private static func follow(
    _ id: String, _ trust: inout Trust, asked: Int?, _ maximum: Int, _ now: Timestamp, _ transaction: Transaction
  ) async throws -> [Trust] {
    guard let source = try await transaction.trust(id, at: now) else {
      throw Fault.notFound("Could not find trust: \(id).")
    }
    trust.sourceID = source.id
    let left = source.redelegationCount - 1
    if let asked, asked != left {
      throw Fault.forbidden(
        "Modifying \"redelegation_count\" upon redelegation is forbidden. Omitting this parameter is advised.")
    }
    trust.redelegationCount = max(left, 0)
    let chain = try await transaction.chain(of: source)
    for link in chain { try check(&trust, against: link, maximum) }
    return chain
  }

  private static func check(_ trust: inout Trust, against source: Trust, _ maximum: Int) throws {
    guard source.redelegationCount > 0, source.redelegationCount <= maximum else {
      throw Fault.forbidden(
        "Remaining redelegation depth of \(source.redelegationCount) out of allowed range of [0..\(maximum)]")
    }
    if let uses = trust.remainingUses {
      throw Fault.forbidden(
        "Field \"remaining_uses\" is set to \(uses) while it must not be set in order to redelegate a trust")
    }
    if let end = source.expires {
      guard trust.expires.map({ $0 <= end }) ?? true else {
        throw Fault.forbidden("Requested expiration time is more than redelegated trust can provide")
      }
      trust.expires = trust.expires ?? end
    }
    guard Set(source.roleIDs).isSuperset(of: trust.roleIDs) else {
      throw Fault.forbidden("Some of requested roles are not in redelegated trust")
    }
    guard trust.projectID == source.projectID else {
      throw Fault.forbidden("A trust that follows from another is for the same project.")
    }
    if trust.impersonation, !source.impersonation {
      throw Fault.forbidden(
        "Impersonation is not allowed because redelegated trust does not specify impersonation. Redelegated trust id: "
          + source.id)
    }
  }

  fileprivate static func forbidden(_ what: String) -> Fault {
    .forbidden("You are not authorized to perform the requested action: \(what).")
  }
}

extension ReadTransaction {
  /// The ids of roles that a request names by id or by name.
  func roleIDs(_ given: [JSON]) async throws -> [String] {
    var ids: [String] = []
    for item in given {
      let known: Role? =
        if let id = item["id"]?.string { try await get(Role.self, id) } else {
          try await role(named: item["name"]?.string ?? "")
        }
      guard let known else {
        throw Fault.notFound("Could not find role: \(item["id"]?.string ?? item["name"]?.string ?? "").")
      }
      if !ids.contains(known.id) { ids.append(known.id) }
    }
    return ids
  }

  /// Nobody passes on what he has not.
  fileprivate func requireHeld(_ roles: [String], by user: String, on project: String?) async throws {
    var held: Set<String> = []
    if let project {
      let place = try await existingProject(project)
      held = Set(
        try await inferences().closure(try await assignments(of: user, onProject: place).map(\.roleID)))
    }
    for role in roles where !held.contains(role) { throw Fault.notFound("Could not find role: \(role).") }
  }
}
