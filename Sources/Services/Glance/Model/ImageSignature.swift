public import Core
public import Crypto

/// Where certificates come from, by which signed images are verified: for upstream the key manager, here whoever keeps
/// them by their ids.
public protocol CertificateSource: Sendable {
  /// The certificate in PEM; nil when there is none of that id.
  func certificate(_ id: String) async throws -> [UInt8]?
}

/// No certificates.
public struct NoCertificates: CertificateSource {
  public init() {}
  public func certificate(_ id: String) async throws -> [UInt8]? { nil }
}

/// What an image says of its signature, in the four properties that upstream reads; with fewer than all four an image
/// is not signed.
public struct ImageSignature: Sendable {
  public let algorithm: Hash.Algorithm
  private let kind: Signature.Key
  private let bytes: [UInt8]
  private let certificate: String

  private static let algorithms: [String: Hash.Algorithm] = [
    "SHA-224": .sha224, "SHA-256": .sha256, "SHA-384": .sha384, "SHA-512": .sha512,
  ]

  /// nil for an image that is not signed.
  /// - Throws: `badRequest` for values that nobody knows.
  public init?(_ properties: [String: String]) throws {
    guard let text = properties["img_signature"], let method = properties["img_signature_hash_method"],
      let key = properties["img_signature_key_type"], let id = properties["img_signature_certificate_uuid"]
    else { return nil }
    guard let algorithm = Self.algorithms[method] else {
      throw Self.failed("Invalid signature hash method: \(method)")
    }
    self.algorithm = algorithm
    switch key {
    case "RSA-PSS": kind = .rsaPSS
    case "DSA": kind = .dsa
    case _ where key.hasPrefix("ECC_"): kind = .ec
    default: throw Self.failed("Invalid signature key type: \(key)")
    }
    guard let bytes = Base64.decode(text.filter { !$0.isWhitespace }) else {
      throw Self.failed("The signature data was not properly encoded using base64")
    }
    guard isUUID(id) else { throw Self.failed("Invalid certificate id: \(id)") }
    self.bytes = bytes
    certificate = id
  }

  /// - Parameter digest: of all bytes, in hexadecimal digits.
  /// - Throws: `badRequest` for bytes that were not signed so, or a certificate that is not there or no good.
  public func verify(_ digest: String, with certificates: any CertificateSource, at now: Timestamp) async throws {
    guard let pem = try await certificates.certificate(certificate) else {
      throw Self.failed("Certificate not found with ID: \(certificate)")
    }
    let isGood = try Signature.isGood(
      bytes, of: Self.bytes(digest), algorithm, by: kind, certificate: pem, at: now)
    guard isGood else { throw Self.failed("Signature verification failed") }
  }

  private static func failed(_ why: String) -> Fault {
    .badRequest(
      "Signature verification for the image failed: \(why). Upload what was signed, or correct the image's "
        + "img_signature properties.")
  }

  private static func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.utf8.map { $0 > 57 ? $0 - 87 : $0 - 48 }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}
