import Core
import Store
import Synchronization
import Testing

@testable import Work

@Suite("Work: a later request cancels") struct WorkCancelTests {
  @Test(arguments: Home.all) func aDeleteInterruptsTheStepWaitsForTheUndoingAndRuns(home: Home) async throws {
    let shop = try await Workshop(home)
    let queue = try await shop.queue()
    shop.bench.close("bulb")
    shop.bench.close("-foot")
    let built = try await shop.build(queue)
    try await shop.bench.waitFor("bulb")
    let scrapped = try await shop.scrap(queue)
    #expect(scrapped.doing == .scrapping && scrapped.saga != built.saga && scrapped.state == .building)
    try await shop.bench.waitFor("-foot")
    // The create is being undone; the record is the delete's already, and the delete waits.
    let rows = try await shop.sagas()
    #expect(rows.map(\.name) == [BuildLamp.name, ScrapLamp.name])
    #expect(rows.map(\.phase) == [.unwinding, .running])
    #expect(rows[0].cancelled && rows[1].after == rows[0].id && rows[1].owner == nil)
    #expect(try await shop.lamp()?.saga == rows[1].id)
    shop.bench.open("-foot")
    try await queue.drain()
    #expect(shop.bench.log == ["foot", "bulb", "-bulb", "-foot", "scrap"])
    #expect(try await shop.lamp() == nil)
    #expect(shop.bench.held.isEmpty)
    await queue.stop(within: .seconds(1))
    await shop.store.close()
  }

  @Test func aStepThatDoesNotListenIsFinishedAndUndone() async throws {
    let shop = try await Workshop()
    let queue = try await shop.queue()
    shop.bench.state.withLock { $0.isDeaf = true }
    shop.bench.close("wire")
    try await shop.build(queue)
    try await shop.bench.waitFor("wire")
    try await shop.scrap(queue)
    shop.bench.open("wire")
    try await queue.drain()
    #expect(shop.bench.log == ["foot", "bulb", "wire", "-wire", "-bulb", "-foot", "scrap"])
    #expect(try await shop.lamp() == nil)
    await queue.stop(within: .seconds(1))
  }

  @Test func theUndoingIsNotInterrupted() async throws {
    let shop = try await Workshop()
    let queue = try await shop.queue()
    shop.bench.fail("wire", 1, Fault.badRequest("The wire is short."))
    shop.bench.close("-bulb")
    try await shop.build(queue)
    try await shop.bench.waitFor("-bulb")
    try await shop.scrap(queue)
    try await Task.sleep(for: .milliseconds(20))
    shop.bench.open("-bulb")
    try await queue.drain()
    #expect(shop.bench.log == ["foot", "bulb", "wire", "-wire", "-bulb", "-foot", "scrap"])
    #expect(try await shop.lamp() == nil)
    await queue.stop(within: .seconds(1))
  }

  @Test func aSagaThatRestsForAnHourIsWoken() async throws {
    let shop = try await Workshop()
    let world = World(
      now: shop.world.now, uptime: shop.world.uptime, sleep: World.real.sleep, random: shop.world.random)
    let queue = SagaQueue(store: shop.store, world: world, node: "n1")
    queue.register(BuildLamp.self, shop.bench)
    queue.register(ScrapLamp.self, shop.bench)
    try await queue.start()
    shop.bench.fail("bulb", 1, NotYet(after: .seconds(3600)))
    try await shop.build(queue)
    try await shop.bench.waitFor("bulb")
    try await eventually { queue.state.withLock { !$0.resting.isEmpty } }
    try await shop.scrap(queue)
    try await eventually { try await shop.lamp() == nil }
    #expect(shop.bench.log == ["foot", "bulb", "-bulb", "-foot", "scrap"], "the step that rests has begun")
    await queue.stop(within: .seconds(1))
  }

  @Test func twoDeletesOfOneLampBothEnd() async throws {
    let shop = try await Workshop()
    let queue = try await shop.queue()
    shop.bench.close("-foot")
    shop.bench.fail("bulb", 1, Fault.badRequest("no"))
    try await shop.build(queue)
    try await shop.bench.waitFor("-foot")
    try await shop.scrap(queue)
    try await shop.scrap(queue)
    shop.bench.open("-foot")
    try await queue.drain()
    #expect(shop.bench.log.filter { $0 == "scrap" }.count == 1, "the first delete was cancelled before it began")
    #expect(try await shop.lamp() == nil)
    await queue.stop(within: .seconds(1))
  }

  @Test func aCancelReachesAnotherProcess() async throws {
    let shop = try await Workshop()
    let (here, there) = (try await shop.queue("n1"), try await shop.queue("n2"))
    shop.bench.close("bulb")
    try await shop.build(here)
    try await shop.bench.waitFor("bulb")
    try await shop.scrap(there)
    shop.bench.open("bulb")
    try await there.drain()
    // Whether the next step has begun cannot be known of another process, which may have died in it.
    #expect(shop.bench.log == ["foot", "bulb", "-wire", "-bulb", "-foot", "scrap"])
    #expect(try await shop.lamp() == nil)
    await here.stop(within: .seconds(1))
    await there.stop(within: .seconds(1))
  }

  @Test func aDeleteLetsAStuckSagaTryAgain() async throws {
    let shop = try await Workshop()
    let queue = try await shop.queue()
    shop.bench.fail("wire", 1, Fault.badRequest("The wire is short."))
    shop.bench.fail("-bulb", 8, Fault.unavailable("The bulb is hot."))
    try await shop.build(queue)
    try await eventually { try await shop.sagas().first?.phase == .stuck }
    try await shop.scrap(queue)
    try await queue.drain()
    #expect(try await shop.lamp() == nil)
    #expect(try await shop.sagas().isEmpty)
    await queue.stop(within: .seconds(1))
  }
}
