internal import Core
public import Hardware
internal import Synchronization

/// A directory in memory: a tree of entries that understands the filters we make.
public final class FakeDirectory: Directory {
  private struct State {
    var entries: [DistinguishedName: DirectoryEntry] = [:]
    var isDown = false
    var searches = 0
  }
  private let state = Mutex(State())

  /// - Parameter entries: what is there from the start; parents need not be.
  public init(_ entries: [DirectoryEntry] = []) {
    state.withLock { state in
      for entry in entries { if let name = DistinguishedName(entry.name) { state.entries[name] = entry } }
    }
  }

  /// Whether it answers nobody.
  public var isDown: Bool {
    get { state.withLock { $0.isDown } }
    set { state.withLock { $0.isDown = newValue } }
  }
  /// How often it was searched.
  public var searches: Int { state.withLock { $0.searches } }
  /// Puts an entry there, in the place of one of that name.
  public func put(_ entry: DirectoryEntry) {
    state.withLock { state in if let name = DistinguishedName(entry.name) { state.entries[name] = entry } }
  }
  /// Takes an entry away.
  public func take(_ name: String) {
    state.withLock { state in if let name = DistinguishedName(name) { state.entries[name] = nil } }
  }

  private func open<T: Sendable>(_ body: (inout sending State) throws -> sending T) throws -> T {
    try state.withLock { state in
      guard !state.isDown else {
        throw Fault(.unavailable, "Unable to establish a connection to LDAP Server.", code: "directory_down")
      }
      return try body(&state)
    }
  }
  private static func name(_ text: String) throws -> DistinguishedName {
    guard let name = DistinguishedName(text) else { throw Fault.badRequest("\(text) is no name of an entry.") }
    return name
  }

  public func verify(_ password: String, of name: String) async throws -> Bool {
    guard !password.isEmpty, let name = DistinguishedName(name) else { return false }
    return try open { $0.entries[name]?["userPassword"].contains(Array(password.utf8)) ?? false }
  }

  public func search(_ search: DirectorySearch) async throws -> [DirectoryEntry] {
    let base = try Self.name(search.base)
    return try open { state in
      state.searches += 1
      guard base.parts.isEmpty || state.entries[base] != nil || state.entries.keys.contains(where: { $0.isBelow(base) })
      else { throw Fault.notFound("The directory has no such entry.") }
      let all = state.entries
      let found = all.filter { name, entry in
        let isThere =
          switch search.scope {
          case .base: name == base
          case .one: name.parent == base
          case .sub: name == base || name.isBelow(base)
          }
        return isThere && FilterMatch(entries: all).matches(entry, search.filter)
      }
      .map { Self.shown($0.value, search.attributes) }.sorted { $0.name < $1.name }
      return search.limit.map { Array(found.prefix($0)) } ?? found
    }
  }

  private static func shown(_ entry: DirectoryEntry, _ attributes: [String]) -> DirectoryEntry {
    guard !attributes.isEmpty else { return entry }
    let wanted = Set(attributes.map { $0.lowercased() })
    return DirectoryEntry(
      name: entry.name, attributes: entry.attributes.filter { wanted.contains($0.key.lowercased()) })
  }

  public func add(_ entry: DirectoryEntry) async throws {
    let name = try Self.name(entry.name)
    try open { state in
      guard state.entries[name] == nil else { throw Fault.conflict("The directory has an entry of that name.") }
      guard let parent = name.parent, state.entries[parent] != nil else {
        throw Fault.notFound("The directory has no such entry.")
      }
      guard !entry["objectClass"].isEmpty, entry.attributes.allSatisfy({ !$0.value.isEmpty }) else {
        throw Fault.badRequest("The directory's rules do not allow that.")
      }
      state.entries[name] = entry
    }
  }

  public func modify(_ name: String, _ changes: [DirectoryChange]) async throws {
    let name = try Self.name(name)
    try open { state in
      guard var entry = state.entries[name] else { throw Fault.notFound("The directory has no such entry.") }
      for change in changes { try Self.make(change, in: &entry) }
      state.entries[name] = entry
    }
  }

  private static func make(_ change: DirectoryChange, in entry: inout DirectoryEntry) throws {
    func key(_ attribute: String) -> String {
      entry.attributes.keys.first { $0.lowercased() == attribute.lowercased() } ?? attribute
    }
    switch change {
    case .add(let attribute, let values):
      for value in values.map({ Array($0.utf8) }) {
        guard !FilterMatch.contains(entry[attribute], value) else {
          throw Fault.conflict("The directory's entry has that value.")
        }
        entry.attributes[key(attribute), default: []].append(value)
      }
    case .replace(let attribute, let values):
      entry.attributes[key(attribute)] = values.isEmpty ? nil : values.map { Array($0.utf8) }
    case .remove(let attribute, let values):
      var left = entry[attribute]
      guard !left.isEmpty else { throw Fault.notFound("The directory's entry has no such value.") }
      for value in values.map({ Array($0.utf8) }) {
        guard let at = left.firstIndex(where: { FilterMatch.isSame($0, value) }) else {
          throw Fault.notFound("The directory's entry has no such value.")
        }
        left.remove(at: at)
      }
      if values.isEmpty { left = [] }
      entry.attributes[key(attribute)] = left.isEmpty ? nil : left
    }
  }

  public func setPassword(_ password: String, of name: String, in attribute: String) async throws {
    try await modify(name, [.replace(attribute, [password])])
  }

  public func delete(_ name: String) async throws {
    let name = try Self.name(name)
    try open { state in
      guard state.entries[name] != nil else { throw Fault.notFound("The directory has no such entry.") }
      guard !state.entries.keys.contains(where: { $0.isBelow(name) }) else {
        throw Fault.badRequest("The directory's rules do not allow that.")
      }
      state.entries[name] = nil
    }
  }
}

/// Whether an entry is what a filter asks for; case and spaces do not matter, as in most attributes of people.
private struct FilterMatch {
  let entries: [DistinguishedName: DirectoryEntry]

  static func fold(_ value: [UInt8]) -> String { DistinguishedName.fold(String(decoding: value, as: UTF8.self)) }
  static func isSame(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    if fold(a) == fold(b) { return true }
    let names = [a, b].map { DistinguishedName(String(decoding: $0, as: UTF8.self)) }
    return names[0] != nil && names[0] == names[1] && names[0]?.parts.isEmpty == false
  }
  static func contains(_ values: [[UInt8]], _ value: [UInt8]) -> Bool { values.contains { isSame($0, value) } }

  func matches(_ entry: DirectoryEntry, _ filter: DirectoryFilter) -> Bool {
    switch filter {
    case .all(let filters): filters.allSatisfy { matches(entry, $0) }
    case .any(let filters): filters.contains { matches(entry, $0) }
    case .not(let filter): !matches(entry, filter)
    case .present(let attribute): !entry[attribute].isEmpty
    case .equal(let attribute, let value), .approximate(let attribute, let value):
      Self.contains(entry[attribute], value)
    case .atLeast(let attribute, let value): entry[attribute].contains { Self.fold($0) >= Self.fold(value) }
    case .atMost(let attribute, let value): entry[attribute].contains { Self.fold($0) <= Self.fold(value) }
    case .parts(let attribute, let first, let middle, let last):
      entry[attribute].contains { Self.hasParts(Self.fold($0), first, middle, last) }
    case .rule(let attribute, DirectoryFilter.chain, let value): reaches(entry, attribute, value, depth: 0)
    case .rule: false
    }
  }

  private static func hasParts(_ text: String, _ first: [UInt8], _ middle: [[UInt8]], _ last: [UInt8]) -> Bool {
    let (first, last) = (fold(first), fold(last))
    guard text.hasPrefix(first), text.hasSuffix(last), text.count >= first.count + last.count else { return false }
    var rest = text.dropFirst(first.count).dropLast(last.count)
    for part in middle.map(fold) where !part.isEmpty {
      guard let found = rest.firstRange(of: part) else { return false }
      rest = rest[found.upperBound...]
    }
    return true
  }

  /// Whether following an attribute from entry to entry leads to a name.
  private func reaches(_ entry: DirectoryEntry, _ attribute: String, _ value: [UInt8], depth: Int) -> Bool {
    if Self.contains(entry[attribute], value) { return true }
    guard depth < 10 else { return false }
    return entry.texts(attribute).contains { name in
      guard let name = DistinguishedName(name), let next = entries[name] else { return false }
      return reaches(next, attribute, value, depth: depth + 1)
    }
  }
}
