internal import Core
internal import Crypto
internal import HTTP
internal import JSON
internal import KeystoneModel
internal import Store

/// What a login by a provider's word comes to here, with every name found: the user, his groups, projects and roles.
struct ShadowUser: Sendable {
  struct Place: Sendable {
    var name: String
    var domainID: String
    var roleIDs: [String]
  }
  var uniqueID: String
  var displayName: String
  var email: String?
  var domainID: String
  var groupIDs: [String]
  var places: [Place] = []
  /// Whether roles that are not named any more are taken away.
  var takesRolesAway = false
  var provider: IdentityProvider

  /// The same for the same person at every cloud, as upstream makes ids
  /// (keystone/identity/id_generators/sha256.py).
  var userID: String { Hash.sha256(Array((domainID + "user" + uniqueID).utf8)).hex }
}

extension ReadTransaction {
  /// - Parameter remoteUser: the name of who is nameless otherwise.
  func shadow(
    _ identity: MappedIdentity, _ remoteUser: String?, _ provider: IdentityProvider, _ mapping: Mapping
  ) async throws -> ShadowUser {
    guard let name = identity.userName ?? remoteUser ?? identity.userID else {
      throw Fault.unauthorized(
        "Could not map user while setting ephemeral user identity. Either mapping rules must specify user id/name or "
          + "REMOTE_USER environment variable must be set.")
    }
    let groups = try await groupIDs(of: identity, mapping)
    var shadow = ShadowUser(
      uniqueID: percentEncode(identity.userID ?? name, keeping: "/"), displayName: name, email: identity.email,
      domainID: try await domainID(identity.domain, or: provider.domainID), groupIDs: groups, provider: provider)
    guard (1...255).contains(name.count), shadow.uniqueID.utf8.count <= 1024 else {
      throw Fault.unauthorized("The identity provider's name or id of this user is empty or too long.")
    }
    try await settle(identity.projects, &shadow, mapping)
    return shadow
  }

  private func domainID(_ domain: MappedIdentity.Domain?, or own: String) async throws -> String {
    guard let domain, domain != MappedIdentity.Domain() else { return own }
    guard let found = try await find(domain) else {
      throw Fault.notFound("Could not find domain: \(domain.id ?? domain.name ?? "").")
    }
    return found.id
  }

  /// Groups by id must be there; those by name are passed over where they are not, as upstream does.
  private func groupIDs(of identity: MappedIdentity, _ mapping: Mapping) async throws -> [String] {
    var ids: Set<String> = []
    for id in identity.groupIDs {
      guard try await get(Group.self, id) != nil else { throw Keystone.noGroup(id, mapping.id) }
      ids.insert(id)
    }
    for group in identity.groups {
      guard let domain = try await find(group.domain) else {
        throw Fault.notFound("Could not find domain: \(group.domain.id ?? group.domain.name ?? "").")
      }
      let found = try await one(Group.self, "WHERE name = \(group.name) AND domain_id = \(domain.id)")
      if let found { ids.insert(found.id) }
    }
    return ids.sorted()
  }

  private func settle(
    _ projects: [MappedIdentity.Project], _ shadow: inout ShadowUser, _ mapping: Mapping
  ) async throws {
    // Rules of the last version that name no project leave none.
    shadow.takesRolesAway = mapping.schemaVersion >= .withProjectsAsJSON
    for project in projects {
      var roleIDs: [String] = []
      for name in project.roles {
        let found = try await all(Role.self, "WHERE name = \(name)")
        let isOurs = { (role: Role) in role.domainID == nil || role.domainID == shadow.domainID }
        guard let first = found.first else { throw Fault.notFound("Could not find role: \(name).") }
        guard let role = found.first(where: isOurs) else {
          throw Fault.forbidden(
            "role: \(first.name) must be within the same domain as the identity provider: \(shadow.provider.id).")
        }
        roleIDs.append(role.id)
      }
      guard (1...64).contains(project.name.count) else {
        throw Fault.unauthorized("A project of the mapping \(mapping.id) has no name, or one of more than 64 letters.")
      }
      let domain = try await domainID(project.domain, or: shadow.provider.domainID)
      shadow.places.append(ShadowUser.Place(name: project.name, domainID: domain, roleIDs: roleIDs))
    }
  }
}

extension Keystone {
  /// Lets a user in who is known by a provider's word: he is made at his first login, and what he may do is brought up
  /// to what is said now.
  func enter(_ shadow: ShadowUser, _ voucher: Voucher, _ method: AuthMethods) async throws -> Authenticated {
    do { return try await enterOnce(shadow, voucher, method) } catch let fault as Fault where fault.code == "duplicate"
    {
      // He came in twice at once, and what was to be made is there now.
      return try await enterOnce(shadow, voucher, method)
    }
  }

  private func enterOnce(
    _ shadow: ShadowUser, _ voucher: Voucher, _ method: AuthMethods
  ) async throws -> Authenticated {
    let now = world.now()
    // The token of this very login is issued after it, be it within the same microsecond.
    var event = revocation().of(user: shadow.userID)
    event.issuedBefore = now - .microseconds(1)
    let voiding = event
    let lifetime = lifetime(ofGroupsBy: shadow.provider)
    let fresh = shadow.places.map { _ in world.hexID() }
    let validated = validated
    let (id, isEnabled) = try await store.write { transaction in
      var isChanged = false
      let (user, isNew) = try await transaction.enter(shadow, voucher, &isChanged)
      let groups = try await transaction.lend(
        shadow.groupIDs, to: user.id, by: shadow.provider.id, now: now, until: now + lifetime)
      if groups, !isNew { try await transaction.revoke(voiding.of(user: user.id), now: now) }
      if try await transaction.place(user.id, shadow, fresh) || groups { isChanged = true }
      if isChanged { transaction.afterCommit { validated.removeAll() } }
      return (user.id, user.enabled)
    }
    guard isEnabled else { throw Fault.unauthorized() }
    return Authenticated(
      userID: id, methods: method,
      delegation: .federation(
        groups: shadow.groupIDs, provider: voucher.provider, protocol: voucher.protocolName))
  }
}

extension Transaction {
  fileprivate func enter(
    _ shadow: ShadowUser, _ voucher: Voucher, _ isChanged: inout Bool
  ) async throws -> (User, isNew: Bool) {
    if var known = try await get(FederatedUser.self, voucher.provider, voucher.protocolName, shadow.uniqueID),
      var user = try await get(User.self, known.userID)
    {
      if known.displayName != shadow.displayName {
        known.displayName = shadow.displayName
        try await update(known)
      }
      let (name, email) = (user.displayName, user.extra["email"])
      if name != nil { user.displayName = shadow.displayName }
      if let new = shadow.email { user.extra["email"] = .string(new) }
      guard user.displayName != name || user.extra["email"] != email else { return (user, false) }
      isChanged = true
      return (try await update(user), false)
    }
    var user = User()
    user.id = shadow.userID
    user.key = user.id
    user.displayName = shadow.displayName
    user.domainID = shadow.domainID
    if let email = shadow.email { user.extra["email"] = .string(email) }
    guard try await get(User.self, user.id) == nil else {
      throw Fault.conflict(
        "Conflict occurred attempting to store federated_user - Duplicate entry found with unique id "
          + "\(shadow.uniqueID): another identity provider or protocol has such a user in this domain.")
    }
    try await insert(user)
    try await insert(
      FederatedUser(
        provider: voucher.provider, protocol: voucher.protocolName, uniqueID: shadow.uniqueID, user: user.id,
        displayName: shadow.displayName))
    isChanged = true
    return (user, true)
  }

  /// Notes the groups that a provider says a user to be in.
  /// - Returns: whether they are others than before.
  fileprivate func lend(
    _ groups: [String], to user: String, by provider: String, now: Timestamp, until end: Timestamp
  ) async throws -> Bool {
    let before = try await all(ExpiringMembership.self, "WHERE user_id = \(user) AND provider_id = \(provider)")
    for gone in before where !groups.contains(gone.groupID) { try await delete(gone) }
    for group in groups {
      var row = ExpiringMembership()
      row.userID = user
      row.groupID = group
      row.providerID = provider
      row.verified = now
      row.expires = end
      try await put(row)
    }
    return Set(before.map(\.groupID)) != Set(groups)
  }

  /// Makes the projects that a mapping names, and gives the user the roles there.
  /// - Returns: whether anything was changed.
  fileprivate func place(_ user: String, _ shadow: ShadowUser, _ fresh: [String]) async throws -> Bool {
    var isChanged = false
    var wanted: Set<String> = []
    for (place, newID) in zip(shadow.places, fresh) {
      let project: Project
      if let known = try await self.project(named: place.name, in: place.domainID) {
        project = known
      } else {
        var made = Project()
        made.id = newID
        made.name = place.name
        made.domainID = place.domainID
        made.parentID = place.domainID
        try await insert(made)
        project = made
        isChanged = true
      }
      for role in place.roleIDs {
        wanted.insert(project.id + role)
        if try await insertUnlessPresent(Assignment(role, to: .user, user, on: .project, project.id)) {
          isChanged = true
        }
      }
    }
    guard shadow.takesRolesAway else { return isChanged }
    let held = try await all(
      Assignment.self,
      "WHERE actor = \(Assignment.Actor.user) AND actor_id = \(user) AND target = \(Assignment.Target.project)")
    for row in held where !wanted.contains(row.targetID + row.roleID) {
      try await delete(row)
      isChanged = true
    }
    return isChanged
  }
}
