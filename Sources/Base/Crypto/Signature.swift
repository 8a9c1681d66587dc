internal import COpenSSL
public import Core

/// Signatures of digests, by the key in an X.509 certificate.
public enum Signature {
  public enum Key: String, Sendable, CaseIterable { case rsaPSS, dsa, ec }

  /// Whether the signature is of this digest, by this certificate's key.
  /// - Parameters:
  ///   - digest: of the signed bytes, by that algorithm; of RSA-PSS the mask is by the same one.
  ///   - certificate: in PEM.
  /// - Throws: `badRequest` for a certificate that cannot be read, is not good now, or has a key of another kind.
  public static func isGood(
    _ signature: [UInt8], of digest: [UInt8], _ algorithm: Hash.Algorithm, by kind: Key, certificate: [UInt8],
    at now: Timestamp
  ) throws -> Bool {
    guard let memory = BIO_new_mem_buf(certificate, Int32(certificate.count)) else {
      throw opensslFault("read a certificate")
    }
    defer { BIO_free(memory) }
    guard let x509 = PEM_read_bio_X509(memory, nil, nil, nil) else {
      throw Fault.badRequest("The certificate cannot be read. An administrator must put it there as PEM.")
    }
    defer { X509_free(x509) }
    var time = time_t(now.microseconds / 1_000_000)
    guard X509_cmp_time(X509_get0_notBefore(x509), &time) < 0, X509_cmp_time(X509_get0_notAfter(x509), &time) > 0 else {
      throw Fault.badRequest("The certificate is not valid now: it has run out, or its time has not come.")
    }
    guard let key = X509_get0_pubkey(x509), isKey(key, kind), let context = EVP_PKEY_CTX_new(key, nil) else {
      throw Fault.badRequest("The certificate's key is not of the kind that the signature names.")
    }
    defer { EVP_PKEY_CTX_free(context) }
    guard EVP_PKEY_verify_init(context) == 1 else { throw opensslFault("verify a signature") }
    if kind == .rsaPSS {
      // RSA_PKCS1_PSS_PADDING; RSA_PSS_SALTLEN_AUTO.
      guard EVP_PKEY_CTX_set_rsa_padding(context, 6) == 1, EVP_PKEY_CTX_set_rsa_pss_saltlen(context, -2) == 1 else {
        throw opensslFault("verify a signature")
      }
    }
    guard EVP_PKEY_CTX_set_signature_md(context, algorithm.method) == 1 else {
      throw opensslFault("verify a signature")
    }
    return EVP_PKEY_verify(context, signature, signature.count, digest, digest.count) == 1
  }

  private static func isKey(_ key: OpaquePointer, _ kind: Key) -> Bool {
    switch kind {
    case .rsaPSS: EVP_PKEY_is_a(key, "RSA") == 1 || EVP_PKEY_is_a(key, "RSA-PSS") == 1
    case .dsa: EVP_PKEY_is_a(key, "DSA") == 1
    case .ec: EVP_PKEY_is_a(key, "EC") == 1
    }
  }
}
