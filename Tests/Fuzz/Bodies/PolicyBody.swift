@testable import API
import Core

extension FuzzTarget {
  /// A rule that is accepted is written back and read as the same rule; what it decides is what plain logic says, for
  /// every caller and target; no rule lets anyone in by being deep, long or circular.
  static let policy = FuzzTarget("policy", length: 2048) { bytes in
    var pieces = Pieces(bytes)
    let text = pieces.line()
    if let rule = try accepted({ try PolicyRule(parsing: text) }) {
      guard let again = try accepted({ try PolicyRule(parsing: written(rule)) }) else {
        throw Broken(description: "does not read its own \(written(rule))")
      }
      // By text and not by `==`, which takes composed and decomposed letters for one.
      try hold(same(written(again), written(rule)), "\(written(rule)) became \(written(again))")
      for caller in callers {
        for target in targets {
          let decided = rule.decide(caller, target: target, rules: [:])
          try hold(decided == plain(rule, caller, target, [:]), "\(text): decided \(String(describing: decided))")
          // What hangs on a target is decided once there is one.
          if target != nil { try hold(decided != nil, "\(text): undecided with its target") }
        }
      }
    }
    var overrides: [String: String] = [:]
    while !pieces.isEmpty, overrides.count < 12 {
      let words = pieces.line().split(separator: "=", maxSplits: 1)
      if words.count == 2 { overrides[String(words[0])] = String(words[1]) }
    }
    overrides["first"] = text
    guard let book = try accepted({ try PolicyBook(defaults: [("get", .reader)], overrides: overrides) }) else {
      return
    }
    let rules = try Dictionary(uniqueKeysWithValues: book.texts.map { ($0.name, try PolicyRule(parsing: $0.text)) })
    for caller in callers {
      for target in targets {
        for name in rules.keys {
          let decided = book.decide(name, caller, target: target)
          try hold(decided == plain(.rule(name), caller, target, rules), "\(name) of \(overrides): \(caller.userID)")
        }
      }
    }
  }

  private static let callers = [
    Caller.anonymous, Caller(userID: "u", projectID: "p", roles: ["reader", "member"]),
    Caller(userID: "a", domainID: "d", systemScope: true, roles: ["admin"]),
  ]
  private static let targets: [[String: String]?] = [nil, [:], ["project_id": "p", "user_id": "u"]]

  /// A rule in oslo.policy's language, with every pair of parentheses.
  private static func written(_ rule: PolicyRule) -> String {
    func operand(_ operand: PolicyRule.Operand) -> String {
      switch operand {
      case .text(let text): text
      case .attribute(let name): "%(\(name))s"
      }
    }
    switch rule {
    case .always: return "@"
    case .never: return "!"
    case .role(let name): return "role:\(name)"
    case .rule(let name): return "rule:\(name)"
    case .credential(let key, let value): return "\(key):\(operand(value))"
    case .literal(let text, let value): return "'\(text)':\(operand(value))"
    case .not(let inner): return "not \(isList(inner) ? "( \(written(inner)) )" : written(inner))"
    case .all(let list): return list.map { isList($0) ? "( \(written($0)) )" : written($0) }.joined(separator: " and ")
    case .any(let list): return list.map { isList($0) ? "( \(written($0)) )" : written($0) }.joined(separator: " or ")
    }
  }
  private static func isList(_ rule: PolicyRule) -> Bool {
    switch rule {
    case .all, .any: true
    default: false
    }
  }

  /// Three-valued logic (Kleene's) without any limit, as a second opinion.
  private static func plain(
    _ rule: PolicyRule, _ caller: Caller, _ target: [String: String]?, _ rules: [String: PolicyRule]
  ) -> Bool? {
    func compare(_ have: String?, _ operand: PolicyRule.Operand) -> Bool? {
      guard let have else { return false }
      switch operand {
      case .text(let text): return have == text
      case .attribute(let name): return target.map { $0[name] == have }
      }
    }
    switch rule {
    case .always: return true
    case .never: return false
    case .role(let name): return caller.roles.contains { $0.lowercased() == name.lowercased() }
    case .rule(let name): return rules[name].map { plain($0, caller, target, rules) } ?? false
    case .credential(let key, let operand): return compare(caller.credential(key), operand)
    case .literal(let text, let operand): return compare(text, operand)
    case .not(let inner): return plain(inner, caller, target, rules).map { !$0 }
    case .all(let list):
      let parts = list.map { plain($0, caller, target, rules) }
      return parts.contains(false) ? false : parts.contains(nil) ? nil : true
    case .any(let list):
      let parts = list.map { plain($0, caller, target, rules) }
      return parts.contains(true) ? true : parts.contains(nil) ? nil : false
    }
  }
}
