internal import Core
internal import Crypto
internal import JSON

/// A request to the EC2 API as the service that got it describes it, and whether a secret signed it: Amazon's signature
/// versions 0, 1, 2 and 4.
struct EC2Request: Sendable {
  let signature: String
  let verb: String
  let host: String
  let path: String
  let parameters: [(name: String, value: String)]
  /// By names in lower case.
  let headers: [String: String]
  let bodyHash: String

  /// - Throws: `unauthorized` for one without a signature.
  init(_ json: JSON) throws {
    guard let signature = json["signature"]?.string else { throw Fault.unauthorized("EC2 signature not supplied.") }
    self.signature = signature
    verb = (json["verb"]?.string ?? "").uppercased()
    host = json["host"]?.string ?? ""
    path = json["path"]?.string ?? "/"
    parameters = (json["params"]?.object?.members ?? []).map { ($0.key, $0.value.string ?? $0.value.text) }
      .filter { $0.name != "Signature" }
    headers = Dictionary(
      (json["headers"]?.object?.members ?? []).map { ($0.key.lowercased(), ($0.value.string ?? "").trimmed) },
      uniquingKeysWith: { $1 })
    bodyHash = json["body_hash"]?.string ?? ""
  }

  private func parameter(_ name: String) -> String? { parameters.first { $0.name == name }?.value }

  /// The host may have been signed with its port or without.
  func isSigned(with secret: String) throws -> Bool {
    let hosts = [host, String(host.prefix { $0 != ":" })]
    return hosts.contains { host in
      guard let right = expected(secret, host: host) else { return false }
      return constantTimeEqual(Array(signature.utf8), Array(right.utf8))
    }
  }

  private func expected(_ secret: String, host: String) -> String? {
    let key = Array(secret.utf8)
    switch parameter("SignatureVersion") {
    case "0":
      let text = (parameter("Action") ?? "") + (parameter("Timestamp") ?? "")
      return Base64.encode(HMAC.sha1(key: key, Array(text.utf8)))
    case "1":
      let sorted = parameters.sorted { $0.name.lowercased() < $1.name.lowercased() }
      return Base64.encode(HMAC.sha1(key: key, Array(sorted.map { $0.name + $0.value }.joined().utf8)))
    case "2":
      let text = Array("\(verb)\n\(host)\n\(path)\n\(canonicalQuery)".utf8)
      return Base64.encode(
        parameter("SignatureMethod") == "HmacSHA1" ? HMAC.sha1(key: key, text) : HMAC.sha256(key: key, text))
    default: return version4(secret)
    }
  }

  private var canonicalQuery: String {
    parameters.sorted { $0.name < $1.name }
      .map { OAuthSignature.encode($0.name) + "=" + OAuthSignature.encode($0.value) }.joined(separator: "&")
  }

  /// A part of the `Authorization` header, or of the query of a presigned address.
  private func part(_ name: String) -> String? {
    if let text = headers["authorization"], let at = text.firstRange(of: name + "=") {
      return String(text[at.upperBound...].prefix { $0 != "," && $0 != " " })
    }
    return parameter("X-Amz-" + name)
  }

  private func version4(_ secret: String) -> String? {
    guard let credential = part("Credential")?.split(separator: "/").map(String.init), credential.count == 5,
      let signed = part("SignedHeaders"), let date = headers["x-amz-date"] ?? parameter("X-Amz-Date"),
      date.hasPrefix(credential[1])
    else { return nil }
    let isOldBoto = headers["user-agent"]?.prefixMatch(of: #/Boto/2\.[0-9]\.[0-2]/#) != nil
    let lines = signed.split(separator: ";").compactMap { name -> String? in
      guard var value = headers[String(name)] else { return nil }
      // Boto before 2.9.3 signs the host without its port.
      if name == "host", isOldBoto { value = String(value.prefix { $0 != ":" }) }
      return "\(name):\(value)\n"
    }
    let request = [
      verb, path, verb == "POST" ? "" : canonicalQuery, lines.joined(), signed, bodyHash,
    ].joined(separator: "\n")
    let text = [
      "AWS4-HMAC-SHA256", date, credential[1...].joined(separator: "/"), Hash.sha256(Array(request.utf8)).hex,
    ].joined(separator: "\n")
    return AWS4.sign(Array(text.utf8), secret: secret, scope: Array(credential[1...]))
  }
}

/// The text that a request to the S3 API signed, as the service that got it made it.
struct S3Request: Sendable {
  let signature: String
  let text: [UInt8]

  init(_ json: JSON) throws {
    guard let signature = json["signature"]?.string, let token = json["token"]?.string,
      let text = Base64.decode(token, .urlSafe, padded: token.hasSuffix("=")) ?? Base64.decode(token)
    else { throw Fault.unauthorized("EC2 signature not supplied.") }
    self.signature = signature
    self.text = text
  }

  func isSigned(with secret: String) throws -> Bool {
    var right = Base64.encode(HMAC.sha1(key: Array(secret.utf8), text))
    if text.starts(with: Array("AWS4".utf8)) {
      let lines = String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
      let scope = lines.count == 4 ? lines[2].split(separator: "/").map(String.init) : []
      guard lines.first == "AWS4-HMAC-SHA256", scope.count == 4, scope[3] == "aws4_request",
        ["s3", "iam", "sts"].contains(scope[2])
      else { throw Fault.unauthorized("Invalid EC2 signature.") }
      right = AWS4.sign(text, secret: secret, scope: scope)
    }
    return constantTimeEqual(Array(signature.utf8), Array(right.utf8))
  }
}

/// Amazon's signature version 4.
enum AWS4 {
  /// - Parameter scope: date, region, service and `aws4_request`.
  static func sign(_ text: [UInt8], secret: String, scope: [String]) -> String {
    let key = scope.reduce(Array(("AWS4" + secret).utf8)) { HMAC.sha256(key: $0, Array($1.utf8)) }
    return HMAC.sha256(key: key, text).hex
  }
}

extension String {
  fileprivate var trimmed: String {
    var text = self[...]
    while text.first?.isWhitespace ?? false { text.removeFirst() }
    while text.last?.isWhitespace ?? false { text.removeLast() }
    return String(text)
  }
}
