internal import Core
internal import JSON

/// A user's options as the API has them: exceptions from the rules for passwords, and several ways to authenticate.
struct UserOptions: Sendable {
  enum Exception: String {
    case firstUse = "ignore_change_password_upon_first_use"
    case passwordExpiry = "ignore_password_expiry"
    case lockout = "ignore_lockout_failure_attempts"
    case inactivity = "ignore_user_inactivity"
  }
  private let json: JSONObject
  init(_ json: JSONObject) { self.json = json }

  func ignores(_ exception: Exception) -> Bool { json[exception.rawValue]?.bool ?? false }
  /// Whether only an administrator may change the password.
  var isPasswordLocked: Bool { json["lock_password"]?.bool ?? false }

  /// The sets of methods of which one must be satisfied; none where anything does.
  var methodRules: [[String]] {
    guard json["multi_factor_auth_enabled"]?.bool ?? false else { return [] }
    return (json["multi_factor_auth_rules"]?.array ?? []).map { ($0.array ?? []).compactMap(\.string) }
      .filter { !$0.isEmpty }
  }

  private static let switches: Set<String> = [
    "ignore_change_password_upon_first_use", "ignore_password_expiry", "ignore_lockout_failure_attempts",
    "ignore_user_inactivity", "lock_password", "multi_factor_auth_enabled",
  ]

  /// - Throws: `badRequest` for options there are not, and values they cannot have.
  static func check(_ json: JSON) throws {
    guard let object = json.object else {
      throw Fault.badRequest("Invalid input for field/attribute options. Value: \(json.text). It is an object.")
    }
    for (key, value) in object.members {
      if value.isNull { continue }
      if switches.contains(key) {
        guard value.bool != nil else { throw refusal(key, value, "It is true, false or null.") }
      } else if key == "multi_factor_auth_rules" {
        try check(rules: value)
      } else {
        throw Fault.badRequest("Additional properties are not allowed ('\(key)' was unexpected)")
      }
    }
  }

  private static func check(rules: JSON) throws {
    let key = "multi_factor_auth_rules"
    guard let rules = rules.array else { throw refusal(key, rules, "It is a list of lists of methods.") }
    for rule in rules {
      let names = (rule.array ?? []).compactMap(\.string)
      guard let all = rule.array, !all.isEmpty, names.count == all.count, Set(names).count == names.count else {
        throw refusal(key, rule, "Each rule is a list of different methods.")
      }
    }
    guard Set(rules).count == rules.count else { throw refusal(key, .array(rules), "The rules differ.") }
  }

  private static func refusal(_ key: String, _ value: JSON, _ why: String) -> Fault {
    .badRequest("Invalid input for field/attribute \(key). Value: \(value.text). \(why)")
  }
}
