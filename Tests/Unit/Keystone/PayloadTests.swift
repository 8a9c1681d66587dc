import Core
import Crypto
import HTTP
import JSON
import KeystoneAPI
import KeystoneModel
import Synchronization
import Testing

@Suite("The bytes of tokens") struct PayloadTests {
  static let user = "0123456789abcdef0123456789abcdef"
  static let project = "fedcba9876543210fedcba9876543210"
  static let audit = "AAECAwQFBgcICQoLDA0ODw"

  private func payload(_ scope: Scope, methods: AuthMethods = .password, credential: String? = nil) -> TokenPayload {
    TokenPayload(
      userID: Self.user, methods: methods, scope: scope,
      delegation: credential.map { .applicationCredential($0) } ?? .none,
      expires: Timestamp(seconds: 1_795_003_600), auditIDs: [Self.audit])
  }

  /// Made with Python's msgpack 1.1 from what upstream's formatters assemble for the same token.
  @Test(
    "They are upstream's, byte for byte",
    arguments: [
      (
        Scope.unscoped,
        "950092c3c4100123456789abcdef0123456789abcdef02cb41dabf653400000091c41000010203040506070809"
          + "0a0b0c0d0e0f"
      ),
      (
        .project(PayloadTests.project),
        "960292c3c4100123456789abcdef0123456789abcdef0292c3c410fedcba9876543210fedcba9876543210cb41"
          + "dabf653400000091c410000102030405060708090a0b0c0d0e0f"
      ),
      (
        .domain(PayloadTests.project),
        "960192c3c4100123456789abcdef0123456789abcdef02c410fedcba9876543210fedcba9876543210cb41dabf"
          + "653400000091c410000102030405060708090a0b0c0d0e0f"
      ),
      (
        .domain("default"),
        "960192c3c4100123456789abcdef0123456789abcdef02a764656661756c74cb41dabf653400000091c4100001"
          + "02030405060708090a0b0c0d0e0f"
      ),
      (
        .system,
        "960892c3c4100123456789abcdef0123456789abcdef02a3616c6ccb41dabf653400000091c410000102030405"
          + "060708090a0b0c0d0e0f"
      ),
    ])
  func golden(scope: Scope, hex: String) {
    #expect(payload(scope).bytes.hex == hex)
    #expect(TokenPayload(bytes: payload(scope).bytes) == payload(scope))
  }

  @Test("An application credential's too")
  func applicationCredential() {
    let token = payload(.project(Self.project), methods: .applicationCredential, credential: Self.user)
    #expect(
      token.bytes.hex
        == "970992c3c4100123456789abcdef0123456789abcdef2092c3c410fedcba9876543210fedcba9876543210cb41"
        + "dabf653400000091c410000102030405060708090a0b0c0d0e0f92c3c4100123456789abcdef0123456789abcd"
        + "ef"
    )
    #expect(TokenPayload(bytes: token.bytes) == token)
  }

  @Test("Ids that are no UUIDs stay texts, and the token stays short")
  func otherIDs() {
    var token = payload(.project("a-project-from-elsewhere"))
    token.userID = "ldap-user"
    #expect(TokenPayload(bytes: token.bytes) == token)
  }

  @Test("What is no payload is refused")
  func malformed() {
    let whole = payload(.project(Self.project)).bytes
    for count in 0..<whole.count { #expect(TokenPayload(bytes: Array(whole[..<count])) == nil) }
    #expect(TokenPayload(bytes: whole + [0]) == nil)
    #expect(TokenPayload(bytes: MessagePack.array([.int(3), .null, .null, .null, .null, .null, .null]).encoded) == nil)
  }

  @Test("Methods are listed as upstream lists them")
  func methods() {
    #expect(AuthMethods([.password, .token]).names == ["token", "password"])
    #expect(AuthMethods([.password, .token]).rawValue == 6)
    #expect(AuthMethods.applicationCredential.rawValue == 32)
  }

  @Test("After a rotation old tokens stay good and new ones are made with the new key")
  func rotation() async throws {
    let world = TestClock().world
    let (old, new) = (FernetKey(world: world), FernetKey(world: world))
    let ring = Mutex([old])
    final class Keys: Sendable {
      let ring = Mutex<[FernetKey]>([])
    }
    let keys = Keys()
    keys.ring.withLock { $0 = ring.withLock { $0 } }
    let cloud = try await TestCloud(keys: { Fernet(keys: keys.ring.withLock { $0 }) })
    let before = try await cloud.demo()
    keys.ring.withLock { $0 = [new, old] }
    cloud.clock.advance(.seconds(6))
    let after = try await cloud.demo()
    #expect(try await cloud.status(of: before) == 200)
    #expect(try await cloud.status(of: after) == 200)
    #expect(Fernet(keys: [new]).open(after) != nil && Fernet(keys: [new]).open(before) == nil)
    keys.ring.withLock { $0 = [new] }
    cloud.clock.advance(.seconds(6))
    let gone = try await cloud.send("GET", "/v3/auth/tokens", as: after, headers: ["X-Subject-Token": before])
    #expect(gone.status == 404)
  }

  @Test("An end beyond reason is no end, and no crash", arguments: [Int.min, Int.max, -1_000_000_000_001])
  func endsBeyondReason(seconds: Int) {
    let parts: [MessagePack] = [
      .int(0), .array([.bool(false), .string("u")]), .int(2), .int(seconds), .array([.bytes([1])]),
    ]
    #expect(TokenPayload(bytes: MessagePack.array(parts).encoded) == nil)
  }
}
