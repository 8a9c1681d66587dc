internal import Core
public import JSON

/// A block of addresses: its first address and the length of the prefix all share. Sorts by address, then length.
public struct CIDR: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The first address; bits beyond the prefix are zero.
  public let network: IPAddress
  public let prefix: Int

  /// The block around an address; nil for a prefix longer than the address.
  public init?(_ address: IPAddress, prefix: Int) {
    guard (0...address.width).contains(prefix) else { return nil }
    self.prefix = prefix
    network = IPAddress(address.version, address.number & ~Self.hostMask(address.version, prefix))
  }

  /// Reads `address/length`, `address/netmask` or a lone address; bits beyond the prefix are cleared.
  public init?(_ text: some StringProtocol) {
    guard let (address, prefix) = Self.parts(text) else { return nil }
    self.init(address, prefix: prefix ?? address.width)
  }
  /// Reads `address/length` or `address/netmask` where the address is the network's own.
  public init?(strict text: some StringProtocol) {
    guard let (address, length) = Self.parts(text), let prefix = length, let block = CIDR(address, prefix: prefix),
      block.network == address
    else { return nil }
    self = block
  }

  private static func parts(_ text: some StringProtocol) -> (IPAddress, Int?)? {
    guard let slash = text.firstIndex(of: "/") else { return IPAddress(text).map { ($0, nil) } }
    let length = text[text.index(after: slash)...]
    guard let address = IPAddress(text[..<slash]) else { return nil }
    if length.utf8.allSatisfy({ (48...57).contains($0) }), length.utf8.count <= 3, let prefix = Int(length) {
      return (address, prefix)
    }
    guard let mask = IPAddress(length), mask.version == address.version else { return nil }
    let inverse = mask.number ^ mask.version.mask
    guard inverse & (inverse &+ 1) == 0 else { return nil }
    return (address, mask.width - inverse.nonzeroBitCount)
  }

  private static func hostMask(_ version: IPAddress.Version, _ prefix: Int) -> UInt128 {
    let bits = version.width - prefix
    return bits == 128 ? .max : (1 << UInt128(bits)) - 1
  }

  public var version: IPAddress.Version { network.version }
  public var first: IPAddress { network }
  public var last: IPAddress { IPAddress(version, network.number | Self.hostMask(version, prefix)) }
  public var range: AddressRange { AddressRange(unchecked: first, last) }
  /// `255.255.255.0` for a /24.
  public var netmask: IPAddress { IPAddress(version, version.mask ^ Self.hostMask(version, prefix)) }
  /// The addresses machines may have: without the network's and the broadcast's in IPv4, without the routers'
  /// anycast address in IPv6; all of a block of one or two.
  public var hosts: AddressRange {
    guard version.width - prefix > 1 else { return range }
    let top = version == .v4 ? last.number - 1 : last.number
    return AddressRange(unchecked: IPAddress(version, first.number + 1), IPAddress(version, top))
  }

  public func contains(_ address: IPAddress) -> Bool { range.contains(address) }
  public func contains(_ other: CIDR) -> Bool { contains(other.first) && contains(other.last) }
  public func overlaps(_ other: CIDR) -> Bool { contains(other.first) || other.contains(first) }

  /// The block of that longer prefix at that place within this one; nil outside.
  public func subnet(_ index: Int, prefix length: Int) -> CIDR? {
    guard index >= 0, (prefix...version.width).contains(length) else { return nil }
    let bits = length - prefix
    guard bits >= 63 || index < 1 << bits else { return nil }
    let shift = version.width - length
    let offset = shift == 128 ? 0 : UInt128(index) << UInt128(shift)
    return CIDR(IPAddress(version, network.number + offset), prefix: length)
  }
  /// The address a machine gives itself in this /64 (SLAAC with EUI-64, RFC 4291 appendix A); nil for other blocks.
  public func eui64(_ mac: MACAddress) -> IPAddress? {
    guard version == .v6, prefix <= 64 else { return nil }
    let b = mac.bytes
    let id = [b[0] ^ 2, b[1], b[2], 0xff, 0xfe, b[3], b[4], b[5]]
    return IPAddress(.v6, network.number | id.reduce(0) { $0 << 8 | UInt128($1) })
  }

  public var text: String { "\(network)/\(prefix)" }
  public var description: String { text }
  public static func < (a: Self, b: Self) -> Bool { (a.network, a.prefix) < (b.network, b.prefix) }
}

/// Addresses from the first to the last, both included, in order.
public struct AddressRange: Sendable, Hashable, Sequence, CustomStringConvertible {
  public let first: IPAddress
  public let last: IPAddress

  /// Nil when the ends are of two versions or the wrong way round.
  public init?(_ first: IPAddress, _ last: IPAddress) {
    guard first.version == last.version, first <= last else { return nil }
    self.init(unchecked: first, last)
  }
  init(unchecked first: IPAddress, _ last: IPAddress) {
    self.first = first
    self.last = last
  }

  /// How many addresses there are; all of IPv6 counts one too few.
  public var count: UInt128 {
    let distance = last.number - first.number
    return distance == .max ? distance : distance + 1
  }
  public func contains(_ address: IPAddress) -> Bool {
    address.version == first.version && first <= address && address <= last
  }
  public func contains(_ other: AddressRange) -> Bool { contains(other.first) && contains(other.last) }
  public func overlaps(_ other: AddressRange) -> Bool { contains(other.first) || other.contains(first) }
  public var description: String { "\(first)-\(last)" }

  public func makeIterator() -> AnyIterator<IPAddress> {
    var next: IPAddress? = first
    return AnyIterator {
      guard let address = next else { return nil }
      next = address < last ? address.advanced(by: 1) : nil
      return address
    }
  }
}

extension CIDR: LosslessStringConvertible, Codable, JSONValue {
  public init?(_ description: String) { self.init(description[...]) }
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    self = try parsed(text, CIDR.init(_:), "network")
  }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
  public var json: JSON { .string(text) }
  public init(json: JSON) throws { self = try parsed(String(json: json), CIDR.init(_:), "network") }
}

/// The value, or a fault that says what the text should have been.
func parsed<Value>(_ text: String, _ read: (String) -> Value?, _ kind: String) throws -> Value {
  guard let value = read(text) else { throw Fault.badRequest("'\(text)' is not a valid \(kind).") }
  return value
}
