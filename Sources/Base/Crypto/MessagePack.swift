internal import Core

/// The part of MessagePack (github.com/msgpack/msgpack, spec.md) that keystone's token payloads are made of: no maps,
/// no extensions, no 32-bit floats but when reading.
public enum MessagePack: Sendable, Equatable {
  case null
  case bool(Bool)
  case int(Int)
  case double(Double)
  case string(String)
  case bytes([UInt8])
  case array([MessagePack])

  static let depthLimit = 16

  /// The shortest form of each value, as Python's msgpack writes them.
  public var encoded: [UInt8] {
    var out: [UInt8] = []
    encode(to: &out)
    return out
  }

  private func encode(to out: inout [UInt8]) {
    switch self {
    case .null: out.append(0xc0)
    case .bool(let b): out.append(b ? 0xc3 : 0xc2)
    case .int(let i): Self.encode(i, to: &out)
    case .double(let d):
      out.append(0xcb)
      Self.append(d.bitPattern, bytes: 8, to: &out)
    case .string(let s):
      let utf8 = Array(s.utf8)
      if utf8.count < 32 {
        out.append(0xa0 | UInt8(utf8.count))
      } else {
        Self.length(utf8.count, 0xd9, 0xda, 0xdb, to: &out)
      }
      out += utf8
    case .bytes(let b):
      Self.length(b.count, 0xc4, 0xc5, 0xc6, to: &out)
      out += b
    case .array(let a):
      if a.count < 16 {
        out.append(0x90 | UInt8(a.count))
      } else {
        Self.length(a.count, nil, 0xdc, 0xdd, to: &out)
      }
      for value in a { value.encode(to: &out) }
    }
  }

  private static func append(_ bits: UInt64, bytes: Int, to out: inout [UInt8]) {
    for i in stride(from: 8 * (bytes - 1), through: 0, by: -8) {
      out.append(UInt8(truncatingIfNeeded: bits >> UInt64(i)))
    }
  }

  private static func length(_ n: Int, _ one: UInt8?, _ two: UInt8, _ four: UInt8, to out: inout [UInt8]) {
    if let one, n < 1 << 8 {
      out.append(one)
      append(UInt64(n), bytes: 1, to: &out)
    } else if n < 1 << 16 {
      out.append(two)
      append(UInt64(n), bytes: 2, to: &out)
    } else {
      out.append(four)
      append(UInt64(n), bytes: 4, to: &out)
    }
  }

  private static func encode(_ i: Int, to out: inout [UInt8]) {
    let bits = UInt64(bitPattern: Int64(i))
    let (head, count): (UInt8?, Int) =
      switch i {
      case -32..<128: (nil, 1)
      case 128..<1 << 8: (0xcc, 1)
      case 1 << 8..<1 << 16: (0xcd, 2)
      case 1 << 16..<1 << 32: (0xce, 4)
      case (1 << 32)...: (0xcf, 8)
      case -1 << 7 ..< -32: (0xd0, 1)
      case -1 << 15 ..< -1 << 7: (0xd1, 2)
      case -1 << 31 ..< -1 << 15: (0xd2, 4)
      default: (0xd3, 8)
      }
    if let head { out.append(head) }
    append(bits, bytes: count, to: &out)
  }

  /// Reads one value, which must be all there is.
  /// - Throws: a `badRequest` fault for anything malformed, unknown or nested more than 16 deep.
  public init(decoding bytes: [UInt8]) throws {
    var decoder = MessagePackDecoder(bytes: bytes)
    self = try decoder.value(depth: 0)
    guard decoder.at == bytes.count else { throw decoder.fault }
  }
}

private struct MessagePackDecoder {
  let bytes: [UInt8]
  var at = 0

  var fault: Fault { .badRequest("Malformed MessagePack at byte \(at).") }

  mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
    guard count <= bytes.count - at else { throw fault }
    defer { at += count }
    return bytes[at..<at + count]
  }
  mutating func number(_ count: Int) throws -> UInt64 { try take(count).reduce(0) { $0 << 8 | UInt64($1) } }
  mutating func length(_ count: Int) throws -> Int { Int(try number(count)) }

  mutating func value(depth: Int) throws -> MessagePack {
    guard depth < MessagePack.depthLimit else { throw fault }
    let head = UInt8(try number(1))
    switch head {
    case 0x00...0x7f: return .int(Int(head))
    case 0xe0...0xff: return .int(Int(Int8(bitPattern: head)))
    case 0x90...0x9f: return try array(Int(head & 15), depth)
    case 0xa0...0xbf: return try string(Int(head & 31))
    case 0xc0: return .null
    case 0xc2, 0xc3: return .bool(head == 0xc3)
    case 0xc4, 0xc5, 0xc6: return .bytes(Array(try take(try length(1 << Int(head - 0xc4)))))
    case 0xca: return .double(Double(Float(bitPattern: UInt32(try number(4)))))
    case 0xcb: return .double(Double(bitPattern: try number(8)))
    case 0xcc, 0xcd, 0xce, 0xcf:
      guard let i = Int(exactly: try number(1 << Int(head - 0xcc))) else { throw fault }
      return .int(i)
    case 0xd0: return .int(Int(Int8(truncatingIfNeeded: try number(1))))
    case 0xd1: return .int(Int(Int16(truncatingIfNeeded: try number(2))))
    case 0xd2: return .int(Int(Int32(truncatingIfNeeded: try number(4))))
    case 0xd3: return .int(Int(truncatingIfNeeded: try number(8)))
    case 0xd9, 0xda, 0xdb: return try string(try length(1 << Int(head - 0xd9)))
    case 0xdc, 0xdd: return try array(try length(2 << Int(head - 0xdc)), depth)
    default: throw fault
    }
  }

  mutating func string(_ count: Int) throws -> MessagePack {
    guard let text = String(validating: try take(count), as: UTF8.self) else { throw fault }
    return .string(text)
  }

  mutating func array(_ count: Int, _ depth: Int) throws -> MessagePack {
    // Every element takes a byte at least: a lie about the count asks for no memory.
    guard count <= bytes.count - at else { throw fault }
    return .array(try (0..<count).map { _ in try value(depth: depth + 1) })
  }
}
