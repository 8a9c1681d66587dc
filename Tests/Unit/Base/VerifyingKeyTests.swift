import Core
import Crypto
import Testing

/// Keys and signatures of another library (Python's cryptography 48), so that ours agrees with more than itself.
@Suite("Other people's keys") struct VerifyingKeyTests {
  private static let message = Array("signed by somebody else".utf8)
  private static let modulus =
    "tpQIL7Th07_my62IGV3z9P94eslF5eEJf4JL5ROLiNvZvrtn8lT7G1aA0_2QTnjPl_gMAA78PmJ_sLty01l13_6RpJpZmOci32v4"
    + "UNS5IsJu9395fGThZVYz20i4lyle86QSrDhN377kAdoMmFymLuF8zKYUF8ISq0945RQuNIyvkBSybSq7G3Bf5V335ZfPxaInnVcF"
    + "o04QY6QRwRNFDfSQi9_JbX2uS46NWHUH0aZsYdNTZriDZ_2ltw1d8gAXnJ6u1D6Pd2T9o18RTHeBZds8hlS4lknKGAOiAohA9Hc7"
    + "kjuAD_O-d2qthtt-Mpu17NdeYYgZhLIe2Ha9h-5Tvw"
  private static let rs256 =
    "RGCfkEKcLm8Y4UsFplxuGM-jJnJzcBu1jkGR9OitA1iWCOnN9n63uK5Wuft0XLUN4vDDLSBAJi01L45QLpKIIOLJzyuopSI0KKif"
    + "h5wdWB1dUcTJr6fsGsAqJWizwXzW-TtcYzVRy2HSgtfeh5U3RwISlnLQS6YNEoComz6qD81wa05gzJ6YAE-eYxaaDLmWfHIUbk-h"
    + "X_T22OQIweQvOPUFOBCBefcKi79tTHhkZdPY8q50VN4kHYKBx6Z9NbGsHE57ejpnjtQAugzipxeiyDx7MN7nEtqYrHQoYGmVSZ0n"
    + "arDzawEFrilscLjhWk6wkv1g7ZmrkETDEJRDZO2hDg"
  private static let ps256 =
    "CtZcp-H0gApXF_eHC5XzpG0YmHnK9XGfYd8PojXH8uyfH7g-YTdezBaWNEsuwPgks5y7kCGHAvyj-WIYeZL7tQaKSpfx4AZPdZ26"
    + "RsOXwkM_pqhtMPaPDWLknIOag2Spc8H9bAKq3JJ8NIzsBFIy8Db_z1E1-4_PXqn7_aN0Gddsb6pf1sRwEp0KOimpkL4zCmAvUFTY"
    + "qppkhU1S6CmEKxJbNYTAArCUjRoJQH6XXoFNCnNKMlCY_i6glmdiFcGl5a8pnBo6jUPTvswIzd3xuZt3cQxvp5s8dpr-3BCmeuN9"
    + "uE_si-Bcl-kIC76YS-seHWIgDVbkrcWZQ5ayejQsVQ"
  private static let x = "wRdnWnOqc3gQZoyjtcmA8x2V7fDN781eFSTUEhxh680u_aLNTl2WxRdqd0qp7MBH"
  private static let y = "TCDvpKP7W9vk3_S0CHNgXdJ96Uw2hcvuXtZv4rSfjyqakUDQ82UcbhLt1QxdrJT2"
  private static let es384 =
    "kHGSct0O8D5lOk6oH17QBy29Z5Oys_SMGkyTMbp3qvUYpIq0-CLl5ySnQwp4zLUn-WjlefbC5wDr1USy1kbrtobfm6NMbTxR733i"
    + "-6NC6a7oRR5IqLM_oDMeZEH7pb6X"
  private static let edwards = "H0GK4Wwdj7H0OWQa1yUrrUSCy9II3AXVARq1gE5crz8"
  private static let edDSA =
    "oUNpDvtsz9dZ9GMl6_D2VkQD8ktUZikQjnclU8zdutBgk1qbs_Me9aqrHnJPKua_Ct05pTol5Ke-r66Np03ECg"

  private static func bytes(_ text: String) -> [UInt8] { Base64.decode(text, .urlSafe, padded: false) ?? [] }

  private static let rsa = VerifyingKey(modulus: bytes(modulus), exponent: [1, 0, 1])
  private static let cases: [(VerifyingKey?, String, String)] = [
    (rsa, "RS256", rs256), (rsa, "PS256", ps256),
    (VerifyingKey(curve: "P-384", x: bytes(x), y: bytes(y)), "ES384", es384),
    (VerifyingKey(edwards: bytes(edwards)), "EdDSA", edDSA),
  ]

  @Test("What was signed is right, by its own algorithm alone; what was changed is not", arguments: 0..<4)
  func verifies(index: Int) throws {
    let (found, algorithm, text) = Self.cases[index]
    let key = try #require(found)
    let signature = Self.bytes(text)
    #expect(key.isSigned(Self.message, signature, by: algorithm))
    for other in ["RS256", "RS512", "PS256", "PS384", "ES256", "ES384", "EdDSA", "HS256", "none", ""]
    where other != algorithm {
      #expect(!key.isSigned(Self.message, signature, by: other), "\(other)")
    }
    #expect(!key.isSigned(Self.message + [0], signature, by: algorithm))
    for at in [0, signature.count / 2, signature.count - 1] {
      var changed = signature
      changed[at] ^= 1
      #expect(!key.isSigned(Self.message, changed, by: algorithm), "byte \(at)")
    }
    #expect(!key.isSigned(Self.message, [], by: algorithm))
    #expect(!key.isSigned(Self.message, signature + [0], by: algorithm))
  }

  @Test("A key that is too small, or no key, is none")
  func refuses() {
    #expect(VerifyingKey(modulus: Array(Self.bytes(Self.modulus).prefix(128)), exponent: [1, 0, 1]) == nil)
    #expect(VerifyingKey(modulus: Self.bytes(Self.modulus), exponent: [1]) == nil)
    #expect(VerifyingKey(modulus: Self.bytes(Self.modulus), exponent: []) == nil)
    #expect(VerifyingKey(curve: "P-256", x: Self.bytes(Self.x), y: Self.bytes(Self.y)) == nil)
    #expect(VerifyingKey(curve: "P-384", x: Self.bytes(Self.y), y: Self.bytes(Self.x)) == nil)
    #expect(VerifyingKey(curve: "secp256k1", x: [], y: []) == nil)
    #expect(VerifyingKey(edwards: [1, 2, 3]) == nil)
  }
}
