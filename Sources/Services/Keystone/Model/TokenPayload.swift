public import Core
internal import Crypto

/// The ways of authenticating, by the bits that upstream's default order of `[auth] methods` gives them.
public struct AuthMethods: OptionSet, Sendable, Hashable {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }

  public static let external = Self(rawValue: 1)
  public static let password = Self(rawValue: 2)
  public static let token = Self(rawValue: 4)
  public static let oauth1 = Self(rawValue: 8)
  public static let mapped = Self(rawValue: 16)
  public static let applicationCredential = Self(rawValue: 32)

  static let byName: [(AuthMethods, String)] = [
    (.applicationCredential, "application_credential"), (.mapped, "mapped"), (.oauth1, "oauth1"), (.token, "token"),
    (.password, "password"), (.external, "external"),
  ]
  /// Highest bit first, as upstream lists them.
  public var names: [String] { Self.byName.filter { contains($0.0) }.map(\.1) }
}

/// What a Fernet token holds, in the bytes that upstream writes (keystone/token/token_formatters.py): a MessagePack
/// array of the format's number and its parts, UUIDs packed into 16 bytes.
public struct TokenPayload: Sendable, Hashable {
  public var userID: String
  public var methods: AuthMethods
  public var scope: Scope
  /// The application credential, for tokens made with one; they are scoped to a project.
  public var applicationCredentialID: String?
  public var expires: Timestamp
  /// Its own id, and that of the token at the beginning of its chain where it was made from another; 16 bytes each in
  /// URL-safe Base64.
  public var auditIDs: [String]

  public init(
    userID: String, methods: AuthMethods, scope: Scope, applicationCredentialID: String? = nil, expires: Timestamp,
    auditIDs: [String]
  ) {
    self.userID = userID
    self.methods = methods
    self.scope = scope
    self.applicationCredentialID = applicationCredentialID
    self.expires = expires
    self.auditIDs = auditIDs
  }

  public var bytes: [UInt8] {
    let user = Self.pack(userID)
    let methods = MessagePack.int(methods.rawValue)
    let end = MessagePack.double(Double(expires.microseconds) / 1_000_000)
    let audit = MessagePack.array(auditIDs.map { .bytes(Base64.decode($0, .urlSafe, padded: false) ?? []) })
    let parts: [MessagePack] =
      switch (scope, applicationCredentialID) {
      case (.project(let id), let credential?):
        [.int(9), user, methods, Self.pack(id), end, audit, Self.pack(credential)]
      case (.project(let id), nil): [.int(2), user, methods, Self.pack(id), end, audit]
      case (.domain(let id), _):
        [.int(1), user, methods, Self.uuid(id).map { .bytes($0) } ?? .string(id), end, audit]
      case (.system, _): [.int(8), user, methods, .string("all"), end, audit]
      case (.unscoped, _): [.int(0), user, methods, end, audit]
      }
    return MessagePack.array(parts).encoded
  }

  /// Reads what `bytes` or upstream wrote; nil for formats that this service does not issue: trusts, federation, OAuth.
  public init?(bytes: [UInt8]) {
    guard case .array(let parts)? = try? MessagePack(decoding: bytes), parts.count >= 5,
      case .int(let version) = parts[0],
      let user = Self.unpack(parts[1]), case .int(let methods) = parts[2]
    else { return nil }
    let next: Int
    switch version {
    case 0:
      scope = .unscoped
      next = 3
    case 1:
      guard let domain = Self.domain(parts[3]) else { return nil }
      scope = .domain(domain)
      next = 4
    case 2, 9:
      guard let project = Self.unpack(parts[3]) else { return nil }
      scope = .project(project)
      next = 4
    case 8:
      scope = .system
      next = 4
    default: return nil
    }
    guard parts.count == next + (version == 9 ? 3 : 2), let expires = Self.time(parts[next]),
      case .array(let audit) = parts[next + 1], !audit.isEmpty
    else { return nil }
    if version == 9 {
      guard let credential = Self.unpack(parts[next + 2]) else { return nil }
      applicationCredentialID = credential
    } else {
      applicationCredentialID = nil
    }
    userID = user
    self.methods = AuthMethods(rawValue: methods)
    self.expires = expires
    auditIDs = []
    for part in audit {
      guard case .bytes(let id) = part else { return nil }
      auditIDs.append(Base64.encode(id, .urlSafe, padded: false))
    }
  }

  /// A fresh audit id. The time of issue stands in the token in whole seconds only, so its fraction is written into the
  /// first three of the sixteen random bytes: a token that is issued right after a revocation is not void with it.
  public static func auditID(at now: Timestamp, world: World) -> String {
    let fraction = UInt32(now.microseconds - Int64(now.seconds) * 1_000_000)
    var id = world.random(16)
    id[0] = UInt8(fraction >> 16 & 255)
    id[1] = UInt8(fraction >> 8 & 255)
    id[2] = UInt8(fraction & 255)
    return Base64.encode(id, .urlSafe, padded: false)
  }

  /// The time of issue to the microsecond, given the seconds in the token's envelope. A token from upstream has random
  /// bytes there; it is taken for issued somewhen in that second.
  public func issued(_ seconds: Timestamp) -> Timestamp {
    guard let id = auditIDs.first.flatMap({ Base64.decode($0, .urlSafe, padded: false) }), id.count == 16 else {
      return seconds
    }
    let fraction = Int64(id[0]) << 16 | Int64(id[1]) << 8 | Int64(id[2])
    return fraction < 1_000_000 ? Timestamp(microseconds: seconds.microseconds + fraction) : seconds
  }

  private static func time(_ part: MessagePack) -> Timestamp? {
    switch part {
    case .double(let seconds) where seconds.isFinite && abs(seconds) < 1e12:
      Timestamp(microseconds: Int64((seconds * 1_000_000).rounded()))
    case .int(let seconds) where seconds.magnitude < 1_000_000_000_000: Timestamp(seconds: seconds)
    default: nil
    }
  }

  /// The 16 bytes of an id of 32 lower-case hexadecimal digits; nil for any other id.
  static func uuid(_ id: String) -> [UInt8]? {
    guard id.utf8.count == 32 else { return nil }
    var bytes: [UInt8] = []
    var high: UInt8?
    for c in id.utf8 {
      let digit: UInt8
      switch c {
      case 48...57: digit = c - 48
      case 97...102: digit = c - 87
      default: return nil
      }
      if let first = high {
        bytes.append(first << 4 | digit)
        high = nil
      } else {
        high = digit
      }
    }
    return bytes
  }
  private static func pack(_ id: String) -> MessagePack {
    uuid(id).map { .array([.bool(true), .bytes($0)]) } ?? .array([.bool(false), .string(id)])
  }
  private static func unpack(_ part: MessagePack) -> String? {
    guard case .array(let pair) = part, pair.count == 2, case .bool(let packed) = pair[0] else { return nil }
    switch pair[1] {
    case .bytes(let bytes): return packed ? bytes.hex : String(validating: bytes, as: UTF8.self)
    case .string(let text): return packed ? nil : text
    default: return nil
    }
  }
  private static func domain(_ part: MessagePack) -> String? {
    switch part {
    case .bytes(let bytes): bytes.count == 16 ? bytes.hex : String(validating: bytes, as: UTF8.self)
    case .string(let text): text
    default: nil
    }
  }
}
