internal import Core

/// What an entry must be like, as RFC 4515 writes it. A tree and not a text: nobody's name can end a filter and begin
/// another.
public indirect enum DirectoryFilter: Sendable, Equatable {
  case all([DirectoryFilter])
  case any([DirectoryFilter])
  case not(DirectoryFilter)
  case present(String)
  case equal(String, [UInt8])
  case approximate(String, [UInt8])
  case atLeast(String, [UInt8])
  case atMost(String, [UInt8])
  /// The value begins with the first, ends with the last, and has the others in between, in this order.
  case parts(String, first: [UInt8], middle: [[UInt8]], last: [UInt8])
  /// By a rule of the server's that is named; the attribute is as the rule wants it, `cn:dn`, or empty.
  case rule(String, String, [UInt8])

  public static func equals(_ attribute: String, _ text: String) -> DirectoryFilter {
    .equal(attribute, Array(text.utf8))
  }
  public static func contains(_ attribute: String, _ text: String) -> DirectoryFilter {
    .parts(attribute, first: [], middle: [Array(text.utf8)], last: [])
  }
  public static func begins(_ attribute: String, with text: String) -> DirectoryFilter {
    .parts(attribute, first: Array(text.utf8), middle: [], last: [])
  }
  public static func ends(_ attribute: String, with text: String) -> DirectoryFilter {
    .parts(attribute, first: [], middle: [], last: Array(text.utf8))
  }
  /// Active Directory's rule for names that are reached through groups within groups.
  public static let chain = "1.2.840.113556.1.4.1941"

  /// The filter as servers read it.
  public var text: String {
    switch self {
    case .all(let filters): "(&\(filters.map(\.text).joined()))"
    case .any(let filters): "(|\(filters.map(\.text).joined()))"
    case .not(let filter): "(!\(filter.text))"
    case .present(let attribute): "(\(attribute)=*)"
    case .equal(let attribute, let value): "(\(attribute)=\(Self.escape(value)))"
    case .approximate(let attribute, let value): "(\(attribute)~=\(Self.escape(value)))"
    case .atLeast(let attribute, let value): "(\(attribute)>=\(Self.escape(value)))"
    case .atMost(let attribute, let value): "(\(attribute)<=\(Self.escape(value)))"
    case .parts(let attribute, let first, let middle, let last):
      "(\(attribute)=" + ([first] + middle + [last]).map(Self.escape).joined(separator: "*") + ")"
    case .rule(let attribute, let rule, let value): "(\(attribute):\(rule):=\(Self.escape(value)))"
    }
  }

  /// What is special to filters as `\28`; so is all that is not plain ASCII, which every server reads alike.
  static func escape(_ bytes: [UInt8]) -> String {
    var text = ""
    for byte in bytes {
      let isPlain = byte >= 0x20 && byte < 0x7f && !#"()*\"#.utf8.contains(byte)
      text += isPlain ? String(UnicodeScalar(byte)) : "\\" + [byte].hex
    }
    return text
  }

  /// Whether a text can name an attribute: letters, digits, hyphens and dots, with options after semicolons.
  public static func isAttribute(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 128
      && text.utf8.allSatisfy {
        (97...122).contains($0 | 0x20) || (48...57).contains($0) || $0 == 45 || $0 == 46 || $0 == 59
      }
  }
}
