internal import COpenSSL
public import Core

/// A key of 32 bytes: half signs, half encrypts.
public struct FernetKey: Sendable, Equatable {
  let signing: [UInt8]
  let encryption: [UInt8]

  public init?(bytes: [UInt8]) {
    guard bytes.count == 32 else { return nil }
    signing = Array(bytes[..<16])
    encryption = Array(bytes[16...])
  }
  /// Reads the URL-safe Base64 that key files hold.
  public init?(_ text: some StringProtocol) {
    guard let bytes = Base64.decode(text, .urlSafe, padded: false) else { return nil }
    self.init(bytes: bytes)
  }
  /// A fresh key.
  public init(world: World) {
    let bytes = world.random(32)
    signing = Array(bytes[..<16])
    encryption = Array(bytes[16...])
  }
  /// URL-safe Base64 with padding.
  public var text: String { Base64.encode(signing + encryption, .urlSafe) }
}

/// Sealed bytes that only who has the key can make or read (github.com/fernet/spec, version 0x80): AES-128-CBC under
/// HMAC-SHA256, with the time of sealing in clear. Keystone's tokens and the credentials at rest are such.
public struct Fernet: Sendable {
  /// What was sealed, and when, to the second.
  public struct Opened: Sendable, Equatable {
    public var bytes: [UInt8]
    public var time: Timestamp
  }

  /// The first key seals, all open.
  public let keys: [FernetKey]

  /// - Precondition: at least one key.
  public init(keys: [FernetKey]) {
    precondition(!keys.isEmpty, "Fernet needs a key.")
    self.keys = keys
  }

  /// - Parameters:
  ///   - padded: whether the text ends in `=`; keystone's tokens go without.
  ///   - time: what the text says of when it was made; nil for now.
  public func seal(_ bytes: [UInt8], world: World, padded: Bool = true, at time: Timestamp? = nil) throws -> String {
    try seal(bytes, time: time ?? world.now(), vector: world.random(16), padded: padded)
  }

  func seal(_ bytes: [UInt8], time: Timestamp, vector: [UInt8], padded: Bool) throws -> String {
    let seconds = UInt64(clamping: time.seconds)
    var token: [UInt8] = [0x80]
    for shift in stride(from: 56, through: 0, by: -8) { token.append(UInt8(truncatingIfNeeded: seconds >> shift)) }
    token += vector
    guard let encrypted = Self.cipher(bytes, key: keys[0].encryption, vector: vector, encrypt: true) else {
      throw opensslFault("encrypt a token")
    }
    token += encrypted
    token += Crypto.HMAC.sha256(key: keys[0].signing, token)
    return Base64.encode(token, .urlSafe, padded: padded)
  }

  /// The content, or nil when no key made the text, it was changed, or it is out of its time.
  /// - Parameters:
  ///   - now: with `lifetime`, the time to judge by; times more than a minute ahead are refused then.
  ///   - lifetime: how long a text is valid; nil for ever, since keystone keeps the end inside.
  public func open(_ text: some StringProtocol, now: Timestamp? = nil, lifetime: Duration? = nil) -> Opened? {
    guard let token = Base64.decode(text, .urlSafe, padded: false), token.count >= 1 + 8 + 16 + 16 + 32,
      token[0] == 0x80, (token.count - 57) % 16 == 0
    else { return nil }
    let signed = Array(token[..<(token.count - 32)])
    let signature = Array(token[(token.count - 32)...])
    let seconds = token[1..<9].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard seconds < 1 << 42 else { return nil }
    let time = Timestamp(seconds: Int(seconds))
    if let now, let lifetime, time + lifetime < now || time > now + .seconds(60) { return nil }
    for key in keys where constantTimeEqual(Crypto.HMAC.sha256(key: key.signing, signed), signature) {
      let bytes = Self.cipher(
        Array(signed[25...]), key: key.encryption, vector: Array(signed[9..<25]), encrypt: false)
      return bytes.map { Opened(bytes: $0, time: time) }
    }
    return nil
  }

  /// AES-128-CBC with PKCS #7 padding; nil when the padding is wrong.
  private static func cipher(_ bytes: [UInt8], key: [UInt8], vector: [UInt8], encrypt: Bool) -> [UInt8]? {
    let context = EVP_CIPHER_CTX_new()
    defer { EVP_CIPHER_CTX_free(context) }
    var out = [UInt8](repeating: 0, count: bytes.count + 16)
    var count: Int32 = 0
    var last: Int32 = 0
    guard bytes.count < Int(Int32.max) - 16,
      EVP_CipherInit_ex(context, EVP_aes_128_cbc(), nil, key, vector, encrypt ? 1 : 0) == 1,
      EVP_CipherUpdate(context, &out, &count, bytes, Int32(bytes.count)) == 1
    else { return nil }
    let ended = out.withUnsafeMutableBufferPointer { buffer in
      EVP_CipherFinal_ex(context, buffer.baseAddress?.advanced(by: Int(count)), &last) == 1
    }
    return ended ? Array(out[..<Int(count + last)]) : nil
  }
}
