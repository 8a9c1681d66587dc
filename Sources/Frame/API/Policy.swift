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

  /// - Throws: a `badRequest` fault for a rule that cannot be read.
  public init(defaults: [(name: String, policy: Policy)], overrides: [String: String] = [:]) throws {
    var texts = Dictionary(Self.base, uniquingKeysWith: { $1 })
    for row in defaults { texts[row.name] = row.policy.text == Policy.open.text ? "@" : row.policy.text }
    texts.merge(overrides) { $1 }
    rules = try texts.mapValues { try PolicyRule(parsing: $0) }
    self.texts = texts.sorted { $0.key < $1.key }.map { (name: $0.key, text: $0.value) }
  }

  /// Whether the caller may do what the rule names to this target; nil when a target must be fetched first.
  func decide(_ name: String, _ caller: Caller, target: [String: String]?) -> Bool? {
    guard let rule = rules[name] else { return false }
    return rule.decide(caller, target: target, rules: rules)
  }
}
