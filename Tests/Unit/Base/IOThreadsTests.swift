import Core
import Glibc
import IO
import Testing

@Suite(.timeLimit(.minutes(1))) struct IOThreadsTests {
  @Test func runsAsManyBlockingCallsAtOnceAsThereAreThreads() async throws {
    let threads = try BlockingThreads(name: "block", count: 4)
    let start = World.real.uptime()
    try await withThrowingTaskGroup { group in
      for _ in 0..<8 { group.addTask { _ = try await threads.run { usleep(500_000) } } }
      try await group.waitForAll()
    }
    let took = World.real.uptime() - start
    #expect(took >= .seconds(1))
    #expect(took < .milliseconds(3900), "one after the other they would take four seconds")
  }

  @Test func handsOnWhatIsThrown() async throws {
    let threads = try BlockingThreads(name: "block", count: 1)
    await #expect(throws: Fault.notFound("gone")) {
      try await threads.run { throw Fault.notFound("gone") }
    }
  }

  @Test func anActorStaysOnItsSerialThread() async throws {
    let pinned = try Pinned()
    let first = await pinned.thread()
    for _ in 0..<10 { #expect(await pinned.thread() == first) }
    #expect(first != UInt(pthread_self()))
  }
}

private actor Pinned {
  private let own: SerialThread
  init() throws { own = try SerialThread(name: "pinned") }
  nonisolated var unownedExecutor: UnownedSerialExecutor { own.asUnownedSerialExecutor() }
  func thread() -> UInt { UInt(pthread_self()) }
}
