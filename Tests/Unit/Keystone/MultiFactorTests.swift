import API
import Core
import Crypto
import HTTP
import JSON
import KeystoneAPI
import Testing

@Suite("Several ways to authenticate") struct MultiFactorTests {
  private static let seed = Array("12345678901234567890".utf8)
  private static let base32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

  /// RFC 6238, with the code's last six digits.
  private func code(_ cloud: TestCloud, steps: Int = 0) -> String {
    let step = cloud.clock.now.seconds / 30 + steps
    let mac = HMAC.sha1(key: Self.seed, (0..<8).map { UInt8(truncatingIfNeeded: step >> (8 * (7 - $0))) })
    let offset = Int(mac[19] & 15)
    let number = mac[offset..<(offset + 4)].reduce(0) { $0 << 8 | Int($1) } & 0x7fff_ffff
    let text = String(number % 1_000_000)
    return String(repeating: "0", count: 6 - text.count) + text
  }

  private func stage() async throws -> (TestCloud, String) {
    let cloud = try await TestCloud()
    let id = try await cloud.make(
      "/v3/users", "user",
      [
        "name": "ann", "password": "a",
        "options": ["multi_factor_auth_enabled": true, "multi_factor_auth_rules": [["password", "totp"]]],
      ])
    let seed: JSON = [
      "credential": ["type": "totp", "user_id": .string(id), "blob": .string(Self.base32)]
    ]
    #expect(try await cloud.ask("POST", "/v3/credentials", seed).status == 201)
    return (cloud, id)
  }
  private func totp(_ cloud: TestCloud, _ id: String, _ code: String, receipt: String? = nil) async throws -> Answer {
    var headers = Headers()
    headers["Openstack-Auth-Receipt"] = receipt
    return try await cloud.send(
      "POST", "/v3/auth/tokens", as: nil,
      [
        "auth": [
          "identity": ["methods": ["totp"], "totp": ["user": ["id": .string(id), "passcode": .string(code)]]]
        ]
      ], headers: headers)
  }

  @Test("A password alone gets a receipt, which with a passcode gets a token")
  func receipts() async throws {
    let (cloud, id) = try await stage()
    let half = try await cloud.authenticate(TestCloud.user("ann", "a"))
    #expect(half.status == 401)
    let receipt = try #require(half.headers["Openstack-Auth-Receipt"])
    #expect(half.json["required_auth_methods"] == [["password", "totp"]])
    #expect(half.json["receipt"]?["methods"] == ["password"])
    #expect(half.json["receipt"]?["user"]?["id"]?.string == id)
    let whole = try await totp(cloud, id, code(cloud), receipt: receipt)
    #expect(whole.status == 201, "\(whole.json.text)")
    #expect(Set(whole.json["token"]?["methods"]?.array ?? []) == ["password", "totp"])
    // A token is enough to get another.
    #expect(try await cloud.rescope(whole.token).status == 201)
    cloud.clock.advance(.minutes(6))
    #expect(try await totp(cloud, id, code(cloud), receipt: receipt).status == 401)
    #expect(try await totp(cloud, id, code(cloud), receipt: "forged").status == 401)
  }

  @Test("A passcode is good once, for its step and the next")
  func replay() async throws {
    let (cloud, id) = try await stage()
    let rules: JSON = ["user": ["options": ["multi_factor_auth_rules": [["totp"]]]]]
    #expect(try await cloud.ask("PATCH", "/v3/users/\(id)", rules).status == 200)
    #expect(try await totp(cloud, id, "000000").status == 401)
    let early = code(cloud)
    cloud.clock.advance(.seconds(30))
    #expect(try await totp(cloud, id, early).status == 201)
    #expect(try await totp(cloud, id, early).status == 401)
    let now = code(cloud)
    #expect(try await totp(cloud, id, now).status == 201)
    #expect(try await totp(cloud, id, now).status == 401)
    #expect(try await totp(cloud, id, code(cloud, steps: 1)).status == 401)
    cloud.clock.advance(.seconds(90))
    #expect(try await totp(cloud, id, now).status == 401)
    #expect(try await totp(cloud, "nobody", code(cloud)).status == 401)
  }

  @Test("Both at once; somebody else's second factor does not help")
  func both() async throws {
    let (cloud, id) = try await stage()
    func both(_ user: JSON) async throws -> Int {
      try await cloud.send(
        "POST", "/v3/auth/tokens", as: nil,
        [
          "auth": [
            "identity": [
              "methods": ["password", "totp"], "password": ["user": user],
              "totp": ["user": ["id": .string(id), "passcode": .string(code(cloud))]],
            ]
          ]
        ]
      ).status
    }
    #expect(try await both(TestCloud.user("demo", TestCloud.demoPassword)) == 401)
    cloud.clock.advance(.seconds(60))
    #expect(try await both(TestCloud.user("ann", "a")) == 201)
  }
}
