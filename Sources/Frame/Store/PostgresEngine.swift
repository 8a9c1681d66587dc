internal import Core
internal import Synchronization

/// PostgreSQL: a pool of connections, each with its thread. Writes are serializable and repeated when they collide;
/// reads see one snapshot.
final class PostgresEngine: Engine {
  private struct Member: Sendable {
    let connection: PostgresConnection
    let thread: StoreThread
  }
  private enum Outcome<T: Sendable>: Sendable {
    case done(T)
    case failed(any Error)
    /// Collided with another transaction, or lost its connection before the commit: nothing was changed.
    case again(any Error)
  }
  /// How often a body is tried. With every connection busy on one row each round lets at least one through.
  private static let attemptLimit = 40
  /// The advisory lock under which schemas migrate: "martlet" in ASCII.
  private static let migrationLock = 0x6d_6172_746c_6574

  private let conninfo: String
  /// The connections whose locks say that names are taken.
  private let holding = Mutex<[Member]>([])
  private let pool: ConnectionPool<Member>
  private let threads: [StoreThread]
  private let world: World

  let dialect = Dialect.postgres

  /// - Throws: `unavailable` when the server does not answer.
  init(_ conninfo: String, connections: Int, _ world: World) async throws {
    self.world = world
    self.conninfo = conninfo
    // Migrating holds one connection and works on another.
    let members = try (0..<max(2, connections)).map { _ in
      Member(connection: PostgresConnection(conninfo), thread: try StoreThread())
    }
    threads = members.map(\.thread)
    pool = ConnectionPool(members)
    let first = try await pool.take()
    defer { pool.give(first) }
    try await Self.direct(first) { try $0.control("SELECT 1") }
  }

  deinit {
    for thread in threads + holding.withLock({ $0.map(\.thread) }) { thread.stop() }
  }

  func read<T: Sendable>(_ body: @escaping @Sendable (any Session) async throws -> T) async throws -> T {
    try await transact("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", body)
  }

  func write<T: Sendable>(_ body: @escaping @Sendable (any Session) async throws -> T) async throws -> T {
    try await transact("BEGIN ISOLATION LEVEL SERIALIZABLE", body)
  }

  private func transact<T: Sendable>(
    _ begin: String, _ body: @escaping @Sendable (any Session) async throws -> T
  ) async throws -> T {
    var attempt = 1
    while true {
      let member = try await pool.take()
      let outcome = try await member.thread.run { await Self.attempt(begin, member.connection, body) }
      pool.give(member)
      switch outcome {
      case .done(let result): return result
      case .failed(let error): throw error
      case .again(let error):
        guard attempt < Self.attemptLimit else { throw error }
        // The longer they collide, the further they spread: up to 0.5 ms, then 1, 2, ... 64 ms.
        let most = 500 << min(attempt - 1, 7)
        let chance = world.random(2).reduce(0) { $0 << 8 | Int($1) }
        try await world.sleep(.microseconds(most * chance / 65_536))
        attempt += 1
      }
    }
  }

  private static func attempt<T: Sendable>(
    _ begin: String, _ connection: PostgresConnection, _ body: @Sendable (any Session) async throws -> T
  ) async -> Outcome<T> {
    do {
      try connection.begin(begin)
    } catch {
      return .failed(error)
    }
    do {
      let result = try await body(connection)
      try connection.commit()
      return .done(result)
    } catch {
      // The connection knows better than the error, which the body may have wrapped.
      let mayRepeat = connection.mayRepeat
      connection.rollback()
      return mayRepeat ? .again(error) : .failed(error)
    }
  }

  /// Runs something on a connection outside any transaction.
  private static func direct(
    _ member: Member, _ body: @escaping @Sendable (PostgresConnection) throws -> Void
  ) async throws {
    try await member.thread.run {
      try member.connection.connect()
      try body(member.connection)
    }
  }

  func exclusively(_ body: @escaping @Sendable () async throws -> Void) async throws {
    let member = try await pool.take()
    defer { pool.give(member) }
    try await Self.direct(member) { try $0.control("SELECT pg_advisory_lock(\(Self.migrationLock))") }
    let result: Result<Void, any Error>
    do {
      try await body()
      result = .success(())
    } catch {
      result = .failure(error)
    }
    try await Self.direct(member) { try $0.control("SELECT pg_advisory_unlock(\(Self.migrationLock))") }
    try result.get()
  }

  func hold(_ name: String) async throws -> Bool {
    let member = Member(connection: PostgresConnection(conninfo), thread: try StoreThread())
    // The server notices within seconds when this machine is no more.
    let settings = "SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3"
    let sql: SQL = "SELECT CASE WHEN pg_try_advisory_lock(1835102836, hashtext(\(name))) THEN 1 ELSE 0 END"
    var isMine = false
    defer {
      if isMine {
        holding.withLock { $0.append(member) }
      } else {
        member.connection.close()
        member.thread.stop()
      }
    }
    isMine = try await member.thread.run {
      try member.connection.connect()
      try member.connection.control(settings)
      let rows = try member.connection.execute(sql, readOnly: false)
      return try rows.first.map { try Bool(columnValue: $0[0]) } ?? false
    }
    return isMine
  }

  func clock() async throws -> Timestamp? {
    try await write { session in
      let sql: SQL = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
      return try session.execute(sql, readOnly: true).first.map { try Timestamp(columnValue: $0[0]) }
    }
  }

  func close() async {
    let held = holding.withLock { held in
      defer { held = [] }
      return held
    }
    for member in await pool.close() + held { member.connection.close() }
    for member in held { member.thread.stop() }
  }
}
