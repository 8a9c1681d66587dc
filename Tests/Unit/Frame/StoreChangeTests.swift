import Core
import Glibc
import JSON
import Store
import Testing

@Suite("Store: the change log") struct StoreChangeTests {
  @Test(arguments: Home.all) func everyChangeIsLoggedWithWhoDidIt(home: Home) async throws {
    let store = try await home.openMigrated().store
    let trace = Trace(requestID: "req-1", user: "ann", project: "demo")
    try await Trace.$current.withValue(trace) {
      try await store.write { transaction in
        #expect(Trace.current == trace)
        var thing = Thing("1")
        thing.password = "hunter2"
        try await transaction.insert(thing)
        thing.total = 5
        thing = try await transaction.update(thing)
        thing.password = "hunter3"
        thing = try await transaction.update(thing)
        try await transaction.delete(thing)
      }
    }
    let changes = try await store.changes(of: "1")
    #expect(changes.map(\.action) == [.insert, .update, .update, .delete])
    #expect(changes.map(\.seq) == changes.map(\.seq).sorted())
    #expect(changes.allSatisfy { $0.userID == "ann" && $0.projectID == "demo" && $0.requestID == "req-1" })
    #expect(changes.allSatisfy { $0.service == "test" && $0.tableName == "test_things" })
    #expect(changes[0].before == nil)
    #expect(changes[0].after?["password"] == "***")
    #expect(changes[1].before?.text == #"{"generation":0,"total":0}"#)
    #expect(changes[1].after?.text == #"{"generation":1,"total":5}"#)
    #expect(changes[2].after?["password"] == "***")
    #expect(changes[3].before?["total"] == 5)
    #expect(changes[3].after == nil)
    await store.close()
  }

  @Test(arguments: Home.all) func whatWasUndoneOrOptedOutIsNotLogged(home: Home) async throws {
    struct Mine: Error {}
    let store = try await home.openMigrated().store
    try? await store.write { transaction in
      try await transaction.insert(Thing("1"))
      throw Mine()
    }
    try await store.write { try await $0.insert(Lease("net", 1)) }
    #expect(try await store.read { try await $0.count(Change.self) } == 0)
    await store.close()
  }

  @Test(arguments: Home.all) func aReaderWhoGoesOnWhereHeWasMissesNothing(home: Home) async throws {
    let store = try await home.openMigrated().store
    let writers = Task {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for n in 0..<100 { group.addTask { try await store.write { try await $0.insert(Thing("t\(n)")) } } }
        try await group.waitForAll()
      }
    }
    var seen: [String] = []
    var last = 0
    // On PostgreSQL a change shows once no older transaction of the server runs, other tests' included.
    for _ in 0..<2000 where seen.count < 100 {
      let changes = try await store.changes(after: last, limit: 7)
      seen += changes.map(\.recordID)
      last = changes.last?.seq ?? last
      if changes.isEmpty { try await World.real.sleep(.milliseconds(5)) }
    }
    try await writers.value
    #expect(Set(seen).count == 100)
    #expect(seen.count == 100)
    await store.close()
  }

  @Test(arguments: Home.all.filter { $0 == .postgres }) func aSlowTransactionIsNotOvertaken(home: Home) async throws {
    let store = try await home.openMigrated().store
    let begun = Counter()
    let mayEnd = Counter()
    let slow = Task {
      try await store.write { transaction in
        try await transaction.insert(Thing("slow"))
        begun.add(1)
        for _ in 0..<5000 where mayEnd.values.isEmpty { usleep(1000) }
      }
    }
    while begun.values.isEmpty { try await World.real.sleep(.milliseconds(1)) }
    try await store.write { try await $0.insert(Thing("fast")) }
    var seen = try await store.changes(after: 0)
    mayEnd.add(1)
    try await slow.value
    for _ in 0..<2000 where seen.count < 2 {
      seen += try await store.changes(after: seen.last?.seq ?? 0)
      try await World.real.sleep(.milliseconds(5))
    }
    #expect(seen.map(\.recordID) == ["slow", "fast"])
    await store.close()
  }

  @Test(arguments: Home.all) func oldChangesAreForgottenAndNumbersGoOnRising(home: Home) async throws {
    let store = try await home.openMigrated().store
    try await store.write { for n in 0..<10 { try await $0.insert(Thing("t\(n)")) } }
    let before = try #require(try await store.changes(of: "t9").first)
    #expect(try await store.trim(before: World.real.now() + .seconds(60)) == 9)
    try await store.write { try await $0.insert(Thing("new")) }
    let after = try #require(try await store.changes(of: "new").first)
    #expect(after.seq > before.seq)
    await store.close()
  }
}
