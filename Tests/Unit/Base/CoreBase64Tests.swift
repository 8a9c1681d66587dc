import Core
import Testing

@Suite("Base64 and ids") struct CoreBase64Tests {
  // RFC 4648, section 10.
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    ("foobar", "Zm9vYmFy"),
  ]) func vectors(plain: String, encoded: String) {
    #expect(Base64.encode(Array(plain.utf8)) == encoded)
    #expect(Base64.decode(encoded) == Array(plain.utf8))
    let bare = encoded.filter { $0 != "=" }
    #expect(Base64.encode(Array(plain.utf8), padded: false) == bare)
    #expect(Base64.decode(bare, padded: false) == Array(plain.utf8))
  }

  @Test func alphabetsDiffer() {
    #expect(Base64.encode([0xfb, 0xff]) == "+/8=")
    #expect(Base64.encode([0xfb, 0xff], .urlSafe) == "-_8=")
    #expect(Base64.decode("-_8=") == nil)
  }

  @Test(arguments: ["Zg", "Zg=", "Zg===", "Z", "Zh==", "Zm9=", "Zm9v=", "Z=g=", "Zm 9v", "Zmé"])
  func refuses(text: String) { #expect(Base64.decode(text) == nil) }

  @Test func ignoresSpaceWhenAsked() { #expect(Base64.decode("Zm9v\r\nYmFy\n", ignoringSpace: true)?.count == 6) }

  @Test func hexadecimal() {
    #expect([UInt8](hex: "00fFa0") == [0, 255, 160])
    #expect([UInt8](hex: "0") == nil)
    #expect([UInt8](hex: "0g") == nil)
    #expect(([0, 255] as [UInt8]).hex == "00ff")
  }

  @Test func idsHaveTheirForms() {
    let world = World(now: { Timestamp(seconds: 0) }, uptime: { .zero }, sleep: { _ in }) {
      [UInt8](repeating: 255, count: $0)
    }
    #expect(world.uuid() == "ffffffff-ffff-4fff-bfff-ffffffffffff")
    #expect(isUUID(world.uuid()) && isUUID(world.hexID()) && !isUUID("me"))
    #expect(World.real.uuid() != World.real.uuid())
  }
}
