internal import Core

/// The name of an entry in its parts, the entry's own first (RFC 4514).
///
/// Compared as nearly all attributes of names are: case and repeated spaces do not matter.
public struct DistinguishedName: Sendable, Hashable {
  public struct Value: Sendable, Hashable {
    public var attribute: String
    public var value: String
  }
  /// Each with at least one value; more than one where a name needs two attributes.
  public private(set) var parts: [[Value]]

  /// - Returns: nil for what is no name. The empty text names the root.
  public init?(_ text: String) {
    var parser = NameParser(bytes: Array(text.utf8))
    guard let parts = parser.parts() else { return nil }
    self.parts = parts
  }
  /// The name of what lies right below another entry.
  public init(_ attribute: String, _ value: String, below parent: DistinguishedName) {
    parts = [[Value(attribute: attribute, value: value)]] + parent.parts
  }

  public var text: String {
    parts.map { part in
      part.map { "\($0.attribute)=\(Self.escape($0.value))" }.joined(separator: "+")
    }.joined(separator: ",")
  }
  /// The first value of the entry's own part.
  public var first: Value? { parts.first?.first }
  public var parent: DistinguishedName? {
    guard !parts.isEmpty else { return nil }
    var name = self
    name.parts.removeFirst()
    return name
  }
  public func isBelow(_ other: DistinguishedName) -> Bool {
    parts.count > other.parts.count && folded.suffix(other.parts.count) == other.folded[...]
  }

  /// What is special in a value with a backslash before it; control characters as `\0a`.
  public static func escape(_ value: String) -> String {
    let bytes = Array(value.utf8)
    var plain: [UInt8] = []
    for (index, byte) in bytes.enumerated() {
      let atEnd = index == 0 || index == bytes.count - 1
      if byte < 0x20 || byte == 0x7f {
        plain += Array(("\\" + [byte].hex).utf8)
      } else {
        let isSpecial =
          #"\,+"<>;="#.utf8.contains(byte) || (byte == UInt8(ascii: " ") && atEnd)
          || (byte == UInt8(ascii: "#") && index == 0)
        if isSpecial { plain.append(UInt8(ascii: "\\")) }
        plain.append(byte)
      }
    }
    return String(decoding: plain, as: UTF8.self)
  }

  /// As names are compared: a text per part.
  public var folded: [String] {
    parts.map { part in
      part.map { "\($0.attribute.lowercased())=\(Self.fold($0.value))" }.sorted().joined(separator: "\u{0}")
    }
  }
  /// Without case, outer spaces and repeated ones.
  public static func fold(_ value: String) -> String {
    value.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
  public static func == (a: DistinguishedName, b: DistinguishedName) -> Bool { a.folded == b.folded }
  public func hash(into hasher: inout Hasher) { hasher.combine(folded) }
}

private struct NameParser {
  let bytes: [UInt8]
  var at = 0

  mutating func parts() -> [[DistinguishedName.Value]]? {
    var parts: [[DistinguishedName.Value]] = []
    skipSpaces()
    if at == bytes.count { return parts }
    var part: [DistinguishedName.Value] = []
    while let value = value() {
      part.append(value)
      let separator = at < bytes.count ? bytes[at] : 0
      at += 1
      switch separator {
      case UInt8(ascii: "+"): continue
      case UInt8(ascii: ","), UInt8(ascii: ";"):
        parts.append(part)
        part = []
      default:
        parts.append(part)
        return at > bytes.count ? parts : nil
      }
    }
    return nil
  }

  private mutating func skipSpaces() {
    while at < bytes.count, bytes[at] == UInt8(ascii: " ") { at += 1 }
  }

  private mutating func value() -> DistinguishedName.Value? {
    skipSpaces()
    let start = at
    while at < bytes.count, !"=,+;".utf8.contains(bytes[at]) { at += 1 }
    guard at < bytes.count, bytes[at] == UInt8(ascii: "=") else { return nil }
    var name = String(decoding: bytes[start..<at], as: UTF8.self)
    while name.last == " " { name.removeLast() }
    guard DirectoryFilter.isAttribute(name) else { return nil }
    at += 1
    skipSpaces()
    var value: [UInt8] = []
    var end = 0
    while at < bytes.count, !",+;".utf8.contains(bytes[at]) {
      guard bytes[at] == UInt8(ascii: "\\") else {
        value.append(bytes[at])
        // Spaces after the value are not of it, unless a backslash says so.
        if bytes[at] != UInt8(ascii: " ") { end = value.count }
        at += 1
        continue
      }
      guard at + 1 < bytes.count else { return nil }
      if let byte = hexByte(bytes, at + 1) {
        value.append(byte)
        at += 3
      } else {
        value.append(bytes[at + 1])
        at += 2
      }
      end = value.count
    }
    return DistinguishedName.Value(attribute: name, value: String(decoding: value.prefix(end), as: UTF8.self))
  }
}
