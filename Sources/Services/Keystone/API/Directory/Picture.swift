internal import Core
internal import KeystoneModel
internal import Log
internal import Store

/// What a directory has said of some of a domain's people, to be drawn into the store.
struct Picture: Sendable {
  var users: [DirectoryUser] = []
  var groups: [DirectoryGroup] = []
  /// Local ids that were asked for; whoever of them is not among the users or groups is not in the directory.
  var askedUsers: [String] = []
  var askedGroups: [String] = []
  /// Whether these are all users, or all groups, of the domain.
  var hasAllUsers = false
  var hasAllGroups = false
  /// The user whose groups, all of them, these are.
  var groupsOf: String?
  /// The group whose members, all of them, these are.
  var membersOf: String?
}

/// What has to change in the store for it to be like the picture. Assignments of roles stay whatever happens: who is
/// in the directory again is who he was.
struct PictureChange: Sendable {
  var mappings: [IdentityMapping] = []
  var users: [User] = []
  var groups: [Group] = []
  var goneUsers: [User] = []
  var goneGroups: [Group] = []
  var memberships: [Membership] = []
  var goneMemberships: [Membership] = []
  /// Ids by local id.
  var userIDs: [String: String] = [:]
  var groupIDs: [String: String] = [:]

  var isEmpty: Bool {
    mappings.isEmpty && users.isEmpty && groups.isEmpty && goneUsers.isEmpty && goneGroups.isEmpty
      && memberships.isEmpty && goneMemberships.isEmpty
  }
}

extension ReadTransaction {
  func mapping(_ id: String) async throws -> IdentityMapping? { try await get(IdentityMapping.self, id) }

  /// What differs between the store and a picture.
  func change(for picture: Picture, of people: People) async throws -> PictureChange {
    var change = PictureChange()
    change.userIDs = try await ids(
      .user, picture.users.map(\.localID) + picture.askedUsers, wholly: picture.hasAllUsers, people, &change.mappings,
      known: Set(picture.users.map(\.localID)))
    change.groupIDs = try await ids(
      .group, picture.groups.map(\.localID) + picture.askedGroups, wholly: picture.hasAllGroups, people,
      &change.mappings, known: Set(picture.groups.map(\.localID)))
    try await compareUsers(picture, people, &change)
    try await compareGroups(picture, people, &change)
    try await compareMemberships(picture, &change)
    return change
  }

  /// The ids of local ids, with new ones for who had none.
  /// - Parameter known: who is in the directory; nobody else gets an id.
  private func ids(
    _ kind: IdentityMapping.Kind, _ locals: [String], wholly: Bool, _ people: People,
    _ fresh: inout [IdentityMapping], known: Set<String>
  ) async throws -> [String: String] {
    guard wholly || !locals.isEmpty else { return [:] }
    let domain = people.domainID
    var condition: SQL = "WHERE domain_id = \(domain) AND entity_type = \(kind)"
    if !wholly, locals.count <= Self.manyNames { condition = "\(condition) AND local_id IN (\(list: locals))" }
    var ids: [String: String] = [:]
    for row in try await all(IdentityMapping.self, condition) { ids[row.localID] = row.publicID }
    for local in locals where ids[local] == nil && known.contains(local) {
      let mapping = IdentityMapping(kind, local, in: domain, id: people.idsAreLocal ? local : nil)
      ids[local] = mapping.publicID
      fresh.append(mapping)
    }
    return ids
  }
  /// Beyond this many everything of the domain is read instead.
  private static var manyNames: Int { 500 }

  private func compareUsers(_ picture: Picture, _ people: People, _ change: inout PictureChange) async throws {
    guard picture.hasAllUsers || !change.userIDs.isEmpty else { return }
    var stored: [String: User] = [:]
    let mapped = change.userIDs
    if mapped.count > Self.manyNames || picture.hasAllUsers {
      let ids = Set(mapped.values)
      for user in try await all(User.self, "WHERE domain_id = \(people.domainID)") where ids.contains(user.id) {
        stored[user.id] = user
      }
    } else {
      for user in try await all(User.self, "WHERE id IN (\(list: mapped.values.sorted()))") { stored[user.id] = user }
    }
    var names: Set<String> = []
    var present: Set<String> = []
    for found in picture.users {
      guard let id = mapped[found.localID], !present.contains(id) else { continue }
      guard names.insert(found.name).inserted else {
        Directories.log.warning(
          "Two users of a directory have the same name: the second cannot log in until its administrator renames one.",
          ["domain": people.domainID, "name": found.name])
        continue
      }
      present.insert(id)
      var user = stored[id] ?? User()
      let before = user
      user.id = id
      user.domainID = people.domainID
      user.name = found.name
      user.enabled = found.enabled
      user.defaultProjectID = found.defaultProjectID
      user.extra = found.extra
      if stored[id] == nil || before.name != user.name || before.enabled != user.enabled
        || before.defaultProjectID != user.defaultProjectID || before.extra != user.extra
      {
        change.users.append(user)
      }
    }
    change.goneUsers = stored.values.filter { !present.contains($0.id) }.sorted { $0.id < $1.id }
  }

  private func compareGroups(_ picture: Picture, _ people: People, _ change: inout PictureChange) async throws {
    guard !change.groupIDs.isEmpty else { return }
    let ids = Set(change.groupIDs.values)
    var stored: [String: Group] = [:]
    let rows =
      ids.count > Self.manyNames || picture.hasAllGroups
      ? try await all(Group.self, "WHERE domain_id = \(people.domainID)")
      : try await all(Group.self, "WHERE id IN (\(list: ids.sorted()))")
    for group in rows where ids.contains(group.id) { stored[group.id] = group }
    var names: Set<String> = []
    var present: Set<String> = []
    for found in picture.groups {
      guard let id = change.groupIDs[found.localID], !present.contains(id) else { continue }
      guard names.insert(found.name).inserted else {
        Directories.log.warning(
          "Two groups of a directory have the same name: the second is left out until its administrator renames one.",
          ["domain": people.domainID, "name": found.name])
        continue
      }
      present.insert(id)
      var group = stored[id] ?? Group()
      let before = group
      group.id = id
      group.domainID = people.domainID
      group.name = found.name
      group.details = found.details
      group.extra = found.extra
      if stored[id] == nil || before.name != group.name || before.details != group.details
        || before.extra != group.extra
      {
        change.groups.append(group)
      }
    }
    change.goneGroups = stored.values.filter { !present.contains($0.id) }.sorted { $0.id < $1.id }
  }

  private func compareMemberships(_ picture: Picture, _ change: inout PictureChange) async throws {
    if let user = picture.groupsOf.flatMap({ change.userIDs[$0] }) {
      let wanted = Set(picture.groups.compactMap { change.groupIDs[$0.localID] })
      let known = try await all(Membership.self, "WHERE user_id = \(user)")
      change.goneMemberships += known.filter { !wanted.contains($0.groupID) }
      change.memberships += wanted.subtracting(known.map(\.groupID)).sorted().map { Membership(group: $0, user: user) }
    }
    if let group = picture.membersOf.flatMap({ change.groupIDs[$0] }) {
      let wanted = Set(picture.users.compactMap { change.userIDs[$0.localID] })
      let known = try await all(Membership.self, "WHERE group_id = \(group)")
      change.goneMemberships += known.filter { !wanted.contains($0.userID) }
      change.memberships += wanted.subtracting(known.map(\.userID)).sorted().map { Membership(group: group, user: $0) }
    }
  }
}

extension Transaction {
  func draw(_ change: PictureChange) async throws {
    for mapping in change.mappings { _ = try await insertUnlessPresent(mapping) }
    for row in change.goneMemberships { try await delete(row) }
    for user in change.goneUsers { try await drop(user) }
    for group in change.goneGroups { try await drop(group) }
    // Names are unique, and may have gone from one to the other: first all that are new or other are given up.
    for user in change.users {
      if let before = try await get(User.self, user.id) {
        if before.name == user.name {
          try await update(user)
          continue
        }
        try await delete(before)
      }
      if let other = try await self.user(named: user.name, in: user.domainID), other.id != user.id {
        // Somebody who is in the directory no more, or has another name by now: he is drawn anew when he is asked for.
        guard try await mapping(other.id) != nil else { continue }
        try await drop(other)
      }
      var fresh = user
      fresh.generation = 0
      try await insert(fresh)
    }
    for group in change.groups {
      if let before = try await get(Group.self, group.id) {
        if before.name == group.name {
          try await update(group)
          continue
        }
        try await delete(before)
      }
      if let other = try await one(Group.self, "WHERE name = \(group.name) AND domain_id = \(group.domainID)") {
        guard try await mapping(other.id) != nil else { continue }
        try await drop(other)
      }
      var fresh = group
      fresh.generation = 0
      try await insert(fresh)
    }
    for row in change.memberships { _ = try await insertUnlessPresent(row) }
  }

  /// Takes a user out of the picture, not out of the cloud.
  private func drop(_ user: User) async throws {
    try await deleteAll(Membership.self, "WHERE user_id = \(user.id)")
    try await delete(user)
  }
  private func drop(_ group: Group) async throws {
    try await deleteAll(Membership.self, "WHERE group_id = \(group.id)")
    try await delete(group)
  }
}
