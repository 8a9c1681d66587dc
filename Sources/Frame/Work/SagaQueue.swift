public import Core
public import Store
internal import FoundationEssentials
internal import Log
internal import Synchronization

/// Begins, runs and resumes sagas.
///
/// A saga that this process can run is claimed as it begins and runs as soon as its transaction has been committed.
/// Whatever another process left behind is found by the poll: at the start what an earlier incarnation of this node
/// held, later what nobody holds or whose lease is over. Every claim counts the row's generation on, and every save
/// names it: so a worker that slept through its lease can write nothing, even when this process claimed the saga anew.
public final class SagaQueue: Sendable {
  /// How long a process that says nothing is thought alive; renewed three times in that time.
  public static let lease = Duration.seconds(15)

  let store: Store
  let world: World
  /// `NODE/INCARNATION`: what an earlier incarnation of this node held can be taken over at once.
  let owner: String
  public let node: String
  /// Whether other processes may work on the same store.
  let isShared: Bool
  let state = Mutex(State())
  let log = Log("work.saga")
  /// Asked after every save, for trials: whether the process dies now.
  let diesAfterSave: (@Sendable () -> Bool)?

  struct State {
    var runners: [String: Runner] = [:]
    /// Those that have a slot.
    var running: [String: Interruption] = [:]
    /// Those that wait for their time; they hold no slot.
    var resting: [String: Task<Void, Never>] = [:]
    /// Those that wait for a slot, in order.
    var waiting: [String] = []
    /// Whether the store may hold sagas that this process had no room for.
    var isCrowded = false
    var isStopping = false
    var isDead = false
    var poll: Task<Void, Never>?
    let polled = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
  }
  typealias Runner = @Sendable (SagaRow, Interruption) async -> SagaOutcome

  /// How many sagas run at once; the rest wait in order.
  let width: Int

  /// - Parameters:
  ///   - node: the name of this machine's part of the cloud, the same after a restart. No two processes that live at
  ///     once may have the same.
  ///   - isShared: whether other processes may work on the same store, to whom this one then gives signs of life.
  public convenience init(store: Store, world: World, node: String, width: Int = 64, isShared: Bool = false) {
    self.init(store: store, world: world, node: node, width: width, isShared: isShared, diesAfterSave: nil)
  }

  init(
    store: Store, world: World, node: String, width: Int, isShared: Bool = false,
    diesAfterSave: (@Sendable () -> Bool)?
  ) {
    self.store = store
    self.world = world
    self.node = node
    self.isShared = isShared
    self.width = max(1, width)
    self.diesAfterSave = diesAfterSave
    owner = "\(node)/\(world.hexID())"
  }

  /// Lets this process run sagas of that kind.
  public func register<S: Saga>(_ type: S.Type, _ context: S.Context) {
    register(type, context, steps: S.steps)
  }

  func register<S: Saga>(_ type: S.Type, _ context: S.Context, steps: [Step<S>]) {
    let run: Runner = { [weak self] row, interruption in
      guard let self else { return .over }
      var run = SagaRun<S>(row: row, steps: steps, context: context, queue: self, interruption: interruption)
      return await run.run()
    }
    state.withLock { $0.runners[S.name] = run }
    wake()
  }

  /// Writes a saga in the caller's transaction; it starts after the commit.
  /// - Parameters:
  ///   - node: which alone may run it, as long as it lives; nil for any.
  ///   - predecessor: a saga that holds the same resource: it is asked to give up, and waited for. One that is stuck
  ///     tries its undoing again.
  /// - Returns: the saga's id.
  public func begin<S: SagaValue>(
    _ saga: S, on node: String? = nil, after predecessor: String? = nil, in tx: Transaction
  ) async throws -> String {
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
    row.node = node
    if let predecessor, try await cancel(predecessor, in: tx) { row.after = predecessor }
    let waits = row.after
    if waits == nil, node ?? self.node == self.node, hasRoom(for: S.name) {
      row.owner = owner
      row.leaseUntil = world.now() + Self.lease
    }
    try await tx.insert(row)
    let id = row.id
    let isMine = row.owner != nil
    tx.afterCommit { [weak self] in
      if let waits { self?.interrupt(waits) }
      if isMine { self?.launch(id) } else { self?.wake() }
    }
    return id
  }

  /// Asks every saga that works on a subject to give up, in the transaction that takes the subject away. Those that
  /// run here are interrupted after the commit, others see it at their next save.
  public func giveUp(on subject: String, in tx: Transaction) async throws {
    for row in try await tx.all(SagaRow.self, "WHERE subject = \(subject)") where try await cancel(row.id, in: tx) {
      let id = row.id
      tx.afterCommit { [weak self] in self?.interrupt(id) }
    }
  }

  /// Asks a saga to give up; whether there is one.
  private func cancel(_ id: String, in tx: Transaction) async throws -> Bool {
    guard let row = try await tx.get(SagaRow.self, id) else { return false }
    let rewound: SQL = row.phase == .stuck ? ", phase = \(SagaRow.Phase.unwinding), tries = 0, owner = NULL" : ""
    _ = try await tx.run("UPDATE \(SagaRow.table) SET cancelled = 1, not_before = 0\(rewound) WHERE id = \(id)")
    return true
  }

  /// Starts the poll; before it, everything an earlier incarnation of this node held is taken over.
  public func start() async throws {
    let now = world.now()
    // By range and not by LIKE, for which a node's `_` would match any other's letter; `0` is the byte after `/`.
    let (first, end, mine) = (node + "/", node + "0", owner)
    try await store.write { tx in
      _ = try await tx.run(
        """
        UPDATE \(SagaRow.table) SET owner = NULL, lease_until = \(now) \
        WHERE owner >= \(first) AND owner < \(end) AND owner <> \(mine)
        """)
    }
    if isShared { try await giveSign(isFirst: true) }
    state.withLock { state in
      guard state.poll == nil, !state.isStopping else { return }
      state.poll = Task { [weak self] in await self?.pollUntilCancelled() ?? () }
    }
    wake()
  }

  /// Begins no further step, waits for those that run, and lets everything go for the next process. What still runs
  /// at the end of the limit keeps its lease, so that nobody else runs it at the same time.
  public func stop(within limit: Duration) async {
    let sleepers = state.withLock { state in
      state.isStopping = true
      state.poll?.cancel()
      state.waiting = []
      defer { state.resting = [:] }
      return Array(state.resting.values)
    }
    for sleeper in sleepers { sleeper.cancel() }
    await waitForRunning(limit)
    for interruption in state.withLock({ Array($0.running.values) }) { interruption.interrupt() }
    await waitForRunning(.milliseconds(500))
    // A claim under way would come after what is let go here.
    await pollEnded()
    let (mine, still) = (owner, state.withLock { Array($0.running.keys) })
    do {
      try await store.write { tx in
        _ = try await tx.run(
          "UPDATE \(SagaRow.table) SET owner = NULL WHERE owner = \(mine) AND id NOT IN (\(list: still))")
      }
    } catch { log.warning("sagas could not be let go; their leases will end", ["cause": "\(error)"]) }
  }

  private func waitForRunning(_ limit: Duration) async {
    let deadline = world.uptime() + limit
    while world.uptime() < deadline, state.withLock({ !$0.running.isEmpty }) {
      do { try await world.sleep(.milliseconds(10)) } catch { return }
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
      row.notBefore = Timestamp(seconds: 0)
      _ = try await tx.update(row)
    }
    wake()
  }

  /// Waits until nothing that this process could run is left; for tests and for orderly ends.
  public func drain() async throws {
    while true {
      let names = state.withLock { Array($0.runners.keys) }
      let rows = try await store.read {
        try await $0.count(
          SagaRow.self, "WHERE phase <> \(SagaRow.Phase.stuck) AND name IN (\(list: names))")
      }
      if rows == 0, state.withLock({ $0.running.isEmpty && $0.waiting.isEmpty }) { return }
      try await world.sleep(.milliseconds(5))
    }
  }

  var isStopping: Bool { state.withLock { $0.isStopping } }
  var isDead: Bool { state.withLock { $0.isDead } }

  static func encode(_ value: some Encodable) throws -> String {
    String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
  }
  static func decode<T: Decodable>(_ text: String) throws -> T {
    try JSONDecoder().decode(T.self, from: Data(text.utf8))
  }
}
