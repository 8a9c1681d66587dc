internal import Core
internal import Crypto
internal import JSON

/// A JSON Web Token taken apart, of which nothing is believed yet (RFC 7515, RFC 7519).
struct SignedToken {
  /// Longer ones are no tokens.
  static let limit = 64 << 10

  let algorithm: String
  let keyID: String?
  let claims: JSONObject
  private let signed: [UInt8]
  private let signature: [UInt8]

  init?(_ text: String) {
    guard text.utf8.count <= Self.limit else { return nil }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let head = Base64.decode(parts[0], .urlSafe, padded: false),
      let body = Base64.decode(parts[1], .urlSafe, padded: false),
      let signature = Base64.decode(parts[2], .urlSafe, padded: false),
      let header = try? JSON(parsing: head), case .object(let claims)? = try? JSON(parsing: body),
      // Extensions that must be understood are not.
      header["crit"] == nil, let algorithm = header["alg"]?.string
    else { return nil }
    self.algorithm = algorithm
    keyID = header["kid"]?.string
    self.claims = claims
    self.signature = signature
    signed = Array((parts[0] + "." + parts[1]).utf8)
  }

  /// Whether one of the keys signed it.
  func isSigned(by keys: [PublishedKey]) -> Bool {
    keys.contains { key in
      (key.algorithm == nil || key.algorithm == algorithm) && key.key.isSigned(signed, signature, by: algorithm)
    }
  }
}

/// A key out of an issuer's list (RFC 7517).
struct PublishedKey: Sendable, Equatable {
  let id: String?
  /// The one algorithm that it is for, where the issuer says so.
  let algorithm: String?
  let key: VerifyingKey

  /// - Returns: nil for one that does not sign, or of a kind that is not known.
  init?(_ json: JSON) {
    guard json["use"] == nil || json["use"] == "sig" else { return nil }
    func bytes(_ name: String) -> [UInt8] {
      json[name]?.string.flatMap { Base64.decode($0, .urlSafe, padded: false) } ?? []
    }
    let key: VerifyingKey? =
      switch json["kty"]?.string {
      case "RSA": VerifyingKey(modulus: bytes("n"), exponent: bytes("e"))
      case "EC": VerifyingKey(curve: json["crv"]?.string ?? "", x: bytes("x"), y: bytes("y"))
      case "OKP" where json["crv"] == "Ed25519": VerifyingKey(edwards: bytes("x"))
      default: nil
      }
    guard let key else { return nil }
    self.key = key
    id = json["kid"]?.string
    algorithm = json["alg"]?.string
  }

  /// Those of a list that can be used, at most a hundred.
  static func list(_ json: JSON) -> [PublishedKey] {
    (json["keys"]?.array ?? []).prefix(100).compactMap { PublishedKey($0) }
  }
}
