internal import Core
internal import JSON
internal import Synchronization

/// A transaction that may write; `Store.write` begins and ends it.
///
/// A statement that fails dooms the transaction, even where its error is caught, since PostgreSQL goes on with none
/// after an error: ask first, or use `insertUnlessPresent`. A conflict of generations dooms nothing.
public final class Transaction: ReadTransaction {
  let session: any Session
  private let world: World
  private let trace: Trace?
  private let state = Mutex(State())

  private struct State {
    var failure: (any Error)?
    var changes = 0
    var afterCommit: [@Sendable () async -> Void] = []
  }

  init(_ session: any Session, _ world: World, _ trace: Trace?) {
    self.session = session
    self.world = world
    self.trace = trace
  }

  public var dialect: Dialect { session.dialect }

  /// Runs one statement of any kind and gives its rows (`RETURNING` works on both engines). What it changes is not in
  /// the change log.
  public func run(_ sql: SQL) async throws -> [[Value]] {
    if let failure = state.withLock({ $0.failure }) { throw failure }
    do {
      return try session.execute(sql, readOnly: false)
    } catch {
      state.withLock { $0.failure = error }
      throw error
    }
  }

  /// Adds a record.
  /// - Throws: a conflict with the code `duplicate` when its key or a unique column is taken.
  public func insert<R: Record>(_ record: R) async throws {
    _ = try await run(R.table.insert(record))
    try await note(.insert, before: nil, after: record)
  }

  /// Adds a record unless its key or a unique column is taken; whether it did.
  public func insertUnlessPresent<R: Record>(_ record: R) async throws -> Bool {
    let added = try await run(R.table.insert(record) + " ON CONFLICT DO NOTHING RETURNING 1")
    guard !added.isEmpty else { return false }
    try await note(.insert, before: nil, after: record)
    return true
  }

  /// Adds a record, or writes it over the one that has its key.
  /// - Throws: as `update`.
  public func put<R: Record>(_ record: R) async throws {
    if try await !insertUnlessPresent(record) { try await update(record) }
  }

  /// Writes all columns of a record, found by its key. A `Versioned` record is written only if it is still of the
  /// generation that was read, and comes back with the next one.
  /// - Throws: a conflict with the code `generation` when somebody else changed or deleted it in between; `notFound`
  ///   for a plain record that is not there.
  @discardableResult
  public func update<R: Record>(_ record: R) async throws -> R {
    let table = R.table
    var before: R?
    if table.logged {
      before = try await all(R.self, table.whereKey(table.key(of: record))).first
      guard before != nil else { throw absent(record) }
    }
    guard let generation = table.generation else {
      if let before, table.same(before, record) { return record }
      guard try await run(table.update(record) + " RETURNING 1").count == 1 else { throw absent(record) }
      try await note(.update, before: before, after: record)
      return record
    }
    let read = generation.value(in: record)
    var next = record
    try generation.set(&next, .int(try Int(columnValue: read) + 1))
    let condition = SQL(parts: [.raw(" AND generation = "), .bind(read), .raw(" RETURNING 1")])
    guard try await run(table.update(next) + condition).count == 1 else { throw absent(record) }
    try await note(.update, before: before, after: next)
    return next
  }

  /// Removes a record, found by its key (and its generation, if it is `Versioned`).
  /// - Throws: as `update` does.
  public func delete<R: Record>(_ record: R) async throws {
    let table = R.table
    var sql: SQL = "DELETE FROM \(table) \(table.whereKey(table.key(of: record)))"
    if let generation = table.generation {
      sql += SQL(parts: [.raw(" AND generation = "), .bind(generation.value(in: record))])
    }
    guard let row = try await run(sql + SQL(parts: [.raw(" RETURNING " + table.names)])).first else {
      throw absent(record)
    }
    if table.logged { try await note(.delete, before: try table.decode(row), after: nil) }
  }

  /// Removes the records that a piece beginning with `WHERE` selects (an empty piece: all) and says how many.
  @discardableResult
  public func deleteAll<R: Record>(_ type: R.Type = R.self, _ sql: SQL = "") async throws -> Int {
    let table = R.table
    let columns = table.logged ? table.names : "1"
    let rows = try await run("DELETE FROM \(table) \(sql)" + SQL(parts: [.raw(" RETURNING " + columns)]))
    if table.logged {
      for row in rows { try await note(.delete, before: try table.decode(row), after: nil) }
    }
    return rows.count
  }

  /// Registers what is to happen once, after this transaction is durable: waking a saga, telling a subscriber.
  /// `Store.write` awaits it before it returns.
  public func afterCommit(_ action: @escaping @Sendable () async -> Void) {
    state.withLock { $0.afterCommit.append(action) }
  }

  /// Called after the body: the error that doomed the transaction, else what to do after the commit.
  func finish() throws -> [@Sendable () async -> Void] {
    try state.withLock { state in
      if let failure = state.failure { throw failure }
      return state.afterCommit
    }
  }

  private func absent<R: Record>(_ record: R) -> Fault {
    let what = "The record \(record.id) of \(R.table.name)"
    return R.table.generation == nil
      ? .notFound("\(what) does not exist any more.", code: "absent")
      : .conflict(
        "\(what) was changed or deleted by another request in the meantime. Read it again and repeat the change.",
        code: "generation")
  }

  /// Writes a change down, and lets the record follow it.
  private func note<R: Record>(_ action: Change.Action, before: R?, after: R?) async throws {
    guard R.table.logged, let record = after ?? before else { return }
    let name = R.table.name
    var change = Change()
    change.at = world.now()
    change.service = String(name.prefix { $0 != "_" })
    change.tableName = name
    change.recordID = record.id
    change.action = action
    change.userID = trace?.user
    change.projectID = trace?.project
    change.requestID = trace?.requestID
    change.before = before.map { R.table.shown($0, against: after) }
    change.after = after.map { R.table.shown($0, against: before) }
    let n = state.withLock { state in
      state.changes += 1
      return state.changes
    }
    _ = try await run(ChangeLog.append(change, n, dialect))
    try await R.hasChanged(from: before, to: after, in: self)
  }
}
