internal import Core
internal import Text

/// What a command line may say: a table of rows, and the parser made of it.
///
///     let table = ArgumentTable([
///       .value("config", "FILE", "Read the configuration from FILE."), .repeated("set", "SECTION.KEY=VALUE", "…"),
///       .flag("help", short: "h", "Show this."),
///     ])
public struct ArgumentTable: Sendable {
  public struct Row: Sendable {
    let name: String
    let short: Character?
    /// What stands for the value in the help; nil for a flag.
    let placeholder: String?
    let repeats: Bool
    let help: String

    /// `--name`, without a value.
    public static func flag(_ name: String, short: Character? = nil, _ help: String) -> Row {
      Row(name: name, short: short, placeholder: nil, repeats: false, help: help)
    }
    /// `--name VALUE` or `--name=VALUE`, at most once.
    public static func value(_ name: String, short: Character? = nil, _ placeholder: String, _ help: String) -> Row {
      Row(name: name, short: short, placeholder: placeholder, repeats: false, help: help)
    }
    /// As `value`, any number of times.
    public static func repeated(_ name: String, short: Character? = nil, _ placeholder: String, _ help: String) -> Row {
      Row(name: name, short: short, placeholder: placeholder, repeats: true, help: help)
    }
  }

  public let rows: [Row]
  public init(_ rows: [Row]) { self.rows = rows }

  /// - Parameter words: the command line without the program's own name. All after `--` are positionals.
  /// - Throws: a `badRequest` fault that names the word at fault and, for an unknown option, the nearest.
  public func parse(_ words: [String]) throws -> Arguments {
    var arguments = Arguments()
    var rest = words[...]
    while let word = rest.popFirst() {
      if word == "--" {
        arguments.positionals += rest
        break
      }
      guard word.hasPrefix("-"), word != "-" else {
        arguments.positionals.append(word)
        continue
      }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let row = try find(parts[0])
      guard row.placeholder != nil else {
        guard parts.count == 1 else {
          throw Fault.badRequest("--\(row.name) takes no value; leave out '=\(parts[1])'.")
        }
        arguments.found[row.name, default: []].append("")
        continue
      }
      guard let value = parts.count == 2 ? parts[1] : rest.popFirst() else {
        throw Fault.badRequest("--\(row.name) needs a value: --\(row.name) \(row.placeholder ?? "").")
      }
      guard row.repeats || arguments.found[row.name] == nil else {
        throw Fault.badRequest("--\(row.name) was given twice; give it once.")
      }
      arguments.found[row.name, default: []].append(value)
    }
    return arguments
  }

  private func find(_ word: String) throws -> Row {
    let name = String(word.drop { $0 == "-" })
    let row = rows.first { row in
      word.hasPrefix("--") ? row.name == name : row.short.map(String.init) == name
    }
    if let row { return row }
    let near = closest(name, among: rows.map(\.name)).map { "; did you mean --\($0)?" } ?? "."
    throw Fault.badRequest("There is no option \(word)\(near)")
  }

  /// A line for each row.
  public var help: String {
    let heads = rows.map { row in
      "  " + (row.short.map { "-\($0), " } ?? "") + "--\(row.name)" + (row.placeholder.map { " \($0)" } ?? "")
        + (row.repeats ? "..." : "")
    }
    let width = (heads.map(\.count).max() ?? 0) + 2
    return zip(heads, rows).map { head, row in
      head + String(repeating: " ", count: width - head.count) + row.help + "\n"
    }.joined()
  }
}

/// What a command line said.
public struct Arguments: Sendable {
  /// The words that belong to no option, in order.
  public internal(set) var positionals: [String] = []
  var found: [String: [String]] = [:]

  public func flag(_ name: String) -> Bool { found[name] != nil }
  public func value(_ name: String) -> String? { found[name]?.last }
  public func values(_ name: String) -> [String] { found[name] ?? [] }
}
