internal import API
internal import Core
internal import Crypto
internal import HTTP
internal import JSON
internal import KeystoneModel
internal import Store

/// `/v3/users`.
enum Users {
  static let reading: Policy =
    """
    rule:admin_required or (role:reader and system_scope:all) or \
    (role:reader and domain_id:%(target.user.domain_id)s) or user_id:%(target.user.id)s
    """
  static let listing: Policy =
    "rule:admin_required or (role:reader and system_scope:all) or (role:reader and domain_id:%(target.domain_id)s)"
  static let changing: Policy = "rule:admin_required or (role:manager and domain_id:%(target.user.domain_id)s)"

  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .get("/users", "list_users", list, allow: listing),
      .get("/users/{id}", "get_user", show, allow: reading),
      .post("/users", "create_user", create, allow: changing),
      .patch("/users/{id}", "update_user", update, allow: changing),
      .delete("/users/{id}", "delete_user", delete, allow: changing),
      .post("/users/{id}/password", "change_password", changePassword, allow: .open, status: 204),
      .delete(
        "/users/{id}/tokens", "revoke_tokens_for_user", revokeTokens,
        allow: "rule:admin_required or user_id:%(target.user.id)s"),
      .get("/users/{id}/projects", "list_user_projects", projects, allow: reading),
      .get("/users/{id}/groups", "list_groups_for_user", groups, allow: reading),
    ])

  static func list(_ call: Call<Keystone>, _: Nothing) async throws -> Many<User> {
    let isFree = call.permits(["target.domain_id": "\u{0}"])
    var domain = isFree ? call.query("domain_id") : call.incoming.caller.domainID
    try call.enforce(["target.domain_id": domain ?? "\u{0}"])
    if isFree { domain = call.listedDomain(domain) }
    return try await call.page(
      try await call.freshenUsers(of: domain) + call.filters(["default_project_id": "default_project_id"])
        + call.federationFilters()
        + call.enabledFilter()
        + expiryFilters(call.incoming)
        + (domain.map { ["domain_id = \($0)"] } ?? []))
  }

  /// The conditions of `password_expires_at=lt:2026-11-21T10:00:00Z` and its like.
  static func expiryFilters(_ incoming: Incoming) throws -> [SQL] {
    let operators: [String: SQL] = ["lt": "<", "lte": "<=", "gt": ">", "gte": ">=", "eq": "=", "neq": "<>"]
    return try incoming.queries("password_expires_at").map { text in
      let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
      let known = parts.count == 2 ? operators[parts[0]] : nil
      guard let time = Timestamp(known == nil ? text : parts[1]) else {
        throw Fault.badRequest(
          "Invalid input for query parameter password_expires_at: \(text). It is an operator (lt, lte, gt, gte, eq, "
            + "neq), a colon and a time in ISO 8601.")
      }
      return "password_expires \(known ?? "=") \(time)"
    }
  }

  static func show(_ call: Call<Keystone>, _: Nothing) async throws -> ShownUser {
    let user = try await user(call)
    let identities = try await call.service.store.read { try await $0.federatedIdentities(of: user.id) }
    return ShownUser(user: user, identities: identities)
  }

  /// The user in the path, if the caller may ask for him.
  private static func user(_ call: Call<Keystone>) async throws -> User {
    let id = call.id
    try await call.service.freshen(user: id)
    guard let user = try await call.service.store.read({ try await $0.get(User.self, id) }) else {
      // Who may not read users must not learn which ids there are.
      try call.enforce(["target.user.id": id, "target.user.domain_id": "\u{0}"])
      throw Fault.notFound("Could not find user: \(id).")
    }
    try call.enforce(user.policyTarget)
    return user
  }

  struct Create: OpenDraft {
    var name = ""
    var domainID: String?
    var password: String?
    var enabled: Bool?
    var defaultProjectID: String?
    var federated: JSON?
    var options = JSONObject()
    var extra = JSONObject()
    static let shape = Shape<Create>(
      "user", unknown: .ignored,
      [
        .key("name", \.name, .name(limit: 255), required: true), .key("domain_id", \.domainID),
        .key("password", \.password, .text(0...4096)), .key("enabled", \.enabled),
        .key("default_project_id", \.defaultProjectID),
        .key("options", \.options, .custom(UserOptions.check)),
        .key("federated", \.federated, .custom(FederatedAttribute.check)),
      ])
  }

  static func create(_ call: Call<Keystone>, _ draft: Create) async throws -> ShownUser {
    let service = call.service
    var user = User()
    user.id = service.world.hexID()
    user.name = draft.name
    user.domainID = call.domain(draft.domainID)
    try call.enforce(user.policyTarget)
    user.enabled = draft.enabled ?? true
    user.defaultProjectID = draft.defaultProjectID
    user.options = draft.options
    user.extra = draft.extra.withoutSecrets
    if let people = try await service.directories.people(of: user.domainID) {
      let made = try await service.create(user, password: draft.password, in: people)
      return ShownUser(user: made, identities: [])
    }
    var password: NewPassword?
    if let text = draft.password {
      password = try await service.newPassword(text, options: UserOptions(user.options), isOwn: false)
      user.passwordHash = password?.hash
      user.passwordExpires = password?.expires
    }
    let (added, new) = (user, password)
    let keeping = service.options.compliance.uniqueLast
    let identities = try await service.store("user", user.name, domain: user.domainID) { transaction in
      _ = try await transaction.existingDomain(added.domainID)
      try await transaction.checkDefaultProject(added.defaultProjectID)
      try await transaction.insert(added)
      if let new { try await transaction.remember(new, of: added.id, keeping: keeping) }
      if let known = draft.federated { try await transaction.replaceIdentities(of: added, by: known) }
      return try await transaction.federatedIdentities(of: added.id)
    }
    return ShownUser(user: user, identities: identities)
  }

  struct Update: OpenDraft {
    var name: String?
    var domainID: String?
    var password: Given<String?> = .absent
    var enabled: Bool?
    var defaultProjectID: Given<String?> = .absent
    var federated: JSON?
    var options = JSONObject()
    var extra = JSONObject()
    static let shape = Shape<Update>(
      "user", unknown: .ignored,
      [
        .key("name", \.name, .name(limit: 255)), .key("domain_id", \.domainID),
        .key("password", \.password, .text(0...4096)), .key("enabled", \.enabled),
        .key("default_project_id", \.defaultProjectID),
        .key("options", \.options, .custom(UserOptions.check)),
        .key("federated", \.federated, .custom(FederatedAttribute.check)),
      ])
  }

  static func update(_ call: Call<Keystone>, _ draft: Update) async throws -> ShownUser {
    let before = try await user(call)
    let service = call.service
    if let domain = draft.domainID, domain != before.domainID { throw Fault.badRequest("Cannot change Domain ID") }
    if let found = try await service.located(user: before.id) {
      return ShownUser(user: try await service.update(before, with: draft, of: found), identities: [])
    }
    let changesPassword = draft.password.value != nil
    var password: NewPassword?
    if let text = draft.password.value ?? nil {
      let options = UserOptions(before.options.mergingOptions(draft.options))
      password = try await service.newPassword(text, options: options, isOwn: false)
    }
    let new = password
    let keeping = service.options.compliance.uniqueLast
    let event = service.revocation().of(user: before.id)
    let revokes = changesPassword || draft.enabled == false
    let (after, identities) = try await service.store("user", draft.name ?? before.name, domain: before.domainID) {
      transaction in
      guard var user = try await transaction.get(User.self, before.id) else {
        throw Fault.notFound("Could not find user: \(before.id).")
      }
      if let name = draft.name { user.name = name }
      if let enabled = draft.enabled { user.enabled = enabled }
      if changesPassword {
        user.passwordHash = new?.hash
        user.passwordExpires = new?.expires
        if let new { try await transaction.remember(new, of: user.id, keeping: keeping) }
      }
      if draft.enabled == true { try await transaction.reopen(user) }
      if let project = draft.defaultProjectID.value {
        try await transaction.checkDefaultProject(project)
        user.defaultProjectID = project
      }
      user.options = user.options.mergingOptions(draft.options)
      user.extra = user.extra.merging(draft.extra.withoutSecrets)
      if revokes { try await transaction.revoke(event, now: event.issuedBefore) }
      let after = try await transaction.update(user)
      if let known = draft.federated, known.array?.isEmpty == false {
        try await transaction.replaceIdentities(of: after, by: known)
      }
      return (after, try await transaction.federatedIdentities(of: after.id))
    }
    if revokes { try await service.settle(event) }
    return ShownUser(user: after, identities: identities)
  }

  static func delete(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let user = try await user(call)
    if let found = try await call.service.located(user: user.id) {
      try await call.service.delete(user, found)
      return Nothing()
    }
    try await call.service.change { transaction in
      guard let user = try await transaction.get(User.self, user.id) else {
        throw Fault.notFound("Could not find user: \(user.id).")
      }
      try await transaction.remove(user)
    }
    return Nothing()
  }

  struct Password: Draft {
    var password = ""
    var original = ""
    static let shape = Shape<Password>(
      "user", unknown: .ignored,
      [
        .key("password", \.password, .text(0...4096), required: true),
        .key("original_password", \.original, required: true),
      ])
  }

  /// Whoever knows the old password may set a new one; a token is not needed.
  static func changePassword(_ call: Call<Keystone>, _ draft: Password) async throws -> Nothing {
    let service = call.service
    let id = call.id
    let peer = call.request.peer
    if let people = try await service.people(for: Reference(id: id)) {
      try await service.changePassword(id, from: draft.original, to: draft.password, in: people, peer: peer)
      return Nothing()
    }
    let user = try await service.login(Reference(id: id), from: peer) {
      try await service.checkOldPassword(id, draft.original)
    }
    guard let hash = user.passwordHash else { throw Fault.unauthorized() }
    let options = UserOptions(user.options)
    guard !options.isPasswordLocked else {
      throw Fault.forbidden("The password of user \(id) is locked. Ask an administrator to change it.")
    }
    try await service.checkHistory(of: user, new: draft.password)
    let new = try await service.newPassword(draft.password, options: options, isOwn: true)
    let keeping = service.options.compliance.uniqueLast
    let event = service.revocation().of(user: id)
    try await service.change { transaction in
      guard var user = try await transaction.get(User.self, id), user.passwordHash == hash else {
        throw Fault.unauthorized()
      }
      user.passwordHash = new.hash
      user.passwordExpires = new.expires
      try await transaction.update(user)
      try await transaction.remember(new, of: id, keeping: keeping)
      try await transaction.revoke(event, now: event.issuedBefore)
    }
    try await service.settle(event)
    return Nothing()
  }

  /// Makes all tokens of the user void, for who cannot change a password.
  static func revokeTokens(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let user = try await user(call)
    let event = call.service.revocation().of(user: user.id)
    try await call.service.change { try await $0.revoke(event, now: event.issuedBefore) }
    try await call.service.settle(event)
    return Nothing()
  }

  static func projects(_ call: Call<Keystone>, _: Nothing) async throws -> Many<Project> {
    let user = try await user(call)
    let name = call.query("name")
    let found = try await call.service.store.read { try await $0.projects(ofUser: user.id) }
    return Many(found.filter { name == nil || $0.name == name })
  }

  static func groups(_ call: Call<Keystone>, _: Nothing) async throws -> Many<Group> {
    let user = try await user(call)
    return try await call.page(
      [
        "id IN (SELECT group_id FROM \(Membership.table) WHERE user_id = \(user.id))"
          + " OR id IN (\(call.lent("group_id", where: "user_id = \(user.id)")))"
      ] + call.filters(["name": "name"]))
  }
}

extension JSONObject {
  /// Attributes of clients, without those that must never be shown again.
  var withoutSecrets: JSONObject {
    JSONObject(members.filter { !["password", "original_password", "password_expires_at"].contains($0.key) })
  }
}

extension Call where Service == Keystone {
  /// The domain of something new: the one that is named, else the caller's.
  func domain(_ named: String?) -> String {
    let caller = incoming.caller
    return named ?? caller.domainID ?? caller.projectDomainID ?? service.options.defaultDomainID
  }
}

extension Keystone {
  /// Moves a revocation up to now, once what made it necessary is in force: a token that was issued in between, on the
  /// strength of what was true before, is void too.
  func settle(_ event: Revocation) async throws {
    let now = world.now()
    _ = try await change { transaction in
      try await transaction.run("UPDATE \(Revocation.table) SET issued_before = \(now) WHERE id = \(event.id)")
    }
  }
}

extension User {
  var policyTarget: [String: String] { ["target.user.id": id, "target.user.domain_id": domainID] }
}

extension User: Resource {
  static let collection = "users"
  static let view = View<User>(
    "user",
    [
      .field("id", \.id), .field("name", \.name), .field("domain_id", \.domainID), .field("enabled", \.enabled),
      .computed("default_project_id") { user, _ in user.defaultProjectID.map { .string($0) } },
      .computed("password_expires_at") { user, _ in (user.passwordExpires?.isoMicroseconds).json },
      .field("options", \.options),
    ])
}

extension ReadTransaction {
  func existingUser(_ id: String) async throws -> User {
    guard let user = try await get(User.self, id) else { throw Fault.notFound("Could not find user: \(id).") }
    return user
  }
  /// A default project must not be a domain; that it exists is not asked, as upstream does not.
  func checkDefaultProject(_ id: String?) async throws {
    if let id, let project = try await project(id), project.isDomain {
      throw Fault.badRequest("User's default project ID cannot be a domain ID: \(id)")
    }
  }
}

extension Keystone {
  /// The user, if that is his password, be it expired.
  fileprivate func checkOldPassword(_ id: String, _ password: String) async throws -> User {
    let user = try await store.read { try await $0.get(User.self, id) }
    guard let user, user.enabled, let hash = user.passwordHash else {
      try await hasher.dummyVerify(password)
      throw Fault.unauthorized()
    }
    try await checkAccount(user)
    guard try await matches(password, hash) else {
      try await noteFailure(of: user)
      throw Fault.unauthorized()
    }
    return user
  }
}

extension Transaction {
  /// An administrator who enables an account lifts what closed it.
  fileprivate func reopen(_ user: User) async throws {
    try await deleteAll(LoginState.self, "WHERE user_id = \(user.id)")
  }

  /// Removes a user with everything that is his alone.
  func remove(_ user: User) async throws {
    try await removeTrusts(of: user.id)
    try await deleteAll(AccessToken.self, "WHERE user_id = \(user.id)")
    try await deleteAll(AccessRule.self, "WHERE user_id = \(user.id)")
    try await deleteAll(LoginState.self, "WHERE user_id = \(user.id)")
    try await deleteAll(PastPassword.self, "WHERE user_id = \(user.id)")
    try await deleteAll(Assignment.self, "WHERE actor_id = \(user.id)")
    try await deleteAll(Membership.self, "WHERE user_id = \(user.id)")
    try await deleteAll(ExpiringMembership.self, "WHERE user_id = \(user.id)")
    try await deleteAll(FederatedUser.self, "WHERE user_id = \(user.id)")
    try await deleteAll(Credential.self, "WHERE user_id = \(user.id)")
    try await deleteAll(ApplicationCredential.self, "WHERE user_id = \(user.id)")
    try await delete(user)
  }
}
