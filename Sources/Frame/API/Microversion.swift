// API: routes, views and shapes as rows, and the one pipeline that turns requests into calls of handlers.
//
// A service describes itself with values (`Routes`, `View`, `Shape`) and this module does the rest: matching, 404, 405
// and `Allow`, microversions, tokens, policy, reading bodies, rendering answers and faults in the service's own form.
// Everything that differs between services is a field of `APIService`; nothing here knows a service by name.
// It must not know of any store beyond the paging of lists.

/// A version of an API such as 2.1; compared number by number.
public struct Microversion: Sendable, Hashable, Comparable, ExpressibleByStringLiteral, CustomStringConvertible {
  public var major: Int
  public var minor: Int

  public init(_ major: Int, _ minor: Int) {
    self.major = major
    self.minor = minor
  }
  /// Reads `2.79`; nil for anything else, leading zeros included.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let major = Int(parts[0]), let minor = Int(parts[1]), major > 0, minor >= 0,
      String(major) == parts[0], String(minor) == parts[1]
    else { return nil }
    self.init(major, minor)
  }
  public init(stringLiteral text: String) {
    guard let version = Microversion(text) else { preconditionFailure("\(text) is not a microversion") }
    self = version
  }
  public static func < (a: Self, b: Self) -> Bool { (a.major, a.minor) < (b.major, b.minor) }
  public var description: String { "\(major).\(minor)" }
}

/// The microversions in which a route, a field or a key exists; both ends belong to it.
public struct Span: Sendable, Equatable {
  public var since: Microversion?
  public var until: Microversion?
  public init(since: Microversion? = nil, until: Microversion? = nil) {
    self.since = since
    self.until = until
  }
  public func contains(_ v: Microversion) -> Bool { (since.map { v >= $0 } ?? true) && (until.map { v <= $0 } ?? true) }
  public func overlaps(_ other: Span) -> Bool {
    let below = until.flatMap { end in other.since.map { end < $0 } } ?? false
    let above = since.flatMap { start in other.until.map { $0 < start } } ?? false
    return !below && !above
  }
}

/// One line of a service's canonical list of microversions.
public struct MicroversionRow: Sendable {
  public let version: Microversion
  public let meaning: String
  public static func version(_ version: Microversion, _ meaning: String) -> Self {
    Self(version: version, meaning: meaning)
  }
}

/// A service's microversions: the canonical list, oldest first, and the headers by which clients ask.
public struct Microversions: Sendable {
  /// The name in `OpenStack-API-Version: NAME 2.1`.
  public let serviceType: String
  /// An older header that carries the bare version (`X-OpenStack-Nova-API-Version`).
  public let legacyHeader: String?
  public let list: [MicroversionRow]

  public init(serviceType: String, legacyHeader: String? = nil, _ list: [MicroversionRow]) {
    precondition(!list.isEmpty, "a list of microversions needs its first")
    self.serviceType = serviceType
    self.legacyHeader = legacyHeader
    self.list = list
  }
  public var minimum: Microversion { list[0].version }
  public var maximum: Microversion { list[list.count - 1].version }
}
