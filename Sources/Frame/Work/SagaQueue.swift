public import Core
public import Store
internal import FoundationEssentials
internal import Log
internal import Synchronization

/// Begins, runs and resumes sagas.
///
/// A saga that this process can run is claimed as it begins and runs as soon as its transaction has been committed.
/// Whatever another process left behind is found by `takeOver` at the start and by the poll, once its lease is over.
public final class SagaQueue: Sendable {
  /// How long a process that says nothing is thought alive; renewed three times in that time.
  public static let lease = Duration.seconds(15)

  let store: Store
  let world: World
  /// `NODE/INCARNATION`: what an earlier incarnation of this node held can be taken over at once.
  let owner: String
  let node: String
  private let state = Mutex(State())
  private let log = Log("work.saga")

  struct State {
    var runners: [String: Runner] = [:]
    var running: [String: Task<Void, Never>] = [:]
    var waiting: [String] = []
    var stopping = false
    var poll: Task<Void, Never>?
    var polled = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
  }
  typealias Runner = @Sendable (SagaRow) async -> Void

  /// How many sagas run at once; the rest wait in order.
  let width: Int

  /// - Parameter node: the name of this machine's part of the cloud, the same after a restart.
  public init(store: Store, world: World, node: String, width: Int = 64) {
    self.store = store
    self.world = world
    self.node = node
    self.width = width
    owner = "\(node)/\(world.hexID())"
  }

  /// Lets this process run sagas of that kind.
  public func register<S: Saga>(_ type: S.Type, _ context: S.Context) {
    let run: Runner = { [weak self] row in
      guard let self else { return }
      var run = SagaRun<S>(row: row, context: context, queue: self)
      await run.run()
    }
    state.withLock { $0.runners[S.name] = run }
  }

  /// Writes a saga in the caller's transaction; it starts after the commit.
  /// - Parameter predecessor: a saga that holds the same resource: it is asked to give up, and waited for.
  /// - Returns: the saga's id.
  public func begin<S: SagaValue>(_ saga: S, after predecessor: String? = nil, in tx: Transaction) async throws
    -> String
  {
    var row = SagaRow()
    row.id = world.uuid()
    row.name = S.name
    row.subject = saga.subject
    row.value = try Self.encode(saga)
    row.createdAt = world.now()
    row.updatedAt = row.createdAt
    row.requestID = Trace.current?.requestID
    row.userID = Trace.current?.user
    row.projectID = Trace.current?.project
    if let predecessor, try await tx.get(SagaRow.self, predecessor) != nil {
      _ = try await tx.run("UPDATE \(SagaRow.table) SET cancelled = 1 WHERE id = \(predecessor)")
      row.after = predecessor
    }
    let waits = row.after
    if waits == nil, state.withLock({ $0.runners[S.name] != nil && !$0.stopping }) {
      row.owner = owner
      row.leaseUntil = world.now() + Self.lease
    }
    try await tx.insert(row)
    let id = row.id
    let mine = row.owner != nil
    tx.afterCommit { [weak self] in
      if let waits { self?.interrupt(waits) }
      if mine { self?.launch(id) } else { self?.wake() }
    }
    return id
  }

  /// Starts the poll; before it, everything an earlier incarnation of this node held is taken over.
  public func start() async throws {
    let now = world.now()
    let (prefix, mine) = (node + "/", owner)
    try await store.write { tx in
      _ = try await tx.run(
        """
        UPDATE \(SagaRow.table) SET owner = NULL, lease_until = \(now) \
        WHERE owner LIKE \(prefix + "%") AND owner <> \(mine)
        """)
    }
    let poll = Task.immediate { [weak self] in await self?.pollUntilCancelled() ?? () }
    state.withLock { $0.poll = poll }
    wake()
  }

  /// Begins no further step, waits for those that run, and lets everything go for the next process.
  public func stop(within limit: Duration) async {
    let running = state.withLock { state in
      state.stopping = true
      state.poll?.cancel()
      state.waiting = []
      return Array(state.running.values)
    }
    let deadline = world.uptime() + limit
    while world.uptime() < deadline, state.withLock({ !$0.running.isEmpty }) {
      try? await world.sleep(.milliseconds(20))
    }
    for task in running { task.cancel() }
    let mine = owner
    _ = try? await store.write { tx in
      _ = try await tx.run("UPDATE \(SagaRow.table) SET owner = NULL WHERE owner = \(mine)")
    }
  }

  /// Looks for work at once.
  public func wake() { state.withLock { _ = $0.polled.continuation.yield() } }

  /// Lets a stuck saga try again from where it stands.
  /// - Throws: `notFound` when there is no such stuck saga.
  public func retry(_ id: String) async throws {
    try await store.write { tx in
      guard var row = try await tx.get(SagaRow.self, id), row.phase == .stuck else {
        throw Fault.notFound("There is no stuck saga \(id).")
      }
      row.phase = .unwinding
      row.tries = 0
      row.owner = nil
      _ = try await tx.update(row)
    }
    wake()
  }

  /// Waits until nothing that this process could run is left; for tests and for orderly ends.
  public func drain() async throws {
    while true {
      let rows = try await store.read { try await $0.count(SagaRow.self, "WHERE phase <> \(SagaRow.Phase.stuck)") }
      if rows == 0, state.withLock({ $0.running.isEmpty && $0.waiting.isEmpty }) { return }
      try await world.sleep(.milliseconds(5))
    }
  }

  // MARK: Running

  var isStopping: Bool { state.withLock { $0.stopping } }

  private func launch(_ id: String) {
    state.withLock { state in
      guard !state.stopping, state.running[id] == nil else { return }
      guard state.running.count < width else {
        state.waiting.append(id)
        return
      }
      state.running[id] = Task { [weak self] in await self?.execute(id) ?? () }
    }
  }

  /// Tells a saga that runs here that it was cancelled; elsewhere it sees it at its next save.
  private func interrupt(_ id: String) { state.withLock { $0.running[id] }?.cancel() }

  private func execute(_ id: String) async {
    if let row = try? await store.read({ try await $0.get(SagaRow.self, id) }), row.owner == owner,
      let runner = state.withLock({ $0.runners[row.name] })
    {
      let trace = Trace(requestID: row.requestID ?? "req-\(row.id)", user: row.userID, project: row.projectID)
      await Trace.$current.withValue(trace) { await runner(row) }
    }
    let next = state.withLock { state -> String? in
      state.running[id] = nil
      return state.waiting.isEmpty ? nil : state.waiting.removeFirst()
    }
    if let next { launch(next) }
    wake()
  }

  private func pollUntilCancelled() async {
    let wakes = state.withLock { $0.polled }
    let timer = Task { [world] in
      while !Task.isCancelled {
        try? await world.sleep(.seconds(1))
        wakes.continuation.yield()
      }
    }
    defer { timer.cancel() }
    var renewed = world.uptime()
    for await _ in wakes.stream {
      if Task.isCancelled { return }
      do {
        if world.uptime() - renewed > Self.lease / 3 {
          try await renew()
          renewed = world.uptime()
        }
        try await claimRunnable()
      } catch { log.error("sagas cannot be read from the store", ["cause": "\(error)"]) }
    }
  }

  private func renew() async throws {
    let (mine, until) = (owner, world.now() + Self.lease)
    try await store.write { tx in
      _ = try await tx.run("UPDATE \(SagaRow.table) SET lease_until = \(until) WHERE owner = \(mine)")
    }
  }

  /// Claims what nobody holds, nobody stands before, and this process knows how to run.
  private func claimRunnable() async throws {
    let names = state.withLock { Array($0.runners.keys) }
    guard !names.isEmpty else { return }
    let (now, mine, until) = (world.now(), owner, world.now() + Self.lease)
    let free: SQL = """
      WHERE phase <> \(SagaRow.Phase.stuck) AND not_before <= \(now) AND name IN (\(list: names)) \
      AND (owner IS NULL OR lease_until < \(now)) \
      AND (after_saga IS NULL OR after_saga NOT IN (SELECT id FROM \(SagaRow.table)))
      """
    guard try await store.read({ try await $0.count(SagaRow.self, free) }) > 0 else { return }
    let claimed = try await store.write { tx -> [String] in
      let ids = try await tx.all(SagaRow.self, "\(free) ORDER BY created_at LIMIT 256").map(\.id)
      guard !ids.isEmpty else { return [] }
      _ = try await tx.run(
        "UPDATE \(SagaRow.table) SET owner = \(mine), lease_until = \(until) WHERE id IN (\(list: ids))")
      return ids
    }
    for id in claimed { launch(id) }
  }

  static func encode(_ value: some Encodable) throws -> String {
    String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
  }
  static func decode<T: Decodable>(_ text: String) throws -> T {
    try JSONDecoder().decode(T.self, from: Data(text.utf8))
  }
}
