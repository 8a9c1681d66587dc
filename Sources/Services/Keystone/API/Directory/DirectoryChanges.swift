internal import Core
internal import Hardware
internal import JSON
internal import KeystoneModel
internal import Store

// Changes of what a directory keeps. Upstream gave them up with Ocata and so do we unless `ldap.writable` says
// otherwise; the entries are made as upstream made them.

/// Names of entries that are made or guessed.
enum DistinguishedNames {
  static func user(_ id: String, _ settings: DirectorySettings) -> String {
    "\(settings.users.id)=\(DistinguishedName.escape(id)),\(settings.userTree)"
  }
  static func group(_ id: String, _ settings: DirectorySettings) -> String {
    "\(settings.groups.id)=\(DistinguishedName.escape(id)),\(settings.groupTree)"
  }
}

extension People {
  /// - Throws: `forbidden`, in upstream's words.
  func requireWritable() throws {
    guard settings.isWritable else {
      throw Fault.forbidden("LDAP does not support write operations")
    }
  }

  /// Runs a change; where the directory has that already, in the API's words.
  private func making(_ what: String, _ name: String, _ body: () async throws -> Void) async throws {
    do { try await body() } catch let fault as Fault where fault.kind == .conflict { throw taken(what, name) }
  }
  private func taken(_ what: String, _ name: String) -> Fault {
    .conflict(
      "Conflict occurred attempting to store \(what) - Duplicate entry found with name \(name) at domain ID "
        + "\(domainID).")
  }

  // MARK: Users

  /// - Parameter newID: what tells the user apart in the directory, unless it is his name that does.
  func create(_ user: User, password: String?, newID: String) async throws -> DirectoryUser {
    let part = settings.users
    if try await self.user(named: user.name) != nil { throw taken("user", user.name) }
    let id = part.id.lowercased() == part.name.lowercased() ? user.name : newID
    var entry = DirectoryEntry(DistinguishedNames.user(id, settings), ["objectClass": ["person", part.objectClass]])
    if part.objectClass.lowercased() == "person" { entry.attributes["objectClass"] = [Array("person".utf8)] }
    func set(_ attribute: String, _ value: String) {
      if entry[attribute].isEmpty { entry.attributes[attribute] = [Array(value.utf8)] }
    }
    set(part.id, id)
    set(part.name, user.name)
    for (attribute, value) in changes(of: user, part) { if let value { set(attribute, value) } }
    // What every person must have.
    for attribute in ["cn", "sn"] { set(attribute, user.name) }
    let added = entry
    try await making("user", user.name) { try await directory.add(added) }
    if let password { try await directory.setPassword(password, of: entry.name, in: part.password) }
    if part.enabledEmulation, user.enabled { try await setEmulated(true, id: id, entry: entry.name) }
    guard let made = try await self.user(id) else {
      throw Fault.conflict(
        "The user was made, and ldap.user_filter does not let him be seen. An administrator must correct the one or "
          + "the other.")
    }
    return made
  }

  /// The attributes of the API as the directory's.
  private func changes(
    of user: User, _ part: DirectorySettings.UserPart
  ) -> [(attribute: String, value: String?)] {
    var changes: [(attribute: String, value: String?)] = []
    func add(_ key: String, _ attribute: String, _ value: String?) {
      if !attribute.isEmpty, !part.ignored.contains(key) { changes.append((attribute, value)) }
    }
    if !part.enabledEmulation { add("enabled", part.enabled, enabledText(user.enabled, part)) }
    add("default_project_id", part.defaultProject, user.defaultProjectID)
    add("description", part.details, user.extra["description"]?.string)
    add("email", part.mail, user.extra["email"]?.string)
    for item in part.additional {
      let pair = item.split(separator: ":").map(String.init)
      if pair.count == 2, !["id", "name", "description", "email"].contains(pair[1]) {
        add(pair[1], pair[0], user.extra[pair[1]]?.string)
      }
    }
    return changes
  }

  /// How the directory says whether a user may log in; other bits of a mask are as by default.
  private func enabledText(_ enabled: Bool, _ part: DirectorySettings.UserPart, now: String? = nil) -> String {
    if part.enabledMask != 0 {
      let bits = now.flatMap { Int($0) } ?? Int(part.enabledDefault) ?? 0
      return String(enabled ? bits & ~part.enabledMask : bits | part.enabledMask)
    }
    return enabled != part.enabledInvert ? "TRUE" : "FALSE"
  }

  /// - Parameter after: the user as he shall be.
  func update(_ found: DirectoryUser, to after: User, password: String??) async throws {
    let part = settings.users
    guard after.name == found.name else { throw Fault.conflict("Cannot change user name") }
    if part.ignored.contains("enabled"), !after.enabled {
      throw Fault.forbidden(
        "You are not authorized to perform the requested action: Disabling an entity where the 'enable' attribute is "
          + "ignored by configuration..")
    }
    let wanted = changes(of: after, part)
    let now = try await directory.search(
      DirectorySearch(found.entry, .base, attributes: Array(Set(wanted.map(\.attribute) + [part.id])))
    ).first
    var all: [DirectoryChange] = []
    for (attribute, value) in wanted {
      let known = now?.texts(attribute).first
      var value = value
      if attribute == part.enabled { value = enabledText(after.enabled, part, now: known) }
      // What holds without being said need not be said.
      if attribute == part.enabled, known == nil, after.enabled == found.enabled { continue }
      if value == known { continue }
      all.append(.replace(attribute, value.map { [$0] } ?? []))
    }
    if !all.isEmpty { try await directory.modify(found.entry, all) }
    if case .some(let password) = password, let password {
      try await directory.setPassword(password, of: found.entry, in: part.password)
    }
    if part.enabledEmulation, after.enabled != found.enabled {
      try await setEmulated(after.enabled, id: found.localID, entry: found.entry)
    }
  }

  /// Puts a user into the group of those who may log in, or out of it.
  private func setEmulated(_ enabled: Bool, id: String, entry: String) async throws {
    let value = emulatesByID ? id : entry
    do {
      try await directory.modify(
        emulatedGroup, [enabled ? .add(emulatedMember, [value]) : .remove(emulatedMember, [value])])
    } catch let fault as Fault where fault.kind == .conflict && enabled {
    } catch let fault as Fault where fault.kind == .badRequest && !enabled {
      // A group that cannot be without a member.
      try await directory.modify(emulatedGroup, [.replace(emulatedMember, [""])])
    } catch let fault as Fault where fault.kind == .notFound {
      guard enabled, let name = DistinguishedName(emulatedGroup)?.first else { return }
      let part = settings.users
      let objectClass = part.enabledEmulationUsesGroups ? settings.groups.objectClass : "groupOfNames"
      var entry = DirectoryEntry(emulatedGroup, ["objectClass": [objectClass]])
      entry.attributes[name.attribute] = [Array(name.value.utf8)]
      entry.attributes[emulatedMember] = [Array(value.utf8)]
      try await directory.add(entry)
    }
  }

  func delete(_ user: DirectoryUser) async throws {
    if settings.users.enabledEmulation {
      try await setEmulated(false, id: user.localID, entry: user.entry)
    }
    // Servers do not look after names that point to nowhere.
    for group in try await groups(of: user) {
      do { try await remove(user, from: group) } catch let fault as Fault where fault.kind == .notFound {}
    }
    try await directory.delete(user.entry)
  }

  // MARK: Groups

  func create(_ group: Group, newID: String) async throws -> DirectoryGroup {
    let part = settings.groups
    if try await groups([.equals(part.name, group.name)]).first != nil { throw taken("group", group.name) }
    let id = part.id.lowercased() == part.name.lowercased() ? group.name : newID
    var entry = DirectoryEntry(DistinguishedNames.group(id, settings), ["objectClass": [part.objectClass]])
    // One attribute may be both.
    entry.attributes[part.id] = [Array(id.utf8)]
    entry.attributes[part.name] = [Array(group.name.utf8)]
    if !group.details.isEmpty, !part.details.isEmpty, !part.ignored.contains("description") {
      entry.attributes[part.details] = [Array(group.details.utf8)]
    }
    if needsMember { entry.attributes[part.member] = [[]] }
    let added = entry
    try await making("group", group.name) { try await directory.add(added) }
    guard let made = try await self.group(id) else {
      throw Fault.conflict(
        "The group was made, and ldap.group_filter does not let it be seen. An administrator must correct the one or "
          + "the other.")
    }
    return made
  }

  func update(_ found: DirectoryGroup, to after: Group) async throws {
    let part = settings.groups
    // What upstream calls immutable.
    guard after.name == found.name else { throw Fault.badRequest("Cannot change group name") }
    guard after.details != found.details, !part.details.isEmpty, !part.ignored.contains("description") else { return }
    try await directory.modify(
      found.entry, [.replace(part.details, after.details.isEmpty ? [] : [after.details])])
  }

  /// Whether groups of this class cannot be without a member: the empty name is put there then.
  private var needsMember: Bool {
    ["groupofnames", "groupofuniquenames"].contains(settings.groups.objectClass.lowercased())
  }
  private func memberValue(of user: DirectoryUser) -> String {
    settings.groups.membersAreIDs ? user.localID : user.entry
  }

  func add(_ user: DirectoryUser, to group: DirectoryGroup) async throws {
    let member = settings.groups.member
    let isEmpty = try await memberValues(of: group.entry).isEmpty
    do {
      try await directory.modify(
        group.entry,
        [isEmpty ? .replace(member, [memberValue(of: user)]) : .add(member, [memberValue(of: user)])])
    } catch let fault as Fault where fault.kind == .conflict {
      throw Fault.conflict("User \(user.localID) is already a member of group \(group.localID)")
    }
  }

  func remove(_ user: DirectoryUser, from group: DirectoryGroup) async throws {
    let member = settings.groups.member
    let value = memberValue(of: user)
    let known = try await memberValues(of: group.entry)
    let isLast = known.count == 1 && needsMember
    try await directory.modify(
      group.entry, [isLast ? .replace(member, [""]) : .remove(member, [value])])
  }

  func delete(_ group: DirectoryGroup) async throws { try await directory.delete(group.entry) }
}
