internal import Core
public import JSON
internal import Text

/// What a mapping makes of somebody.
public struct MappedIdentity: Sendable, Equatable {
  public enum Kind: String, Sendable { case ephemeral, local }
  /// A domain by id or by name; neither where nothing was said.
  public struct Domain: Sendable, Hashable {
    public var id: String?
    public var name: String?
    public init(id: String? = nil, name: String? = nil) {
      self.id = id
      self.name = name
    }
  }
  public struct Group: Sendable, Hashable {
    public var name: String
    public var domain: Domain
    public init(_ name: String, _ domain: Domain) {
      self.name = name
      self.domain = domain
    }
  }
  public struct Project: Sendable, Hashable {
    public var name: String
    public var domain: Domain?
    public var roles: [String]
    public init(_ name: String, domain: Domain? = nil, roles: [String]) {
      self.name = name
      self.domain = domain
      self.roles = roles
    }
  }

  public var kind = Kind.ephemeral
  public var userID: String?
  public var userName: String?
  public var email: String?
  public var domain: Domain?
  public var groupIDs: [String] = []
  public var groups: [Group] = []
  public var projects: [Project] = []

  public init() {}
}

/// Reads what an identity provider says of somebody by a mapping's rules: a pure function, of strangers' words.
///
/// Every rule whose `remote` conditions hold adds its `local` parts, in which `{0}` stands for what the first condition
/// without `any_one_of` and `not_any_of` found. Times and sizes are bounded whatever the words are: patterns are
/// matched in linear time, and what comes out is at most `sizeLimit` bytes.
public struct MappingEngine: Sendable {
  /// How many bytes the local parts may come to with all values put in.
  public static let sizeLimit = 1 << 20

  public enum Problem: Error, Sendable, Equatable {
    /// No rule holds, or what came out is no user.
    case nobody(String)
    /// A local part refers to a match that its rule does not have: who wrote the mapping must mend it.
    case badReference
  }

  private let id: String
  private let version: MappingVersion
  private let rules: [JSON]
  private var left = Self.sizeLimit

  /// - Parameter rules: what `MappingRules.check` has let through.
  public init(id: String, rules: JSON, version: MappingVersion) {
    self.id = id
    self.version = version
    self.rules = rules.array ?? []
  }

  /// - Parameter assertion: attributes with their values, several in one with `;` between them.
  public func map(_ assertion: [String: String]) throws(Problem) -> MappedIdentity {
    var engine = self
    // By scalars: behind an accent, a `;` is the beginning of another character.
    let values = assertion.mapValues {
      $0.unicodeScalars.split(separator: ";", omittingEmptySubsequences: false).map { String($0) }
    }
    var parts: [JSONObject] = []
    for rule in engine.rules {
      guard let matches = engine.matches(rule["remote"]?.array ?? [], values) else { continue }
      for local in rule["local"]?.array ?? [] {
        guard case .object(let part) = try engine.substitute(local, matches) else { continue }
        parts.append(part)
      }
    }
    return try engine.identity(parts)
  }

  // MARK: what is said

  /// What each condition found; nil where one does not hold.
  private func matches(_ conditions: [JSON], _ assertion: [String: [String]]) -> [[String]]? {
    var all: [[String]] = []
    for condition in conditions {
      guard let type = condition["type"]?.string, let said = assertion[type] else { return nil }
      let isPattern = condition["regex"]?.bool ?? false
      if let list = condition["any_one_of"]?.array {
        guard !Self.among(list, said, isPattern).isEmpty else { return nil }
      } else if let list = condition["not_any_of"]?.array {
        guard Self.among(list, said, isPattern).isEmpty else { return nil }
      } else if let list = condition["blacklist"]?.array {
        let black = Set(Self.among(list, said, isPattern))
        all.append(Self.unique(said.filter { !black.contains($0) }))
      } else if let list = condition["whitelist"]?.array {
        all.append(Self.unique(Self.among(list, said, isPattern)))
      } else {
        all.append(said)
      }
    }
    return all
  }

  /// Those of the values that are in the list, or match one of its patterns.
  private static func among(_ list: [JSON], _ values: [String], _ isPattern: Bool) -> [String] {
    let texts = list.compactMap(\.string)
    guard isPattern else {
      let known = Set(texts.map { Array($0.utf8) })
      return values.filter { known.contains(Array($0.utf8)) }
    }
    let patterns = texts.compactMap { try? RegularExpression($0, ignoringCase: false) }
    return values.filter { value in patterns.contains { $0.matches(value) } }
  }

  private static func unique(_ values: [String]) -> [String] {
    var seen: Set<String> = []
    return values.filter { seen.insert($0).inserted }
  }

  // MARK: what is made of it

  private mutating func substitute(_ json: JSON, _ matches: [[String]]) throws(Problem) -> JSON {
    switch json {
    case .object(let object):
      var new = JSONObject(capacity: object.count)
      for (key, value) in object.members {
        let isJSON = key == "projects_json" && version >= .withProjectsAsJSON
        new.append(key, isJSON ? try projects(value, matches) : try substitute(value, matches))
      }
      return .object(new)
    case .array(let list):
      var new: [JSON] = []
      for item in list { new.append(try substitute(item, matches)) }
      return .array(new)
    case .string(let text):
      do {
        let made = try MappingText.substitute(text, matches, limit: left)
        left -= made.utf8.count
        return .string(made)
      } catch {
        switch error {
        case .noSuchMatch: throw .badReference
        case .tooLong: throw .nobody("What the mapping \(id) makes of this user is too large.")
        }
      }
    default: return json
    }
  }

  /// The projects in an attribute that holds JSON; the rule names the match, with braces or without.
  private func projects(_ rule: JSON, _ matches: [[String]]) throws(Problem) -> JSON {
    let digits = (rule.string ?? "").drop { $0 == "{" }.prefix { $0.isASCII && $0.isNumber }
    guard let index = Int(digits), matches.indices.contains(index) else { throw .badReference }
    let refusal = Problem.nobody("The attribute behind projects_json of the mapping \(id) holds no list of projects.")
    guard matches[index].count == 1, let json = try? JSON(parsing: matches[index][0]) else { throw refusal }
    do { try MappingRules.check(projects: json) } catch { throw refusal }
    return json
  }

  private func identity(_ parts: [JSONObject]) throws(Problem) -> MappedIdentity {
    guard let last = parts.last else {
      throw .nobody(
        "Could not map any federated user properties to identity values. Check the mapping \(id) and what the identity "
          + "provider says of this user.")
    }
    var identity = MappedIdentity()
    var user = JSONObject()
    for part in parts {
      if user.isEmpty, let new = part["user"]?.object { user = new }
      if let group = part["group"] {
        if let id = group["id"]?.string {
          identity.groupIDs.append(id)
        } else if let name = group["name"]?.string {
          identity.groups.append(MappedIdentity.Group(name, Self.domain(group["domain"]) ?? .init()))
        }
      }
      if let groups = part["groups"]?.string { identity.groups += try self.groups(groups, part["domain"]) }
      if let ids = part["group_ids"]?.string { identity.groupIDs += MappingText.values(ids) }
      if part["projects"] != nil || part["projects_json"] != nil { identity.projects = projects(of: part) }
    }
    identity.groupIDs = Self.unique(identity.groupIDs)
    var seen: Set<MappedIdentity.Group> = []
    identity.groups = identity.groups.filter { seen.insert($0).inserted }
    identity.userID = user["id"]?.string
    identity.userName = user["name"]?.string
    identity.email = user["email"]?.string
    identity.domain = Self.domain(user["domain"])
    if identity.domain == nil, version >= .withDomains { identity.domain = Self.domain(last["domain"]) }
    let type = user["type"]?.string ?? "ephemeral"
    guard let kind = MappedIdentity.Kind(rawValue: type) else { throw .nobody("User type \(type) not supported") }
    identity.kind = kind
    return identity
  }

  private static func domain(_ json: JSON?) -> MappedIdentity.Domain? {
    guard let json, json.object != nil else { return nil }
    return MappedIdentity.Domain(id: json["id"]?.string, name: json["name"]?.string)
  }

  /// The groups in a text: names, for which the rule says the domain, or objects with their own behind `JSON:`.
  private func groups(_ text: String, _ domain: JSON?) throws(Problem) -> [MappedIdentity.Group] {
    let refusal = Problem.nobody(
      "Invalid rule of the mapping \(id): both 'groups' and 'domain' keywords must be specified.")
    var groups: [MappedIdentity.Group] = []
    for name in MappingText.values(text) {
      if name.hasPrefix("JSON:") {
        guard let json = try? JSON(parsing: String(name.dropFirst(5))), let own = json["name"]?.string,
          let domain = Self.domain(json["domain"])
        else { throw refusal }
        groups.append(MappedIdentity.Group(own, domain))
      } else {
        guard let domain = Self.domain(domain) else { throw refusal }
        groups.append(MappedIdentity.Group(name, domain))
      }
    }
    // A rule without its domain is wrong even while nobody is in a group.
    if groups.isEmpty, domain == nil { throw refusal }
    return groups
  }

  private func projects(of part: JSONObject) -> [MappedIdentity.Project] {
    let fallback = version >= .withDomains ? Self.domain(part["domain"]) : nil
    let all = (part["projects"]?.array ?? []) + (part["projects_json"]?.array ?? [])
    return all.compactMap { project in
      guard let name = project["name"]?.string else { return nil }
      return MappedIdentity.Project(
        name, domain: Self.domain(project["domain"]) ?? fallback,
        roles: (project["roles"]?.array ?? []).compactMap { $0["name"]?.string })
    }
  }
}
