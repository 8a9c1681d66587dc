internal import COpenSSL
internal import Core

/// The public half of somebody else's key, with which what he signed is checked (RFC 7517, RFC 7518, RFC 8037).
///
/// Kept as the DER of a SubjectPublicKeyInfo and read with every use, so that no C object needs an owner. Only public
/// keys: with secrets that both sides know (`HS256`), and without any (`none`), nothing is ever right.
public struct VerifyingKey: Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    case rsa
    /// With the bytes of one number of a signature.
    case curve(Int)
    case edwards
  }
  public let kind: Kind
  let der: [UInt8]

  /// An RSA key of 2048 to 8192 bits.
  /// - Returns: nil for one that is too small to be trusted, or too large to be tried.
  public init?(modulus: [UInt8], exponent: [UInt8]) {
    let modulus = Array(modulus.drop { $0 == 0 })
    let exponent = Array(exponent.drop { $0 == 0 })
    guard (256...1024).contains(modulus.count), (1...8).contains(exponent.count), let last = exponent.last,
      last & 1 == 1, exponent != [1]
    else { return nil }
    kind = .rsa
    let algorithm = DER.sequence(DER.object([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]) + [0x05, 0x00])
    der = DER.sequence(
      algorithm + DER.bits(DER.sequence(DER.integer(modulus) + DER.integer(exponent))))
    guard isReadable else { return nil }
  }

  /// A point of P-256, P-384 or P-521.
  public init?(curve: String, x: [UInt8], y: [UInt8]) {
    let curves: [String: (Int, [UInt8])] = [
      "P-256": (32, [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]), "P-384": (48, [0x2b, 0x81, 0x04, 0x00, 0x22]),
      "P-521": (66, [0x2b, 0x81, 0x04, 0x00, 0x23]),
    ]
    guard let (length, name) = curves[curve], x.count == length, y.count == length else { return nil }
    kind = .curve(length)
    let algorithm = DER.sequence(DER.object([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]) + DER.object(name))
    der = DER.sequence(algorithm + DER.bits([0x04] + x + y))
    guard isReadable else { return nil }
  }

  /// A key of Ed25519.
  public init?(edwards: [UInt8]) {
    guard edwards.count == 32 else { return nil }
    kind = .edwards
    der = DER.sequence(DER.sequence(DER.object([0x2b, 0x65, 0x70])) + DER.bits(edwards))
    guard isReadable else { return nil }
  }

  private var isReadable: Bool {
    guard let key = read() else { return false }
    EVP_PKEY_free(key)
    return true
  }

  private func read() -> OpaquePointer? {
    der.withUnsafeBufferPointer { buffer in
      var at = buffer.baseAddress
      return d2i_PUBKEY(nil, &at, buffer.count)
    }
  }

  /// The algorithms that a key of this kind can have signed with, by their names in RFC 7518 and RFC 8037.
  public var algorithms: [String] {
    switch kind {
    case .rsa: ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
    case .curve(32): ["ES256"]
    case .curve(48): ["ES384"]
    case .curve: ["ES512"]
    case .edwards: ["EdDSA"]
    }
  }

  /// Whether the key signed the bytes with that algorithm; false for one that is not the key's.
  public func isSigned(_ bytes: [UInt8], _ signature: [UInt8], by algorithm: String) -> Bool {
    guard algorithms.contains(algorithm), signature.count <= 1024 else { return false }
    var signature = signature
    if case .curve(let length) = kind {
      guard signature.count == 2 * length else { return false }
      signature = DER.sequence(
        DER.integer(Array(signature[..<length])) + DER.integer(Array(signature[length...])))
    }
    guard let key = read(), let context = EVP_MD_CTX_new() else { return false }
    defer {
      EVP_MD_CTX_free(context)
      EVP_PKEY_free(key)
    }
    let digest: OpaquePointer? =
      switch algorithm.suffix(3) {
      case "256": EVP_sha256()
      case "384": EVP_sha384()
      case "512": EVP_sha512()
      default: nil
      }
    var parameters: OpaquePointer?
    guard EVP_DigestVerifyInit(context, &parameters, digest, nil, key) == 1 else { return false }
    if algorithm.hasPrefix("PS") {
      guard EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1,
        EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1
      else { return false }
    }
    return EVP_DigestVerify(context, signature, signature.count, bytes, bytes.count) == 1
  }
}

/// The few forms of ASN.1's distinguished encoding that keys and signatures are made of (ITU-T X.690).
private enum DER {
  static func sequence(_ content: [UInt8]) -> [UInt8] { tagged(0x30, content) }
  static func object(_ name: [UInt8]) -> [UInt8] { tagged(0x06, name) }
  static func bits(_ content: [UInt8]) -> [UInt8] { tagged(0x03, [0] + content) }

  /// A number that is not negative.
  static func integer(_ bytes: [UInt8]) -> [UInt8] {
    var digits = Array(bytes.drop { $0 == 0 })
    if (digits.first ?? 0x80) >= 0x80 { digits.insert(0, at: 0) }
    return tagged(0x02, digits)
  }

  private static func tagged(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
    let count = content.count
    if count < 128 { return [tag, UInt8(count)] + content }
    if count < 256 { return [tag, 0x81, UInt8(count)] + content }
    return [tag, 0x82, UInt8(count >> 8 & 255), UInt8(count & 255)] + content
  }
}
