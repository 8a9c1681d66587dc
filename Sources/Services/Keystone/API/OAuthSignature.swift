internal import Core
internal import Crypto
internal import HTTP

/// The `Authorization: OAuth …` header of a request, and whether its signature is right (RFC 5849 section 3).
struct OAuthSignature: Sendable {
  let parameters: [(name: String, value: String)]

  subscript(_ name: String) -> String? { parameters.first { $0.name == name }?.value }

  /// - Throws: `badRequest` for a request without such a header.
  init(_ request: Request) throws {
    guard let header = request.headers["Authorization"], header.lowercased().hasPrefix("oauth ") else {
      throw Fault.badRequest("Cannot retrieve Authorization headers: send the OAuth parameters in one.")
    }
    parameters = header.dropFirst(6).split(separator: ",").compactMap { item in
      let pair = item.split(separator: "=", maxSplits: 1)
      guard pair.count == 2 else { return nil }
      let name = pair[0].drop { $0 == " " }
      let value = pair[1].filter { $0 != "\"" && $0 != " " }
      return (name: percentDecode(String(name)), value: percentDecode(value))
    }
  }

  /// - Parameters:
  ///   - url: scheme, host and path, as the client called them.
  ///   - tokenSecret: of the request or access token; empty where there is none yet.
  func isRight(
    method: String, url: String, query: [(name: String, value: String)], consumerSecret: String, tokenSecret: String
  ) -> Bool {
    guard let given = self["oauth_signature"] else { return false }
    let key = Self.encode(consumerSecret) + "&" + Self.encode(tokenSecret)
    switch self["oauth_signature_method"] {
    case "PLAINTEXT": return constantTimeEqual(Array(given.utf8), Array(key.utf8))
    case "HMAC-SHA1", "HMAC-SHA256":
      let text = Array(base(method, url, query).utf8)
      let bytes = Array(key.utf8)
      let code =
        self["oauth_signature_method"] == "HMAC-SHA1"
        ? HMAC.sha1(key: bytes, text) : HMAC.sha256(key: bytes, text)
      return constantTimeEqual(Array(given.utf8), Array(Base64.encode(code).utf8))
    default: return false
    }
  }

  /// The text that is signed: method, address and all parameters in order.
  private func base(_ method: String, _ url: String, _ query: [(name: String, value: String)]) -> String {
    let all = (query + parameters.filter { $0.name != "oauth_signature" && $0.name != "realm" })
      .map { (Self.encode($0.name), Self.encode($0.value)) }
      .sorted { $0.0 == $1.0 ? $0.1 < $1.1 : $0.0 < $1.0 }
    let text = all.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    return [method.uppercased(), Self.encode(Self.plain(url)), Self.encode(text)].joined(separator: "&")
  }

  /// Scheme and host in lower case, without the port that goes without saying.
  private static func plain(_ url: String) -> String {
    guard let mark = url.firstRange(of: "://") else { return url }
    let scheme = url[..<mark.lowerBound].lowercased()
    let rest = url[mark.upperBound...]
    let path = rest.firstIndex(of: "/").map { rest[$0...] } ?? "/"
    var host = rest.prefix { $0 != "/" }.lowercased()
    let usual = scheme == "https" ? ":443" : ":80"
    if host.hasSuffix(usual) { host.removeLast(usual.count) }
    return scheme + "://" + host + path
  }

  /// RFC 5849 section 3.6: everything but letters, digits, `-`, `.`, `_` and `~`.
  static func encode(_ text: String) -> String {
    var out = ""
    for byte in text.utf8 {
      switch byte {
      case 48...57, 65...90, 97...122, 45, 46, 95, 126: out.append(Character(UnicodeScalar(byte)))
      default: out += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    return out
  }
}
