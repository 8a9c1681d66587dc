internal import Core

/// A rule in oslo.policy's language, parsed: `role:reader and project_id:%(project_id)s or rule:admin_required`.
public indirect enum PolicyRule: Sendable, Equatable {
  case always
  case never
  case role(String)
  case rule(String)
  /// The caller's credential against a literal or the target's attribute.
  case credential(String, Operand)
  /// A literal against the target's attribute: `'public':%(visibility)s`.
  case literal(String, Operand)
  case not(PolicyRule)
  case all([PolicyRule])
  case any([PolicyRule])

  public enum Operand: Sendable, Equatable {
    case text(String)
    /// `%(name)s`: an attribute of the object that is asked for.
    case attribute(String)
  }

  /// Decides, or says nil where the answer hangs on a target that is not known yet.
  /// - Parameter target: the attributes of the object; nil while it has not been fetched.
  public func decide(_ caller: Caller, target: [String: String]?, rules: [String: PolicyRule], depth: Int = 0) -> Bool?
  {
    // Rules are read with this limit, and books checked for it: here it would let everyone in under a `not`.
    guard depth < Self.depthLimit else { return false }
    switch self {
    case .always: return true
    case .never: return false
    case .role(let name):
      // oslo.policy compares the names of roles without case.
      return caller.roles.contains(name) || caller.roles.contains { Self.isSame($0, name) }
    case .rule(let name):
      guard let rule = rules[name] else { return false }
      return rule.decide(caller, target: target, rules: rules, depth: depth + 1)
    case .credential(let key, let operand):
      // In oslo.policy's files, what is absent is called None.
      guard let have = caller.credential(key) else { return operand == .text("None") }
      return matches(have, operand, target)
    case .literal(let text, let operand): return matches(text, operand, target)
    case .not(let rule): return rule.decide(caller, target: target, rules: rules, depth: depth + 1).map { !$0 }
    case .all(let list):
      var unknown = false
      for rule in list {
        switch rule.decide(caller, target: target, rules: rules, depth: depth + 1) {
        case .some(false): return false
        case .none: unknown = true
        case .some(true): continue
        }
      }
      return unknown ? nil : true
    case .any(let list):
      var unknown = false
      for rule in list {
        switch rule.decide(caller, target: target, rules: rules, depth: depth + 1) {
        case .some(true): return true
        case .none: unknown = true
        case .some(false): continue
        }
      }
      return unknown ? nil : false
    }
  }

  private static func isSame(_ a: String, _ b: String) -> Bool {
    a.utf8.count == b.utf8.count && a.lowercased() == b.lowercased()
  }

  /// How many levels a rule may have, those of the rules it refers to included.
  static let depthLimit = 32
  /// How many checks a rule may come to, those of the rules it refers to included, as often as it refers to them.
  static let checkLimit = 10_000

  /// How many levels `decide` goes down, given those of the rules it refers to.
  func depth(_ ofRule: (String) -> Int) -> Int {
    switch self {
    case .always, .never, .role, .credential, .literal: 1
    case .rule(let name): ofRule(name) + 1
    case .not(let rule): rule.depth(ofRule) + 1
    case .all(let list), .any(let list): list.map { $0.depth(ofRule) }.reduce(0, max) + 1
    }
  }

  /// How many checks `decide` makes at most, given those of the rules it refers to.
  func checks(_ ofRule: (String) -> Int) -> Int {
    switch self {
    case .always, .never, .role, .credential, .literal: 1
    case .rule(let name): ofRule(name) + 1
    case .not(let rule): rule.checks(ofRule)
    case .all(let list), .any(let list): list.reduce(0) { $0 + $1.checks(ofRule) }
    }
  }

  /// The names of the rules it refers to.
  var references: [String] {
    switch self {
    case .rule(let name): [name]
    case .not(let rule): rule.references
    case .all(let list), .any(let list): list.flatMap(\.references)
    default: []
    }
  }

  private func matches(_ have: String, _ operand: Operand, _ target: [String: String]?) -> Bool? {
    switch operand {
    case .text(let text): return have == text
    case .attribute(let name):
      guard let target else { return nil }
      return target[name] == have
    }
  }
}

extension PolicyRule {
  /// Parses one rule; an empty text is always allowed, as in oslo.policy.
  /// - Throws: a `badRequest` fault that quotes the rule; also for one of more than 32 levels.
  public init(parsing text: String) throws {
    var parser = PolicyParser(text)
    self = try parser.parse()
    guard depth({ _ in 0 }) <= Self.depthLimit else { throw parser.tooDeep() }
  }
}

/// A recursive-descent parser of `or`, `and`, `not`, parentheses and `kind:match` checks.
private struct PolicyParser {
  let text: String
  var words: [String]
  var at = 0
  /// How many `not` and parentheses are open, since each is a call.
  private var open = 0

  init(_ text: String) {
    self.text = text
    // Parentheses inside %(...)s belong to the check, so only those at a word's edge stand alone.
    words = text.split(whereSeparator: \.isWhitespace).flatMap { word -> [String] in
      var core = Substring(word)
      var before: [String] = []
      var after: [String] = []
      while core.first == "(" {
        before.append("(")
        core = core.dropFirst()
      }
      while core.last == ")" {
        after.append(")")
        core = core.dropLast()
      }
      return before + (core.isEmpty ? [] : [String(core)]) + after
    }
  }

  func fault() -> Fault { .badRequest("The policy rule \"\(text)\" cannot be read. Mend it in the policy file.") }
  func tooDeep() -> Fault {
    let limit = PolicyRule.depthLimit
    return .badRequest(
      "The policy rule \"\(text.prefix(200))\" is more than \(limit) deep. Mend it in the policy file.")
  }

  mutating func parse() throws -> PolicyRule {
    guard !words.isEmpty else { return .always }
    let rule = try alternatives()
    guard at == words.count else { throw fault() }
    return rule
  }
  mutating func alternatives() throws -> PolicyRule {
    var list = [try conjunction()]
    while accept("or") { list.append(try conjunction()) }
    return list.count == 1 ? list[0] : .any(list)
  }
  mutating func conjunction() throws -> PolicyRule {
    var list = [try factor()]
    while accept("and") { list.append(try factor()) }
    return list.count == 1 ? list[0] : .all(list)
  }
  mutating func factor() throws -> PolicyRule {
    open += 1
    defer { open -= 1 }
    guard open <= PolicyRule.depthLimit else { throw tooDeep() }
    if accept("not") { return .not(try factor()) }
    if accept("(") {
      let rule = try alternatives()
      guard accept(")") else { throw fault() }
      return rule
    }
    guard at < words.count else { throw fault() }
    defer { at += 1 }
    return try check(words[at])
  }
  mutating func accept(_ word: String) -> Bool {
    guard at < words.count, words[at].lowercased() == word else { return false }
    at += 1
    return true
  }

  func check(_ word: String) throws -> PolicyRule {
    if word == "@" { return .always }
    if word == "!" { return .never }
    guard let colon = word.firstIndex(of: ":"), colon != word.startIndex else { throw fault() }
    let kind = String(word[..<colon])
    let match = String(word[word.index(after: colon)...])
    let isAttribute = match.hasPrefix("%(") && match.hasSuffix(")s") && match.utf8.count > 4
    guard !match.isEmpty, isAttribute || !match.contains(where: { "%()".contains($0) }) else { throw fault() }
    let isQuoted = kind.utf8.count > 1 && kind.hasPrefix("'") && kind.hasSuffix("'")
    guard isQuoted || kind.allSatisfy({ $0.isLetter || $0.isNumber || "_-.".contains($0) }) else { throw fault() }
    guard !isAttribute || (kind != "role" && kind != "rule") else { throw fault() }
    switch kind {
    case "role": return .role(match)
    case "rule": return .rule(match)
    default:
      let operand: PolicyRule.Operand = isAttribute ? .attribute(String(match.dropFirst(2).dropLast(2))) : .text(match)
      if isQuoted { return .literal(String(kind.dropFirst().dropLast()), operand) }
      if kind == "None" { return .literal(kind, operand) }
      return .credential(kind, operand)
    }
  }
}
