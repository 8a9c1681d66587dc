internal import Core

extension JSON: CustomStringConvertible {
  /// The value as bytes, without white space.
  public var bytes: [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(256)
    write(to: &out)
    return out
  }
  public var text: String { String(decoding: bytes, as: UTF8.self) }
  public var description: String { text }

  /// Appends what `bytes` gives.
  public func write(to out: inout [UInt8]) {
    switch self {
    case .null: out += "null".utf8
    case .bool(let b): out += (b ? "true" : "false").utf8
    case .int(let i): Self.write(i, to: &out)
    case .double(let d): out += (d.isFinite ? "\(d)" : "null").utf8
    case .string(let s): Self.write(s, to: &out)
    case .array(let a):
      out.append(UInt8(ascii: "["))
      for (i, v) in a.enumerated() {
        if i > 0 { out.append(UInt8(ascii: ",")) }
        v.write(to: &out)
      }
      out.append(UInt8(ascii: "]"))
    case .object(let o):
      out.append(UInt8(ascii: "{"))
      for (i, m) in o.members.enumerated() {
        if i > 0 { out.append(UInt8(ascii: ",")) }
        Self.write(m.key, to: &out)
        out.append(UInt8(ascii: ":"))
        m.value.write(to: &out)
      }
      out.append(UInt8(ascii: "}"))
    }
  }

  private static func write(_ number: Int, to out: inout [UInt8]) {
    guard number >= 10 || number < 0 else { return out.append(48 + UInt8(number)) }
    out += String(number).utf8
  }

  /// Runs of bytes that stand for themselves are copied whole.
  private static func write(_ s: String, to out: inout [UInt8]) {
    var s = s
    out.append(UInt8(ascii: "\""))
    s.withUTF8 { bytes in
      var start = 0
      for i in 0..<bytes.count where bytes[i] < 32 || bytes[i] == UInt8(ascii: "\"") || bytes[i] == UInt8(ascii: "\\") {
        out += UnsafeBufferPointer(rebasing: bytes[start..<i])
        escape(bytes[i], to: &out)
        start = i + 1
      }
      out += UnsafeBufferPointer(rebasing: bytes[start...])
    }
    out.append(UInt8(ascii: "\""))
  }

  private static func escape(_ c: UInt8, to out: inout [UInt8]) {
    switch c {
    case UInt8(ascii: "\""): out += "\\\"".utf8
    case UInt8(ascii: "\\"): out += "\\\\".utf8
    case 10: out += "\\n".utf8
    case 13: out += "\\r".utf8
    case 9: out += "\\t".utf8
    default:
      out += "\\u00".utf8
      out += CollectionOfOne(c).hex.utf8
    }
  }
}
