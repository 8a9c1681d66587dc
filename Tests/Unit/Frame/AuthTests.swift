import API
import Auth
import Clients
import Core
import HTTP
import JSON
import Synchronization
import Testing

@Suite("Auth: tokens") struct AuthTests {
  private final class Clock: Sendable {
    let ahead = Mutex(Duration.zero)
    var world: World {
      var world = World.real
      world.now = { Timestamp(seconds: 1_000_000) + self.ahead.withLock { $0 } }
      world.uptime = { .seconds(100) + self.ahead.withLock { $0 } }
      return world
    }
    func advance(_ by: Duration) { ahead.withLock { $0 += by } }
  }

  static let body: JSON = [
    "token": [
      "user": ["id": "u", "name": "ann", "domain": ["id": "d"]], "expires_at": "1970-01-12T14:46:40.000000Z",
      "project": ["id": "p", "name": "demo", "domain": ["id": "default"]],
      "roles": [["id": "r1", "name": "member"], ["id": "r2", "name": "reader"]],
    ]
  ]

  private func checker(_ clock: Clock, _ transport: ScriptedTransport) -> TokenChecker {
    let client = ServiceClient("identity", over: transport, prefix: "/v3") { nil }
    return TokenChecker(identity: IdentityClient(client), world: clock.world)
  }

  @Test func theCallerIsReadFromTheTokenAndRememberedBriefly() async throws {
    let clock = Clock()
    let keystone = ScriptedTransport { _, _ in jsonResponse(200, Self.body) }
    let checker = checker(clock, keystone)
    let caller = try await checker.caller(of: "t")
    #expect(caller.userID == "u" && caller.userName == "ann" && caller.userDomainID == "d")
    #expect(caller.projectID == "p" && caller.roles == ["member", "reader"] && caller.token == "t")
    #expect(caller.domainID == nil && !caller.systemScope)
    let sent = keystone.sent.withLock { $0[0] }
    #expect(
      sent.path == "/v3/auth/tokens" && sent.headers["X-Subject-Token"] == "t" && sent.headers["X-Auth-Token"] == "t")
    clock.advance(.milliseconds(700))
    _ = try await checker.caller(of: "t")
    #expect(keystone.count == 1)
    _ = try await checker.caller(of: "other")
    #expect(keystone.count == 2)
    clock.advance(.milliseconds(200))
    _ = try await checker.caller(of: "t")
    #expect(keystone.count == 3, "a revoked token would be found out within a second")
  }

  @Test func aTokenThatEndsWhileRememberedIsRefused() async throws {
    let clock = Clock()
    let keystone = ScriptedTransport { _, _ in
      jsonResponse(
        200, ["token": ["user": ["id": "u"], "expires_at": "1970-01-12T13:46:40.500000Z", "system": ["all": true]]])
    }
    let checker = checker(clock, keystone)
    let caller = try await checker.caller(of: "t")
    #expect(caller.systemScope && caller.projectID == nil && caller.roles.isEmpty)
    clock.advance(.milliseconds(600))
    let fault = await #expect(throws: Fault.self) { try await checker.caller(of: "t") }
    #expect(fault?.kind == .unauthorized)
  }

  @Test func refusalsAreUnauthorizedAndAbsenceIsNot() async throws {
    for (status, kind) in [
      (401, Fault.Kind.unauthorized), (404, .unauthorized), (400, .unauthorized), (503, .unavailable),
    ] {
      let keystone = ScriptedTransport { _, _ in jsonResponse(status, ["error": ["message": "no"]]) }
      let fault = await #expect(throws: Fault.self) { try await checker(Clock(), keystone).caller(of: "t") }
      #expect(fault?.kind == kind, "\(status)")
    }
    for body in [[:], ["token": [:]], ["token": ["user": ["id": "u"], "expires_at": "soon"]]] as [JSON] {
      let keystone = ScriptedTransport { _, _ in jsonResponse(200, body) }
      let fault = await #expect(throws: Fault.self) { try await checker(Clock(), keystone).caller(of: "t") }
      #expect(fault?.kind == .unauthorized, "\(body)")
    }
  }

  @Test func aRefusalIsNotRemembered() async throws {
    let keystone = ScriptedTransport { _, n in n == 1 ? jsonResponse(404, [:]) : jsonResponse(200, Self.body) }
    let checker = checker(Clock(), keystone)
    await #expect(throws: Fault.self) { try await checker.caller(of: "t") }
    #expect(try await checker.caller(of: "t").userID == "u")
  }

  @Test func strangersTokensDoNotFillTheMemory() async throws {
    let clock = Clock()
    let keystone = ScriptedTransport { _, _ in jsonResponse(200, Self.body) }
    let checker = checker(clock, keystone)
    for n in 0..<10_050 { _ = try await checker.caller(of: "t\(n)") }
    clock.advance(.seconds(1))
    _ = try await checker.caller(of: "mine")
    let before = keystone.count
    _ = try await checker.caller(of: "mine")
    #expect(keystone.count == before)
  }
}
