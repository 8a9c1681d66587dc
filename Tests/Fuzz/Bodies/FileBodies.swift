import Core
import JSON
import Text

extension FuzzTarget {
  /// INI: every value can be found where it stands, and names have no space around them.
  static let ini = FuzzTarget("ini", length: 1024) { bytes in
    let text = String(mending: bytes)
    guard let file = try accepted({ try Ini(parsing: text, source: "x.conf") }) else { return }
    let lines = text.utf8.split(separator: 10, omittingEmptySubsequences: false).count
    for entry in file.entries {
      try hold(!entry.key.isEmpty && same(trimmed(entry.key), entry.key), "a key '\(entry.key)'")
      try hold((1...lines).contains(entry.line), "line \(entry.line) of \(lines)")
      try hold(file.value(entry.section, entry.key) != nil, "'\(entry.key)' is not found")
      try hold(
        entry.section == "DEFAULT" || file.sections.contains { $0.name == entry.section && $0.line < entry.line },
        "'\(entry.key)' in a section that is not there")
    }
    for section in file.sections { try hold(!section.name.isEmpty, "a section without a name") }
  }

  /// YAML: what comes out can be written as JSON, and JSON that a stranger writes is read as the same value.
  static let yaml = FuzzTarget("yaml", length: 1024) { bytes in
    let text = String(mending: bytes)
    if let value = try accepted({ try YAML.parse(text, source: "x.yaml") }) {
      guard let again = try accepted({ try JSON(parsing: value.bytes) }) else {
        throw Broken(description: "\(value.text) is no JSON")
      }
      try hold(again == value, "\(value.text) is written as \(again.text)")
    }
    let limits = YAML.Limits(bytes: 16, depth: 2)
    if try accepted({ try YAML.parse(text, source: "x.yaml", limits: limits) }) != nil {
      try hold(text.utf8.count <= 16, "\(text.utf8.count) bytes where 16 are the limit")
    }
  }
}
