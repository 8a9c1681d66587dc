internal import Core
public import Text

/// From where images may be downloaded. An allowed list that is not empty decides alone, as upstream's does; beyond it
/// stand the addresses that a name leads to, since a server that fetches for strangers reaches what they cannot.
public struct WebRules: Sendable {
  public var allowedSchemes = ["http", "https"]
  public var disallowedSchemes: [String] = []
  public var allowedHosts: [String] = []
  public var disallowedHosts: [String] = []
  public var allowedPorts = [80, 443]
  public var disallowedPorts: [Int] = []
  /// Addresses that may be reached although they are of a kind below.
  public var allowedNetworks: [CIDR] = []
  /// Private addresses and what else an operator wants left alone.
  public var disallowedNetworks: [CIDR] = [
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7",
  ].compactMap { CIDR($0) }
  public init() {}

  /// This network, loopback, link-local with the metadata service, benchmarks, multicast and what has no meaning: never
  /// a place of images. Addresses of version 4 in disguise are looked at undisguised.
  private static let never: [CIDR] = [
    "0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "198.18.0.0/15", "224.0.0.0/3", "::/127",
    "fe80::/10", "fec0::/10", "ff00::/8", "fd00:ec2::254/128",
  ].compactMap { CIDR($0) }

  /// - Throws: `badRequest`, in upstream's words, for what may not be downloaded.
  public func check(_ uri: String) throws -> WebAddress {
    func refusal(_ why: String) -> Fault {
      .badRequest("URI for web-download does not pass filtering: \(uri) (\(why))")
    }
    guard let address = WebAddress(uri) else { throw refusal("it is no URL of a server") }
    guard Self.passes(address.scheme, allowedSchemes, disallowedSchemes), ["http", "https"].contains(address.scheme)
    else { throw refusal("the scheme is not allowed") }
    guard Self.passes(address.host, allowedHosts, disallowedHosts) else { throw refusal("the host is not allowed") }
    guard Self.passes(address.port, allowedPorts, disallowedPorts) else { throw refusal("the port is not allowed") }
    if let literal = IPAddress(address.host), !permits(literal) { throw refusal("the address is not allowed") }
    return address
  }

  private static func passes<T: Equatable>(_ value: T, _ allowed: [T], _ disallowed: [T]) -> Bool {
    allowed.isEmpty ? !disallowed.contains(value) : allowed.contains(value)
  }

  /// Whether an address, to which a name led, may be asked.
  public func permits(_ address: IPAddress) -> Bool {
    let plain = Self.undisguised(address)
    func isIn(_ networks: [CIDR]) -> Bool {
      networks.contains { ($0.contains(address)) || $0.contains(plain) }
    }
    return isIn(allowedNetworks) || !(isIn(Self.never) || isIn(disallowedNetworks))
  }

  /// `::ffff:127.0.0.1`, `64:ff9b::7f00:1` and `2002:7f00:1::` all lead to 127.0.0.1.
  private static func undisguised(_ address: IPAddress) -> IPAddress {
    let bytes = address.bytes
    guard bytes.count == 16 else { return address }
    let zeros = [UInt8](repeating: 0, count: 12)
    var inner: ArraySlice<UInt8>?
    if bytes.prefix(12) == zeros[...] || bytes.prefix(12) == (zeros.prefix(10) + [0xff, 0xff]) { inner = bytes[12...] }
    if bytes.prefix(12) == [0, 0x64, 0xff, 0x9b] + zeros.prefix(8) { inner = bytes[12...] }
    if bytes.prefix(2) == [0x20, 0x02] { inner = bytes[2..<6] }
    return inner.flatMap { IPAddress(bytes: Array($0)) } ?? address
  }
}

/// The parts of a URL by which it is judged and fetched.
public struct WebAddress: Sendable, Equatable {
  public let scheme: String
  /// In lower case, without brackets.
  public let host: String
  public let port: Int
  /// The path and query, as they were written.
  public let target: String

  /// nil for what is no `scheme://host[:port][/path]`, has a user's name in it, or characters that no URL has.
  public init?(_ text: String) {
    guard text.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != 92 }), text.utf8.count <= 4096,
      let mark = text.firstRange(of: "://")
    else { return nil }
    let scheme = text[..<mark.lowerBound].lowercased()
    let rest = text[mark.upperBound...].prefix { $0 != "#" }
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    guard !authority.isEmpty, !authority.contains("@") else { return nil }
    var host = authority
    var port = scheme == "https" ? 443 : 80
    if let end = authority.lastIndex(of: "]") {
      guard authority.hasPrefix("[") else { return nil }
      host = authority[authority.index(after: authority.startIndex)..<end]
      let after = authority[authority.index(after: end)...]
      guard IPAddress(host) != nil, Self.read(after, &port) else { return nil }
    } else if let colon = authority.firstIndex(of: ":") {
      host = authority[..<colon]
      guard Self.read(authority[colon...], &port) else { return nil }
    }
    guard !scheme.isEmpty, !host.isEmpty else { return nil }
    self.scheme = scheme
    self.host = host.lowercased()
    self.port = port
    let target = rest.dropFirst(authority.count)
    self.target = target.hasPrefix("/") ? String(target) : "/" + target
  }

  private static func read(_ text: Substring, _ port: inout Int) -> Bool {
    if text.isEmpty { return true }
    let digits = text.dropFirst()
    guard text.hasPrefix(":"), (1...5).contains(digits.count), digits.utf8.allSatisfy({ (48...57).contains($0) }),
      let number = Int(digits), (1...65_535).contains(number)
    else { return false }
    port = number
    return true
  }

  /// `http://host:port`
  public var base: String { "\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\(port)" }

  /// Where a redirect leads from here; nil where it is no address.
  public func following(_ location: String) -> WebAddress? {
    if location.contains("://") { return WebAddress(location) }
    if location.hasPrefix("//") { return WebAddress(scheme + ":" + location) }
    if location.hasPrefix("/") { return WebAddress(base + location) }
    let folder = target.prefix { $0 != "?" }
    let end = folder.lastIndex(of: "/").map { folder[...$0] } ?? "/"
    return WebAddress(base + end + location)
  }
}
