internal import Core
internal import Synchronization

/// SQLite: one writer with group commit, and a few readers that see the last commit and wait for nobody (WAL).
/// In memory, and on a given executor, there is one connection, and reads stand in line with the writes.
///
/// A read runs where its caller runs: a point read takes some 5 microseconds, a hop to another thread and back twice
/// to five times that, and whoever reads a long list renders it on the same thread anyway.
final class SQLiteEngine: Engine {
  /// More than there are threads that ask: a body never waits, so each thread holds one connection at most.
  private static let readerCount = 6

  private let writer: SQLiteWriter
  private let readers: ConnectionPool<SQLiteConnection>?

  let dialect = Dialect.sqlite

  /// On a connection that stands in memory.
  private init(_ connection: SQLiteConnection, _ executor: any TaskExecutor) throws {
    writer = try SQLiteWriter(connection, executor)
    readers = nil
  }

  /// See `Store.commits`.
  var commits: Int { writer.commits.load(ordering: .relaxed) }

  /// See `Store.afterCrash`.
  func afterCrash(_ executor: any TaskExecutor) throws -> SQLiteEngine {
    try SQLiteEngine(writer.abandoned(), executor)
  }

  init(path: String?, executor: (any TaskExecutor)?) throws {
    let connection = try SQLiteConnection(path: path ?? ":memory:", path == nil ? .memory : .writer)
    writer = try SQLiteWriter(connection, executor)
    guard let path, executor == nil else {
      readers = nil
      return
    }
    readers = ConnectionPool(try (0..<Self.readerCount).map { _ in try SQLiteConnection(path: path, .reader) })
  }

  func write<T: Sendable>(_ body: @escaping @Sendable (any Session) async throws -> T) async throws -> T {
    try await writer.submit(body)
  }

  func read<T: Sendable>(_ body: @escaping @Sendable (any Session) async throws -> T) async throws -> T {
    guard let readers else { return try await writer.submit(body) }
    let reader = try await readers.take()
    defer { readers.give(reader) }
    return try await Self.run(reader, body)
  }

  private static func run<T: Sendable>(
    _ connection: SQLiteConnection, _ body: @Sendable (any Session) async throws -> T
  ) async throws -> T {
    try connection.begin("BEGIN")
    // A reading transaction has nothing to lose: it is rolled back whatever happened.
    defer { if connection.isInTransaction { try? connection.control("ROLLBACK") } }
    return try await body(connection)
  }

  /// A state directory belongs to one process, which holds its lock.
  func exclusively(_ body: @escaping @Sendable () async throws -> Void) async throws { try await body() }
  /// One process alone opens the state directory that has the database.
  func hold(_ name: String) async throws -> Bool { true }
  func clock() async throws -> Timestamp? { nil }

  func close() async {
    for reader in await readers?.close() ?? [] { reader.close() }
    await writer.close()
  }
}
