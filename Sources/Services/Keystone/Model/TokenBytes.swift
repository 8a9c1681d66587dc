public import Core
public import Crypto

/// The bytes of a Fernet token's inside, as upstream writes them (keystone/token/token_formatters.py): a MessagePack
/// array of the format's number and its parts, UUIDs packed into 16 bytes.
extension TokenPayload {
  public var bytes: [UInt8] {
    let end = MessagePack.double(Double(expires.microseconds) / 1_000_000)
    let audit = MessagePack.array(auditIDs.map { .bytes(Base64.decode($0, .urlSafe, padded: false) ?? []) })
    let (format, between, after) = parts
    let head = [.int(format), Self.pack(userID), .int(methods.rawValue)] as [MessagePack]
    return MessagePack.array(head + between + [end, audit] + after).encoded
  }

  /// The format's number, what stands before the time of the end, and what behind the audit ids.
  private var parts: (Int, [MessagePack], [MessagePack]) {
    switch (delegation, scope) {
    case (.trust(let trust), .project(let project)):
      (3, [Self.pack(project)], [Self.uuid(trust).map { .bytes($0) } ?? .string(trust)])
    case (.federation(let groups, let provider, let name), .unscoped):
      (4, Self.federation(groups, provider, name), [])
    case (.federation(let groups, let provider, let name), .project(let project)):
      (5, [Self.pack(project)] + Self.federation(groups, provider, name), [])
    case (.federation(let groups, let provider, let name), .domain(let domain)):
      (6, [Self.pack(domain)] + Self.federation(groups, provider, name), [])
    case (.accessToken(let access), .project(let project)): (7, [Self.pack(project), Self.pack(access)], [])
    case (.applicationCredential(let id), .project(let project)): (9, [Self.pack(project)], [Self.pack(id)])
    case (_, .project(let project)): (2, [Self.pack(project)], [])
    case (_, .domain(let domain)): (1, [Self.uuid(domain).map { .bytes($0) } ?? .string(domain)], [])
    case (_, .system): (8, [.string("all")], [])
    case (_, .unscoped): (0, [], [])
    }
  }

  private static func federation(_ groups: [String], _ provider: String, _ name: String) -> [MessagePack] {
    [.array(groups.map { pack($0) }), pack(provider), .string(name)]
  }

  /// Reads what `bytes` or upstream wrote; nil for what is no token of either.
  public init?(bytes: [UInt8]) {
    guard case .array(let parts)? = try? MessagePack(decoding: bytes), parts.count >= 5,
      case .int(let version) = parts[0], let user = Self.unpack(parts[1]), case .int(let methods) = parts[2],
      let body = Self.body(version, parts.dropFirst(3)), let expires = Self.time(body.rest[0]),
      case .array(let audit) = body.rest[1], !audit.isEmpty
    else { return nil }
    var auditIDs: [String] = []
    for part in audit {
      guard case .bytes(let id) = part else { return nil }
      auditIDs.append(Base64.encode(id, .urlSafe, padded: false))
    }
    self.init(
      userID: user, methods: AuthMethods(rawValue: methods), scope: body.scope, delegation: body.delegation,
      expires: expires, auditIDs: auditIDs)
  }

  /// Scope and delegation, and the two parts that all formats have: the time of the end, and the audit ids.
  private static func body(
    _ version: Int, _ parts: ArraySlice<MessagePack>
  ) -> (scope: Scope, delegation: Delegation, rest: [MessagePack])? {
    let parts = Array(parts)
    let counts = [0: 2, 1: 3, 2: 3, 3: 4, 4: 5, 5: 6, 6: 6, 7: 4, 8: 3, 9: 4]
    guard counts[version] == parts.count else { return nil }
    switch version {
    case 0: return (.unscoped, .none, parts)
    case 1: return domain(parts[0]).map { (.domain($0), .none, Array(parts[1...])) }
    case 2: return unpack(parts[0]).map { (.project($0), .none, Array(parts[1...])) }
    case 3:
      guard let project = unpack(parts[0]), let trust = domain(parts[3]) else { return nil }
      return (.project(project), .trust(trust), Array(parts[1...2]))
    case 4: return vouched(parts).map { (.unscoped, $0, Array(parts[3...])) }
    case 5, 6:
      guard let place = unpack(parts[0]), let vouched = vouched(Array(parts[1...])) else { return nil }
      return (version == 5 ? .project(place) : .domain(place), vouched, Array(parts[4...]))
    case 7:
      guard let project = unpack(parts[0]), let access = unpack(parts[1]) else { return nil }
      return (.project(project), .accessToken(access), Array(parts[2...]))
    case 8: return (.system, .none, Array(parts[1...]))
    default:
      guard let project = unpack(parts[0]), let credential = unpack(parts[3]) else { return nil }
      return (.project(project), .applicationCredential(credential), Array(parts[1...2]))
    }
  }

  private static func vouched(_ parts: [MessagePack]) -> Delegation? {
    guard case .array(let packed) = parts[0], let provider = unpack(parts[1]), let name = text(parts[2]) else {
      return nil
    }
    let groups = packed.compactMap { unpack($0) }
    guard groups.count == packed.count else { return nil }
    return .federation(groups: groups, provider: provider, protocol: name)
  }

  private static func text(_ part: MessagePack) -> String? {
    switch part {
    case .string(let text): text
    case .bytes(let bytes): String(validating: bytes, as: UTF8.self)
    default: nil
    }
  }

  public static func time(_ part: MessagePack) -> Timestamp? {
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
  public static func pack(_ id: String) -> MessagePack {
    uuid(id).map { .array([.bool(true), .bytes($0)]) } ?? .array([.bool(false), .string(id)])
  }
  public static func unpack(_ part: MessagePack) -> String? {
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
