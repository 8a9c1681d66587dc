import Core
import Synchronization
import Testing

@testable import Store

/// Processes that share a database.
@Suite("Store: shared", .enabled(if: Home.all.contains(.postgres))) struct SharedStoreTests {
  private let refusal = Fault.conflict("It is taken.")

  private final class Passed: Sendable {
    let by = Mutex(Duration.zero)
  }

  /// Another process on the same database; its clock can be wrong, and its pauses are short.
  private func other(_ opened: OpenedStore, ahead: Duration = .zero) async throws -> Store {
    let real = World.real
    let passed = Passed()
    let world = World(
      now: { real.now() + ahead }, uptime: { passed.by.withLock { $0 } },
      sleep: { pause in
        passed.by.withLock { $0 += pause }
        try await real.sleep(.milliseconds(2))
      }, random: real.random)
    let store = try #require(try await opened.reopen?())
    return Store(store.engine, world)
  }

  @Test func aNameIsOneProcesssUntilThatEnds() async throws {
    let opened = try await Home.postgres.open()
    try await opened.store.hold("one", otherwise: refusal)
    let other = try await other(opened)
    try await other.hold("two", otherwise: refusal)
    let fault = await #expect(throws: Fault.self) { try await other.hold("one", otherwise: refusal) }
    #expect(fault?.message == "It is taken.")
    await opened.store.close()
    try await other.hold("one", otherwise: refusal)
    await other.close()
  }

  @Test func whoComesWhileTheOldOneEndsIsLetIn() async throws {
    let opened = try await Home.postgres.open()
    try await opened.store.hold("one", otherwise: refusal)
    let other = try await other(opened)
    async let ended: Void = {
      try await Task.sleep(for: .milliseconds(30))
      await opened.store.close()
    }()
    try await other.hold("one", otherwise: refusal)
    try await ended
    await other.close()
  }

  @Test func wrongClocksAreRefused() async throws {
    let opened = try await Home.postgres.open()
    try await opened.store.requireClock()
    for ahead in [Duration.seconds(5), .seconds(-5)] {
      let other = try await other(opened, ahead: ahead)
      let fault = await #expect(throws: Fault.self) { try await other.requireClock() }
      #expect(fault?.kind == .unavailable && fault?.message.contains("clock") == true)
      await other.close()
    }
    await opened.store.close()
  }
}
