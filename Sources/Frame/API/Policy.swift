internal import Core

/// The default of a row's rule: who may, unless the operator says otherwise.
public struct Policy: Sendable, ExpressibleByStringLiteral {
  /// In oslo.policy's language.
  public let text: String
  public init(stringLiteral text: String) { self.text = text }

  /// No token is needed.
  public static let open: Policy = "@open"
  /// Anyone with a valid token.
  public static let anyone: Policy = "@"
  public static let nobody: Policy = "!"
  public static let admin: Policy = "rule:admin_required"
  /// Administrators, and services that act for users.
  public static let service: Policy = "rule:admin_required or role:service"
  /// Whoever may read in the project that owns the object.
  public static let reader: Policy = "rule:admin_required or (role:reader and project_id:%(project_id)s)"
  /// Whoever may change things in the project that owns the object.
  public static let member: Policy = "rule:admin_required or (role:member and project_id:%(project_id)s)"
  public static let manager: Policy = "rule:admin_required or (role:manager and project_id:%(project_id)s)"
}

/// All rules in force: the routes' defaults by name, under the operator's own.
public struct PolicyBook: Sendable {
  private let rules: [String: PolicyRule]
  /// Every named rule with its text, for `martlet policy`.
  public let texts: [(name: String, text: String)]

  static let base = [("admin_required", "role:admin"), ("owner", "project_id:%(project_id)s")]

  /// - Throws: a `badRequest` fault for a rule that cannot be read, refers to itself, is more than 32 deep or comes to
  ///   more than 10,000 checks, for one of the operator's that names a rule which does not exist, and for two routes
  ///   that give one rule different defaults.
  public init(defaults: [(name: String, policy: Policy)], overrides: [String: String] = [:]) throws {
    var texts = Dictionary(Self.base, uniquingKeysWith: { $1 })
    for row in defaults {
      let text = row.policy.text == Policy.open.text ? Policy.anyone.text : row.policy.text
      if let other = texts.updateValue(text, forKey: row.name), other != text {
        throw Fault.badRequest("The rule \(row.name) has two defaults, \"\(other)\" and \"\(text)\"; give it one.")
      }
    }
    texts.merge(overrides) { $1 }
    let rules = try texts.mapValues { try PolicyRule(parsing: $0) }
    var check = PolicyCheck(rules: rules)
    for name in rules.keys.sorted() {
      let reach = try check.reach(of: name)
      guard overrides[name] == nil || reach.missing == nil else {
        throw Fault.badRequest(
          "The policy rule \(name) refers to \(reach.missing ?? ""), which is none. Mend the policy file.")
      }
    }
    self.rules = rules
    self.texts = texts.sorted { $0.key < $1.key }.map { (name: $0.key, text: $0.value) }
  }

  /// Whether the caller may do what the rule names to this target; nil when a target must be fetched first.
  func decide(_ name: String, _ caller: Caller, target: [String: String]?) -> Bool? {
    guard let rule = rules[name] else { return false }
    return rule.decide(caller, target: target, rules: rules)
  }
}

/// Follows every reference of the rules, so that none leads back to itself, where `not` would turn a refusal around,
/// and none further down than deciding goes. Each rule is followed once, however many refer to it.
private struct PolicyCheck {
  struct Reach {
    var depth = 0
    var checks = 0
    /// A rule that is referred to and does not exist.
    var missing: String?
  }
  let rules: [String: PolicyRule]
  private var known: [String: Reach] = [:]
  private var path: [String] = []

  init(rules: [String: PolicyRule]) { self.rules = rules }

  mutating func reach(of name: String) throws -> Reach {
    if let reach = known[name] { return reach }
    guard let rule = rules[name] else { return Reach(missing: name) }
    guard !path.contains(name) else {
      let circle = (path + [name]).joined(separator: " -> ")
      throw Fault.badRequest("The policy rule \(name) refers to itself: \(circle). Mend the policy file.")
    }
    guard path.count < PolicyRule.depthLimit else { throw tooDeep(path.first ?? name) }
    path.append(name)
    var found = Reach()
    for reference in rule.references { found.missing = try reach(of: reference).missing ?? found.missing }
    path.removeLast()
    found.depth = rule.depth { known[$0]?.depth ?? 0 }
    guard found.depth <= PolicyRule.depthLimit else { throw tooDeep(name) }
    found.checks = rule.checks { known[$0]?.checks ?? 0 }
    guard found.checks <= PolicyRule.checkLimit else {
      throw Fault.badRequest(
        "The policy rule \(name) comes to more than \(PolicyRule.checkLimit) checks. Mend the policy file.")
    }
    known[name] = found
    return found
  }

  private func tooDeep(_ name: String) -> Fault {
    .badRequest("The policy rule \(name) is more than \(PolicyRule.depthLimit) deep. Mend the policy file.")
  }
}
