internal import Core
internal import Hardware
internal import JSON
internal import KeystoneModel
internal import Log
internal import Store
internal import Synchronization

/// Which domains have their users and groups in a directory, and the way there.
///
/// What a directory says is drawn into the tables of users, groups and memberships (`Picture`), under the ids that the
/// cloud knows them by, and looked at again before it is believed: so tokens, roles and lists ask one store, whoever
/// keeps the people, and no transaction waits for a server elsewhere. Where no domain has a directory, none of this is
/// on anyone's way.
final class Directories: Sendable {
  static let log = Log("keystone")

  private struct State {
    /// The directories in use, by domain.
    var people: [String: People] = [:]
    /// When a user or group, by id, was last looked at.
    var seen: [String: Duration] = [:]
  }
  private static let limit = 10_000

  let rules: DirectoryRules
  private let defaultDomain: String
  private let store: Store
  private let world: World
  private let open: @Sendable (DirectoryAccess) throws -> any Directory
  private let state = Mutex(State())

  init(
    _ options: KeystoneOptions, store: Store, world: World,
    open: @escaping @Sendable (DirectoryAccess) throws -> any Directory
  ) {
    rules = options.directories
    defaultDomain = options.defaultDomainID
    self.store = store
    self.world = world
    self.open = open
  }

  var areUsed: Bool { rules.isUsed }

  /// The people of a domain that has them in a directory; nil for all others.
  /// - Throws: `unavailable` for a domain whose configuration cannot be.
  func people(of domain: String) async throws -> People? {
    guard rules.isUsed else { return nil }
    guard let settings = try await settings(of: domain) else {
      state.withLock { $0.people[domain] = nil }
      return nil
    }
    if let known = state.withLock({ $0.people[domain] }), known.settings == settings { return known }
    let access = settings.access { count in
      Array(0..<count).map { (key: self.world.random(8), value: $0) }
        .sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
    }
    let people: People
    do {
      people = People(
        domainID: domain, settings: settings, directory: try open(access),
        idsAreLocal: rules.keepsLocalIDs && rules.hasDefault && domain == defaultDomain)
    } catch let fault as Fault { throw Self.misconfigured(domain, fault) }
    state.withLock { state in
      state.people[domain] = people
      state.seen = [:]
    }
    return people
  }

  private static func misconfigured(_ domain: String, _ fault: Fault) -> Fault {
    log.error(
      "A domain's users cannot be reached: its configuration must be corrected.",
      ["domain": domain, "detail": fault.message])
    return Fault.unavailable(
      "The users of domain \(domain) cannot be reached: an administrator must correct its configuration.",
      detail: fault.message)
  }

  /// Nil for a domain whose users are ours.
  private func settings(of domain: String) async throws -> DirectorySettings? {
    let isDefault = rules.hasDefault && domain == defaultDomain
    guard rules.areOfDomains else { return isDefault ? rules.settings : nil }
    let own: [String: [String: String]]
    if rules.areInStore {
      own = try await store.read { try await $0.configuration(ofDomain: domain) }
        .mapValues { $0.compactMapValues(Self.text) }
    } else {
      let name = try await store.read { try await $0.domain(domain)?.name }
      own = name.flatMap { rules.files[$0] } ?? [:]
    }
    guard !own.isEmpty else { return isDefault ? rules.settings : nil }
    // A domain that sets something and no driver has upstream's default.
    guard own["identity"]?["driver"] == "ldap" else { return nil }
    do { return try rules.settings.startOfDomains.with(own["ldap"] ?? [:]) } catch let fault as Fault {
      throw Self.misconfigured(domain, fault)
    }
  }

  /// A value of the API as a configuration file would have it.
  private static func text(_ value: JSON) -> String? {
    if value.isNull { return nil }
    if let items = value.array { return items.map { $0.string ?? $0.text }.joined(separator: ",") }
    return value.string ?? value.text
  }

  /// The domains that have a directory.
  func domains() async throws -> [String] {
    guard rules.isUsed else { return [] }
    let all = try await store.read { try await $0.all(Project.self, "WHERE is_domain = \(true) ORDER BY id").map(\.id) }
    var found: [String] = []
    for id in all { if try await people(of: id) != nil { found.append(id) } }
    return found
  }

  // MARK: How lately

  /// How much longer what was seen of a user or group is believed; nil where it is not.
  func trust(in id: String, isOut: Bool = false) -> Duration? {
    let now = world.uptime()
    guard let seen = state.withLock({ $0.seen[id] }) else { return nil }
    let left = seen + (isOut ? rules.lifetimeInOutage : rules.lifetime) - now
    return left > .zero ? left : nil
  }
  /// - Parameter time: when the question was asked, not when it was answered.
  func saw(_ ids: some Sequence<String>, at time: Duration) {
    state.withLock { state in
      if state.seen.count >= Self.limit {
        state.seen = state.seen.filter { time - $0.value < rules.lifetimeInOutage }
        if state.seen.count >= Self.limit { state.seen.removeAll() }
      }
      for id in ids { state.seen[id] = time }
    }
  }
  func forget(_ ids: some Sequence<String>) { state.withLock { for id in ids { $0.seen[id] = nil } } }
}

extension DirectorySettings {
  /// What a domain's own settings are laid over: the defaults, as upstream has it, so that the cloud's account is never
  /// shown to a server that a domain names; and as to what no domain can set through the API, the cloud's.
  fileprivate var startOfDomains: DirectorySettings {
    var start = DirectorySettings()
    start.randomizesURLs = randomizesURLs
    start.connectionTimeout = connectionTimeout
    start.groups.nests = groups.nests
    return start
  }
}
