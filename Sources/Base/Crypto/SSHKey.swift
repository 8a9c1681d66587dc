internal import COpenSSL
public import Core

/// An SSH public key as a line of `authorized_keys`: checked, and ready to be shown.
public struct SSHPublicKey: Sendable, Equatable {
  /// `ssh-ed25519`, `ssh-rsa`, ….
  public let type: String
  /// The key in SSH's own encoding (RFC 4253, section 6.6).
  public let blob: [UInt8]
  public let comment: String

  /// How many fields follow the type in the encoding of each kind of key.
  private static let fields = [
    "ssh-ed25519": 1, "ssh-rsa": 2, "ssh-dss": 4, "ecdsa-sha2-nistp256": 2, "ecdsa-sha2-nistp384": 2,
    "ecdsa-sha2-nistp521": 2, "sk-ssh-ed25519@openssh.com": 2, "sk-ecdsa-sha2-nistp256@openssh.com": 3,
  ]

  /// Reads `type base64 [comment]`; nil when the type is unknown or the encoding is not that type's.
  public init?(_ line: some StringProtocol) {
    let words = line.split(maxSplits: 2, whereSeparator: \.isWhitespace)
    guard words.count >= 2, !line.utf8.contains(0), let count = Self.fields[String(words[0])],
      let blob = Base64.decode(words[1])
    else {
      return nil
    }
    var rest = blob[...]
    var read: [ArraySlice<UInt8>] = []
    while !rest.isEmpty {
      guard rest.count >= 4 else { return nil }
      let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
      rest = rest.dropFirst(4)
      guard length <= rest.count else { return nil }
      read.append(rest.prefix(length))
      rest = rest.dropFirst(length)
    }
    guard read.count == count + 1, Array(read[0]) == Array(words[0].utf8),
      words[0] != "ssh-ed25519" || read[1].count == 32, read.dropFirst().allSatisfy({ !$0.isEmpty })
    else { return nil }
    type = String(words[0])
    self.blob = blob
    comment = words.count > 2 ? String(words[2].filter { !$0.isNewline }) : ""
  }

  init(type: String, fields: [[UInt8]], comment: String) {
    self.type = type
    blob = sshString(Array(type.utf8)) + fields.flatMap(sshString)
    self.comment = comment
  }

  public var line: String { "\(type) \(Base64.encode(blob))" + (comment.isEmpty ? "" : " \(comment)") }
  /// The MD5 digest in pairs with colons, as nova shows it.
  public var fingerprint: String { Hash.md5(blob).map { [$0].hex }.joined(separator: ":") }
}

/// A fresh pair of keys.
public struct SSHKeyPair: Sendable {
  public let publicKey: SSHPublicKey
  /// A file that `ssh -i` reads.
  public let privateKey: String

  /// RSA of 2048 bits in PKCS #1 PEM, as nova's own keys are; about 100 ms of work on a thread of its own.
  public static func rsa(comment: String) async throws -> SSHKeyPair {
    try await SlowThreads.shared.run { Result { try makeRSA(comment: comment) } }.get()
  }

  private static func makeRSA(comment: String) throws -> SSHKeyPair {
    guard let key = copenssl_rsa_generate(2048) else { throw opensslFault("make an RSA key") }
    defer { EVP_PKEY_free(key) }
    guard let output = BIO_new(BIO_s_mem()) else { throw opensslFault("make an RSA key") }
    defer { BIO_free(output) }
    guard let exponent = integer(key, "e"), let modulus = integer(key, "n"),
      PEM_write_bio_PrivateKey_traditional(output, key, nil, nil, 0, nil, nil) == 1
    else { throw opensslFault("write an RSA key") }
    var text = [UInt8](repeating: 0, count: 16_384)
    let count = BIO_read(output, &text, Int32(text.count))
    guard count > 0 else { throw opensslFault("write an RSA key") }
    return SSHKeyPair(
      publicKey: SSHPublicKey(type: "ssh-rsa", fields: [exponent, modulus], comment: comment),
      privateKey: String(decoding: text[..<Int(count)], as: UTF8.self))
  }

  /// Ed25519 in OpenSSH's own file format, the only one of that kind that every ssh reads.
  public static func ed25519(comment: String, world: World) throws -> SSHKeyPair {
    let seed = world.random(32)
    guard let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count) else {
      throw opensslFault("make an Ed25519 key")
    }
    defer { EVP_PKEY_free(key) }
    var point = [UInt8](repeating: 0, count: 32)
    var count = point.count
    guard EVP_PKEY_get_raw_public_key(key, &point, &count) == 1, count == 32 else {
      throw opensslFault("make an Ed25519 key")
    }
    let publicKey = SSHPublicKey(type: "ssh-ed25519", fields: [point], comment: comment)
    // openssh-key-v1 (OpenSSH, PROTOCOL.key): no cipher, one key, a check value twice, padding 1, 2, 3 … to 8 bytes.
    let check = world.random(4)
    var secret =
      check + check + sshString(Array("ssh-ed25519".utf8)) + sshString(point) + sshString(seed + point)
      + sshString(Array(comment.utf8))
    var pad: UInt8 = 1
    while secret.count % 8 != 0 {
      secret.append(pad)
      pad += 1
    }
    let none = sshString(Array("none".utf8))
    let file =
      Array("openssh-key-v1\0".utf8) + none + none + sshString([]) + [0, 0, 0, 1] + sshString(publicKey.blob)
      + sshString(secret)
    return SSHKeyPair(publicKey: publicKey, privateKey: pem("OPENSSH PRIVATE KEY", file))
  }

  private static func pem(_ label: String, _ bytes: [UInt8]) -> String {
    var text = "-----BEGIN \(label)-----\n"
    var rest = Base64.encode(bytes)[...]
    while !rest.isEmpty {
      text += rest.prefix(70) + "\n"
      rest = rest.dropFirst(70)
    }
    return text + "-----END \(label)-----\n"
  }

  /// A number of the key as SSH writes it: big-endian, with a zero in front where the first bit is set.
  private static func integer(_ key: OpaquePointer, _ name: String) -> [UInt8]? {
    var number: OpaquePointer?
    guard EVP_PKEY_get_bn_param(key, name, &number) == 1 else { return nil }
    defer { BN_free(number) }
    var bytes = [UInt8](repeating: 0, count: Int(BN_num_bits(number) + 7) / 8)
    BN_bn2bin(number, &bytes)
    return (bytes.first ?? 0) & 0x80 == 0 ? bytes : [0] + bytes
  }
}

/// Four bytes of length and the bytes (RFC 4251, section 5).
private func sshString(_ bytes: [UInt8]) -> [UInt8] {
  let n = UInt32(bytes.count)
  return [UInt8(n >> 24), UInt8(n >> 16 & 255), UInt8(n >> 8 & 255), UInt8(n & 255)] + bytes
}
