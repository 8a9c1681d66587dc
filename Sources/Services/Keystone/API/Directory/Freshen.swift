internal import API
internal import Core
internal import HTTP
internal import Hardware
internal import KeystoneModel
internal import Store

// Before anything is said of a user or group that a directory keeps, the directory is asked. Whoever looks at users in
// a transaction calls one of these first.

extension Keystone {
  /// Draws what a directory says.
  /// - Returns: what there was to change; of its ids, all.
  @discardableResult
  func draw(_ picture: Picture, of people: People) async throws -> PictureChange {
    let seen = try await store.read { try await $0.change(for: picture, of: people) }
    guard !seen.isEmpty else { return seen }
    let drawn = try await change { transaction in
      let difference = try await transaction.change(for: picture, of: people)
      try await transaction.draw(difference)
      return difference
    }
    directories.forget(drawn.goneUsers.map(\.id) + drawn.goneGroups.map(\.id))
    return drawn
  }

  /// Under which name a directory knows the user or group of an id; nil for who is ours.
  func mapping(_ id: String, _ kind: IdentityMapping.Kind) async throws -> IdentityMapping? {
    guard directories.areUsed else { return nil }
    // Ids of our own are UUIDs; most are told apart without a look.
    guard id.utf8.count == 64 || directories.rules.hasDefault else { return nil }
    let domain = options.defaultDomainID
    let isLocal = directories.rules.hasDefault && directories.rules.keepsLocalIDs
    let found = try await store.read { transaction -> IdentityMapping? in
      if let known = try await transaction.mapping(id) { return known.kind == kind ? known : nil }
      guard isLocal, id.utf8.count <= 255 else { return nil }
      // An id that nobody has heard of may be one of the default domain's directory.
      let isOurs =
        switch kind {
        case .user: try await transaction.get(User.self, id) != nil
        case .group: try await transaction.get(Group.self, id) != nil
        }
      return isOurs ? nil : IdentityMapping(kind, id, in: domain, id: id)
    }
    return found
  }

  /// Looks at a user and his groups, unless that was done just now.
  /// - Throws: `unavailable` where the directory does not answer.
  func freshen(user id: String) async throws {
    guard directories.areUsed, directories.trust(in: id) == nil, let mapping = try await mapping(id, .user) else {
      return
    }
    let asked = world.uptime()
    var picture = Picture(askedUsers: [mapping.localID], groupsOf: mapping.localID)
    let people = try await directories.people(of: mapping.domainID)
    if let people, let user = try await people.user(mapping.localID) {
      picture.users = [user]
      picture.groups = try await people.groups(of: user)
    }
    try await draw(picture, of: people ?? nobody(in: mapping.domainID))
    directories.saw([id], at: asked)
  }

  /// Looks at a group, not at who is in it.
  func freshen(group id: String) async throws {
    guard directories.areUsed, directories.trust(in: id) == nil, let mapping = try await mapping(id, .group) else {
      return
    }
    let asked = world.uptime()
    var picture = Picture(askedGroups: [mapping.localID])
    let people = try await directories.people(of: mapping.domainID)
    if let people, let group = try await people.group(mapping.localID) { picture.groups = [group] }
    try await draw(picture, of: people ?? nobody(in: mapping.domainID))
    directories.saw([id], at: asked)
  }

  /// Looks at a group and all who are in it.
  func freshen(membersOf id: String) async throws {
    guard directories.areUsed, let mapping = try await mapping(id, .group),
      let people = try await directories.people(of: mapping.domainID),
      let group = try await people.group(mapping.localID)
    else { return try await freshen(group: id) }
    let picture = Picture(users: try await people.members(of: group), groups: [group], membersOf: group.localID)
    try await draw(picture, of: people)
  }

  /// People of a domain whose directory is no more: there are none.
  private func nobody(in domain: String) -> People {
    People(domainID: domain, settings: DirectorySettings(), directory: NoDirectory())
  }

  func freshen(_ actor: Assignment.Actor, _ id: String) async throws {
    switch actor {
    case .user: try await freshen(user: id)
    case .group: try await freshen(group: id)
    }
  }

  /// Looks at everyone whose rights a token carries. While their directory does not answer, what it said minutes ago is
  /// believed: it is the same token still, and who gave it out did see them.
  func freshen(bearersOf payload: TokenPayload) async throws {
    guard directories.areUsed else { return }
    var bearers = [payload.userID]
    if let id = payload.trustID { bearers += try await parties(ofTrust: id) }
    for id in Set(bearers).sorted() {
      do { try await freshen(user: id) } catch let fault as Fault where fault.kind == .unavailable {
        guard directories.trust(in: id, isOut: true) != nil else { throw fault }
      }
    }
  }

  func freshen(bearersOfTrust id: String) async throws {
    for id in Set(try await parties(ofTrust: id)).sorted() { try await freshen(user: id) }
  }
  private func parties(ofTrust id: String) async throws -> [String] {
    try await store.read { transaction in
      guard let trust = try await transaction.get(Trust.self, id) else { return [] }
      return try await transaction.chain(of: trust).flatMap { [$0.trustorID, $0.trusteeID] }
    }
  }

  /// How long a validated token is believed: of a directory's user, not longer than what the directory said of him.
  func believes(_ payload: TokenPayload) -> Duration {
    guard directories.areUsed, let left = directories.trust(in: payload.userID) else {
      return options.validationLifetime
    }
    return min(left, options.validationLifetime)
  }
}

/// Holds nothing.
private struct NoDirectory: Directory {
  func verify(_ password: String, of name: String) async throws -> Bool { false }
  func search(_ search: DirectorySearch) async throws -> [DirectoryEntry] { [] }
  func add(_ entry: DirectoryEntry) async throws { throw Self.absent }
  func modify(_ name: String, _ changes: [DirectoryChange]) async throws { throw Self.absent }
  func setPassword(_ password: String, of name: String, in attribute: String) async throws { throw Self.absent }
  func delete(_ name: String) async throws { throw Self.absent }
  private static let absent = Fault.notFound("The domain has no directory.")
}

// MARK: Names and lists

/// A user whom a directory keeps, found just now.
struct Located: Sendable {
  let id: String
  let user: DirectoryUser
  let people: People
}

extension Keystone {
  /// The domain that a reference speaks of.
  private func domain(of reference: Reference) async throws -> String? {
    if let id = reference.domainID { return id }
    guard let name = reference.domainName else { return nil }
    return try await store.read { try await $0.domain(named: name)?.id }
  }

  /// The directory that would have a user; nil where he would be ours.
  func people(for reference: Reference) async throws -> People? {
    guard directories.areUsed else { return nil }
    if let id = reference.id {
      guard let mapping = try await mapping(id, .user) else { return nil }
      return try await directories.people(of: mapping.domainID)
    }
    guard let name = reference.name, let domain = try await domain(of: reference),
      let people = try await directories.people(of: domain)
    else { return nil }
    // The cloud's own users, who were there before the directory was, stay.
    let isOurs = try await store.read { transaction in
      guard let known = try await transaction.user(named: name, in: domain) else { return false }
      return try await transaction.mapping(known.id) == nil
    }
    return isOurs ? nil : people
  }

  /// Looks for a user in the directory that would have him.
  func locate(_ reference: Reference, in people: People) async throws -> Located? {
    let asked = world.uptime()
    var found: DirectoryUser?
    if let id = reference.id {
      guard let mapping = try await mapping(id, .user) else { return nil }
      found = try await people.user(mapping.localID)
    } else if let name = reference.name {
      found = try await people.user(named: name)
    }
    guard let found else { return nil }
    let groups = try await people.groups(of: found)
    let drawn = try await draw(Picture(users: [found], groups: groups, groupsOf: found.localID), of: people)
    guard let id = drawn.userIDs[found.localID] else { return nil }
    directories.saw([id], at: asked)
    return Located(id: id, user: found, people: people)
  }

  /// The reference by id, where it is a name that a directory keeps; itself otherwise.
  func freshened(_ reference: Reference) async throws -> Reference {
    guard let people = try await people(for: reference), let found = try await locate(reference, in: people) else {
      return reference
    }
    return Reference(id: found.id)
  }
}

extension Call where Service == Keystone {
  /// The domain whose users and groups a list is of: where domains have directories of their own, one is meant, and
  /// where none is named, the token's, as upstream.
  func listedDomain(_ named: String?) -> String? {
    guard named == nil, service.directories.rules.areOfDomains else { return named }
    return incoming.caller.domainID ?? incoming.caller.projectDomainID
  }

  /// The query's conditions on names, in a directory's language.
  private func nameFilters(_ attribute: String) -> [DirectoryFilter] {
    incoming.request.query.compactMap { item in
      switch item.name {
      case "name": .equals(attribute, item.value)
      case "name__contains", "name__icontains": .contains(attribute, item.value)
      case "name__startswith", "name__istartswith": .begins(attribute, with: item.value)
      case "name__endswith", "name__iendswith": .ends(attribute, with: item.value)
      default: nil
      }
    }
  }

  /// Looks at the users that a list is of.
  /// - Returns: the list's conditions on names.
  func freshenUsers(of domain: String?) async throws -> [SQL] {
    try await freshen(domain, userNameFilters()) { people in
      let filters = nameFilters(people.settings.users.name)
      let users = try await people.users(filters)
      let drawn = try await service.draw(Picture(users: users, hasAllUsers: filters.isEmpty), of: people)
      return filters.isEmpty ? nil : users.compactMap { drawn.userIDs[$0.localID] }
    }
  }
  /// Likewise.
  func freshenGroups(of domain: String?) async throws -> [SQL] {
    try await freshen(domain, filters(["name": "name"])) { people in
      let filters = nameFilters(people.settings.groups.name)
      let groups = try await people.groups(filters)
      let drawn = try await service.draw(Picture(groups: groups, hasAllGroups: filters.isEmpty), of: people)
      return filters.isEmpty ? nil : groups.compactMap { drawn.groupIDs[$0.localID] }
    }
  }

  private func freshen(
    _ domain: String?, _ names: [SQL], _ look: (People) async throws -> [String]?
  ) async throws -> [SQL] {
    guard service.directories.areUsed else { return names }
    guard let domain else {
      for id in try await service.directories.domains() {
        if let people = try await service.directories.people(of: id) { _ = try await look(people) }
      }
      return names
    }
    guard let people = try await service.directories.people(of: domain), let ids = try await look(people),
      ids.count <= 20_000
    else { return names }
    // A directory finds names whatever their case; of the rest, the cloud's own users and groups count alone.
    let ours: SQL = "id NOT IN (SELECT public_id FROM \(IdentityMapping.table) WHERE domain_id = \(domain))"
    return ["id IN (\(list: ids)) OR (\(SQL.joined(names.map { "(\($0))" }, " AND ")) AND \(ours))"]
  }
}
