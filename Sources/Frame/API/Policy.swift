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

  /// - Throws: a `badRequest` fault for a rule that cannot be read or refers to itself, for one of the operator's that
  ///   names a rule which does not exist, and for two routes that give one rule different defaults.
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
    for (name, rule) in rules {
      var path = [name]
      try Self.check(rule, &path, rules, isStrict: overrides[name] != nil)
    }
    self.rules = rules
    self.texts = texts.sorted { $0.key < $1.key }.map { (name: $0.key, text: $0.value) }
  }

  /// Follows every reference of a rule, so that none leads back to itself, where `not` would turn a refusal around.
  private static func check(
    _ rule: PolicyRule, _ path: inout [String], _ rules: [String: PolicyRule], isStrict: Bool
  ) throws {
    for name in rule.references {
      guard !path.contains(name) else {
        let circle = (path + [name]).joined(separator: " -> ")
        throw Fault.badRequest("The policy rule \(name) refers to itself: \(circle). Mend the policy file.")
      }
      guard let next = rules[name] else {
        guard isStrict else { continue }
        throw Fault.badRequest("The policy rule \(path[0]) refers to \(name), which is none. Mend the policy file.")
      }
      path.append(name)
      try check(next, &path, rules, isStrict: isStrict)
      path.removeLast()
    }
  }

  /// Whether the caller may do what the rule names to this target; nil when a target must be fetched first.
  func decide(_ name: String, _ caller: Caller, target: [String: String]?) -> Bool? {
    guard let rule = rules[name] else { return false }
    return rule.decide(caller, target: target, rules: rules)
  }
}
