// Simulation: a whole cloud on one thread, in which chance decides what runs next and time is what chance makes of it.
//
// `Schedule` stands in for Swift's executors and for the clock; `Weather` for what goes wrong on buses and hardware;
// `Script` is what happens in a run: what users ask, what breaks, when the process dies. A run is a pure function of
// its script and seed. After each run `Checks` ask whether the cloud still keeps its promises.

import Core
import Glibc
import Synchronization

/// Decides which job runs next, by chance, and what time it is.
///
/// Every job of the process comes here: tasks and actors by the hook of Swift's global executor, the store by the
/// executor it is given. Only the thread that calls `step` runs any.
final class Schedule: TaskExecutor {
  static let shared = Schedule()

  private struct Sleeper {
    let due: Int64
    let continuation: UnsafeContinuation<Void, any Error>
  }
  private struct State {
    var chance = Chance(seed: 0)
    var ids = Chance(seed: 0)
    var now: Int64 = 0
    var ready: [UnownedJob] = []
    var sleepers: [Int: Sleeper] = [:]
    /// Cancelled before they slept.
    var cancelled: Set<Int> = []
    var nextSleeper = 0
    var steps = 0
  }
  private let state = Mutex(State())

  /// A run begins at an instant of its own, so that no code mistakes the simulation's time for the machine's.
  private static let epoch: Int64 = 1_700_000_000_000_000

  /// Begins a run: the same seed gives the same choices.
  func reset(seed: UInt64) {
    state.withLock { state in
      state = State()
      state.chance = Chance(seed: seed)
      state.ids = Chance(seed: seed ^ 0x9e37_79b9_7f4a_7c15)
    }
  }

  // MARK: What the platform would be

  /// Takes over the global executor of this process, for good.
  static func takeOver() {
    typealias Original = @convention(thin) (UnownedJob) -> Void
    typealias Hook = @convention(thin) (UnownedJob, Original) -> Void
    guard let symbol = dlsym(nil, "swift_task_enqueueGlobal_hook") else {
      complain("this Swift runtime has no hook for its global executor")
      exit(2)
    }
    let hook: Hook = { job, _ in Schedule.shared.add(job) }
    symbol.assumingMemoryBound(to: Hook?.self).pointee = hook
  }

  func enqueue(_ job: consuming ExecutorJob) { add(UnownedJob(job)) }
  private func add(_ job: UnownedJob) { state.withLock { $0.ready.append(job) } }

  var now: Timestamp { Timestamp(microseconds: Self.epoch + elapsed) }
  /// Microseconds since the run began.
  var elapsed: Int64 { state.withLock { $0.now } }
  /// How many jobs have run.
  var steps: Int { state.withLock { $0.steps } }

  var world: World {
    World(
      now: { [self] in now }, uptime: { [self] in .microseconds(elapsed) },
      sleep: { [self] in try await sleep($0) },
      random: { [self] count in state.withLock { state in (0..<count).map { _ in UInt8(state.ids.below(256)) } } })
  }

  private func sleep(_ duration: Duration) async throws {
    let id = state.withLock { state in
      state.nextSleeper += 1
      return state.nextSleeper
    }
    try await withTaskCancellationHandler {
      try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Void, any Error>) in
        let isLate = state.withLock { state in
          if state.cancelled.remove(id) != nil { return true }
          state.sleepers[id] = Sleeper(due: state.now + max(1, duration.microseconds), continuation: continuation)
          return false
        }
        if isLate { continuation.resume(throwing: CancellationError()) }
      }
    } onCancel: {
      let sleeper = state.withLock { state in
        let sleeper = state.sleepers.removeValue(forKey: id)
        if sleeper == nil { state.cancelled.insert(id) }
        return sleeper
      }
      sleeper?.continuation.resume(throwing: CancellationError())
    }
  }

  // MARK: Time passes

  /// Runs one job that is ready, or lets time pass until somebody wakes.
  /// - Parameter limit: the elapsed time that may not be passed.
  /// - Returns: false when nothing is to be done before the limit.
  func step(until limit: Int64) -> Bool {
    wake()
    let job = state.withLock { state -> UnownedJob? in
      guard !state.ready.isEmpty else { return nil }
      state.steps += 1
      // A job takes a while, so that timers fire in the middle of things.
      state.now += Int64(state.chance.below(40))
      state.ready.swapAt(state.chance.below(state.ready.count), state.ready.count - 1)
      return state.ready.removeLast()
    }
    if let job {
      job.runSynchronously(on: asUnownedTaskExecutor())
      return true
    }
    return state.withLock { state in
      guard let next = state.sleepers.values.map(\.due).min(), next <= limit else {
        state.now = max(state.now, limit)
        return false
      }
      state.now = max(state.now, next)
      return true
    }
  }

  private func wake() {
    let due = state.withLock { state -> [Sleeper] in
      let ids = state.sleepers.filter { $0.value.due <= state.now }.keys.sorted()
      return ids.compactMap { state.sleepers.removeValue(forKey: $0) }
    }
    for sleeper in due { sleeper.continuation.resume() }
  }

  /// What kill -9 does: whatever was to run, or waited for its time, never will.
  func dropEverything() {
    state.withLock { state in
      state.ready = []
      state.sleepers = [:]
      state.cancelled = []
    }
  }

  /// Runs jobs until the body has come to its end.
  /// - Throws: what the body throws; `timedOut` after that much simulated time.
  func run<T: Sendable>(within limit: Duration, _ body: @escaping @Sendable () async throws -> T) throws -> T {
    let result = Mutex<Result<T, any Error>?>(nil)
    let box = Box(result)
    Task { box.set(await Result.of(body)) }
    let end = elapsed + limit.microseconds
    while true {
      if let value = box.get { return try value.get() }
      guard step(until: end) else { throw Fault(.timedOut, "Nothing happens any more, or not within \(limit).") }
      if elapsed > end { throw Fault(.timedOut, "It did not end within \(limit).") }
    }
  }

  private final class Box<T: Sendable>: Sendable {
    private let value: Mutex<Result<T, any Error>?>
    init(_ value: consuming Mutex<Result<T, any Error>?>) { self.value = value }
    func set(_ new: Result<T, any Error>) { value.withLock { $0 = new } }
    var get: Result<T, any Error>? { value.withLock { $0 } }
  }
}

extension Result where Success: Sendable, Failure == any Error {
  fileprivate static func of(_ body: () async throws -> Success) async -> Self {
    do { return .success(try await body()) } catch { return .failure(error) }
  }
}
