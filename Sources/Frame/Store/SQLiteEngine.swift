internal import Core

/// Placeholder engine while the interface settles.
final class SQLiteEngine: Engine {
  init(path: String?) throws {}
  let dialect = Dialect.sqlite
  func read<T: Sendable>(_ body: @escaping @Sendable (any Session) async throws -> T) async throws -> T {
    throw Fault.unavailable("not yet")
  }
  func write<T: Sendable>(_ body: @escaping @Sendable (any Session) async throws -> T) async throws -> T {
    throw Fault.unavailable("not yet")
  }
  func exclusively(_ body: @escaping @Sendable () async throws -> Void) async throws { try await body() }
  func close() async {}
}
final class PostgresEngine: Engine {
  init(_ conninfo: String, connections: Int, _ world: World) async throws {}
  let dialect = Dialect.postgres
  func read<T: Sendable>(_ body: @escaping @Sendable (any Session) async throws -> T) async throws -> T {
    throw Fault.unavailable("not yet")
  }
  func write<T: Sendable>(_ body: @escaping @Sendable (any Session) async throws -> T) async throws -> T {
    throw Fault.unavailable("not yet")
  }
  func exclusively(_ body: @escaping @Sendable () async throws -> Void) async throws { try await body() }
  func close() async {}
}
