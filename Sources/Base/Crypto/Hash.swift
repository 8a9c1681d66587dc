// Crypto: hashes, Fernet tokens, passwords and SSH keys, all by OpenSSL and libxcrypt.
//
// No primitive is written here, only the formats around them: Fernet's envelope, keystone's key repository,
// MessagePack, OpenSSH's key files. What is slow on purpose (bcrypt) runs on threads of its own. Randomness and time
// come from the caller's `World`, so that a simulation repeats itself.

internal import COpenSSL
internal import Core

/// A digest over bytes that come piece by piece. One task feeds it.
public final class Hash {
  public enum Algorithm: String, Sendable, CaseIterable { case md5, sha1, sha224, sha256, sha384, sha512 }

  public let algorithm: Algorithm
  private let context: OpaquePointer?

  /// - Throws: an `internalError` fault when OpenSSL refuses the algorithm, as in FIPS mode it does MD5.
  public init(_ algorithm: Algorithm) throws {
    self.algorithm = algorithm
    context = EVP_MD_CTX_new()
    guard context != nil, EVP_DigestInit_ex(context, algorithm.method, nil) == 1 else {
      throw opensslFault("start \(algorithm.rawValue)")
    }
  }
  deinit { EVP_MD_CTX_free(context) }

  public func update(_ bytes: UnsafeRawBufferPointer) { EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) }
  public func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }
  public func update(_ bytes: ArraySlice<UInt8>) { bytes.withUnsafeBytes { update($0) } }

  /// The digest of all bytes so far; more may follow, and count on.
  public func digest() -> [UInt8] {
    let copy = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(copy) }
    var out = [UInt8](repeating: 0, count: algorithm.length)
    EVP_MD_CTX_copy_ex(copy, context)
    EVP_DigestFinal_ex(copy, &out, nil)
    return out
  }
  /// The digest in lower-case hexadecimal digits.
  public var hex: String { digest().hex }

  public static func md5(_ bytes: [UInt8]) -> [UInt8] { once(.md5, bytes) }
  public static func sha1(_ bytes: [UInt8]) -> [UInt8] { once(.sha1, bytes) }
  public static func sha256(_ bytes: [UInt8]) -> [UInt8] { once(.sha256, bytes) }
  public static func sha512(_ bytes: [UInt8]) -> [UInt8] { once(.sha512, bytes) }

  private static func once(_ algorithm: Algorithm, _ bytes: [UInt8]) -> [UInt8] {
    var out = [UInt8](repeating: 0, count: algorithm.length)
    let done = EVP_Digest(bytes, bytes.count, &out, nil, algorithm.method, nil)
    precondition(done == 1, "OpenSSL does not offer \(algorithm.rawValue) on this machine.")
    return out
  }
}

extension Hash.Algorithm {
  /// How many bytes a digest has.
  public var length: Int {
    switch self {
    case .md5: 16
    case .sha1: 20
    case .sha224: 28
    case .sha256: 32
    case .sha384: 48
    case .sha512: 64
    }
  }
  var method: OpaquePointer? {
    switch self {
    case .md5: EVP_md5()
    case .sha1: EVP_sha1()
    case .sha224: EVP_sha224()
    case .sha256: EVP_sha256()
    case .sha384: EVP_sha384()
    case .sha512: EVP_sha512()
    }
  }
}

/// Keyed digests (RFC 2104).
public enum HMAC {
  public static func sha1(key: [UInt8], _ bytes: [UInt8]) -> [UInt8] { code(.sha1, key, bytes) }
  public static func sha256(key: [UInt8], _ bytes: [UInt8]) -> [UInt8] { code(.sha256, key, bytes) }

  private static func code(_ algorithm: Hash.Algorithm, _ key: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
    var out = [UInt8](repeating: 0, count: algorithm.length)
    // A null key would ask OpenSSL to reuse an earlier one; an empty array may be null.
    let key = key.isEmpty ? [0] : key
    let done = COpenSSL.HMAC(algorithm.method, key, Int32(key.count), bytes, bytes.count, &out, nil)
    precondition(done != nil, "OpenSSL does not offer HMAC with \(algorithm.rawValue) on this machine.")
    return out
  }
}

/// Whether two secrets are the same, in a time that does not tell where they differ (only whether their lengths do).
public func constantTimeEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
  a.count == b.count && CRYPTO_memcmp(a, b, a.count) == 0
}

/// What OpenSSL says went wrong, as a fault for administrators.
func opensslFault(_ what: String) -> Fault {
  var text = [CChar](repeating: 0, count: 256)
  ERR_error_string_n(ERR_get_error(), &text, text.count)
  let reason = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  return .internalError("The server's cryptography failed. Tell the administrator.", detail: "\(what): \(reason)")
}
