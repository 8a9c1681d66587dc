internal import Core

extension DirectoryFilter {
  /// A filter that an operator wrote.
  /// - Throws: `badRequest` that says at which character it stops being one.
  public init(parsing text: String) throws {
    var parser = FilterParser(bytes: Array(text.utf8))
    self = try parser.filter(depth: 0)
    guard parser.at == parser.bytes.count else { throw parser.fault("nothing can follow the last parenthesis") }
  }
}

private struct FilterParser {
  let bytes: [UInt8]
  var at = 0
  private static let maximumDepth = 50

  fileprivate func fault(_ what: String) -> Fault {
    .badRequest("The LDAP filter \(String(decoding: bytes, as: UTF8.self)) is wrong at character \(at + 1): \(what).")
  }
  private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

  private mutating func take(_ character: Character) throws {
    guard next == character.asciiValue else { throw fault("\(character) must stand here") }
    at += 1
  }

  mutating func filter(depth: Int) throws -> DirectoryFilter {
    guard depth < Self.maximumDepth else { throw fault("it is nested too deep") }
    try take("(")
    let filter: DirectoryFilter
    switch next {
    case UInt8(ascii: "&"): filter = .all(try list(depth))
    case UInt8(ascii: "|"): filter = .any(try list(depth))
    case UInt8(ascii: "!"):
      at += 1
      filter = .not(try self.filter(depth: depth + 1))
    default: filter = try item()
    }
    try take(")")
    return filter
  }

  private mutating func list(_ depth: Int) throws -> [DirectoryFilter] {
    at += 1
    var filters: [DirectoryFilter] = []
    while next == UInt8(ascii: "(") { filters.append(try filter(depth: depth + 1)) }
    return filters
  }

  private mutating func item() throws -> DirectoryFilter {
    let start = at
    while let byte = next, !"=~<>()".utf8.contains(byte) { at += 1 }
    var name = String(decoding: bytes[start..<at], as: UTF8.self)
    let sign = next
    if let sign, "~<>".utf8.contains(sign) { at += 1 }
    try take("=")
    if name.hasSuffix(":") {
      name.removeLast()
      let cut = name.lastIndex(of: ":")
      let rule = cut.map { String(name[name.index(after: $0)...]) } ?? ""
      let attribute = cut.map { String(name[..<$0]) } ?? name
      guard rule.isEmpty || DirectoryFilter.isAttribute(rule),
        attribute.isEmpty || attribute == ":dn" || DirectoryFilter.isAttribute(attribute.replacing(":dn", with: ""))
      else { throw fault("before = stand an attribute and a matching rule") }
      let value = try values()
      guard value.count == 1 else { throw fault("a matching rule takes no *") }
      return .rule(attribute, rule, value[0])
    }
    guard DirectoryFilter.isAttribute(name) else { throw fault("before = stands the name of an attribute") }
    let parts = try values()
    guard parts.count > 1 else {
      switch sign {
      case UInt8(ascii: "~"): return .approximate(name, parts[0])
      case UInt8(ascii: ">"): return .atLeast(name, parts[0])
      case UInt8(ascii: "<"): return .atMost(name, parts[0])
      default: return .equal(name, parts[0])
      }
    }
    guard sign == UInt8(ascii: "=") else { throw fault("* goes with = alone") }
    if parts.count == 2, parts[0].isEmpty, parts[1].isEmpty { return .present(name) }
    return .parts(name, first: parts[0], middle: Array(parts[1..<(parts.count - 1)]), last: parts[parts.count - 1])
  }

  /// The value, cut at its asterisks.
  private mutating func values() throws -> [[UInt8]] {
    var parts: [[UInt8]] = [[]]
    while let byte = next, byte != UInt8(ascii: ")") {
      switch byte {
      case UInt8(ascii: "("): throw fault("a parenthesis within a value is written \\28")
      case UInt8(ascii: "*"): parts.append([])
      case UInt8(ascii: "\\"):
        guard let value = hexByte(bytes, at + 1) else { throw fault("two hexadecimal digits follow a backslash") }
        parts[parts.count - 1].append(value)
        at += 2
      default: parts[parts.count - 1].append(byte)
      }
      at += 1
    }
    return parts
  }
}

/// The byte that two hexadecimal digits write.
func hexByte(_ bytes: [UInt8], _ at: Int) -> UInt8? {
  guard at + 1 < bytes.count, let high = Character(UnicodeScalar(bytes[at])).hexDigitValue,
    let low = Character(UnicodeScalar(bytes[at + 1])).hexDigitValue
  else { return nil }
  return UInt8(high << 4 | low)
}
