import Core
import Crypto
import Testing

@Suite("Hashes, codes and MessagePack") struct CryptoTests {
  @Test(arguments: [
    (Hash.Algorithm.md5, "900150983cd24fb0d6963f7d28e17f72"), (.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
    (.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      .sha512,
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
    ),
  ]) func digestsOfABC(algorithm: Hash.Algorithm, hex: String) throws {
    let hash = try Hash(algorithm)
    hash.update([97])
    #expect(hash.hex != hex)
    hash.update([0, 98, 99][1...])
    #expect(hash.hex == hex && hash.digest().count == algorithm.length)
  }

  // RFC 4231, cases 1, 2 and 6; RFC 2202, case 2.
  @Test func keyedDigests() {
    let hi = HMAC.sha256(key: [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8))
    #expect(hi.hex == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
    let question = Array("what do ya want for nothing?".utf8)
    #expect(
      HMAC.sha256(key: Array("Jefe".utf8), question).hex
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    let long = Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)
    #expect(
      HMAC.sha256(key: [UInt8](repeating: 0xaa, count: 131), long).hex
        == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
    #expect(HMAC.sha1(key: Array("Jefe".utf8), question).hex == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")
    #expect(HMAC.sha256(key: [], []).hex == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
  }

  @Test func comparing() {
    #expect(constantTimeEqual([1, 2], [1, 2]) && constantTimeEqual([], []))
    #expect(!constantTimeEqual([1, 2], [1, 3]) && !constantTimeEqual([1], [1, 2]))
  }

  /// The bytes that Python's msgpack 1.x writes.
  @Test func messagePackIsPythons() throws {
    let value = MessagePack.array([
      .int(2), .bytes([1, 2]), .string("abc"), .null, .double(3.5), .int(-1), .int(-33), .int(128), .int(65536),
      .int(1 << 40), .int(-70000), .bool(true), .array([.int(1), .array([.int(2)])]),
      .string(String(repeating: "x", count: 40)),
    ])
    let hex =
      "9e02c4020102a3616263c0cb400c000000000000ffd0dfcc80ce00010000cf0000010000000000d2fffeee90c392019102d928"
      + String(repeating: "78", count: 40)
    #expect(value.encoded.hex == hex)
    #expect(try MessagePack(decoding: value.encoded) == value)
  }

  @Test(arguments: [0, 127, 128, 255, 256, 65535, 65536, 1 << 32, .max, -1, -32, -33, -128, -129, -32769, .min])
  func messagePackIntegersComeBack(i: Int) throws {
    #expect(try MessagePack(decoding: MessagePack.int(i).encoded) == .int(i))
  }

  @Test func messagePackSizesComeBack() throws {
    for count in [0, 15, 16, 31, 32, 255, 256, 65535, 65536] {
      for value: MessagePack in [
        .bytes([UInt8](repeating: 7, count: count)), .string(String(repeating: "s", count: count)),
        .array([MessagePack](repeating: .null, count: count)),
      ] { #expect(try MessagePack(decoding: value.encoded) == value) }
    }
  }

  @Test(arguments: [
    "", "c1", "80", "92c0", "c403aa", "dd7fffffff", "cfffffffffffffffff", "a1ff", "c0c0", "d40100",
    String(repeating: "91", count: 40) + "c0",
  ]) func messagePackRefuses(hex: String) throws {
    let bytes = try #require([UInt8](hex: hex))
    #expect(throws: Fault.self) { try MessagePack(decoding: bytes) }
  }

  @Test func sshKeysAreMadeAndRead() async throws {
    let pairs = [try SSHKeyPair.ed25519(comment: "me", world: .real), try await SSHKeyPair.rsa(comment: "me")]
    for pair in pairs {
      let read = try #require(SSHPublicKey(pair.publicKey.line))
      #expect(read == pair.publicKey && read.comment == "me")
      #expect(read.fingerprint.split(separator: ":").count == 16)
    }
    #expect(pairs[0].privateKey.hasPrefix("-----BEGIN OPENSSH PRIVATE KEY-----\n"))
    #expect(pairs[1].privateKey.hasPrefix("-----BEGIN RSA PRIVATE KEY-----\n"))
  }

  @Test func sshKeysAreChecked() throws {
    let line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me@home and more"
    let key = try #require(SSHPublicKey(line))
    #expect(key.comment == "me@home and more" && key.line == line)
    for bad in [
      "", "ssh-ed25519", "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f",
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5", "ssh-new AAAA", "ssh-ed25519 !!!!",
    ] { #expect(SSHPublicKey(bad) == nil) }
  }
}
