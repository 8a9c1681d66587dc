internal import Core
internal import Crypto
internal import KeystoneModel
internal import Store

/// Time-based one-time passwords (RFC 6238): HMAC-SHA1, steps of 30 seconds, six digits.
enum TOTP {
  static func step(at time: Timestamp) -> Int { time.seconds / 30 }

  static func code(_ seed: [UInt8], step: Int) -> String {
    let counter = (0..<8).map { UInt8(truncatingIfNeeded: step >> (8 * (7 - $0))) }
    let mac = HMAC.sha1(key: seed, counter)
    let offset = Int(mac[19] & 15)
    let number = mac[offset..<(offset + 4)].reduce(0) { $0 << 8 | Int($1) } & 0x7fff_ffff
    return (number % 1_000_000).padded(6)
  }

  /// Base32 (RFC 4648 section 6), in either case, padding optional; nil for anything else.
  static func seed(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var bits = 0
    var count = 0
    for c in text.utf8 {
      let value: Int
      switch c {
      case 65...90: value = Int(c) - 65
      case 97...122: value = Int(c) - 97
      case 50...55: value = Int(c) - 24
      case UInt8(ascii: "="), UInt8(ascii: " "), UInt8(ascii: "-"): continue
      default: return nil
      }
      bits = (bits << 5 | value) & 0xffff
      count += 5
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> count))
      }
    }
    return bytes.isEmpty ? nil : bytes
  }
}

extension Keystone {
  /// The method `totp`: the present passcode of one of the user's seeds, or the one before it, which no login has used
  /// yet.
  func checkPasscode(_ reference: Reference, _ passcode: String) async throws -> Authenticated {
    let reference = try await freshened(reference)
    let found = try await store.read { transaction -> (User, [Credential])? in
      guard let user = try await transaction.find(reference) else { return nil }
      return (
        user, try await transaction.all(Credential.self, "WHERE user_id = \(user.id) AND type = \("totp") ORDER BY id")
      )
    }
    guard let (user, credentials) = found else { throw Fault.unauthorized() }
    try await checkAccount(user)
    let now = TOTP.step(at: world.now())
    for credential in credentials {
      guard let opened = try credentialKeys.open(credential.sealed),
        let seed = TOTP.seed(String(decoding: opened.bytes, as: UTF8.self))
      else { continue }
      for step in [now, now - 1] {
        guard constantTimeEqual(Array(TOTP.code(seed, step: step).utf8), Array(passcode.utf8)) else { continue }
        guard try await use(step, of: credential.id) else { break }
        return Authenticated(userID: user.id, methods: .totp)
      }
    }
    try await noteFailure(of: user)
    throw Fault.unauthorized()
  }

  /// Takes a step for used; false where it, or a later one, already is.
  private func use(_ step: Int, of credential: String) async throws -> Bool {
    try await store.write { transaction in
      if try await transaction.insertUnlessPresent(UsedPasscode(credential: credential, step: step)) { return true }
      let rows = try await transaction.run(
        """
        UPDATE \(UsedPasscode.table) SET step = \(step) WHERE credential_id = \(credential) AND step < \(step) \
        RETURNING 1
        """)
      return !rows.isEmpty
    }
  }
}
