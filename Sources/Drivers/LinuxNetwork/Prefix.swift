internal import Core

/// An IPv4 or IPv6 network, just enough of it for rules and masks.
struct Prefix: Sendable, Hashable {
  /// Four or sixteen bytes, zero behind the prefix.
  let bytes: [UInt8]
  let length: Int

  var isIPv4: Bool { bytes.count == 4 }
  var isSingle: Bool { length == bytes.count * 8 }
  var isAny: Bool { length == 0 }

  /// Reads `10.0.0.0/24`, `fd00::/64` or an address alone; nil for anything else.
  init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let first = parts.first,
      let address = first.contains(":") ? Self.ipv6(first) : Self.ipv4(first)
    else { return nil }
    guard let length = parts.count == 2 ? Int(parts[1]) : address.count * 8, (0...address.count * 8).contains(length)
    else { return nil }
    self.length = length
    bytes = zip(address, Self.mask(length, address.count)).map { $0 & $1 }
  }

  func contains(_ other: Prefix) -> Bool {
    bytes.count == other.bytes.count && length <= other.length
      && zip(other.bytes, Self.mask(length, bytes.count)).map { $0 & $1 } == bytes
  }

  /// The network's own address: `10.0.0.0`, or an IPv6 address with all its digits.
  var address: String { Self.text(bytes) }
  /// `255.255.255.0`
  var netmask: String { Self.text(Self.mask(length, bytes.count)) }
  /// The network's first and last address as numbers.
  var hexadecimal: (first: String, last: String) {
    let last = zip(bytes, Self.mask(length, bytes.count)).map { $0 | ~$1 }
    return ("0x" + bytes.hex, "0x" + last.hex)
  }
  /// Sorts by family, address and length.
  static func precedes(_ a: Prefix, _ b: Prefix) -> Bool {
    if a.bytes.count != b.bytes.count { return a.bytes.count < b.bytes.count }
    if a.bytes != b.bytes { return a.bytes.lexicographicallyPrecedes(b.bytes) }
    return a.length < b.length
  }

  /// The link-local address that an interface of that MAC gives itself (RFC 4291, appendix A); nil for no MAC.
  static func linkLocal(mac: String) -> String? {
    let parts = mac.split(separator: ":").compactMap { UInt8($0, radix: 16) }
    guard parts.count == 6 else { return nil }
    return text(
      [0xfe, 0x80, 0, 0, 0, 0, 0, 0, parts[0] ^ 2, parts[1], parts[2], 0xff, 0xfe, parts[3], parts[4], parts[5]])
  }

  private static func mask(_ length: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { i in
      let bits = min(8, max(0, length - i * 8))
      return bits == 0 ? 0 : UInt8(truncatingIfNeeded: 0xff << (8 - bits))
    }
  }

  private static func text(_ bytes: [UInt8]) -> String {
    if bytes.count == 4 { return bytes.map(String.init).joined(separator: ".") }
    return stride(from: 0, to: 16, by: 2).map { String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16) }
      .joined(separator: ":")
  }

  private static func ipv4(_ text: Substring) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let bytes = parts.compactMap { UInt8($0) }
    return parts.count == 4 && bytes.count == 4 ? bytes : nil
  }

  private static func ipv6(_ text: Substring) -> [UInt8]? {
    let halves = text.split(separator: ":", omittingEmptySubsequences: false)
    guard let gap = halves.indices.first(where: { halves[$0].isEmpty && $0 > 0 && $0 < halves.count - 1 }) else {
      let groups = halves.compactMap { UInt16($0, radix: 16) }
      return groups.count == 8 && halves.count == 8 ? groups.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] } : nil
    }
    let sides = [halves[..<gap], halves[(gap + 1)...]]
    guard sides.allSatisfy({ side in side.count == 1 || !side.contains("") }) else { return nil }
    let left = sides[0].filter { !$0.isEmpty }
    let right = sides[1].filter { !$0.isEmpty }
    let groups = (left + right).compactMap { UInt16($0, radix: 16) }
    guard groups.count == left.count + right.count, groups.count < 8 else { return nil }
    let zeros = [UInt16](repeating: 0, count: 8 - groups.count)
    return (groups[..<left.count] + zeros + groups[left.count...]).flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
  }
}
