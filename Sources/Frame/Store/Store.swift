public import Core

/// The database of this process: SQLite in a file or in memory, or a PostgreSQL server.
public final class Store: Sendable {
  let engine: any Engine
  let world: World

  init(_ engine: any Engine, _ world: World) {
    self.engine = engine
    self.world = world
  }

  /// Whether this task is inside a body; a second transaction there would wait for the first for ever.
  @TaskLocal private static var isInside = false

  /// Opens, or makes, a SQLite database: durable at every commit (WAL, `synchronous=FULL`).
  ///
  /// The file belongs to one process; its state directory's lock, not this, keeps a second one out.
  /// - Parameters:
  ///   - path: the file; nil keeps everything in memory and forgets it at the end.
  ///   - executor: runs all transactions in place of the store's own threads, so that a simulation decides their order.
  /// - Throws: `unavailable` when the file cannot be opened.
  public static func sqlite(path: String?, world: World, executor: (any TaskExecutor)? = nil) throws -> Store {
    Store(try SQLiteEngine(path: path, executor: executor), world)
  }

  /// Connects to a PostgreSQL server (13 or later).
  /// - Parameters:
  ///   - conninfo: libpq's connection string or URL.
  ///   - connections: how many transactions may run at once, at least 2; each has its connection and its thread.
  /// - Throws: `unavailable` when the server does not answer.
  public static func postgres(_ conninfo: String, connections: Int = 6, world: World) async throws -> Store {
    Store(try await PostgresEngine(conninfo, connections: connections, world), world)
  }

  public var dialect: Dialect { engine.dialect }

  /// Runs the body on one consistent view of the store.
  ///
  /// The body runs where the caller does (on PostgreSQL on the connection's thread, perhaps more than once); it awaits
  /// nothing but the transaction.
  public func read<T: Sendable>(
    _ body: @escaping @Sendable (any ReadTransaction) async throws -> T
  ) async throws -> T {
    try refuseNesting()
    let trace = Trace.current
    return try await engine.read { session in
      try await Self.inside(trace) { try await body(Reading(session: session)) }
    }
  }

  /// Runs the body as one transaction that is durable when this returns, and undone when the body throws.
  ///
  /// The body runs on the connection's thread, perhaps more than once (PostgreSQL repeats what collided), so it has no
  /// effects outside the transaction and awaits nothing but it; see `Transaction.afterCommit`.
  /// - Throws: what the body throws; `outOfSpace` when the disk is full; `unavailable` when the database is.
  public func write<T: Sendable>(
    _ body: @escaping @Sendable (Transaction) async throws -> T
  ) async throws -> T {
    try refuseNesting()
    let trace = Trace.current
    let world = world
    let (result, actions) = try await engine.write { session in
      let transaction = Transaction(session, world, trace)
      let result = try await Self.inside(trace) { try await body(transaction) }
      return (result, try transaction.finish())
    }
    for action in actions { await action() }
    return result
  }

  /// Brings the tables of these services to the versions this program knows, each version in one transaction. Call it
  /// once, before anything else, with all services of the process; any number of processes may call it at once.
  /// - Throws: `unavailable` when the store is newer than the program; nothing was changed then.
  public func migrate(_ schemas: [Schema]) async throws {
    try await engine.exclusively { [self] in
      try await Migration(store: self).run([.changeLog] + schemas)
    }
  }

  /// Looks whether another process has brought the schema up to date.
  /// - Throws: `unavailable` where it is older or newer than this program's.
  public func requireCurrent(_ schemas: [Schema]) async throws { try await Migration(store: self).check(schemas) }

  /// What a process that died and was started again finds in a database in memory: all that was committed, and nothing
  /// of what was not. For simulations, in which nothing of this store's may ever run again.
  /// - Throws: `internalError` for a database that is not in memory, since those survive a real death.
  public func afterCrash(executor: any TaskExecutor) throws -> Store {
    guard let memory = engine as? SQLiteEngine else {
      throw Fault.internalError("Only a SQLite database in memory can be carried over a simulated crash.")
    }
    return Store(try memory.afterCrash(executor), world)
  }

  /// How many transactions have changed a SQLite database since this store was made; 0 for another database. For
  /// simulations, in which a process is to die after a certain one.
  public var commits: Int { (engine as? SQLiteEngine)?.commits ?? 0 }

  /// The version that this store has of a service's tables; 0 before there are any.
  public func version(of schema: Schema) async throws -> Int {
    try await Migration(store: self).newest()[schema.service] ?? 0
  }

  /// Waits for running transactions, then lets go of the database. Everything afterwards is refused as `unavailable`.
  public func close() async { await engine.close() }

  /// Bodies may run in a task of the engine's own: it hears of the caller's trace here.
  private static func inside<T>(_ trace: Trace?, _ body: () async throws -> T) async throws -> T {
    try await Trace.$current.withValue(trace) { try await $isInside.withValue(true) { try await body() } }
  }

  private func refuseNesting() throws {
    guard !Self.isInside else {
      throw Fault.internalError(
        "The server tried to begin a transaction inside another.",
        detail: "Store.read or write was called in a body; hand the transaction down instead")
    }
  }
}

/// What the two databases have to do for `Store`.
protocol Engine: Sendable {
  var dialect: Dialect { get }
  func read<T: Sendable>(_ body: @escaping @Sendable (any Session) async throws -> T) async throws -> T
  func write<T: Sendable>(_ body: @escaping @Sendable (any Session) async throws -> T) async throws -> T
  /// Runs the body while no other process does the same on this database.
  func exclusively(_ body: @escaping @Sendable () async throws -> Void) async throws
  /// Takes a name on this database until it is closed or the process ends; false when another process has it.
  func hold(_ name: String) async throws -> Bool
  /// What the database's clock shows; nil where it has none but ours.
  func clock() async throws -> Timestamp?
  func close() async
}
