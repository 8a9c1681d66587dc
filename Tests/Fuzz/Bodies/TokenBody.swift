import Core
@testable import Crypto
@testable import KeystoneModel

extension FuzzTarget {
  /// MessagePack and the token's payload in it: both read back what they write, and no count or length in the bytes
  /// costs more memory than the bytes.
  static let token = FuzzTarget("token", length: 512) { bytes in
    if let value = try accepted({ try MessagePack(decoding: bytes) }) {
      let written = value.encoded
      guard let again = try accepted({ try MessagePack(decoding: written) }) else {
        throw Broken(description: "does not read what it wrote: \(written.hex)")
      }
      // By bytes, since a number that is none does not equal itself.
      try hold(again.encoded == written, "\(written.hex) became \(again.encoded.hex)")
      try hold(written.count <= bytes.count + 8 * bytes.count, "grew to \(written.count) bytes")
    }
    guard let payload = TokenPayload(bytes: bytes) else { return }
    try hold(!payload.auditIDs.isEmpty, "a token without an audit id")
    try hold(abs(payload.expires.microseconds) <= 1_000_000_000_000_000_000, "an end beyond reason")
    guard let again = TokenPayload(bytes: payload.bytes) else {
      throw Broken(description: "does not read its own payload \(payload)")
    }
    try hold(same(again.userID, payload.userID), "the user became \(again.userID)")
    try hold(again.methods == payload.methods && again.scope == payload.scope, "the scope became \(again.scope)")
    try hold(again.applicationCredentialID == payload.applicationCredentialID, "another application credential")
    try hold(again.auditIDs == payload.auditIDs, "the audit ids became \(again.auditIDs)")
    // Ends are kept as floating point, which is exact to the microsecond until the year 2255.
    if abs(payload.expires.microseconds) < 1 << 53 { try hold(again.expires == payload.expires, "another end") }
    let issued = payload.issued(Timestamp(seconds: 1000))
    try hold(issued >= Timestamp(seconds: 1000) && issued < Timestamp(seconds: 1001), "issued at \(issued)")
  }
}
