import Core
import Glibc
import Synchronization
import Testing

@testable import Crypto

@Suite("Fernet and passwords") struct CryptoSecretTests {
  // github.com/fernet/spec: generate.json, verify.json, invalid.json.
  private let secret = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4="
  private let hello =
    "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA=="
  private let sealed = Timestamp(seconds: 499_162_800)

  private func box() throws -> Fernet { Fernet(keys: [try #require(FernetKey(secret))]) }

  @Test func generatesTheSpecificationsToken() throws {
    #expect(try box().seal(Array("hello".utf8), time: sealed, vector: Array(0..<16), padded: true) == hello)
  }

  @Test func verifiesTheSpecificationsToken() throws {
    let opened = try #require(try box().open(hello, now: Timestamp(seconds: 499_162_801), lifetime: .seconds(60)))
    #expect(opened == Fernet.Opened(bytes: Array("hello".utf8), time: sealed))
    #expect(try box().open(hello.filter { $0 != "=" })?.bytes == Array("hello".utf8))
    #expect(try box().open(hello, now: Timestamp(seconds: 499_162_861), lifetime: .seconds(60)) == nil)
    #expect(try box().open(hello, now: Timestamp(seconds: 499_162_700), lifetime: .seconds(60)) == nil)
  }

  @Test func everyChangedByteIsRefused() throws {
    let box = try box()
    let bytes = try #require(Base64.decode(hello, .urlSafe))
    for i in bytes.indices {
      var changed = bytes
      changed[i] ^= 1
      #expect(box.open(Base64.encode(changed, .urlSafe)) == nil)
    }
    for text in ["", "gAAA", "%%%%", String(hello.dropLast(8))] { #expect(box.open(text) == nil) }
  }

  @Test func oldKeysStillOpen() throws {
    let (old, new) = (FernetKey(world: .real), FernetKey(world: .real))
    let token = try Fernet(keys: [old]).seal([1, 2, 3], world: .real, padded: false)
    #expect(!token.contains("="))
    #expect(Fernet(keys: [new, old]).open(token)?.bytes == [1, 2, 3])
    #expect(Fernet(keys: [new]).open(token) == nil)
  }

  @Test func theKeyRepositoryRotates() throws {
    let keys = FernetKeys(directory: "/tmp/martlet-keys-\(World.real.hexID())")
    #expect(throws: Fault.self) { try keys.load() }
    try keys.setUp(world: .real)
    let first = try keys.load()
    #expect(first.keys.count == 2)
    try keys.setUp(world: .real)
    #expect(try keys.load().keys == first.keys)
    try keys.rotate(maxActiveKeys: 3, world: .real)
    let second = try keys.load()
    #expect(second.keys.count == 3 && second.keys[0] == first.keys[1] && second.keys[1] == first.keys[0])
    try keys.rotate(maxActiveKeys: 3, world: .real)
    let third = try keys.load()
    #expect(third.keys.count == 3 && third.keys[0] == second.keys[2] && !third.keys.contains(first.keys[0]))
    for name in 0...4 { unlink("\(keys.directory)/\(name)") }
    #expect(rmdir(keys.directory) == 0, "nothing but keys is left behind")
  }

  // Computed with Python's bcrypt 5.
  @Test(arguments: [
    ("correct horse", "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e", true),
    ("correct horsE", "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e", false),
    (String(repeating: "x", count: 72), "$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i", true),
    (String(repeating: "x", count: 90), "$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i", true),
    (String(repeating: "x", count: 71), "$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i", false),
    ("correct horse\0x", "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e", false),
    ("x", "", false), ("x", "*0", false), ("x", "$2b$04$short", false), ("x", "plain", false),
  ]) func verifiesPasswords(password: String, hash: String, right: Bool) async throws {
    #expect(try await PasswordHasher(cost: 4).verify(password, hash) == right)
  }

  @Test func hashesPasswords() async throws {
    let hasher = PasswordHasher(cost: 4)
    let hashes = try await [hasher.hash("ä secret"), hasher.hash("ä secret")]
    #expect(hashes[0] != hashes[1] && hashes[0].hasPrefix("$2b$04$") && hashes[0].count == 60)
    #expect(try await hasher.verify("ä secret", hashes[0]))
    try await hasher.dummyVerify("x")
    await #expect(throws: Fault.self) { try await hasher.hash("a\0b") }
  }

  @Test func manyVerifyAtOnce() async throws {
    let hasher = PasswordHasher(cost: 4)
    let hash = try await hasher.hash("p")
    let right = try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<50 { group.addTask { try await hasher.verify("p", hash) } }
      return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(right == 50)
  }

  @Test func verifiedPasswordsAreForgotten() {
    let now = Mutex(Timestamp(seconds: 1000))
    let world = World(
      now: { now.withLock { $0 } }, uptime: { .zero }, sleep: { _ in }, random: { [UInt8](repeating: 7, count: $0) })
    let memory = VerifiedPasswords(lifetime: .seconds(60), limit: 3, world: world)
    memory.remember(user: "u", hash: "h", password: "p")
    #expect(memory.contains(user: "u", hash: "h", password: "p"))
    #expect(!memory.contains(user: "u", hash: "h", password: "q"))
    #expect(
      !memory.contains(user: "u", hash: "h2", password: "p") && !memory.contains(user: "v", hash: "h", password: "p"))
    now.withLock { $0 = Timestamp(seconds: 1060) }
    #expect(!memory.contains(user: "u", hash: "h", password: "p"))
    memory.remember(user: "u", hash: "h", password: "p")
    for i in 0..<20 { memory.remember(user: "\(i)", hash: "h", password: "p") }
    #expect(
      !memory.contains(user: "u", hash: "h", password: "p") && memory.contains(user: "19", hash: "h", password: "p"))
    #expect((0..<20).filter { memory.contains(user: "\($0)", hash: "h", password: "p") }.count == 3)
  }
}
