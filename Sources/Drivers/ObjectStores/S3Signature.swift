internal import Core
internal import Crypto
internal import HTTP

/// Signs requests with AWS's signature version 4 (AWS General Reference, "Signature Version 4 signing process").
struct S3Signature: Sendable {
  let accessKey: String
  let secretKey: String
  let region: String

  /// Adds the headers by which the service knows who asks and that nothing was changed.
  /// - Parameters:
  ///   - request: its path is percent-encoded already.
  ///   - host: as the `Host` header will have it.
  ///   - content: the body's SHA-256, in hexadecimal digits.
  func sign(_ request: inout Request, host: String, content: String, at time: Timestamp) {
    let stamp = time.iso8601.filter { $0 != "-" && $0 != ":" }
    let day = String(stamp.prefix(8))
    request.headers["x-amz-date"] = stamp
    request.headers["x-amz-content-sha256"] = content
    var signed = [("host", host)]
    signed += request.headers.fields.map { ($0.name.lowercased(), $0.value) }
      .filter { $0.0.hasPrefix("x-amz-") || $0.0 == "range" }
    signed.sort { $0.0 < $1.0 }
    let names = signed.map(\.0).joined(separator: ";")
    let query = request.query.map { (percentEncode($0.name), percentEncode($0.value)) }
      .sorted { $0 < $1 }.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    let canonical = [
      request.method, request.path, query, signed.map { "\($0.0):\($0.1)\n" }.joined(), names, content,
    ].joined(separator: "\n")
    let scope = "\(day)/\(region)/s3/aws4_request"
    let text = ["AWS4-HMAC-SHA256", stamp, scope, Hash.sha256(Array(canonical.utf8)).hex].joined(separator: "\n")
    var key = Array(("AWS4" + secretKey).utf8)
    for part in [day, region, "s3", "aws4_request", text] { key = HMAC.sha256(key: key, Array(part.utf8)) }
    request.headers["Authorization"] =
      "AWS4-HMAC-SHA256 Credential=\(accessKey)/\(scope), SignedHeaders=\(names), Signature=\(key.hex)"
  }
}

/// The few things that are read of S3's XML.
enum S3Text {
  /// The texts of every element of that name, in order.
  static func all(_ name: String, in xml: some StringProtocol) -> [String] {
    var rest = Substring(xml)
    var found: [String] = []
    while let start = rest.firstRange(of: "<\(name)>") {
      rest = rest[start.upperBound...]
      guard let end = rest.firstRange(of: "</\(name)>") else { break }
      found.append(plain(rest[..<end.lowerBound]))
      rest = rest[end.upperBound...]
    }
    return found
  }
  static func first(_ name: String, in xml: some StringProtocol) -> String? { all(name, in: xml).first }

  private static func plain(_ text: Substring) -> String {
    guard text.contains("&") else { return String(text) }
    var plain = String(text)
    for (entity, character) in [("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&apos;", "'"), ("&amp;", "&")] {
      plain = plain.replacing(entity, with: character)
    }
    return plain
  }
}
