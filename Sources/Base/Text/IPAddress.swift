public import JSON

/// An IPv4 or IPv6 address. IPv4 sorts before IPv6; within a version, by number.
public struct IPAddress: Sendable, Hashable, Comparable, CustomStringConvertible {
  public enum Version: Int, Sendable, Hashable { case v4 = 4, v6 = 6 }

  public let version: Version
  // Two halves and not one UInt128: its alignment of 16 bytes in an async function makes Swift 6.3 lose the stack.
  private let high: UInt64
  private let low: UInt64
  /// The address as a number; below 2^32 for IPv4.
  public var number: UInt128 { UInt128(high) << 64 | UInt128(low) }

  /// How many bits an address of the version has.
  public var width: Int { version.width }

  /// - Precondition: the number fits the version.
  public init(_ version: Version, _ number: UInt128) {
    precondition(version == .v6 || number <= UInt128(UInt32.max), "The number is no IPv4 address.")
    self.version = version
    high = UInt64(truncatingIfNeeded: number >> 64)
    low = UInt64(truncatingIfNeeded: number)
  }
  /// Four or sixteen bytes in network order.
  public init?(bytes: [UInt8]) {
    guard bytes.count == 4 || bytes.count == 16 else { return nil }
    self.init(bytes.count == 4 ? .v4 : .v6, bytes.reduce(0) { $0 << 8 | UInt128($1) })
  }
  /// Four or sixteen bytes in network order.
  public var bytes: [UInt8] {
    stride(from: width - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> UInt128($0)) }
  }

  public static func < (a: Self, b: Self) -> Bool {
    (a.version.rawValue, a.number) < (b.version.rawValue, b.number)
  }
  /// The address that many further on; nil beyond the version's last or before its first.
  public func advanced(by distance: Int) -> IPAddress? {
    let (sum, overflow) =
      distance >= 0
      ? number.addingReportingOverflow(UInt128(distance))
      : number.subtractingReportingOverflow(UInt128(distance.magnitude))
    guard !overflow, sum <= version.mask else { return nil }
    return IPAddress(version, sum)
  }

  public var isUnspecified: Bool { number == 0 }
  public var isLoopback: Bool { version == .v4 ? number >> 24 == 127 : number == 1 }
  public var isMulticast: Bool { version == .v4 ? number >> 28 == 0xe : number >> 120 == 0xff }
  public var isLinkLocal: Bool { version == .v4 ? number >> 16 == 0xa9fe : number >> 118 == 0x3fa }

  public var description: String { text }
}

extension IPAddress.Version {
  /// 32 or 128.
  public var width: Int { self == .v4 ? 32 : 128 }
  var mask: UInt128 { self == .v4 ? UInt128(UInt32.max) : .max }
}

extension IPAddress {
  /// The canonical text (RFC 5952 for IPv6).
  public var text: String {
    if version == .v4 { return bytes.map(String.init).joined(separator: ".") }
    if number >> 32 == 0xffff { return "::ffff:" + IPAddress(.v4, number & UInt128(UInt32.max)).text }
    let fields = (0..<8).map { UInt16(truncatingIfNeeded: number >> UInt128(112 - 16 * $0)) }
    var run = 0..<0
    var start = 0
    while start < 8 {
      var end = start
      while end < 8, fields[end] == 0 { end += 1 }
      if end - start > max(run.count, 1) { run = start..<end }
      start = max(end, start + 1)
    }
    func joined(_ part: ArraySlice<UInt16>) -> String { part.map { String($0, radix: 16) }.joined(separator: ":") }
    if run.isEmpty { return joined(fields[...]) }
    return joined(fields[..<run.lowerBound]) + "::" + joined(fields[run.upperBound...])
  }

  /// Reads dotted decimal without leading zeros, or IPv6 in any form of RFC 4291; no zones, no prefix lengths.
  public init?(_ text: some StringProtocol) {
    let bytes = Array(text.utf8)
    if bytes.contains(UInt8(ascii: ":")) {
      guard let number = Self.v6(bytes[...]) else { return nil }
      self.init(.v6, number)
    } else {
      guard let number = Self.v4(bytes[...]) else { return nil }
      self.init(.v4, UInt128(number))
    }
  }

  private static func v4(_ text: ArraySlice<UInt8>) -> UInt32? {
    let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var number: UInt32 = 0
    for part in parts {
      guard (1...3).contains(part.count), part.count == 1 || part.first != 48,
        part.allSatisfy({ (48...57).contains($0) })
      else { return nil }
      let value = part.reduce(0) { $0 * 10 + UInt32($1 - 48) }
      guard value < 256 else { return nil }
      number = number << 8 | value
    }
    return number
  }

  private static func v6(_ text: ArraySlice<UInt8>) -> UInt128? {
    let colon = UInt8(ascii: ":")
    var gap: Int?
    for i in text.indices.dropLast() where text[i] == colon && text[i + 1] == colon {
      guard gap == nil else { return nil }
      gap = i
    }
    guard let gap else {
      guard let all = fields(text), all.count == 8 else { return nil }
      return all.reduce(0) { $0 << 16 | UInt128($1) }
    }
    guard let head = fields(text[..<gap]), let tail = fields(text[(gap + 2)...]), head.count + tail.count < 8,
      text[..<gap].firstIndex(of: UInt8(ascii: ".")) == nil
    else { return nil }
    let zeros = [UInt16](repeating: 0, count: 8 - head.count - tail.count)
    return (head + zeros + tail).reduce(0) { $0 << 16 | UInt128($1) }
  }

  /// Fields between single colons; the last may be dotted decimal and then counts twice.
  private static func fields(_ text: ArraySlice<UInt8>) -> [UInt16]? {
    if text.isEmpty { return [] }
    var fields: [UInt16] = []
    let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    for (i, part) in parts.enumerated() {
      if part.contains(UInt8(ascii: ".")) {
        guard i == parts.count - 1, let number = v4(part) else { return nil }
        fields += [UInt16(number >> 16), UInt16(number & 0xffff)]
      } else {
        guard (1...4).contains(part.count), part.allSatisfy({ $0 != 43 && $0 != 45 }),
          let value = UInt16(String(decoding: part, as: UTF8.self), radix: 16)
        else { return nil }
        fields.append(value)
      }
    }
    return fields
  }
}

extension IPAddress: LosslessStringConvertible, Codable, JSONValue {
  public init?(_ description: String) { self.init(description[...]) }
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    self = try parsed(text, IPAddress.init(_:), "IP address")
  }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
  public var json: JSON { .string(text) }
  public init(json: JSON) throws { self = try parsed(String(json: json), IPAddress.init(_:), "IP address") }
}
