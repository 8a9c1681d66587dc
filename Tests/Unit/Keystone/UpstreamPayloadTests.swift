import Core
import Crypto
import KeystoneModel
import Testing

/// Each kind of token that upstream issues, beside the bytes that keystone 30.0.0's own formatters make of it.
@Suite("The bytes of every kind of token") struct UpstreamPayloadTests {
  struct Vector: Sendable, CustomTestStringConvertible {
    let name: String
    let token: TokenPayload
    let hex: String
    var testDescription: String { name }

    init(
      _ name: String, _ scope: Scope, _ delegation: Delegation, _ methods: AuthMethods, _ ids: [String], _ hex: String
    ) {
      self.name = name
      self.hex = hex
      token = TokenPayload(
        userID: "0123456789abcdef0123456789abcdef", methods: methods, scope: scope, delegation: delegation,
        expires: Timestamp(seconds: 1_795_255_200), auditIDs: ids)
    }
  }
  private static let project = "fedcba9876543210fedcba9876543210"
  private static let domain = "00112233445566778899aabbccddeeff"
  private static let audit = "AAECAwQFBgcICQoLDA0ODw"
  private static let second = "EBESExQVFhcYGRobHB0eHw"
  private static let federation = Delegation.federation(
    groups: ["99999999888877776666555555555555"], provider: "acme", protocol: "openid")

  static let vectors: [Vector] = [
    Vector(
      "project", .project(project), .none, .password, [audit, second],
      "960292c3c4100123456789abcdef0123456789abcdef0292c3c410fedcba9876543210fedcba98765432"
        + "10cb41dac05ae800000092c410000102030405060708090a0b0c0d0e0fc410101112131415161718191a"
        + "1b1c1d1e1f"),
    Vector(
      "domain", .domain(domain), .none, .password, [audit],
      "960192c3c4100123456789abcdef0123456789abcdef02c41000112233445566778899aabbccddeeffcb"
        + "41dac05ae800000091c410000102030405060708090a0b0c0d0e0f"),
    Vector(
      "trust", .project(project), .trust("aaaaaaaabbbbccccddddeeeeeeeeeeee"), [.password, .totp], [audit],
      "970392c3c4100123456789abcdef0123456789abcdefcc8292c3c410fedcba9876543210fedcba987654"
        + "3210cb41dac05ae800000091c410000102030405060708090a0b0c0d0e0fc410aaaaaaaabbbbccccdddd"
        + "eeeeeeeeeeee"),
    Vector(
      "federated", .unscoped, federation, .mapped, [audit],
      "980492c3c4100123456789abcdef0123456789abcdef109192c3c4109999999988887777666655555555"
        + "555592c2a461636d65a66f70656e6964cb41dac05ae800000091c410000102030405060708090a0b0c0d"
        + "0e0f"),
    Vector(
      "federated project", .project(project), federation, [.mapped, .token], [audit],
      "990592c3c4100123456789abcdef0123456789abcdef1492c3c410fedcba9876543210fedcba98765432"
        + "109192c3c4109999999988887777666655555555555592c2a461636d65a66f70656e6964cb41dac05ae8"
        + "00000091c410000102030405060708090a0b0c0d0e0f"),
    Vector(
      "federated domain", .domain(domain), federation, [.mapped, .token], [audit],
      "990692c3c4100123456789abcdef0123456789abcdef1492c3c41000112233445566778899aabbccddee"
        + "ff9192c3c4109999999988887777666655555555555592c2a461636d65a66f70656e6964cb41dac05ae8"
        + "00000091c410000102030405060708090a0b0c0d0e0f"),
    Vector(
      "oauth", .project(project), .accessToken("11111111222233334444555555555555"), .oauth1, [audit],
      "970792c3c4100123456789abcdef0123456789abcdef0892c3c410fedcba9876543210fedcba98765432"
        + "1092c3c41011111111222233334444555555555555cb41dac05ae800000091c410000102030405060708"
        + "090a0b0c0d0e0f"),
    Vector(
      "system", .system, .none, .password, [audit],
      "960892c3c4100123456789abcdef0123456789abcdef02a3616c6ccb41dac05ae800000091c410000102"
        + "030405060708090a0b0c0d0e0f"),
    Vector(
      "application credential", .project(project), .applicationCredential("11111111222233334444555555555555"),
      .applicationCredential, [audit],
      "970992c3c4100123456789abcdef0123456789abcdef2092c3c410fedcba9876543210fedcba98765432"
        + "10cb41dac05ae800000091c410000102030405060708090a0b0c0d0e0f92c3c410111111112222333344"
        + "44555555555555"),
  ]

  @Test("They are upstream's, byte for byte, both ways", arguments: vectors) func bytes(vector: Vector) {
    #expect(vector.token.bytes.hex == vector.hex)
    #expect(TokenPayload(bytes: vector.token.bytes) == vector.token)
    for count in 0..<vector.token.bytes.count {
      #expect(TokenPayload(bytes: Array(vector.token.bytes[..<count])) == nil)
    }
  }

  @Test("Methods have the bits of upstream's default order") func methods() {
    let names = [
      "external", "password", "token", "oauth1", "mapped", "application_credential", "ec2credential", "totp",
    ]
    for (bit, name) in names.enumerated() {
      #expect(AuthMethods(rawValue: 1 << bit).names == [name])
      #expect(AuthMethods(names: [name]).rawValue == 1 << bit)
    }
  }
}
