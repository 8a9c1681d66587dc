internal import Core
internal import Hardware
internal import JSON
internal import KeystoneModel

/// A user as his domain's directory has him.
struct DirectoryUser: Sendable, Equatable {
  /// The value that tells him apart in the directory.
  var localID = ""
  /// His entry.
  var entry = ""
  var name = ""
  var enabled = true
  var defaultProjectID: String?
  /// Description, email, and what else is mapped.
  var extra = JSONObject()
}

/// A group as its domain's directory has it.
struct DirectoryGroup: Sendable, Equatable {
  var localID = ""
  var entry = ""
  var name = ""
  var details = ""
  var extra = JSONObject()
}

/// The users and groups of one domain, read from its directory as the settings say.
struct People: Sendable {
  let domainID: String
  let settings: DirectorySettings
  let directory: any Directory
  /// Whether ids in the directory are those of the API too.
  var idsAreLocal = false

  private var scope: DirectorySearch.Scope { settings.scope == .one ? .one : .sub }

  private static func extraMapping(_ items: [String]) -> [(attribute: String, key: String)] {
    items.compactMap { item in
      let parts = item.split(separator: ":").map(String.init)
      return parts.count == 2 ? (attribute: parts[0], key: parts[1]) : nil
    }
  }

  /// What every search is narrowed by, beside what it looks for.
  private func narrowed(_ filters: [DirectoryFilter], _ own: String, _ objectClass: String, _ id: String) throws
    -> DirectoryFilter
  {
    let ours = own.isEmpty ? [] : [try DirectoryFilter(parsing: own)]
    return .all(filters + ours + [.equals("objectClass", objectClass), .present(id)])
  }

  /// Nothing where the tree is not there.
  private func entries(_ search: DirectorySearch) async throws -> [DirectoryEntry] {
    do { return try await directory.search(search) } catch let fault as Fault where fault.kind == .notFound {
      return []
    }
  }
}

// MARK: Users

extension People {
  private var userAttributes: [String] {
    let part = settings.users
    let all =
      [part.id, part.name, part.details, part.mail, part.enabled, part.defaultProject]
      + Self.extraMapping(part.additional).map(\.attribute)
    return Array(Set(all.filter { !$0.isEmpty })).sorted()
  }

  func users(_ filters: [DirectoryFilter] = []) async throws -> [DirectoryUser] {
    let part = settings.users
    let found = try await entries(
      DirectorySearch(
        settings.userTree, scope, try narrowed(filters, part.filter, part.objectClass, part.id),
        attributes: userAttributes))
    let emulation = DistinguishedName(emulatedGroup)
    var users = found.filter { !part.enabledEmulation || DistinguishedName($0.name) != emulation }
      .compactMap { user(from: $0) }
    if part.enabledEmulation, !part.ignored.contains("enabled"), !users.isEmpty {
      let enabled = try await enabledMembers()
      for index in users.indices {
        users[index].enabled = enabled.contains(memberValue(of: users[index], byID: emulatesByID))
      }
    }
    return users
  }
  func user(_ localID: String) async throws -> DirectoryUser? {
    try await users([.equals(settings.users.id, localID)]).first
  }
  func user(named name: String) async throws -> DirectoryUser? {
    try await users([.equals(settings.users.name, name)]).first
  }

  private func user(from entry: DirectoryEntry) -> DirectoryUser? {
    let part = settings.users
    func value(_ key: String, _ attribute: String) -> String? {
      attribute.isEmpty || part.ignored.contains(key) ? nil : entry.texts(attribute).first
    }
    // Who has no name, or nothing to be told apart by, is nobody to us, as upstream.
    guard let id = localID(of: entry, part.id), let name = entry.texts(part.name).first,
      !name.allSatisfy(\.isWhitespace)
    else { return nil }
    var user = DirectoryUser(localID: id, entry: entry.name, name: name)
    user.enabled = isEnabled(value("enabled", part.enabled))
    user.defaultProjectID = value("default_project_id", part.defaultProject)
    if let details = value("description", part.details) { user.extra.append("description", .string(details)) }
    if let mail = value("email", part.mail) { user.extra.append("email", .string(mail)) }
    for (attribute, key) in Self.extraMapping(part.additional) where user.extra[key] == nil {
      if let text = value(key, attribute) { user.extra.append(key, .string(text)) }
    }
    return user
  }

  /// The first value; of several, the one in the entry's name.
  private func localID(of entry: DirectoryEntry, _ attribute: String) -> String? {
    let values = entry.texts(attribute)
    guard values.count > 1 else { return values.first.flatMap { $0.isEmpty ? nil : $0 } }
    let own = DistinguishedName(entry.name)?.parts.first ?? []
    return own.first { $0.attribute.lowercased() == attribute.lowercased() }?.value ?? values.first
  }

  private func isEnabled(_ text: String?) -> Bool {
    let part = settings.users
    if part.ignored.contains("enabled") || part.enabledEmulation { return true }
    let text = text ?? part.enabledDefault
    if part.enabledMask != 0 {
      return ((Int(text) ?? Int(part.enabledDefault) ?? 0) & part.enabledMask) != part.enabledMask
    }
    return (text.lowercased() == "true") != part.enabledInvert
  }
}

// MARK: Emulation of `enabled`

extension People {
  var emulatedGroup: String {
    settings.users.enabledEmulationName.isEmpty
      ? "cn=enabled_users,\(settings.userTree)" : settings.users.enabledEmulationName
  }
  var emulatesByID: Bool { settings.users.enabledEmulationUsesGroups && settings.groups.membersAreIDs }
  var emulatedMember: String { settings.users.enabledEmulationUsesGroups ? settings.groups.member : "member" }

  /// How a group names a user, so that it can be compared.
  func memberValue(of user: DirectoryUser, byID: Bool) -> String {
    byID ? user.localID : (DistinguishedName(user.entry)?.folded.joined(separator: ",") ?? user.entry)
  }

  private func enabledMembers() async throws -> Set<String> {
    let found = try await entries(DirectorySearch(emulatedGroup, .base, attributes: [emulatedMember]))
    return Set(
      found.flatMap { $0.texts(emulatedMember) }.map { value in
        emulatesByID ? value : DistinguishedName(value)?.folded.joined(separator: ",") ?? value
      })
  }
}

// MARK: Groups

extension People {
  private var groupAttributes: [String] {
    let part = settings.groups
    let all = [part.id, part.name, part.details] + Self.extraMapping(part.additional).map(\.attribute)
    return Array(Set(all.filter { !$0.isEmpty })).sorted()
  }

  func groups(_ filters: [DirectoryFilter] = []) async throws -> [DirectoryGroup] {
    let part = settings.groups
    return try await entries(
      DirectorySearch(
        settings.groupTree, scope, try narrowed(filters, part.filter, part.objectClass, part.id),
        attributes: groupAttributes)
    ).compactMap { group(from: $0) }
  }
  func group(_ localID: String) async throws -> DirectoryGroup? {
    try await groups([.equals(settings.groups.id, localID)]).first
  }

  private func group(from entry: DirectoryEntry) -> DirectoryGroup? {
    let part = settings.groups
    guard let id = localID(of: entry, part.id), let name = entry.texts(part.name).first,
      !name.allSatisfy(\.isWhitespace)
    else { return nil }
    var group = DirectoryGroup(localID: id, entry: entry.name, name: name)
    if !part.details.isEmpty, !part.ignored.contains("description") {
      group.details = entry.texts(part.details).first ?? ""
    }
    for (attribute, key) in Self.extraMapping(part.additional) where !part.ignored.contains(key) {
      if let text = entry.texts(attribute).first { group.extra.append(key, .string(text)) }
    }
    return group
  }

  /// The groups that a user is in.
  func groups(of user: DirectoryUser) async throws -> [DirectoryGroup] {
    let part = settings.groups
    let value = part.membersAreIDs ? user.localID : user.entry
    // Active Directory's rule for groups within groups knows the attribute `member` alone.
    return try await groups([
      part.nests
        ? .rule("member", DirectoryFilter.chain, Array(value.utf8)) : .equals(part.member, value)
    ])
  }

  /// The users in a group; members that are no users of ours are left out.
  func members(of group: DirectoryGroup) async throws -> [DirectoryUser] {
    let part = settings.groups
    if part.nests {
      return try await users([.rule("memberOf", DirectoryFilter.chain, Array(group.entry.utf8))])
    }
    let values = try await memberValues(of: group.entry)
    // A few are asked for one by one; of many, everybody is asked for once.
    if part.membersAreIDs {
      var found: [DirectoryUser] = []
      if values.count > Self.fewMembers {
        let wanted = Set(values)
        return try await users().filter { wanted.contains($0.localID) }
      }
      for value in values { if let user = try await user(value) { found.append(user) } }
      return found
    }
    let names = Set(values.compactMap { DistinguishedName($0) })
    if names.count > Self.fewMembers {
      return try await users().filter { user in DistinguishedName(user.entry).map { names.contains($0) } ?? false }
    }
    var found: [DirectoryUser] = []
    for value in values { if let user = try await user(entry: value) { found.append(user) } }
    return found
  }
  private static let fewMembers = 20

  /// The member attribute's values; the empty name stands for nobody, where a group must have a member.
  func memberValues(of entry: String) async throws -> [String] {
    let member = settings.groups.member
    return try await entries(DirectorySearch(entry, .base, attributes: [member]))
      .flatMap { $0.texts(member) }.filter { !$0.isEmpty }
  }

  /// The user of an entry, if it is one of ours.
  private func user(entry name: String) async throws -> DirectoryUser? {
    let part = settings.users
    guard let tree = DistinguishedName(settings.userTree), let own = DistinguishedName(name), own.isBelow(tree),
      settings.scope == .sub || own.parent == tree
    else { return nil }
    let found = try await entries(
      DirectorySearch(
        name, .base, try narrowed([], part.filter, part.objectClass, part.id), attributes: userAttributes)
    ).first
    guard let user = found.flatMap({ user(from: $0) }) else { return nil }
    // Whether a group enables him is for the search that everybody is found with.
    return part.enabledEmulation ? try await self.user(user.localID) : user
  }
}
