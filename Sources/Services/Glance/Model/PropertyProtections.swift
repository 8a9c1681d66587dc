internal import Core
internal import Text

/// Which properties of images are an operator's alone: upstream's `property_protection_file`.
///
/// Sections are regular expressions of what a name begins with, and the first that fits decides; a name that none fits
/// is nobody's. `create`, `read`, `update` and `delete` name roles, or one policy rule; `@` is everybody, `!` nobody.
public struct PropertyProtections: Sendable {
  public enum Act: String, Sendable, CaseIterable { case create, read, update, delete }
  /// How those who may are named (upstream's `property_protection_rule_format`).
  public enum Form: String, Sendable, CaseIterable { case roles, policies }

  private struct Rule: Sendable {
    let pattern: RegularExpression
    let allowed: [Act: [String]]
  }
  private let rules: [Rule]
  private let form: Form

  /// - Throws: `badRequest` for a file that cannot be understood, since it must not be believed to protect.
  public init(parsing text: String, source: String, form: Form) throws {
    self.form = form
    let file = try Ini(parsing: text, source: source)
    // The service's own properties are never an operator's to protect.
    rules = try file.sections.map(\.name).filter { $0 != "DEFAULT" && !$0.hasPrefix("os_glance") }.map { name in
      var allowed: [Act: [String]] = [:]
      for act in Act.allCases { allowed[act] = try Self.names(file, name, act, source, form) }
      return Rule(pattern: try RegularExpression("^(" + name + ")"), allowed: allowed)
    }
  }

  private static func names(
    _ file: Ini, _ section: String, _ act: Act, _ source: String, _ form: Form
  ) throws -> [String] {
    guard let value = file.value(section, act.rawValue) else {
      throw Fault.badRequest("\(source): [\(section)] does not say who may \(act.rawValue).")
    }
    let names = value.split(separator: ",").map { trimmed($0) }.filter { !$0.isEmpty }
    guard !(names.contains("@") && names.contains("!")) else {
      throw Fault.badRequest("\(source): [\(section)] lets both everybody (@) and nobody (!) \(act.rawValue).")
    }
    guard form == .roles || names.count <= 1 else {
      throw Fault.badRequest(
        "\(source): [\(section)] names more than one policy for \(act.rawValue). Make one of them in the policy file.")
    }
    return names
  }

  /// - Parameter holds: whether a policy rule of that name lets the caller.
  public func permits(_ act: Act, _ name: String, roles: Set<String>, holds: (String) -> Bool) -> Bool {
    if name.hasPrefix("os_glance") { return true }
    guard let allowed = rules.first(where: { $0.pattern.matches(name) })?.allowed[act] else { return false }
    if allowed.contains("@") { return true }
    if allowed.contains("!") { return false }
    return switch form {
    case .roles: allowed.contains { role in roles.contains { $0.lowercased() == role.lowercased() } }
    case .policies: !allowed.isEmpty && allowed.allSatisfy(holds)
    }
  }
}
