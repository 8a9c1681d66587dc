import Core
import Store
import Synchronization
import Testing

@testable import Work

@Suite("Work: crashes, leases, stops") struct WorkCrashTests {
  /// A build that stands at the closed gate of the bulb.
  private func halted(_ home: Home = .memory) async throws -> (Workshop, SagaQueue) {
    let shop = try await Workshop(home)
    let queue = try await shop.queue()
    shop.bench.close("bulb")
    try await shop.build(queue)
    try await shop.bench.waitFor("bulb")
    return (shop, queue)
  }

  @Test(arguments: Home.all) func anotherOwnersSagaIsLeftAlone(home: Home) async throws {
    for change in ["owner = 'n9/1'", "generation = generation + 1"] as [SQL] {
      let (shop, queue) = try await halted(home)
      try await shop.run("UPDATE sagas SET \(change)")
      let before = try await shop.sagas()[0]
      shop.bench.open("bulb")
      try await eventually { queue.state.withLock { $0.running.isEmpty } }
      #expect(shop.bench.log == ["foot", "bulb"], "nothing was done after the fence")
      let after = try await shop.sagas()[0]
      #expect(after.value == before.value && after.next == before.next && after.phase == .running)
      #expect(try await shop.lamp()?.doing == .assembling)
      await queue.stop(within: .seconds(1))
      await shop.store.close()
    }
  }

  @Test(arguments: Home.all) func theNextIncarnationOfANodeTakesOverAtOnce(home: Home) async throws {
    let (shop, dead) = try await halted(home)
    dead.die()
    await dead.pollEnded()
    let next = try await shop.queue("n1")
    try await shop.bench.waitFor("bulb", times: 2)
    shop.bench.open("bulb")
    try await next.drain()
    #expect(shop.bench.log == ["foot", "bulb", "bulb", "wire"])
    #expect(try await shop.lamp()?.state == .lit)
    await next.stop(within: .seconds(1))
    await shop.store.close()
  }

  @Test(arguments: ["n2", "n", "n_", "n%", "_1"]) func anotherNodeWaitsForTheLease(node: String) async throws {
    let (shop, dead) = try await halted()
    dead.die()
    await dead.pollEnded()
    let other = try await shop.queue(node)
    try await Task.sleep(for: .milliseconds(30))
    #expect(shop.bench.log.count == 2, "the lease still runs")
    shop.advance(SagaQueue.lease + .seconds(1))
    try await shop.bench.waitFor("bulb", times: 2)
    shop.bench.open("bulb")
    try await other.drain()
    #expect(try await shop.lamp()?.state == .lit)
    await other.stop(within: .seconds(1))
  }

  @Test func aLongStepKeepsItsLease() async throws {
    let (shop, queue) = try await halted()
    let other = try await shop.queue("n2")
    for _ in 0..<8 {
      let until = try await shop.sagas()[0].leaseUntil
      shop.advance(SagaQueue.lease / 2)
      try await eventually { try await shop.sagas()[0].leaseUntil > until }
    }
    shop.bench.open("bulb")
    try await queue.drain()
    #expect(shop.bench.log == ["foot", "bulb", "wire"])
    await queue.stop(within: .seconds(1))
    await other.stop(within: .seconds(1))
  }

  @Test func whatIsMineButNotHereIsFoundWhenItsLeaseEnds() async throws {
    let shop = try await Workshop()
    let queue = try await shop.queue(isStarted: false)
    var row = SagaRow()
    (row.id, row.name, row.subject) = ("s", BuildLamp.name, "l")
    row.value = try SagaQueue.encode(BuildLamp(lamp: "l"))
    row.owner = queue.owner
    row.leaseUntil = shop.world.now() + SagaQueue.lease
    let lost = row
    try await shop.store.write { try await $0.insert(lost) }
    try await queue.start()
    try await Task.sleep(for: .milliseconds(20))
    #expect(shop.bench.log.isEmpty)
    shop.advance(SagaQueue.lease + .seconds(1))
    try await queue.drain()
    #expect(shop.bench.log == ["foot", "bulb", "wire"])
    await queue.stop(within: .seconds(1))
  }

  @Test func aStoreThatFailsASaveOnlyDelaysTheSaga() async throws {
    let (shop, queue) = try await halted()
    try await shop.run(
      "CREATE TRIGGER full BEFORE UPDATE OF value ON sagas BEGIN SELECT RAISE(ABORT, 'the disk is full'); END")
    shop.bench.open("bulb")
    try await eventually { try await shop.sagas()[0].owner == nil }
    #expect(try await shop.sagas()[0].phase == .running, "the store's trouble is no reason to turn back")
    try await shop.run("DROP TRIGGER full")
    shop.advance(.seconds(6))
    try await queue.drain()
    #expect(shop.bench.log == ["foot", "bulb", "bulb", "wire"])
    #expect(try await shop.lamp()?.state == .lit)
    await queue.stop(within: .seconds(1))
  }

  @Test func aStopParksWhatRunsAndTheNextProcessGoesOn() async throws {
    let (shop, queue) = try await halted()
    try await shop.build(queue, "m")
    try await shop.bench.waitFor("bulb", times: 2)
    await queue.stop(within: .milliseconds(30))
    let rows = try await shop.sagas()
    #expect(rows.allSatisfy { $0.owner == nil && $0.phase == .running && $0.next == 1 && $0.fault == nil })
    try await shop.build(queue, "late")
    #expect(try await shop.sagas().last?.owner == nil, "a stopped queue claims nothing")
    shop.bench.open("bulb")
    let next = try await shop.queue("n2")
    try await next.drain()
    for id in ["l", "m", "late"] { #expect(try await shop.lamp(id)?.state == .lit) }
    #expect(!shop.bench.log.contains { $0.hasPrefix("-") })
    await next.stop(within: .seconds(1))
  }

  @Test func aStopLetsTheRunningStepFinish() async throws {
    let (shop, queue) = try await halted()
    async let stopped: Void = queue.stop(within: .seconds(5))
    try await Task.sleep(for: .milliseconds(20))
    shop.bench.open("bulb")
    await stopped
    let row = try await shop.sagas()[0]
    #expect(row.next == 2 && row.owner == nil)
    #expect(shop.bench.log == ["foot", "bulb"])
  }

  @Test func anUndoThatKeepsFailingIsStuckUntilSomebodyRetries() async throws {
    let shop = try await Workshop()
    let queue = try await shop.queue()
    shop.bench.fail("wire", 1, Fault.badRequest("The wire is short."))
    shop.bench.fail("-bulb", 8, Fault.unavailable("The bulb is hot."))
    try await shop.build(queue)
    try await eventually { try await shop.sagas().first?.phase == .stuck }
    let row = try await shop.sagas()[0]
    #expect(row.next == 1 && row.owner == nil)
    #expect(row.fault?.contains("The bulb is hot.") == true)
    #expect(shop.bench.log.filter { $0 == "-bulb" }.count == 8)
    #expect(try await shop.lamp()?.doing == .assembling, "the record shows that something is under way")
    try await queue.drain()
    let fault = await #expect(throws: Fault.self) { try await queue.retry("nonsense") }
    #expect(fault?.kind == .notFound)
    try await queue.retry(row.id)
    try await queue.drain()
    #expect(shop.bench.log.suffix(2) == ["-bulb", "-foot"])
    #expect(try await shop.lamp()?.state == .error)
    await queue.stop(within: .seconds(1))
  }

  @Test func aValueThatCannotBeReadIsStuckAndNotLost() async throws {
    let shop = try await Workshop()
    var row = SagaRow()
    (row.id, row.name, row.subject, row.value) = ("s", BuildLamp.name, "l", "{}")
    let bad = row
    try await shop.store.write { try await $0.insert(bad) }
    let queue = try await shop.queue()
    try await eventually { try await shop.sagas()[0].phase == .stuck }
    #expect(shop.bench.log.isEmpty)
    await queue.stop(within: .seconds(1))
  }
}
