import API
import Core
import Crypto
import HTTP
import JSON
import KeystoneAPI
import KeystoneModel
import Testing

@Suite("Signed tokens") struct SignedTokenTests {
  /// Made by keystone 30.0.0's own `JWSFormatter`, with PyJWT.
  private static let upstream =
    "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZiIsImlhdCI"
    + "6MTc5NTI1NTEyNSwiZXhwIjoxNzk1MjU1MjAwLCJvcGVuc3RhY2tfbWV0aG9kcyI6WyJwYXNzd29yZCIsInRvdHAiXSwib3BlbnN"
    + "0YWNrX2F1ZGl0X2lkcyI6WyJBQUVDQXdRRkJnY0lDUW9MREEwT0R3Il0sIm9wZW5zdGFja19wcm9qZWN0X2lkIjoiZmVkY2JhOTg"
    + "3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTAiLCJvcGVuc3RhY2tfdHJ1c3RfaWQiOiJhYWFhYWFhYWJiYmJjY2NjZGRkZGVlZWVlZWV"
    + "lZWVlZSJ9.4ZPzo5g8REeR31wYEJPyEqfk-ibRm0nbaPMONwQZgH3N811CDfml8GihJyx-dbIxuBAbJtDfAe28ffCpqE3AJw"
  private static let publicKey = """
    -----BEGIN PUBLIC KEY-----
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9/8tnClWljyB7e9I3H6xK/igcgN7
    GloPMkH+udh61Mq7Np/FN7riDlwuTMd8JOxIG2aKJ6lHFd5uYI82mqUKlA==
    -----END PUBLIC KEY-----
    """

  @Test("Upstream's is read as it was meant")
  func upstream() throws {
    let keys = JWSKeys(privateKey: "", publicKeys: [try JWSKeys.generate().publicKeys[0], Self.publicKey])
    let bytes = try #require(keys.open(Self.upstream))
    let token = try #require(TokenPayload(claims: try JSON(parsing: bytes)))
    #expect(
      token
        == TokenPayload(
          userID: "0123456789abcdef0123456789abcdef", methods: [.password, .totp],
          scope: .project("fedcba9876543210fedcba9876543210"), delegation: .trust("aaaaaaaabbbbccccddddeeeeeeeeeeee"),
          expires: Timestamp(seconds: 1_795_255_200), auditIDs: ["AAECAwQFBgcICQoLDA0ODw"]))
  }

  @Test("What nobody signed, or somebody else, is none")
  func forged() throws {
    let keys = try JWSKeys.generate()
    let token = try keys.sign(Array(#"{"sub":"x"}"#.utf8))
    #expect(keys.open(token).map { String(decoding: $0, as: UTF8.self) } == #"{"sub":"x"}"#)
    #expect(try JWSKeys.generate().open(token) == nil)
    let parts = token.split(separator: ".")
    let other = Base64.encode(Array(#"{"sub":"y"}"#.utf8), .urlSafe, padded: false)
    #expect(keys.open("\(parts[0]).\(other).\(parts[2])") == nil)
    let none = Base64.encode(Array(#"{"alg":"none","typ":"JWT"}"#.utf8), .urlSafe, padded: false)
    #expect(keys.open("\(none).\(parts[1]).") == nil)
    #expect(keys.open("\(none).\(parts[1]).\(parts[2])") == nil)
    for count in 0..<token.utf8.count { #expect(keys.open(token.prefix(count)) == nil) }
    for _ in 0..<50 {
      let fresh = try keys.sign([])
      #expect(keys.open(fresh) == [])
    }
  }

  @Test("Claims come back as they were, whatever the token is for")
  func claims() throws {
    for vector in UpstreamPayloadTests.vectors {
      let claims = vector.token.claims(issued: Timestamp(seconds: 1_795_250_000))
      #expect(TokenPayload(claims: try JSON(parsing: claims.bytes)) == vector.token, "\(vector.name)")
    }
    #expect(TokenPayload(claims: ["sub": "x"]) == nil)
  }

  @Test("A cloud that signs its tokens takes them, and sealed ones too")
  func cloud() async throws {
    let keys = try JWSKeys.generate()
    let cloud = try await TestCloud(signingKeys: { keys })
    #expect(cloud.admin.split(separator: ".").count == 3)
    #expect(try await cloud.status(of: cloud.admin) == 200)
    let demo = try await cloud.demo()
    #expect(try await cloud.status(of: demo) == 200)
    #expect(try await cloud.status(of: String(demo.dropLast(4))) == 404)
    #expect(
      try await cloud.send("DELETE", "/v3/auth/tokens", as: demo, headers: ["X-Subject-Token": demo]).status == 204)
    #expect(try await cloud.status(of: demo) == 404)
    cloud.clock.advance(.minutes(61))
    #expect(try await cloud.send("GET", "/v3/users", as: cloud.admin).status == 401)
  }
}
