import Core
import Store
import Testing

@testable import Work

/// Sagas that one node alone may carry out.
@Suite("Work: on a node") struct WorkNodeTests {
  private func scrap(_ lamp: String, on node: String, _ queue: SagaQueue, _ shop: Workshop) async throws {
    try await shop.store.write { _ = try await queue.begin(ScrapLamp(lamp: lamp), on: node, in: $0) }
  }

  @Test(arguments: Home.all) func whatIsAnothersIsLeftToIt(home: Home) async throws {
    let shop = try await Workshop(home)
    let here = try await shop.queue("n1", isShared: true)
    let there = try await shop.queue("n2", isShared: true)
    await there.stop(within: .seconds(1))
    try await scrap("l", on: "n2", here, shop)
    try await Task.sleep(for: .milliseconds(50))
    #expect(shop.bench.log == [], "n2 is away for a moment")
    #expect(try await shop.sagas().map(\.owner) == [nil])
    let again = try await shop.queue("n2", isShared: true)
    try await again.drain()
    #expect(shop.bench.log == ["scrap"])
    for queue in [here, again] { await queue.stop(within: .seconds(1)) }
    await shop.store.close()
  }

  @Test func ownWorkBeginsAtOnce() async throws {
    let shop = try await Workshop()
    let queue = try await shop.queue("n1")
    try await scrap("l", on: "n1", queue, shop)
    #expect(try await shop.sagas().allSatisfy { $0.owner?.hasPrefix("n1/") == true })
    try await queue.drain()
    #expect(shop.bench.log == ["scrap"])
    await queue.stop(within: .seconds(1))
  }

  @Test func theWorkOfANodeThatNobodyHearsOfIsTakenUp() async throws {
    let shop = try await Workshop()
    let here = try await shop.queue("n1", isShared: true)
    let there = try await shop.queue("n2", isShared: true)
    await there.stop(within: .seconds(1))
    try await scrap("l", on: "n2", here, shop)
    try await scrap("m", on: "never there", here, shop)
    try await eventually { try await shop.sagas().count == 1 }
    shop.advance(WorkNode.patience + .seconds(1))
    try await here.drain()
    #expect(shop.bench.log == ["scrap", "scrap"])
    await here.stop(within: .seconds(1))
  }

  @Test func aNodeThatLivesIsHeardOfForAsLong() async throws {
    let shop = try await Workshop()
    let here = try await shop.queue("n1", isShared: true)
    let first = try await shop.store.read { try await $0.get(WorkNode.self, "n1") }
    shop.advance(WorkNode.patience + .seconds(1))
    try await eventually {
      try await shop.store.read { try await $0.get(WorkNode.self, "n1") }?.seenAt != first?.seenAt
    }
    await here.stop(within: .seconds(1))
  }
}
