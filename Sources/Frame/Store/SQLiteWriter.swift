internal import Core
internal import Synchronization

/// The only one who writes to a SQLite database: it takes whatever is queued, runs it as one transaction with a
/// savepoint for each caller, and answers all of them after the one commit.
///
/// So a durable commit (1.2 k/s alone) is shared by as many as come while the last one runs (44 k/s with 64 callers).
final class SQLiteWriter: Sendable {
  /// One caller.
  private struct Job: Sendable {
    /// Runs the body and keeps what came out; whether it came to a good end.
    let run: @Sendable (SQLiteConnection) async -> Bool
    /// Answers the caller: with the error that undid everything, or with what came out.
    let answer: @Sendable ((any Error)?) -> Void
  }
  private struct State {
    var jobs: [Job] = []
    var isRunning = false
    var isClosed = false
    var closing: [CheckedContinuation<Void, Never>] = []
  }
  /// Callers in one transaction at most; more would let the first ones wait for no gain.
  private static let batchLimit = 256

  private let connection: SQLiteConnection
  private let executor: any TaskExecutor
  private let thread: StoreThread?
  private let state = Mutex(State())
  /// How many transactions have changed the database.
  let commits = Atomic(0)

  init(_ connection: SQLiteConnection, _ executor: (any TaskExecutor)?) throws {
    self.connection = connection
    if let executor {
      thread = nil
      self.executor = executor
    } else {
      let own = try StoreThread()
      thread = own
      self.executor = own
    }
  }

  deinit { thread?.stop() }

  func submit<T: Sendable>(_ body: @escaping @Sendable (any Session) async throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<T, any Error>) in
      let outcome = Outcome<T>()
      let job = Job(
        run: { connection in
          do {
            outcome.set(.success(try await body(connection)))
            return true
          } catch {
            outcome.set(.failure(error))
            return false
          }
        },
        answer: { error in
          switch (outcome.get, error) {
          case (.failure(let own), _): continuation.resume(throwing: own)
          case (_, let error?): continuation.resume(throwing: error)
          case (.success(let result), nil): continuation.resume(returning: result)
          case (nil, nil): continuation.resume(throwing: ConnectionPool<Int>.closed)
          }
        })
      enqueue(job)
    }
  }

  private final class Outcome<T: Sendable>: Sendable {
    private let result = Mutex<Result<T, any Error>?>(nil)
    func set(_ new: Result<T, any Error>) { result.withLock { $0 = new } }
    var get: Result<T, any Error>? { result.withLock { $0 } }
  }

  private func enqueue(_ job: Job) {
    let (refusal, mustStart) = state.withLock { state -> (Fault?, Bool) in
      if state.isClosed { return (ConnectionPool<Int>.closed, false) }
      if state.jobs.count >= ConnectionPool<Int>.waitingLimit { return (ConnectionPool<Int>.crowded, false) }
      state.jobs.append(job)
      defer { state.isRunning = true }
      return (nil, !state.isRunning)
    }
    if let refusal { job.answer(refusal) }
    if mustStart { Task(executorPreference: executor) { await self.work() } }
  }

  private func work() async {
    while let batch = nextBatch() {
      let failure = await commit(batch)
      for job in batch { job.answer(failure) }
    }
  }

  private func nextBatch() -> [Job]? {
    let (batch, closing) = state.withLock { state -> ([Job], [CheckedContinuation<Void, Never>]) in
      let batch = Array(state.jobs.prefix(Self.batchLimit))
      state.jobs.removeFirst(batch.count)
      guard batch.isEmpty else { return (batch, []) }
      state.isRunning = false
      defer { state.closing = [] }
      return ([], state.closing)
    }
    for waiting in closing { waiting.resume() }
    return batch.isEmpty ? nil : batch
  }

  /// Runs the batch as one transaction; the error that undid all of it, if any.
  private func commit(_ batch: [Job]) async -> (any Error)? {
    do {
      let before = connection.changes
      try connection.begin("BEGIN IMMEDIATE")
      for job in batch {
        try connection.control("SAVEPOINT caller")
        let isGood = await job.run(connection)
        if !isGood { try connection.control("ROLLBACK TO caller") }
        try connection.control("RELEASE caller")
      }
      try connection.control("COMMIT")
      if connection.changes != before { commits.add(1, ordering: .relaxed) }
      return nil
    } catch {
      if connection.isInTransaction { try? connection.control("ROLLBACK") }
      return connection.undoing ?? error
    }
  }

  /// Its connection, without what was under way: nothing of this writer may run any more.
  func abandoned() throws -> SQLiteConnection {
    if connection.isInTransaction { try connection.control("ROLLBACK") }
    return connection
  }

  /// Refuses newcomers and waits until all callers are answered.
  func close() async {
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      let isIdle = state.withLock { state in
        state.isClosed = true
        if state.isRunning { state.closing.append(continuation) }
        return !state.isRunning
      }
      if isIdle { continuation.resume() }
    }
    connection.close()
  }
}
