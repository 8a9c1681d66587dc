import Core
import JSON
import Store
import Synchronization
import Testing

@Suite("Store: transactions") struct StoreTransactionTests {
  @Test(arguments: Home.all) func theSecondOfTwoWritersOfOneGenerationLoses(home: Home) async throws {
    let store = try await home.openMigrated().store
    try await store.write { try await $0.insert(Thing("1")) }
    let read = try #require(try await store.read { try await $0.get(Thing.self, "1") })
    let first = try await store.write { transaction in
      var mine = read
      mine.total = 1
      return try await transaction.update(mine)
    }
    #expect(first.generation == 1)
    let lost = await #expect(throws: Fault.self) { try await store.write { try await $0.update(read) } }
    #expect(lost?.kind == .conflict)
    #expect(lost?.code == "generation")
    let alsoLost = await #expect(throws: Fault.self) { try await store.write { try await $0.delete(read) } }
    #expect(alsoLost?.code == "generation")
    let kept = try await store.read { try await $0.get(Thing.self, "1") }
    #expect(kept == first)
    try await store.write { try await $0.delete(first) }
    #expect(try await store.read { try await $0.count(Thing.self) } == 0)
    await store.close()
  }

  @Test(arguments: Home.all) func ofManyRacersOnOneGenerationOneWins(home: Home) async throws {
    let store = try await home.openMigrated().store
    try await store.write { try await $0.insert(Thing("1")) }
    let read = try #require(try await store.read { try await $0.get(Thing.self, "1") })
    let winners = await withTaskGroup(of: Bool.self) { group in
      for n in 1...20 {
        group.addTask {
          var mine = read
          mine.total = n
          let change = mine
          do {
            _ = try await store.write { try await $0.update(change) }
            return true
          } catch {
            #expect((error as? Fault)?.code == "generation", "\(error)")
            return false
          }
        }
      }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(winners == 1)
    await store.close()
  }

  @Test(arguments: Home.all) func oneBadCallerDoesNotUndoTheOthers(home: Home) async throws {
    struct Mine: Error {}
    let store = try await home.openMigrated().store
    try await store.write { try await $0.insert(Thing("taken")) }
    await withTaskGroup(of: Void.self) { group in
      for n in 0..<60 {
        group.addTask {
          do {
            try await store.write { transaction in
              try await transaction.insert(Thing("row-\(n)"))
              if n % 3 == 1 { throw Mine() }
              if n % 3 == 2 { try await transaction.insert(Thing("taken-\(n)", name: "taken")) }
            }
            #expect(n % 3 == 0)
          } catch is Mine {
            #expect(n % 3 == 1)
          } catch {
            #expect(n % 3 == 2)
            #expect((error as? Fault)?.code == "duplicate")
          }
        }
      }
    }
    let names = try await store.read { try await $0.all(Thing.self, "WHERE id LIKE \("row-%")") }.map(\.id)
    #expect(Set(names) == Set(stride(from: 0, to: 60, by: 3).map { "row-\($0)" }))
    await store.close()
  }

  @Test(arguments: Home.all) func aThousandConcurrentWritersAllArrive(home: Home) async throws {
    let store = try await home.openMigrated().store
    try await store.write { for n in 0..<50 { try await $0.insert(Thing("counter-\(n)")) } }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for n in 0..<1000 {
        group.addTask {
          try await store.write { transaction in
            var counter = try #require(try await transaction.get(Thing.self, "counter-\(n % 50)"))
            counter.total += 1
            try await transaction.update(counter)
          }
        }
        if n % 10 == 0 { group.addTask { _ = try await store.read { try await $0.count(Thing.self) } } }
      }
      try await group.waitForAll()
    }
    let totals = try await store.read { try await $0.all(Thing.self) }
    #expect(totals.count == 50)
    #expect(totals.allSatisfy { $0.total == 20 && $0.generation == 20 })
    await store.close()
  }

  @Test(arguments: Home.all) func whatIsToFollowACommitFollowsOnlyACommit(home: Home) async throws {
    struct Mine: Error {}
    let store = try await home.openMigrated().store
    let seen = Counter()
    try await store.write { transaction in
      try await transaction.insert(Thing("1"))
      transaction.afterCommit {
        // By now everybody sees it.
        let count = try? await store.read { try await $0.count(Thing.self) }
        seen.add(count ?? -1)
      }
    }
    #expect(seen.values == [1])
    try? await store.write { transaction in
      transaction.afterCommit { seen.add(99) }
      throw Mine()
    }
    #expect(seen.values == [1])
    await store.close()
  }

  @Test(arguments: Home.all.filter { $0 != .memory }) func whatWasWrittenIsThereAfterOpeningAgain(home: Home)
    async throws
  {
    let opened = try await home.openMigrated()
    try await opened.store.write { try await $0.insert(Thing("1")) }
    let reopen = try #require(opened.reopen)
    // As after a crash: the first was never closed.
    let again = try await reopen()
    #expect(try await again.read { try await $0.get(Thing.self, "1") } != nil)
    await again.close()
    await opened.store.close()
  }
}

final class Counter: Sendable {
  private let seen = Mutex<[Int]>([])
  func add(_ value: Int) { seen.withLock { $0.append(value) } }
  var values: [Int] { seen.withLock { $0 } }
}
