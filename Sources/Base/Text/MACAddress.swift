internal import Core
public import JSON

/// A hardware address of six bytes.
public struct MACAddress: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Six bytes.
  public let bytes: [UInt8]

  public init?(bytes: [UInt8]) {
    guard bytes.count == 6 else { return nil }
    self.bytes = bytes
  }
  /// The prefix of ports that neutron makes, `fa:16:3e`.
  public static let neutronPrefix: [UInt8] = [0xfa, 0x16, 0x3e]
  /// The prefix, filled up with the random bytes; nil when both together are fewer than six.
  public init?(prefix: [UInt8] = MACAddress.neutronPrefix, random: [UInt8]) {
    self.init(bytes: Array((prefix.prefix(6) + random).prefix(6)))
  }

  /// Reads six pairs of hexadecimal digits with `:` or `-` between them, or twelve digits.
  public init?(_ text: some StringProtocol) {
    let separators = text.utf8.filter { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "-") }
    if separators.isEmpty {
      guard let bytes = [UInt8](hex: text) else { return nil }
      self.init(bytes: bytes)
    } else {
      guard separators.count == 5, let separator = separators.first, separators.allSatisfy({ $0 == separator })
      else { return nil }
      let parts = text.split(omittingEmptySubsequences: false) { $0 == ":" || $0 == "-" }
      let bytes = parts.compactMap { $0.utf8.count == 2 ? [UInt8](hex: $0)?.first : nil }
      self.init(bytes: bytes)
    }
  }

  /// Lower-case pairs with colons.
  public var text: String { bytes.map { [$0].hex }.joined(separator: ":") }
  public var description: String { text }
  /// Whether it names a group of machines and can be no machine's own.
  public var isMulticast: Bool { bytes[0] & 1 == 1 }
  public static func < (a: Self, b: Self) -> Bool { a.bytes.lexicographicallyPrecedes(b.bytes) }
}

extension MACAddress: LosslessStringConvertible, Codable, JSONValue {
  public init?(_ description: String) { self.init(description[...]) }
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    self = try parsed(text, MACAddress.init(_:), "MAC address")
  }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
  public var json: JSON { .string(text) }
  public init(json: JSON) throws { self = try parsed(String(json: json), MACAddress.init(_:), "MAC address") }
}
