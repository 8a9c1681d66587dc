// OpenID: what an OpenID Connect provider says of somebody, once it is sure that the provider said it.
//
// Upstream leaves this to Apache's mod_auth_openidc; here is what a cloud needs of it. A token is checked with the keys
// that the issuer publishes, or by asking the issuer (RFC 7662); a login by browser is the authorization code flow
// with PKCE. The claims that come out are named as mod_auth_openidc names them, so that an operator's mappings go on
// working. Only addresses that the operator, or the document of the issuer he named, says are ever asked: nothing in a
// token or a request leads anywhere.

internal import Core
internal import Text

/// One provider, as the operator describes it.
public struct OpenIDSettings: Sendable, Equatable {
  public enum Validation: String, Sendable, CaseIterable { case keys, introspection }

  /// As its tokens and its discovery document have it.
  public var issuer = ""
  public var clientID = ""
  public var clientSecret = ""
  /// What a login by browser asks for.
  public var scopes = "openid email profile"
  /// Whether tokens are checked with the issuer's keys, or by asking it.
  public var validation = Validation.keys
  /// For whom a token may be meant, one of them at least; the client's id where none is named.
  public var audience: [String] = []
  /// The claim that becomes `REMOTE_USER`.
  public var remoteUserClaim = "sub"
  /// Certificates to trust instead of the machine's, in PEM.
  public var caFile: String?
  /// Where the discovery document is, if not where the standard has it.
  public var discovery: String?
  /// Where browsers come back to, as the provider knows it; nil for what this API calls itself.
  public var redirectURI: String?

  public init() {}

  public var discoveryURL: String {
    if let discovery { return discovery }
    return (issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer) + "/.well-known/openid-configuration"
  }
  var audiences: [String] { audience.isEmpty ? [clientID] : audience }
}

/// The file of providers: a section for each, named for the identity provider (`[keycloak]`).
public enum OpenIDFile {
  private static let keys = [
    "issuer", "client_id", "client_secret", "scopes", "validation", "audience", "remote_user_claim", "ca_file",
    "discovery", "redirect_uri",
  ]

  /// - Throws: a `badRequest` fault with a line for every problem, each with its place.
  public static func parse(_ text: String, source: String) throws -> [String: OpenIDSettings] {
    let ini = try Ini(parsing: text, source: source)
    var problems: [String] = []
    var all: [String: OpenIDSettings] = [:]
    for section in ini.sections { all[section.name] = OpenIDSettings() }
    for entry in ini.entries {
      let place = "\(source):\(entry.line)"
      guard var one = all[entry.section] else {
        problems.append(
          "\(place): \(entry.key) stands before the first section; name the identity provider: [keycloak].")
        continue
      }
      if let problem = one.set(entry.key, entry.value) {
        let near = closest(entry.key, among: keys).map { " Did you mean \($0)?" } ?? ""
        problems.append("\(place): [\(entry.section)] \(problem)\(keys.contains(entry.key) ? "" : near)")
      }
      all[entry.section] = one
    }
    for section in ini.sections {
      guard let one = all[section.name] else { continue }
      let place = "\(source):\(section.line): [\(section.name)]"
      if one.issuer.isEmpty { problems.append("\(place) needs an issuer.") }
      if one.clientID.isEmpty { problems.append("\(place) needs a client_id.") }
      if one.validation == .introspection, one.clientSecret.isEmpty {
        problems.append("\(place) needs a client_secret to ask the issuer about tokens.")
      }
    }
    guard problems.isEmpty else { throw Fault.badRequest(problems.joined(separator: "\n")) }
    return all
  }
}

extension OpenIDSettings {
  /// - Returns: what is wrong, or nil.
  fileprivate mutating func set(_ key: String, _ value: String) -> String? {
    func url(_ text: String) -> Bool { WebAddress(text) != nil }
    switch key {
    case "issuer":
      issuer = value
      if !url(value) {
        return "issuer must be a URL that begins with https:// (or http:// for tests); '\(value)' is not."
      }
    case "client_id": clientID = value
    case "client_secret": clientSecret = value
    case "scopes":
      scopes = value
      if !value.split(separator: " ").contains("openid") { return "scopes must hold the word openid." }
    case "validation":
      guard let known = Validation(rawValue: value) else {
        return "validation must be one of keys, introspection; '\(value)' is not."
      }
      validation = known
    case "audience": audience = value.split { $0 == "," || $0.isNewline }.map { trimmed($0) }.filter { !$0.isEmpty }
    case "remote_user_claim": remoteUserClaim = value
    case "ca_file": caFile = value.isEmpty ? nil : value
    case "discovery":
      discovery = value
      if !url(value) { return "discovery must be a URL; '\(value)' is not." }
    case "redirect_uri":
      redirectURI = value
      if !url(value) { return "redirect_uri must be a URL; '\(value)' is not." }
    default: return "has no key \(key)."
    }
    return nil
  }
}
