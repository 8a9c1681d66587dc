import Core
import Glibc
import Store
import Synchronization
import Testing

@Suite("Store: engines") struct StoreEngineTests {
  /// An actor's method is the hardest place to leave.
  private actor Caller {
    func thread(_ store: Store, readsInside: Bool) async throws -> (inside: Set<Int>, outside: [Int]) {
      let inside = try await store.write { transaction in
        let before = thisThread()
        _ = try await transaction.count(Thing.self)
        return [before, thisThread()]
      }
      let afterWrite = thisThread()
      let reader = try await store.read { transaction in
        _ = try await transaction.count(Thing.self)
        return thisThread()
      }
      let afterRead = thisThread()
      if readsInside { return (Set(inside + [reader]), [afterWrite, afterRead]) }
      #expect([reader, afterRead] == [afterWrite, afterWrite], "a read does not leave its caller's thread")
      return (Set(inside), [afterWrite])
    }
  }

  /// All but SQLite's reads from a file, which wait for nobody.
  @Test(arguments: Home.all) func bodiesRunOnTheStoresOwnThreads(home: Home) async throws {
    let store = try await home.openMigrated().store
    var inside: Set<Int> = []
    var outside: Set<Int> = []
    for _ in 0..<20 {
      let threads = try await Caller().thread(store, readsInside: home != .file)
      inside.formUnion(threads.inside)
      outside.formUnion(threads.outside)
    }
    #expect(inside.count <= (home == .memory ? 1 : 4))
    #expect(inside.isDisjoint(with: outside), "a caller goes on where it came from")
    await store.close()
  }

  @Test(arguments: Home.all) func tracesAreNotMixedUp(home: Home) async throws {
    let store = try await home.openMigrated().store
    try await withThrowingTaskGroup(of: Void.self) { group in
      for n in 0..<50 {
        group.addTask {
          let trace: Trace? = n % 5 == 0 ? nil : Trace(requestID: "req-\(n)")
          try await Trace.$current.withValue(trace) {
            let written = try await store.write { _ in Trace.current }
            let read = try await store.read { _ in Trace.current }
            #expect(written == trace)
            #expect(read == trace)
          }
        }
      }
      try await group.waitForAll()
    }
    await store.close()
  }

  @Test(arguments: Home.all.filter { $0 != .memory }) func aViewStaysAsItWasWhileOthersWrite(home: Home) async throws {
    let store = try await home.openMigrated().store
    let seen = Counter()
    let (start, begin) = AsyncStream<Void>.makeStream()
    let writer = Task {
      for await _ in start { break }
      try await store.write { try await $0.insert(Thing("meanwhile")) }
      seen.add(1)
    }
    let counts = try await store.read { transaction in
      let first = try await transaction.count(Thing.self)
      begin.yield()
      for _ in 0..<2000 where seen.values.isEmpty { usleep(1000) }
      return [first, try await transaction.count(Thing.self)]
    }
    try await writer.value
    #expect(seen.values == [1], "the writer came through while the view was open")
    #expect(counts == [0, 0])
    #expect(try await store.read { try await $0.count(Thing.self) } == 1)
    await store.close()
  }

  @Test(arguments: [Home.memory, .file]) func aFullDiskIsSaidAndUndoesAllWhoShareTheCommit(home: Home) async throws {
    let store = try await home.openMigrated().store
    try await store.write { try await $0.insert(Thing("before")) }
    _ = try await store.write { try await $0.run("PRAGMA max_page_count = 40") }
    let failures = await withTaskGroup(of: Fault?.self) { group in
      for n in 0..<8 {
        group.addTask {
          do {
            try await store.write { transaction in
              var sample = Sample()
              sample.id = "\(n)"
              sample.bytes = [UInt8](repeating: 7, count: 60_000)
              try await transaction.insert(sample)
            }
            return nil
          } catch {
            return error as? Fault
          }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    let full = failures.compactMap(\.self)
    #expect(!full.isEmpty)
    #expect(full.allSatisfy { $0.kind == .outOfSpace && $0.message.contains("free space") })
    let samples = try await store.read { try await $0.count(Sample.self) }
    #expect(samples == 8 - full.count, "who was told of success is there, who was not is not")
    _ = try await store.write { try await $0.run("PRAGMA max_page_count = 100000") }
    try await store.write { try await $0.insert(Thing("after")) }
    #expect(try await store.read { try await $0.count(Thing.self) } == 2)
    await store.close()
  }

  /// Runs nothing by itself: a simulation says when.
  private final class Stepper: TaskExecutor {
    private let jobs = Mutex<[UnownedJob]>([])
    func enqueue(_ job: consuming ExecutorJob) {
      let job = UnownedJob(job)
      jobs.withLock { $0.append(job) }
    }
    func step() {
      let due = jobs.withLock { jobs in
        defer { jobs = [] }
        return jobs
      }
      for job in due { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
  }

  @Test func aSimulationDecidesWhenTransactionsRun() async throws {
    let stepper = Stepper()
    let store = try Store.sqlite(path: nil, world: .real, executor: stepper)
    let seen = Counter()
    let writer = Task {
      try await store.migrate([testSchema])
      try await store.write { try await $0.insert(Thing("1")) }
      seen.add(1)
    }
    try await World.real.sleep(.milliseconds(20))
    #expect(seen.values.isEmpty)
    for _ in 0..<1000 where seen.values.isEmpty {
      stepper.step()
      try await World.real.sleep(.milliseconds(1))
    }
    try await writer.value
    #expect(seen.values == [1])
  }

  @Test func aDatabaseThatCannotBeOpenedIsNamed() {
    let fault = #expect(throws: Fault.self) { try Store.sqlite(path: "/nowhere/at/all.db", world: .real) }
    #expect(fault?.kind == .unavailable)
    #expect(fault?.message.contains("/nowhere/at/all.db") == true)
  }

  @Test func aServerThatDoesNotAnswerIsSaid() async {
    let fault = await #expect(throws: Fault.self) {
      _ = try await Store.postgres("host=/nowhere dbname=x", world: .real)
    }
    #expect(fault?.kind == .unavailable)
  }

  @Test(arguments: Home.all.filter { $0 == .postgres }) func aLostConnectionIsReplaced(home: Home) async throws {
    let opened = try await home.openMigrated()
    let store = opened.store
    let killer = try #require(try await opened.reopen?())
    let attempts = Counter()
    try await store.write { transaction in
      let process = try Int(columnValue: try await transaction.run("SELECT pg_backend_pid()")[0][0])
      try await transaction.insert(Thing("once"))
      attempts.add(process)
    }
    let process = try #require(attempts.values.first)
    // Between transactions: the next one notices.
    _ = try await killer.write { try await $0.run("SELECT pg_terminate_backend(CAST(\(process) AS INTEGER))") }
    for n in 0..<8 { try await store.write { try await $0.insert(Thing("later-\(n)")) } }
    #expect(try await store.read { try await $0.count(Thing.self) } == 9)
    // In the midst of one: it is repeated on a new connection.
    let tries = Counter()
    try await store.write { transaction in
      try await transaction.insert(Thing("repeated"))
      tries.add(1)
      if tries.values.count == 1 {
        // The last thing this connection is told; the server ends it.
        _ = try await transaction.run("SELECT pg_terminate_backend(pg_backend_pid())")
      }
    }
    #expect(tries.values.count == 2)
    #expect(try await store.read { try await $0.count(Thing.self) } == 10)
    await killer.close()
    await store.close()
  }
}

private func thisThread() -> Int { Int(bitPattern: UInt(pthread_self())) }
