// Text: the small languages of operators and networks: INI and YAML files, addresses, patterns, and the nearest word.
//
// Parsers name the line of every error, since a person wrote what they read, and have limits, since it may also have
// been a stranger. Files are read by others: everything here takes text.

internal import Core

/// An INI file as OpenStack's services read it: sections, `key = value`, repeated keys, comments in `#` and `;`.
///
/// An indented line continues the value before it, joined by a newline. A value in matching quotes loses them.
/// Keys before the first section belong to `DEFAULT`.
public struct Ini: Sendable, Equatable {
  public struct Entry: Sendable, Equatable {
    public var section: String
    public var key: String
    public var value: String
    /// The line of the key, from 1.
    public var line: Int
  }
  /// A section's heading.
  public struct Section: Sendable, Equatable {
    public var name: String
    public var line: Int
  }

  public private(set) var entries: [Entry] = []
  public private(set) var sections: [Section] = []

  /// - Parameter source: what errors call the text, usually the file's name.
  /// - Throws: a `badRequest` fault that begins with `source:line:`.
  public init(parsing text: String, source: String) throws {
    var section = "DEFAULT"
    var continues = false
    let text = text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
    // By scalars and not by characters: "\r\n" is one character.
    let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, raw) in lines.enumerated() {
      let number = index + 1
      let line = trimmed(String(raw))
      func fault(_ what: String) -> Fault { .badRequest("\(source):\(number): \(what)") }
      guard let first = line.unicodeScalars.first else {
        continues = false
        continue
      }
      if first == "#" || first == ";" { continue }
      if let lead = raw.first, lead == " " || lead == "\t" {
        guard continues, let last = entries.indices.last else {
          throw fault("an indented line continues the value above it, and there is none; remove the white space.")
        }
        entries[last].value += "\n" + line
        continue
      }
      if first == "[" {
        let name = trimmed(String(line.unicodeScalars.dropFirst().dropLast()))
        guard line.unicodeScalars.last == "]", !name.isEmpty else { throw fault("a section is written [name].") }
        section = name
        sections.append(Section(name: section, line: number))
        continues = false
        continue
      }
      guard let sign = line.firstIndex(where: { $0 == "=" || $0 == ":" }) else {
        throw fault("neither a [section] nor key = value: \(line)")
      }
      let key = trimmed(String(line[..<sign]))
      guard !key.isEmpty else { throw fault("there is no key before the \(line[sign]).") }
      let value = unquoted(trimmed(String(line[line.index(after: sign)...])))
      entries.append(Entry(section: section, key: key, value: value, line: number))
      continues = true
    }
  }

  /// Every value of a key in the order of the file.
  public func values(_ section: String, _ key: String) -> [String] {
    entries.filter { $0.section == section && $0.key == key }.map(\.value)
  }
  /// The last value of a key, which is the one that counts.
  public func value(_ section: String, _ key: String) -> String? { values(section, key).last }
}

/// The text without white space at its ends.
public func trimmed(_ text: some StringProtocol) -> String {
  let scalars = text.unicodeScalars
  func isSpace(_ s: Unicode.Scalar) -> Bool { s == " " || (9...13).contains(s.value) }
  guard let first = scalars.firstIndex(where: { !isSpace($0) }), let last = scalars.lastIndex(where: { !isSpace($0) })
  else { return "" }
  return String(String.UnicodeScalarView(scalars[first...last]))
}

private func unquoted(_ text: String) -> String {
  guard text.count > 1, let first = text.first, first == text.last, first == "\"" || first == "'" else { return text }
  return String(text.dropFirst().dropLast())
}
