import Core
import JSON
import Store
import Testing

@Suite("Store: records") struct StoreRecordTests {
  @Test(arguments: Home.all) func everyKindOfColumnComesBackAsItWas(home: Home) async throws {
    let store = try await home.openMigrated().store
    var full = Sample()
    full.id = "full"
    full.count = .max
    full.maybeCount = .min
    full.isOn = true
    full.share = 0.1 + 0.2
    full.at = Timestamp(microseconds: 1_795_239_060_123_456)
    full.maybeAt = Timestamp(microseconds: -1)
    full.bytes = Array(0...255)
    full.maybeBytes = []
    full.name = "O'Brien \\ \"ü\" 🐦 $1 ?1"
    full.state = .old
    full.maybeState = .new
    full.document = ["b": [1, 2.5, nil], "a": "x"]
    full.tags = ["a", "", "ü"]
    full.metadata = ["k": "v", "": "empty"]
    full.link = Sample.Link("there")
    full.links = [Sample.Link("a"), Sample.Link("b")]
    var blank = Sample()
    blank.id = ""
    let records = [full, blank]
    try await store.write { for record in records { try await $0.insert(record) } }
    let read = try await store.read { try await $0.all(Sample.self, "ORDER BY count DESC") }
    #expect(read == records)
    #expect(read.first?.document.text == full.document.text, "the order of keys is kept")
    let wanted = full
    let found = try await store.read {
      try await $0.one(
        Sample.self,
        """
        WHERE name = \(wanted.name) AND at = \(wanted.at) AND bytes = \(wanted.bytes)
        AND state IN (\(list: [wanted.state]))
        """)
    }
    #expect(found == full)
    await store.close()
  }

  @Test(arguments: Home.all) func recordsAreFoundCountedChangedAndRemoved(home: Home) async throws {
    let store = try await home.openMigrated().store
    let counts = try await store.write { transaction in
      for n in 1...5 { try await transaction.insert(Lease("net", n, n % 2 == 0 ? "even" : "odd")) }
      try await transaction.update(Lease("net", 1, "changed"))
      try await transaction.delete(Lease("net", 2))
      let removed = try await transaction.deleteAll(Lease.self, "WHERE address >= \(4)")
      return [removed, try await transaction.count(Lease.self, "WHERE owner = \("odd")")]
    }
    #expect(counts == [2, 1])
    let kept = try await store.read { transaction in
      let none: [Int] = []
      #expect(try await transaction.count(Lease.self) == 2)
      #expect(try await transaction.count(Lease.self, "WHERE address IN (\(list: none))") == 0)
      #expect(try await transaction.count(Lease.self, "WHERE address NOT IN (\(list: none))") == 2)
      #expect(try await transaction.get(Lease.self, "net", 4) == nil)
      return try await transaction.get(Lease.self, "net", 1)
    }
    #expect(kept == Lease("net", 1, "changed"))
    #expect(kept?.id == "net/1")
    await #expect(throws: Fault.self) { try await store.write { _ = try await $0.update(Lease("net", 9)) } }
    await store.close()
  }

  @Test(arguments: Home.all) func textsCompareByBytesAndCase(home: Home) async throws {
    let store = try await home.openMigrated().store
    let names = try await store.write { transaction in
      for name in ["b", "B", "a", "_", "ä", "ab"] { try await transaction.insert(Thing(name)) }
      let like = try await transaction.count(Thing.self, "WHERE name LIKE \("A%")")
      #expect(like == 0)
      return try await transaction.all(Thing.self, "ORDER BY name LIMIT \(4) OFFSET \(1)").map(\.name)
    }
    #expect(names == ["_", "a", "ab", "b"])
    await store.close()
  }

  @Test(arguments: Home.all) func aTakenNameIsAConflictCalledDuplicate(home: Home) async throws {
    let store = try await home.openMigrated().store
    try await store.write { try await $0.insert(Thing("1", name: "web")) }
    for thing in [Thing("2", name: "web"), Thing("1", name: "other")] {
      let fault = await #expect(throws: Fault.self) { try await store.write { try await $0.insert(thing) } }
      #expect(fault?.kind == .conflict)
      #expect(fault?.code == "duplicate")
      let added = try await store.write { try await $0.insertUnlessPresent(thing) }
      #expect(!added)
    }
    // Caught or not, a failed statement undoes its transaction: PostgreSQL would not go on either.
    await #expect(throws: Fault.self) {
      try await store.write { transaction in
        try await transaction.insert(Thing("3"))
        do { try await transaction.insert(Thing("4", name: "web")) } catch {}
      }
    }
    #expect(try await store.read { try await $0.count(Thing.self) } == 1)
    await store.close()
  }

  @Test(arguments: Home.all) func whatWouldBreakAStatementIsRefused(home: Home) async throws {
    let store = try await home.openMigrated().store
    let refused = await #expect(throws: Fault.self) {
      try await store.read { try await $0.all(Thing.self, "ORDER BY \(identifier: "name; DROP TABLE x")") }
    }
    #expect(refused?.kind == .badRequest)
    let nul = await #expect(throws: Fault.self) { try await store.write { try await $0.insert(Thing("a\0b")) } }
    #expect(nul?.kind == .badRequest)
    await #expect(throws: Fault.self) {
      try await store.read { _ = try await $0.run("DELETE FROM \(Thing.table)") }
    }
    let nested = await #expect(throws: Fault.self) {
      try await store.write { _ in try await store.read { try await $0.count(Thing.self) } }
    }
    #expect(nested?.kind == .internalError)
    await store.close()
    let closed = await #expect(throws: Fault.self) { try await store.write { try await $0.insert(Thing("z")) } }
    #expect(closed?.kind == .unavailable)
  }

  @Test func statementsAreBoundAndNested() {
    let conditions: [SQL] = ["a = \(1)", "b IN (\(list: ["x", "y"]))"]
    let sql: SQL = "SELECT * FROM \(Thing.table) \(SQL.allOf(conditions)) ORDER BY \(identifier: "name") LIMIT \(3)"
    #expect(
      sql.render(.postgres).text
        == "SELECT * FROM test_things WHERE (a = $1) AND (b IN ($2, $3)) ORDER BY name LIMIT $4")
    #expect(sql.render(.sqlite).binds == [.int(1), .text("x"), .text("y"), .int(3)])
    #expect(SQL.joined(["a", "b"], ", ").render(.sqlite).text == "a, b")
    let none: Int? = nil
    #expect(("\(none)" as SQL).render(.sqlite).binds == [.null])
  }
}
