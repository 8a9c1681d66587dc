import Store
import Testing

@Suite("Store: known rows") struct StoreKnownRowsTests {
  @Test(arguments: Home.all) func theyAreWhatATransactionWouldRead(home: Home) async throws {
    let store = try await home.openMigrated().store
    let known = KnownRows<Thing>()
    func check(_ what: Comment) async throws {
      let (kept, read) = try await store.read { tx in
        (try await known.all(orderedBy: "name, id", in: tx), try await tx.all(Thing.self, "ORDER BY name, id"))
      }
      #expect(kept == read, what)
    }
    try await check("nothing")
    try await store.write { tx in
      for n in 0..<1200 { try await tx.insert(Thing("thing-\(n)")) }
    }
    try await check("more than one statement's worth")
    try await store.write { tx in
      for n in [3, 700] {
        var thing = try #require(try await tx.get(Thing.self, "thing-\(n)"))
        thing.name = "a new name \(n)"
        try await tx.update(thing)
      }
    }
    try await check("changed, and in another place")
    try await store.write { _ = try await $0.deleteAll(Thing.self, "WHERE id = 'thing-5'") }
    try await check("one went")
    try await store.write { tx in
      try await tx.insert(Thing("thing-5", name: "again"))
      _ = try await tx.deleteAll(Thing.self, "WHERE id = 'thing-6'")
    }
    try await check("one came and one went")
    await store.close()
  }
}
