import Core
import Hardware
import NovaConsole
import NovaModel
import Store
import TestSupport
import Testing

@Suite("Console tokens") struct ConsoleTokenTests {
  @Test func aTokenIsGoodUntilItExpires() async throws {
    let store = try await TestStore.fresh()
    try await store.migrate([novaSchema])
    let now = World.real.now()
    try await store.write { tx in
      for (name, life) in [("fresh", Duration.minutes(1)), ("stale", .minutes(-1))] {
        var token = ConsoleToken()
        token.token = name
        token.host = "192.0.2.1"
        token.port = 5900
        token.expiresAt = now + life
        try await tx.insert(token)
      }
    }
    let authorise = ConsoleProxy.tokens(in: store, world: .real)
    #expect(try await authorise("fresh") == .tcp(host: "192.0.2.1", port: 5900))
    #expect(try await authorise("stale") == nil)
    #expect(try await authorise("unknown") == nil)
  }
}
