internal import Core

/// SQLite: one writer with group commit, and a few readers that see the last commit and wait for nobody (WAL).
/// In memory, and on a given executor, there is one connection, and reads stand in line with the writes.
final class SQLiteEngine: Engine {
  private struct Reader: Sendable {
    let connection: SQLiteConnection
    let thread: StoreThread
  }
  private static let readerCount = 3

  private let writer: SQLiteWriter
  private let readers: ConnectionPool<Reader>?
  /// For the end: readers stop with the engine even where nobody closed it.
  private let threads: [StoreThread]

  let dialect = Dialect.sqlite

  /// On a connection that stands in memory.
  private init(_ connection: SQLiteConnection, _ executor: any TaskExecutor) throws {
    writer = try SQLiteWriter(connection, executor)
    readers = nil
    threads = []
  }

  /// See `Store.afterCrash`.
  func afterCrash(_ executor: any TaskExecutor) throws -> SQLiteEngine {
    try SQLiteEngine(writer.abandoned(), executor)
  }

  init(path: String?, executor: (any TaskExecutor)?) throws {
    let connection = try SQLiteConnection(path: path ?? ":memory:", path == nil ? .memory : .writer)
    writer = try SQLiteWriter(connection, executor)
    guard let path, executor == nil else {
      readers = nil
      threads = []
      return
    }
    let all = try (0..<Self.readerCount).map { _ in
      Reader(connection: try SQLiteConnection(path: path, .reader), thread: try StoreThread())
    }
    readers = ConnectionPool(all)
    threads = all.map(\.thread)
  }

  deinit {
    for thread in threads { thread.stop() }
  }

  func write<T: Sendable>(_ body: @escaping @Sendable (any Session) async throws -> T) async throws -> T {
    try await writer.submit(body)
  }

  func read<T: Sendable>(_ body: @escaping @Sendable (any Session) async throws -> T) async throws -> T {
    guard let readers else { return try await writer.submit(body) }
    let reader = try await readers.take()
    defer { readers.give(reader) }
    return try await reader.thread.run {
      try await Self.run(reader.connection, body)
    }
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

  func close() async {
    for reader in await readers?.close() ?? [] { reader.connection.close() }
    await writer.close()
  }
}
