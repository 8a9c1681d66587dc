import Core
import Store
import Synchronization
import Testing

@testable import Work

@Suite("Work: sagas") struct WorkSagaTests {
  static let fullLog = ["foot", "bulb", "wire"]
  static let fullHeld = ["l bulb", "l foot", "l wire"]

  @Test(arguments: Home.all) func aCleanRunEndsWithTheStateAndNoSaga(home: Home) async throws {
    let shop = try await Workshop(home)
    let queue = try await shop.queue()
    let begun = try await Trace.$current.withValue(Trace(requestID: "req-1", user: "u", project: "p")) {
      try await shop.build(queue)
    }
    #expect(begun.doing == .assembling && begun.state == .building && begun.saga != nil)
    try await queue.drain()
    let lamp = try #require(try await shop.lamp())
    #expect(lamp.state == .lit && lamp.doing == nil && lamp.saga == nil)
    #expect(shop.bench.log == Self.fullLog)
    #expect(shop.bench.held == Self.fullHeld)
    #expect(Set(shop.bench.state.withLock { $0.traces }) == ["req-1"])
    #expect(try await shop.sagas().isEmpty)
    await queue.stop(within: .seconds(1))
    await shop.store.close()
  }

  @Test func aFailingStepIsUndoneAndSoAreThoseBefore() async throws {
    let shop = try await Workshop()
    let queue = try await shop.queue()
    shop.bench.fail("wire", 1, Fault.badRequest("The wire is short."))
    try await shop.build(queue)
    try await queue.drain()
    #expect(shop.bench.log == ["foot", "bulb", "wire", "-wire", "-bulb", "-foot"])
    #expect(shop.bench.held.isEmpty)
    let lamp = try #require(try await shop.lamp())
    #expect(lamp.state == .error && lamp.doing == nil && lamp.saga == nil)
    #expect(lamp.fault == "The wire is short.")
    await queue.stop(within: .seconds(1))
  }

  @Test func whatMayPassIsTriedAgainAndARefusalIsNot() async throws {
    let shop = try await Workshop()
    let queue = try await shop.queue()
    shop.bench.fail("bulb", 2, Fault.unavailable("Sold out."))
    try await shop.build(queue)
    try await queue.drain()
    #expect(shop.bench.log == ["foot", "bulb", "bulb", "bulb", "wire"])
    #expect(try await shop.lamp()?.state == .lit)

    shop.bench.fail("bulb", 1, Fault.forbidden("Not for you."))
    try await shop.build(queue, "m")
    try await queue.drain()
    #expect(shop.bench.log.suffix(4) == ["foot", "bulb", "-bulb", "-foot"])
    shop.bench.fail("bulb", 3, Fault.unavailable("Sold out."))
    try await shop.build(queue, "n")
    try await queue.drain()
    #expect(try await shop.lamp("n")?.fault == "Sold out.")
    await queue.stop(within: .seconds(1))
  }

  @Test func whoWaitsHoldsNoSlot() async throws {
    let shop = try await Workshop()
    let queue = try await shop.queue(width: 1)
    shop.bench.fail("foot", 3000, NotYet(after: .milliseconds(1)))
    try await shop.build(queue, "waits")
    try await shop.bench.waitFor("foot", times: 3)
    #expect(try await shop.sagas().first?.phase == .running)
    #expect(try await shop.lamp("waits")?.doing == .assembling)
    try await shop.scrap(queue, "waits")
    try await queue.drain()
    #expect(try await shop.lamp("waits") == nil)
    #expect(shop.bench.log.suffix(2) == ["-foot", "scrap"] || shop.bench.log.suffix(1) == ["scrap"])
    shop.bench.fail("foot", 0, NeverHappened())
    shop.bench.fail("foot", 1, NotYet(after: .milliseconds(3)))
    try await shop.build(queue, "a")
    try await shop.build(queue, "b")
    try await queue.drain()
    #expect(try await shop.lamp("a")?.state == .lit)
    #expect(try await shop.lamp("b")?.state == .lit)
    await queue.stop(within: .seconds(1))
  }

  @Test func noMoreRunThanTheWidthAndTheRestWaitInOrder() async throws {
    let shop = try await Workshop()
    let queue = try await shop.queue(width: 2)
    shop.bench.close("foot")
    for n in 0..<12 { try await shop.build(queue, "l\(n)") }
    try await shop.bench.waitFor("foot", times: 2)
    try await Task.sleep(for: .milliseconds(20))
    #expect(shop.bench.log.count == 2)
    shop.bench.open("foot")
    try await queue.drain()
    #expect(shop.bench.state.withLock { $0.mostBusy } == 2)
    #expect(shop.bench.held.count == 36)
    await queue.stop(within: .seconds(1))
  }

  @Test(arguments: Home.all) func twoHundredAtOnceAllComeToTheirEnd(home: Home) async throws {
    let shop = try await Workshop(home)
    let queue = try await shop.queue()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for n in 0..<200 { group.addTask { try await shop.build(queue, "l\(n)") } }
      try await group.waitForAll()
    }
    try await queue.drain()
    #expect(shop.bench.log.count == 600)
    #expect(try await shop.store.read { try await $0.count(Lamp.self, "WHERE state = 'lit' AND saga IS NULL") } == 200)
    #expect(shop.bench.state.withLock { $0.mostBusy } <= 64)
    await queue.stop(within: .seconds(1))
    await shop.store.close()
  }

  @Test func theEndIsOneTransaction() async throws {
    let shop = try await Workshop()
    let queue = try await shop.queue()
    shop.bench.fail("succeed", 2, Fault.unavailable("The pen is dry."))
    try await shop.build(queue)
    try await queue.drain()
    #expect(try await shop.lamp()?.state == .lit)
    #expect(shop.bench.log == Self.fullLog)

    shop.bench.fail("succeed", 100, Fault.unavailable("The pen is dry."))
    try await shop.build(queue, "m")
    try await queue.drain()
    let lamp = try #require(try await shop.lamp("m"))
    #expect(lamp.state == .error && lamp.fault == "The pen is dry.")
    #expect(!shop.bench.held.contains { $0.hasPrefix("m") })
    await queue.stop(within: .seconds(1))
  }

  @Test func aMoveIsRefusedInTheWrongStateAndWritesNothing() async throws {
    let shop = try await Workshop()
    let queue = try await shop.queue(isStarted: false)
    try await shop.build(queue)
    let fault = await #expect(throws: Fault.self) {
      try await shop.store.write { tx in
        guard let lamp = try await tx.get(Lamp.self, "l") else { throw NeverHappened() }
        try await Lamp.lifecycle.begin(
          .build, on: lamp, with: BuildLamp(lamp: "l"), in: tx, queue: queue, refusal: .conflict("not now"))
      }
    }
    #expect(fault == .conflict("not now"))
    try await eventually { try await shop.lamp()?.state == .lit }
    #expect(shop.bench.log == Self.fullLog)
    await queue.stop(within: .seconds(1))
  }

  @Test func aTransactionThatIsUndoneBeginsNothing() async throws {
    let shop = try await Workshop()
    let queue = try await shop.queue()
    await #expect(throws: NeverHappened.self) {
      try await shop.store.write { tx in
        _ = try await queue.begin(BuildLamp(lamp: "l"), in: tx)
        throw NeverHappened()
      }
    }
    try await queue.drain()
    #expect(shop.bench.log.isEmpty)
    await queue.stop(within: .seconds(1))
  }
}
