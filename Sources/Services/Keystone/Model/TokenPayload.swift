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
  public static let ec2Credential = Self(rawValue: 64)
  public static let totp = Self(rawValue: 128)
  public static let openid = Self(rawValue: 256)
  public static let saml2 = Self(rawValue: 512)
  /// Those by which an identity provider vouches.
  public static let federated: AuthMethods = [.mapped, .openid, .saml2]
  /// Those with which a user himself is known, and not a program that he lets act for him.
  public static let primary: AuthMethods = [.external, .password, .token, .mapped, .totp, .openid, .saml2]

  static let byName: [(AuthMethods, String)] = [
    (.saml2, "saml2"), (.openid, "openid"), (.totp, "totp"), (.ec2Credential, "ec2credential"),
    (.applicationCredential, "application_credential"),
    (.mapped, "mapped"), (.oauth1, "oauth1"), (.token, "token"),
    (.password, "password"), (.external, "external"),
  ]
  /// Highest bit first, as upstream lists them.
  public var names: [String] { Self.byName.filter { contains($0.0) }.map(\.1) }
  /// Those of the names that are known.
  public init(names: [String]) {
    self = names.reduce(into: []) { all, name in
      if let known = Self.byName.first(where: { $0.1 == name }) { all.formUnion(known.0) }
    }
  }
  /// Whether a program that a user lets act for him is among them, or nothing is known.
  public var isDelegated: Bool { isEmpty || !AuthMethods.primary.isSuperset(of: self) }
}

/// Through what a token was had, where that bounds what can be done with it.
public enum Delegation: Sendable, Hashable {
  /// By the user himself.
  case none
  case applicationCredential(String)
  case trust(String)
  /// An OAuth access token.
  case accessToken(String)
  /// A user whom another cloud or an identity provider vouches for.
  case federation(groups: [String], provider: String, protocol: String)

  public var isFederation: Bool { if case .federation = self { true } else { false } }
}

/// What a token holds: `TokenBytes` writes it as upstream's Fernet tokens have it.
public struct TokenPayload: Sendable, Hashable {
  /// Who authenticated. A trust may show another.
  public var userID: String
  public var methods: AuthMethods
  public var scope: Scope
  public var delegation: Delegation
  public var expires: Timestamp
  /// Its own id, and that of the token at the beginning of its chain where it was made from another; 16 bytes each in
  /// URL-safe Base64.
  public var auditIDs: [String]

  public init(
    userID: String, methods: AuthMethods, scope: Scope, delegation: Delegation = .none, expires: Timestamp,
    auditIDs: [String]
  ) {
    self.userID = userID
    self.methods = methods
    self.scope = scope
    self.delegation = delegation
    self.expires = expires
    self.auditIDs = auditIDs
  }

  public var applicationCredentialID: String? {
    if case .applicationCredential(let id) = delegation { id } else { nil }
  }
  public var trustID: String? { if case .trust(let id) = delegation { id } else { nil } }

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
}
