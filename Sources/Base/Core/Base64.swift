/// Base64 in its two alphabets (RFC 4648, sections 4 and 5).
public enum Base64 {
  /// The alphabet's last two characters: `+/` or `-_`.
  public enum Alphabet: Sendable { case standard, urlSafe }

  private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
  private static func table(_ alphabet: Alphabet) -> [UInt8] {
    digits + Array((alphabet == .standard ? "+/" : "-_").utf8)
  }
  private static let values: [[UInt8]] = [Alphabet.standard, .urlSafe].map { alphabet in
    var values = [UInt8](repeating: 255, count: 256)
    for (i, c) in table(alphabet).enumerated() { values[Int(c)] = UInt8(i) }
    return values
  }
  private static let tables = [table(.standard), table(.urlSafe)]

  /// - Parameter padded: whether `=` fills the last group; keystone's tokens go without.
  public static func encode(_ bytes: [UInt8], _ alphabet: Alphabet = .standard, padded: Bool = true) -> String {
    let table = tables[alphabet == .standard ? 0 : 1]
    var out: [UInt8] = []
    out.reserveCapacity((bytes.count + 2) / 3 * 4)
    var at = 0
    while at < bytes.count {
      let left = bytes.count - at
      let group =
        UInt32(bytes[at]) << 16 | (left > 1 ? UInt32(bytes[at + 1]) << 8 : 0) | (left > 2 ? UInt32(bytes[at + 2]) : 0)
      out.append(table[Int(group >> 18)])
      out.append(table[Int(group >> 12 & 63)])
      if left > 1 { out.append(table[Int(group >> 6 & 63)]) }
      if left > 2 { out.append(table[Int(group & 63)]) }
      if padded, left < 3 { out += [UInt8](repeating: UInt8(ascii: "="), count: 3 - left) }
      at += 3
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// The bytes, or nil when the text is not exactly what `encode` would have written.
  /// - Parameters:
  ///   - padded: whether `=` must fill the last group; without, it may be there or not.
  ///   - ignoringSpace: whether line ends and spaces may stand anywhere, as `base64(1)` and MIME write them.
  public static func decode(
    _ text: some StringProtocol, _ alphabet: Alphabet = .standard, padded: Bool = true, ignoringSpace: Bool = false
  ) -> [UInt8]? {
    let values = values[alphabet == .standard ? 0 : 1]
    var out: [UInt8] = []
    out.reserveCapacity(text.utf8.count / 4 * 3)
    var group: UInt32 = 0
    var count = 0
    var padding = 0
    for c in text.utf8 {
      if ignoringSpace, c == 32 || (9...13).contains(c) { continue }
      if c == UInt8(ascii: "=") {
        padding += 1
        continue
      }
      let value = values[Int(c)]
      guard value != 255, padding == 0 else { return nil }
      group = group << 6 | UInt32(value)
      count += 1
      if count % 4 == 0 {
        out += [UInt8(group >> 16 & 255), UInt8(group >> 8 & 255), UInt8(group & 255)]
        group = 0
      }
    }
    let left = count % 4
    let missing = (4 - left) % 4
    guard left != 1, padding == missing || (!padded && padding == 0) else { return nil }
    // Bits beyond the last whole byte must be zero, so that every value has one text.
    if left == 2 {
      guard group & 15 == 0 else { return nil }
      out.append(UInt8(group >> 4))
    } else if left == 3 {
      guard group & 3 == 0 else { return nil }
      out += [UInt8(group >> 10), UInt8(group >> 2 & 255)]
    }
    return out
  }
}

extension Array where Element == UInt8 {
  /// The bytes written as pairs of hexadecimal digits in either case; nil for anything else.
  public init?(hex text: some StringProtocol) {
    guard text.utf8.count % 2 == 0 else { return nil }
    self = []
    reserveCapacity(text.utf8.count / 2)
    var high: UInt8?
    for c in text.utf8 {
      let value: UInt8
      switch c {
      case 48...57: value = c - 48
      case 65...70: value = c - 55
      case 97...102: value = c - 87
      default: return nil
      }
      if let first = high {
        append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
  }
}
