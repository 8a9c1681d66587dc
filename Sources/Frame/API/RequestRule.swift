public import HTTP

/// One kind of request: the access rules of an application credential are made of these.
public struct RequestRule: Sendable, Equatable {
  /// The service's type in the catalogue.
  public let service: String
  public let method: String
  /// A path in which `*` and `{name}` stand for a part of a segment, and `**` for any text.
  public let path: String

  public init(service: String, method: String, path: String) {
    self.service = service
    self.method = method
    self.path = path
  }

  /// The catalogue's types of the services, by their code names; access rules speak of types.
  private static let types: [String: Set<String>] = [
    "keystone": ["identity"], "glance": ["image"], "placement": ["placement"], "neutron": ["network"],
    "cinder": ["block-storage", "volumev3", "volumev2", "volume"], "nova": ["compute", "compute_legacy"],
    "swift": ["object-store"],
  ]

  /// Whether this rule lets the request through.
  public func allows(_ request: Request, to service: String) -> Bool {
    guard method == request.method, Self.types[service, default: [service]].contains(self.service) else { return false }
    return Self.matches(Array(request.path.utf8)[...], pieces[...])
  }

  private enum Piece: Equatable {
    case byte(UInt8)
    /// At least one character, none of them a slash.
    case some
    case any
  }

  private var pieces: [Piece] {
    var list: [Piece] = []
    var rest = Array(path.utf8)[...]
    while let first = rest.first {
      rest = rest.dropFirst()
      switch first {
      case UInt8(ascii: "*") where rest.first == first:
        rest = rest.dropFirst()
        list.append(.any)
      case UInt8(ascii: "*"): list.append(.some)
      case UInt8(ascii: "{"):
        guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else { return [] }
        rest = rest[(end + 1)...]
        list.append(.some)
      default: list.append(.byte(first))
      }
    }
    return list
  }

  /// Walks along the text with all places of the pattern that it can have reached.
  private static func matches(_ text: ArraySlice<UInt8>, _ pattern: ArraySlice<Piece>) -> Bool {
    var reached: Set<Int> = [pattern.startIndex]
    for byte in text {
      var next: Set<Int> = []
      for at in closure(reached, pattern) where at < pattern.endIndex {
        switch pattern[at] {
        case .byte(let wanted): if wanted == byte { next.insert(at + 1) }
        case .some:
          if byte != UInt8(ascii: "/") { next.formUnion([at, at + 1]) }
        case .any: next.insert(at)
        }
      }
      reached = next
    }
    return closure(reached, pattern).contains(pattern.endIndex)
  }

  /// The places from which the pattern may go on, those behind a `**` that takes nothing included.
  private static func closure(_ places: Set<Int>, _ pattern: ArraySlice<Piece>) -> Set<Int> {
    var all = places
    for var at in places {
      while at < pattern.endIndex, pattern[at] == .any {
        at += 1
        all.insert(at)
      }
    }
    return all
  }
}
