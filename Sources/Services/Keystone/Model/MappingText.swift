/// The texts of mappings: `{0}` in a rule, and lists as Python writes them, in which upstream passes several values.
enum MappingText {
  enum Problem: Error {
    /// `{3}` where there are fewer matches, or braces that mean nothing.
    case noSuchMatch
    case tooLong
  }

  /// One match of a rule: a single value stands for itself, several (or none) for their list.
  static func shown(_ values: [String]) -> String { values.count == 1 ? values[0] : list(values) }

  /// Puts matches in the place of `{0}` and `{}`; `{{` and `}}` are braces.
  /// - Parameter limit: how many bytes may come out.
  static func substitute(_ rule: String, _ matches: [[String]], limit: Int) throws(Problem) -> String {
    guard rule.utf8.contains(where: { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "}") }) else {
      guard rule.utf8.count <= limit else { throw .tooLong }
      return rule
    }
    var out: [UInt8] = []
    var rest = Array(rule.utf8)[...]
    var next = 0
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "{") where rest.first == byte, UInt8(ascii: "}") where rest.first == byte:
        rest.removeFirst()
        out.append(byte)
      case UInt8(ascii: "}"): throw .noSuchMatch
      case UInt8(ascii: "{"):
        let name = rest.prefix { $0 != UInt8(ascii: "}") }
        rest = rest.dropFirst(name.count)
        guard rest.popFirst() != nil, name.allSatisfy({ (48...57).contains($0) }), name.count <= 6 else {
          throw .noSuchMatch
        }
        let index = name.isEmpty ? next : Int(String(decoding: name, as: UTF8.self)) ?? -1
        if name.isEmpty { next += 1 }
        guard matches.indices.contains(index) else { throw .noSuchMatch }
        out += Array(shown(matches[index]).utf8)
      default: out.append(byte)
      }
      guard out.count <= limit else { throw .tooLong }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// `['a', 'b']`.
  static func list(_ values: [String]) -> String { "[" + values.map(quoted).joined(separator: ", ") + "]" }

  private static func quoted(_ text: String) -> String {
    let mark: Unicode.Scalar = text.unicodeScalars.contains("'") && !text.unicodeScalars.contains("\"") ? "\"" : "'"
    var out = String(Character(mark))
    for scalar in text.unicodeScalars {
      switch scalar {
      case mark, "\\":
        out.unicodeScalars.append("\\")
        out.unicodeScalars.append(scalar)
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      default: out.unicodeScalars.append(scalar)
      }
    }
    out.unicodeScalars.append(mark)
    return out
  }

  /// The values of such a list of texts; anything else is one value.
  static func values(_ text: String) -> [String] { ListReader(text).read() ?? [text] }

  private struct ListReader {
    private var rest: ArraySlice<Unicode.Scalar>

    init(_ text: String) { rest = Array(text.unicodeScalars)[...] }

    private mutating func skip() { rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" } }

    func read() -> [String]? {
      var reader = self
      return reader.list()
    }

    private mutating func list() -> [String]? {
      skip()
      guard rest.popFirst() == "[" else { return nil }
      var values: [String] = []
      while true {
        skip()
        if rest.first == "]" { break }
        guard let value = text() else { return nil }
        values.append(value)
        skip()
        if rest.first == "," { rest.removeFirst() } else if rest.first != "]" { return nil }
      }
      rest.removeFirst()
      skip()
      return rest.isEmpty ? values : nil
    }

    private mutating func text() -> String? {
      guard let mark = rest.popFirst(), mark == "'" || mark == "\"" else { return nil }
      var out = String.UnicodeScalarView()
      while let next = rest.popFirst() {
        if next == mark { return String(out) }
        guard next == "\\" else {
          if next == "\n" || next == "\r" { return nil }
          out.append(next)
          continue
        }
        switch rest.popFirst() {
        case "n": out.append("\n")
        case "r": out.append("\r")
        case "t": out.append("\t")
        case let mark? where mark == "'" || mark == "\"" || mark == "\\": out.append(mark)
        default: return nil
        }
      }
      return nil
    }
  }
}
