internal import Core
internal import Text

/// All options of a program, and what can be done with them.
public struct Configuration<Settings: Sendable>: Sendable {
  public let options: [Option<Settings>]
  private let byName: [String: Option<Settings>]

  /// - Precondition: no two rows have the same section and key.
  public init(_ options: [Option<Settings>]) {
    self.options = options
    byName = Dictionary(options.map { ($0.name, $0) }) { first, _ in
      preconditionFailure("The option \(first.name) is declared twice.")
    }
  }

  /// The settings: defaults, then the file, then what the command line sets.
  /// - Parameters:
  ///   - initial: any value; every property that an option names is overwritten.
  ///   - file: an INI file's name and text.
  ///   - sets: `section.key=value`, from `--set`.
  /// - Throws: one `badRequest` fault with a line for every problem found.
  public func load(
    _ initial: Settings, file: (name: String, text: String)? = nil, sets: [String] = []
  ) throws -> Loaded<Settings> {
    var settings = initial
    var problems: [String] = []
    var origins: [String: String] = [:]
    func apply(_ option: Option<Settings>, _ text: String, _ place: String) {
      if option.set(&settings, text) {
        origins[option.name] = place
      } else {
        let shown = option.isSecret ? "the value" : "'\(text)'"
        problems.append("\(place): \(option.name) must be \(option.allowed); \(shown) is not.")
      }
    }
    for option in options {
      let valid = option.set(&settings, option.defaultText)
      precondition(valid, "The default of \(option.name) is not \(option.allowed).")
    }
    if let file {
      for (option, text, place) in try read(file, &problems) { apply(option, text, place) }
    }
    for text in sets {
      guard let sign = text.firstIndex(of: "=") else {
        problems.append("--set \(text): write --set section.key=value.")
        continue
      }
      let name = trimmed(text[..<sign])
      let value = trimmed(text[text.index(after: sign)...])
      if let option = byName[name] ?? byName[withoutDefault(name)] {
        apply(option, value, "--set")
      } else {
        problems.append("--set: there is no option \(name)\(suggestion(name))")
      }
    }
    guard problems.isEmpty else { throw Fault.badRequest(problems.joined(separator: "\n")) }
    return Loaded(settings: settings, options: options, origins: origins)
  }

  /// The known keys of a file with their values and places; lists with the values of all their lines.
  private func read(
    _ file: (name: String, text: String), _ problems: inout [String]
  ) throws -> [(Option<Settings>, String, String)] {
    let ini = try Ini(parsing: file.text, source: file.name)
    let sections = Set(options.map(\.section))
    for section in ini.sections where section.name != "DEFAULT" && !sections.contains(section.name) {
      let near = closest(section.name, among: sections).map { "; did you mean [\($0)]?" } ?? "."
      problems.append("\(file.name):\(section.line): there is no section [\(section.name)]\(near)")
    }
    var values: [(Option<Settings>, String, String)] = []
    for entry in ini.entries where sections.contains(entry.section) || entry.section == "DEFAULT" {
      let place = "\(file.name):\(entry.line)"
      let name = entry.section == "DEFAULT" ? entry.key : "\(entry.section).\(entry.key)"
      guard let option = byName[name] else {
        problems.append("\(place): [\(entry.section)] has no key \(entry.key)\(suggestion(name))")
        continue
      }
      if option.isList, let known = values.firstIndex(where: { $0.0.name == name }) {
        values[known].1 += "\n" + entry.value
      } else {
        values.append((option, entry.value, place))
      }
    }
    return values
  }

  private func withoutDefault(_ name: String) -> String {
    name.hasPrefix("DEFAULT.") ? String(name.dropFirst("DEFAULT.".count)) : name
  }

  /// The end of a sentence, `; did you mean api.listen?`: the nearest key of the section, else the nearest anywhere.
  private func suggestion(_ name: String) -> String {
    let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
    var near: String?
    if parts.count == 2 {
      near = closest(parts[1], among: options.filter { $0.section == parts[0] }.map(\.key)).map { "\(parts[0]).\($0)" }
      near = near ?? options.first { $0.key == parts[1] }?.name
    }
    return (near ?? closest(name, among: options.map(\.name))).map { "; did you mean \($0)?" } ?? "."
  }

  /// An example file: every option with its sentence and its default, commented out.
  public func sample() -> String {
    var text = "# Martlet's configuration. Every key is optional; those below show their defaults.\n"
    var sections: [String] = []
    for option in options where !sections.contains(option.section) { sections.append(option.section) }
    for section in sections {
      text += "\n[\(section)]\n"
      for option in options where option.section == section {
        text += "\n# \(option.help)\n# It must be \(option.allowed).\n"
        text += "#\(option.key) =" + (option.defaultText.isEmpty ? "" : " \(option.defaultText)") + "\n"
      }
    }
    return text
  }

  /// Every option on a page to read, in Markdown.
  public func page() -> String {
    var sections: [String] = []
    for option in options where !sections.contains(option.section) { sections.append(option.section) }
    let tables = sections.map { section in
      let rows = options.filter { $0.section == section }.map { option in
        let value = option.defaultText.isEmpty ? "empty" : "`\(option.defaultText)`"
        let text = "\(option.help) It must be \(option.allowed).".replacing("|", with: "\\|")
        return "| `\(option.name)` | \(value) | \(text) |\n"
      }
      return "\n## \(section)\n\n| option | default | meaning |\n|---|---|---|\n" + rows.joined()
    }
    return "# Options\n\nAll that can be set, in the configuration file or with `--set`.\n" + tables.joined()
  }

  /// What one option means.
  /// - Throws: a `notFound` fault that names the nearest option.
  public func explain(_ name: String) throws -> String {
    guard let option = byName[name] ?? byName[withoutDefault(name)] else {
      throw Fault.notFound("There is no option \(name)\(suggestion(name))")
    }
    let value = option.defaultText.isEmpty ? "empty" : option.defaultText
    return """
      \(option.name)
        \(option.help)
        It must be \(option.allowed).
        Default: \(value)
        Set it with --set \(option.name)=VALUE, or in the file with
          [\(option.section)]
          \(option.key) = VALUE
      """
  }
}

/// Settings as a start found them.
public struct Loaded<Settings: Sendable>: Sendable {
  public let settings: Settings
  let options: [Option<Settings>]
  let origins: [String: String]

  /// Where an option's value came from: `file:line`, `--set` or `default`.
  public func origin(_ name: String) -> String { origins[name] ?? "default" }

  /// A line for every option: name, value (secrets masked), and where it came from.
  public func show() -> String {
    options.map { option in
      let text = option.get(settings)
      let shown = option.isSecret && !text.isEmpty ? "****" : text
      return "\(option.name) = \(shown)  # \(origin(option.name))\n"
    }.joined()
  }
}
