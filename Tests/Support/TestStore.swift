// TestSupport: what tests of several modules share: a fresh store on either database, and a PostgreSQL server that
// the tests start themselves from Debian's package.
//
// A service's tests say `TestStore.fresh()`. They run on SQLite in memory, and once more, unchanged, on PostgreSQL
// when the environment has MARTLET_TEST_STORE=postgres: what passes on one must pass on the other.

public import Core
import Glibc
public import Store

/// An empty store of a test's own.
public enum TestStore {
  /// Whether the services' tests run on PostgreSQL this time.
  public static var isPostgres: Bool {
    getenv("MARTLET_TEST_STORE").map { String(cString: $0) } == "postgres"
  }

  /// A store with nothing in it, which goes when its last user does.
  public static func fresh(world: World = .real) async throws -> Store {
    guard isPostgres else { return try Store.sqlite(path: nil, world: world) }
    return try await postgres(world: world)()
  }

  /// Where places are made: one store for all tests, since a server bears only so many connections.
  private static let places = Task {
    let directory = try PostgresServer.directory.get()
    return try await Store.postgres("host=\(directory) dbname=postgres user=postgres", connections: 2, world: .real)
  }

  /// How to open a new, empty place in this process's PostgreSQL server, again and again.
  public static func postgres(
    connections: Int = 4, world: World = .real
  ) async throws -> @Sendable () async throws -> Store {
    let directory = try PostgresServer.directory.get()
    let name = "t" + World.real.hexID()
    let conninfo = "host=\(directory) dbname=postgres user=postgres options='-c search_path=\(name)'"
    // A pause for a collision is real time, even where a test's clock stands still.
    var own = world
    own.sleep = World.real.sleep
    _ = try await places.value.write { try await $0.run("CREATE SCHEMA \(identifier: name)") }
    return { [own] in try await Store.postgres(conninfo, connections: connections, world: own) }
  }
}
