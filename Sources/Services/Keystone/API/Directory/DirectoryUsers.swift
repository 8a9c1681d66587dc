internal import API
internal import Core
internal import JSON
internal import KeystoneModel
internal import Store

// What the resources `users` and `groups` do where a directory keeps them.

extension Keystone {
  /// The user of an id as his directory has him now; nil for who is ours, or is not there.
  func located(user id: String) async throws -> Located? {
    guard let people = try await people(for: Reference(id: id)) else { return nil }
    return try await locate(Reference(id: id), in: people)
  }
  func located(group id: String) async throws -> (group: DirectoryGroup, people: People)? {
    guard let mapping = try await mapping(id, .group), let people = try await directories.people(of: mapping.domainID),
      let group = try await people.group(mapping.localID)
    else { return nil }
    return (group, people)
  }

  func create(_ user: User, password: String?, in people: People) async throws -> User {
    try people.requireWritable()
    try await store.read { transaction in
      _ = try await transaction.existingDomain(user.domainID)
      try await transaction.checkDefaultProject(user.defaultProjectID)
    }
    let made = try await people.create(user, password: password, newID: world.hexID())
    let drawn = try await draw(Picture(users: [made], groups: [], groupsOf: made.localID), of: people)
    let id = drawn.userIDs[made.localID] ?? ""
    return try await store.read { try await $0.existingUser(id) }
  }

  func update(_ before: User, with draft: Users.Update, of found: Located) async throws -> User {
    try found.people.requireWritable()
    var after = before
    if let name = draft.name { after.name = name }
    if let enabled = draft.enabled { after.enabled = enabled }
    if let project = draft.defaultProjectID.value {
      try await store.read { try await $0.checkDefaultProject(project) }
      after.defaultProjectID = project
    }
    after.extra = after.extra.merging(draft.extra.withoutSecrets)
    try await found.people.update(found.user, to: after, password: draft.password.value)
    directories.forget([before.id])
    try await freshen(user: before.id)
    if draft.password.value != nil || draft.enabled == false { try await revokeTokens(of: before.id) }
    return try await store.read { try await $0.existingUser(before.id) }
  }

  /// Removes a user from his directory, with all that was his here.
  func delete(_ user: User, _ found: Located) async throws {
    try found.people.requireWritable()
    try await found.people.delete(found.user)
    directories.forget([user.id])
    try await change { transaction in
      if let user = try await transaction.get(User.self, user.id) { try await transaction.remove(user) }
      try await transaction.deleteAll(IdentityMapping.self, "WHERE public_id = \(user.id)")
    }
  }

  func create(_ group: Group, in people: People) async throws -> Group {
    try people.requireWritable()
    _ = try await store.read { try await $0.existingDomain(group.domainID) }
    let made = try await people.create(group, newID: world.hexID())
    let drawn = try await draw(Picture(groups: [made]), of: people)
    let id = drawn.groupIDs[made.localID] ?? ""
    return try await store.read { try await $0.existingGroup(id) }
  }

  func update(_ before: Group, with body: Groups.Body, of found: (group: DirectoryGroup, people: People)) async throws
    -> Group
  {
    try found.people.requireWritable()
    var after = before
    if let name = body.name { after.name = name }
    if let details = body.details.value { after.details = details ?? "" }
    try await found.people.update(found.group, to: after)
    directories.forget([before.id])
    try await freshen(group: before.id)
    return try await store.read { try await $0.existingGroup(before.id) }
  }

  func delete(_ group: Group, _ found: (group: DirectoryGroup, people: People)) async throws {
    try found.people.requireWritable()
    try await found.people.delete(found.group)
    directories.forget([group.id])
    try await change { transaction in
      if let group = try await transaction.get(Group.self, group.id) { try await transaction.remove(group) }
      try await transaction.deleteAll(IdentityMapping.self, "WHERE public_id = \(group.id)")
    }
  }

  /// Puts a user into a group of a directory, or out of it.
  /// - Returns: false where neither is in one.
  func setMember(_ user: String, of group: Group, to isMember: Bool) async throws -> Bool {
    guard directories.areUsed else { return false }
    let place = try await located(group: group.id)
    let found = try await located(user: user)
    if place == nil, found == nil { return false }
    // Who is not there at all is said to be so first.
    let known = try await store.read { try await $0.existingUser(user) }
    guard let place, let found, place.people.domainID == found.people.domainID else {
      throw Fault.forbidden(
        "Group membership across backend boundaries is not allowed. Group in question is \(group.id), user is "
          + "\(known.id).")
    }
    try place.people.requireWritable()
    if isMember {
      try await place.people.add(found.user, to: place.group)
    } else {
      do { try await place.people.remove(found.user, from: place.group) } catch let fault as Fault
        where fault.kind == .notFound
      {
        throw Fault.notFound("User '\(user)' not found in group '\(group.id)'")
      }
    }
    directories.forget([user])
    try await freshen(user: user)
    return true
  }
}
