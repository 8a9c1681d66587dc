public import Core
internal import Crypto
internal import JSON

/// One provider and what it is asked.
public final class OpenIDProvider: Sendable {
  /// How far two clocks may differ.
  static let leeway = 60.0
  public let settings: OpenIDSettings
  let issuer: Issuer
  let world: World

  public init(_ settings: OpenIDSettings, wire: any OpenIDWire, world: World) {
    self.settings = settings
    self.world = world
    issuer = Issuer(settings, wire: wire, world: world)
  }

  /// Checks the token of a request: `Authorization: Bearer …`.
  /// - Returns: what the issuer says of its user.
  /// - Throws: `unauthorized` for a token that is not the issuer's, not meant for this cloud, or not good now;
  ///   `unavailable` where the issuer cannot be asked.
  public func claims(ofBearer token: String) async throws -> Claims {
    switch settings.validation {
    case .keys: return try await verified(token, for: settings.audiences)
    case .introspection: return try await introspected(token)
    }
  }

  /// Claims of a token that the issuer's keys signed.
  func verified(_ text: String, for audience: [String]) async throws -> Claims {
    guard let token = SignedToken(text) else { throw Self.refusal("it is no signed JSON Web Token") }
    let keys = try await issuer.keys(for: token)
    guard !keys.isEmpty else { throw Self.refusal("the issuer has no such key") }
    if !token.isSigned(by: keys) {
      // Without a key's name, a new key shows only in that no known one signed.
      let isNew = token.keyID == nil ? token.isSigned(by: try await issuer.newestKeys()) : false
      guard isNew else { throw Self.refusal("its signature is wrong") }
    }
    let claims = Claims(token.claims)
    guard claims.time("exp") != nil else { throw Self.refusal("it has no end") }
    try check(claims, audience: audience)
    return claims
  }

  private func introspected(_ token: String) async throws -> Claims {
    guard token.utf8.count <= SignedToken.limit else { throw Self.refusal("it is too long") }
    let answer = try await issuer.post(
      [(name: "token", value: token), (name: "token_type_hint", value: "access_token")], to: "introspection_endpoint")
    guard answer["active"]?.bool == true, case .object(var members) = answer else {
      throw Self.refusal("the issuer says it is not good")
    }
    // The issuer was asked itself, so it is the issuer, also where it does not repeat its name (RFC 7662 section 2.2).
    if members["iss"] == nil { members["iss"] = .string(settings.issuer) }
    members["active"] = nil
    let claims = Claims(members)
    try check(claims, audience: settings.audiences)
    return claims
  }

  /// RFC 7519 section 4.1, OpenID Connect Core section 3.1.3.7.
  private func check(_ claims: Claims, audience: [String]) throws {
    let now = Double(world.now().microseconds) / 1_000_000
    guard claims.members["iss"]?.string == settings.issuer else { throw Self.refusal("it is of another issuer") }
    if let end = claims.time("exp"), end + Self.leeway <= now { throw Self.refusal("it is over") }
    if let begin = claims.time("nbf"), begin - Self.leeway > now { throw Self.refusal("it is not good yet") }
    if let made = claims.time("iat"), made - Self.leeway > now { throw Self.refusal("it was made in the future") }
    // An introspected token whose audience the issuer does not tell is meant for who was allowed to ask.
    let meant = claims.texts("aud")
    let isTold = !meant.isEmpty || settings.validation == .keys
    guard !isTold || !Set(meant).isDisjoint(with: audience) else { throw Self.refusal("it is meant for somebody else") }
    guard claims.subject?.isEmpty == false else { throw Self.refusal("it names nobody") }
  }

  static func refusal(_ why: String) -> Fault {
    Fault(.unauthorized, "The token of the identity provider is not accepted: \(why).")
  }
}

/// All providers, by the ids of identity providers.
public struct OpenIDProviders: Sendable {
  private let all: [String: OpenIDProvider]
  public init(_ all: [String: OpenIDProvider] = [:]) { self.all = all }
  public subscript(id: String) -> OpenIDProvider? { all[id] }
  public var ids: [String] { all.keys.sorted() }
}
