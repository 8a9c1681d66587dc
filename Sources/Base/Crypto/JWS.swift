internal import COpenSSL
internal import Core

/// Keys that sign JSON Web Tokens with ES256 (RFC 7515, RFC 7518 section 3.4): ECDSA on P-256 over SHA-256.
///
/// Kept as PEM and read with every use, some ten microseconds each, so that no C object needs an owner.
public struct JWSKeys: Sendable {
  /// PKCS #8, or the older form of EC keys.
  public let privateKey: String
  /// Each may have signed; the private key's own among them.
  public let publicKeys: [String]

  public init(privateKey: String, publicKeys: [String]) {
    self.privateKey = privateKey
    self.publicKeys = publicKeys
  }

  /// A fresh pair.
  public static func generate() throws -> JWSKeys {
    guard let key = copenssl_ec_generate("P-256") else { throw opensslFault("make an EC key") }
    defer { EVP_PKEY_free(key) }
    let privateKey = try pem { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) }
    let publicKey = try pem { PEM_write_bio_PUBKEY($0, key) }
    return JWSKeys(privateKey: privateKey, publicKeys: [publicKey])
  }

  private static func pem(_ write: (OpaquePointer) -> Int32) throws -> String {
    guard let memory = BIO_new(BIO_s_mem()) else { throw opensslFault("write a key") }
    defer { BIO_free(memory) }
    guard write(memory) == 1 else { throw opensslFault("write a key") }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = BIO_read(memory, &bytes, Int32(bytes.count))
    return String(decoding: bytes.prefix(max(0, Int(count))), as: UTF8.self)
  }

  private static func read(_ text: String, isPrivate: Bool) -> OpaquePointer? {
    let bytes = Array(text.utf8)
    guard let memory = BIO_new_mem_buf(bytes, Int32(bytes.count)) else { return nil }
    defer { BIO_free(memory) }
    return isPrivate ? PEM_read_bio_PrivateKey(memory, nil, nil, nil) : PEM_read_bio_PUBKEY(memory, nil, nil, nil)
  }

  /// `header.payload.signature`, each in URL-safe Base64.
  /// - Parameters:
  ///   - payload: a JSON object.
  ///   - keyID: what the reader knows the key by; letters and digits.
  public func sign(_ payload: [UInt8], keyID: String? = nil) throws -> String {
    guard let key = Self.read(privateKey, isPrivate: true) else {
      throw Fault.internalError("The key that signs tokens cannot be read. Restore it from a backup.")
    }
    defer { EVP_PKEY_free(key) }
    let name = keyID.map { #","kid":"\#($0)""# } ?? ""
    let text =
      Base64.encode(Array(#"{"alg":"ES256","typ":"JWT"\#(name)}"#.utf8), .urlSafe, padded: false) + "."
      + Base64.encode(payload, .urlSafe, padded: false)
    let bytes = Array(text.utf8)
    guard let context = EVP_MD_CTX_new() else { throw opensslFault("sign a token") }
    defer { EVP_MD_CTX_free(context) }
    var der = [UInt8](repeating: 0, count: 128)
    var count = der.count
    guard EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1,
      EVP_DigestSign(context, &der, &count, bytes, bytes.count) == 1, let raw = Self.raw(Array(der[..<count]))
    else { throw opensslFault("sign a token") }
    return text + "." + Base64.encode(raw, .urlSafe, padded: false)
  }

  /// The payload of what one of the keys signed; nil for anything else.
  public func open(_ token: some StringProtocol) -> [UInt8]? {
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let header = Base64.decode(parts[0], .urlSafe, padded: false),
      let payload = Base64.decode(parts[1], .urlSafe, padded: false),
      let raw = Base64.decode(parts[2], .urlSafe, padded: false), raw.count == 64,
      Self.isES256(header)
    else { return nil }
    let bytes = Array((parts[0] + "." + parts[1]).utf8)
    let der = Self.der(raw)
    return publicKeys.contains { Self.verify(bytes, der, $0) } ? payload : nil
  }

  /// Whether the header names our algorithm. The only keys there are can do no other, so no more of it matters.
  private static func isES256(_ header: [UInt8]) -> Bool {
    String(decoding: header, as: UTF8.self).filter { !$0.isWhitespace }.contains(#""alg":"ES256""#)
  }

  private static func verify(_ bytes: [UInt8], _ der: [UInt8], _ pem: String) -> Bool {
    guard let key = read(pem, isPrivate: false) else { return false }
    defer { EVP_PKEY_free(key) }
    guard EVP_PKEY_get_base_id(key) == EVP_PKEY_EC, let context = EVP_MD_CTX_new() else { return false }
    defer { EVP_MD_CTX_free(context) }
    return EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1
      && EVP_DigestVerify(context, der, der.count, bytes, bytes.count) == 1
  }

  /// The two numbers of a signature, 32 bytes each, out of their DER sequence.
  static func raw(_ der: [UInt8]) -> [UInt8]? {
    guard der.count > 6, der[0] == 0x30, Int(der[1]) == der.count - 2 else { return nil }
    var rest = der[2...]
    var out: [UInt8] = []
    for _ in 0..<2 {
      guard rest.count > 2, rest.first == 0x02, let length = rest.dropFirst().first, rest.count >= 2 + Int(length)
      else { return nil }
      let number = rest.dropFirst(2).prefix(Int(length)).drop { $0 == 0 }
      guard number.count <= 32 else { return nil }
      out += [UInt8](repeating: 0, count: 32 - number.count) + number
      rest = rest.dropFirst(2 + Int(length))
    }
    return rest.isEmpty ? out : nil
  }

  static func der(_ raw: [UInt8]) -> [UInt8] {
    func number(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
      var digits = Array(bytes.drop { $0 == 0 })
      if digits.isEmpty || digits[0] >= 0x80 { digits.insert(0, at: 0) }
      return [0x02, UInt8(digits.count)] + digits
    }
    let both = number(raw[..<32]) + number(raw[32...])
    return [0x30, UInt8(both.count)] + both
  }
}
