public import Core
internal import Crypto
internal import HTTP
public import JSON

/// A login by browser that is under way: what must be remembered between sending a browser to its provider and its
/// coming back. It is sealed into a cookie, so that no process has to keep it.
public struct BrowserLogin: Sendable, Equatable {
  /// How long a user may take to log in at his provider.
  public static let lifetime = Duration.minutes(10)

  /// What the provider hands back, by which the cookie is found; used once.
  public var state: String
  /// What the provider puts into the token that it makes for this login.
  public var nonce: String
  /// Whose digest the provider was told (PKCE, RFC 7636).
  public var verifier: String
  public var provider: String
  public var protocolName: String
  /// The page that gets the token.
  public var origin: String
  public var redirectURI: String
  public var ends: Timestamp

  public init(
    provider: String, protocol name: String, origin: String, redirectURI: String, world: World
  ) {
    state = Base64.encode(world.random(24), .urlSafe, padded: false)
    nonce = Base64.encode(world.random(24), .urlSafe, padded: false)
    verifier = Base64.encode(world.random(32), .urlSafe, padded: false)
    self.provider = provider
    protocolName = name
    self.origin = origin
    self.redirectURI = redirectURI
    ends = world.now() + Self.lifetime
  }

  public var json: JSON {
    [
      "for": "websso", "state": .string(state), "nonce": .string(nonce), "verifier": .string(verifier),
      "provider": .string(provider), "protocol": .string(protocolName), "origin": .string(origin),
      "redirect": .string(redirectURI), "ends": .int(ends.seconds),
    ]
  }
  /// - Returns: nil for what is something else.
  public init?(json: JSON) {
    guard json["for"] == "websso", let state = json["state"]?.string, let nonce = json["nonce"]?.string,
      let verifier = json["verifier"]?.string, let provider = json["provider"]?.string,
      let name = json["protocol"]?.string, let origin = json["origin"]?.string,
      let redirect = json["redirect"]?.string, let ends = json["ends"]?.int
    else { return nil }
    self.state = state
    self.nonce = nonce
    self.verifier = verifier
    self.provider = provider
    protocolName = name
    self.origin = origin
    redirectURI = redirect
    self.ends = Timestamp(seconds: ends)
  }
}

extension OpenIDProvider {
  /// Where a browser is sent to log in (OpenID Connect Core section 3.1.2.1).
  public func loginURL(for login: BrowserLogin) async throws -> String {
    let address = try await issuer.endpoint("authorization_endpoint")
    let digest = Base64.encode(Hash.sha256(Array(login.verifier.utf8)), .urlSafe, padded: false)
    let query: [(name: String, value: String)] = [
      (name: "response_type", value: "code"), (name: "client_id", value: settings.clientID),
      (name: "redirect_uri", value: login.redirectURI), (name: "scope", value: settings.scopes),
      (name: "state", value: login.state), (name: "nonce", value: login.nonce),
      (name: "code_challenge", value: digest), (name: "code_challenge_method", value: "S256"),
    ]
    return address.origin + address.target + (address.target.contains("?") ? "&" : "?") + writeQuery(query)
  }

  /// Exchanges the code that a browser brought back.
  /// - Returns: what the provider says of who logged in: his ID token's claims, and those of the user info.
  /// - Throws: `unauthorized`, `unavailable`.
  public func claims(ofCode code: String, _ login: BrowserLogin) async throws -> Claims {
    let answer = try await issuer.post(
      [
        (name: "grant_type", value: "authorization_code"), (name: "code", value: code),
        (name: "redirect_uri", value: login.redirectURI), (name: "code_verifier", value: login.verifier),
      ], to: "token_endpoint")
    guard let text = answer["id_token"]?.string else { throw issuer.unavailable("it gave no ID token for a code") }
    let claims = try await verified(text, for: [settings.clientID])
    guard claims.members["nonce"]?.string == login.nonce else {
      throw Self.refusal("it was made for another login")
    }
    if claims.texts("aud").count > 1 || claims.members["azp"] != nil {
      guard claims.members["azp"]?.string == settings.clientID else { throw Self.refusal("it is another client's") }
    }
    guard let access = answer["access_token"]?.string,
      case .object(let more)? = try await issuer.userInfo(accessToken: access)
    else { return claims }
    guard more["sub"]?.string == claims.subject else { throw Self.refusal("the user info is of somebody else") }
    var members = claims.members
    for (key, value) in more.members where members[key] == nil { members.append(key, value) }
    return Claims(members)
  }
}
