internal import Core

extension JSON {
  /// How deep values may nest; deeper input is refused, since the parser recurses.
  public static let depthLimit = 128

  /// Reads one JSON text (RFC 8259); the whole input must be it.
  /// - Throws: a `badRequest` fault that names the byte at which the text stops being JSON.
  public init(parsing bytes: [UInt8]) throws { self = try bytes.withUnsafeBufferPointer(Self.parse) }
  public init(parsing text: String) throws {
    var text = text
    self = try text.withUTF8(Self.parse)
  }

  private static func parse(_ bytes: UnsafeBufferPointer<UInt8>) throws -> JSON {
    var parser = Parser(bytes: bytes)
    let value = try parser.value(depth: 0)
    parser.skipSpace()
    guard parser.at == bytes.count else { throw parser.fault("unexpected data after the value") }
    return value
  }
}

private struct Parser {
  let bytes: UnsafeBufferPointer<UInt8>
  var at = 0

  func fault(_ what: String) -> Fault { .badRequest("Malformed JSON at byte \(at): \(what).") }

  var next: UInt8? { at < bytes.count ? bytes[at] : nil }

  mutating func skipSpace() {
    while at < bytes.count, bytes[at] == 32 || (bytes[at] >= 9 && bytes[at] <= 13 && bytes[at] != 11 && bytes[at] != 12)
    { at += 1 }
  }

  mutating func value(depth: Int) throws -> JSON {
    guard depth < JSON.depthLimit else { throw fault("nested more than \(JSON.depthLimit) deep") }
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case let c? where c == UInt8(ascii: "-") || (c >= UInt8(ascii: "0") && c <= UInt8(ascii: "9")): return try number()
    case nil: throw fault("the text ends where a value should be")
    default: throw fault("unexpected character")
    }
  }

  mutating func word(_ text: StaticString, _ value: JSON) throws -> JSON {
    let n = text.utf8CodeUnitCount
    guard at + n <= bytes.count else { throw fault("unexpected end") }
    for i in 0..<n where bytes[at + i] != text.utf8Start[i] { throw fault("unexpected character") }
    at += n
    return value
  }

  mutating func object(depth: Int) throws -> JSON {
    at += 1
    var object = JSONObject()
    skipSpace()
    if next == UInt8(ascii: "}") {
      at += 1
      return .object(object)
    }
    while true {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw fault("a key must be a string") }
      let key = try string()
      skipSpace()
      guard next == UInt8(ascii: ":") else { throw fault("':' expected") }
      at += 1
      object.append(key, try value(depth: depth + 1))
      skipSpace()
      switch next {
      case UInt8(ascii: ","): at += 1
      case UInt8(ascii: "}"):
        at += 1
        return .object(object)
      default: throw fault("',' or '}' expected")
      }
    }
  }

  mutating func array(depth: Int) throws -> JSON {
    at += 1
    var array: [JSON] = []
    skipSpace()
    if next == UInt8(ascii: "]") {
      at += 1
      return .array(array)
    }
    while true {
      array.append(try value(depth: depth + 1))
      skipSpace()
      switch next {
      case UInt8(ascii: ","): at += 1
      case UInt8(ascii: "]"):
        at += 1
        return .array(array)
      default: throw fault("',' or ']' expected")
      }
    }
  }

  mutating func number() throws -> JSON {
    let start = at
    var integral = true
    if next == UInt8(ascii: "-") { at += 1 }
    let first = at
    digits()
    guard at > first else { throw fault("a digit expected") }
    if bytes[first] == UInt8(ascii: "0"), at > first + 1 { throw fault("a number must not begin with 0") }
    if next == UInt8(ascii: ".") {
      integral = false
      at += 1
      let fraction = at
      digits()
      guard at > fraction else { throw fault("a digit expected") }
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      integral = false
      at += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { at += 1 }
      let exponent = at
      digits()
      guard at > exponent else { throw fault("a digit expected") }
    }
    if integral, at - first < 18 {
      let number = bytes[first..<at].reduce(0) { $0 * 10 + Int($1 - 48) }
      return .int(first == start ? number : -number)
    }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    if integral, let i = Int(text) { return .int(i) }
    guard let d = Double(text), d.isFinite else { throw fault("the number is out of range") }
    return .double(d)
  }

  mutating func digits() {
    while let c = next, c >= UInt8(ascii: "0"), c <= UInt8(ascii: "9") { at += 1 }
  }

  mutating func string() throws -> String {
    at += 1
    let start = at
    while at < bytes.count, bytes[at] != UInt8(ascii: "\""), bytes[at] != UInt8(ascii: "\\"), bytes[at] >= 32 {
      at += 1
    }
    guard at < bytes.count else { throw fault("the string does not end") }
    if bytes[at] == UInt8(ascii: "\"") {
      defer { at += 1 }
      return try text(bytes[start..<at])
    }
    var out = Array(bytes[start..<at])
    while true {
      guard let c = next else { throw fault("the string does not end") }
      switch c {
      case UInt8(ascii: "\""):
        at += 1
        return try out.withUnsafeBufferPointer { try text($0[...]) }
      case UInt8(ascii: "\\"): try escape(&out)
      case 0..<32: throw fault("a control character must be escaped")
      default:
        out.append(c)
        at += 1
      }
    }
  }

  func text(_ slice: Slice<UnsafeBufferPointer<UInt8>>) throws -> String {
    guard let s = String(validating: slice, as: UTF8.self) else { throw fault("the string is not UTF-8") }
    return s
  }

  mutating func escape(_ out: inout [UInt8]) throws {
    at += 1
    guard let c = next else { throw fault("the string does not end") }
    at += 1
    switch c {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(c)
    case UInt8(ascii: "b"): out.append(8)
    case UInt8(ascii: "f"): out.append(12)
    case UInt8(ascii: "n"): out.append(10)
    case UInt8(ascii: "r"): out.append(13)
    case UInt8(ascii: "t"): out.append(9)
    case UInt8(ascii: "u"):
      var code = try hex4()
      if (0xD800..<0xDC00).contains(code), next == UInt8(ascii: "\\"), at + 1 < bytes.count,
        bytes[at + 1] == UInt8(ascii: "u")
      {
        at += 2
        let low = try hex4()
        guard (0xDC00..<0xE000).contains(low) else { throw fault("half a surrogate pair") }
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw fault("half a surrogate pair") }
      out += String(Character(scalar)).utf8
    default: throw fault("unknown escape")
    }
  }

  mutating func hex4() throws -> UInt32 {
    guard at + 4 <= bytes.count else { throw fault("four hexadecimal digits expected") }
    var n: UInt32 = 0
    for _ in 0..<4 {
      let c = bytes[at]
      switch c {
      case 48...57: n = n << 4 | UInt32(c - 48)
      case 65...70: n = n << 4 | UInt32(c - 55)
      case 97...102: n = n << 4 | UInt32(c - 87)
      default: throw fault("four hexadecimal digits expected")
      }
      at += 1
    }
    return n
  }
}
