// IO: the threads that Martlet runs on.
//
// An event loop is one thread with one epoll set, and at the same time a Swift executor: a request's task is started
// on the loop that read the request and stays there, so that work which never blocks never changes thread (a hop to
// another thread and back costs about 10 microseconds, as much as a whole request). Whatever may block (disk, name
// look-up, libvirt, password hashing) belongs on `BlockingThreads` or behind an actor on its own `SerialThread`.

internal import CLinux
internal import Core
internal import Synchronization

/// One thread that waits for file descriptors and timers, and runs Swift jobs in between.
///
/// Pass it as a task's `executorPreference`, or return it from an actor's `unownedExecutor`.
/// `watch`, `unwatch`, `schedule` and `cancel` belong to the loop's own thread; get there with `execute` or `run`.
///
/// Unchecked because it wraps epoll, whose registrations are kept in plain fields that only the loop's own thread
/// touches; what other threads reach is behind the mutex.
public final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
  /// The thread's name, as `ps -T` and `top -H` show it (its first 15 bytes).
  public let name: String

  enum Work: Sendable {
    case job(UnownedJob)
    case call(@Sendable () -> Void)
  }
  private struct Incoming {
    var work: [Work] = []
    var signalled = false
    var stopping = false
  }
  struct Watch {
    let generation: UInt32
    let callback: (FileEvents) -> Void
  }

  let epoll: Int32
  private let wakeup: Int32
  private let incoming = Mutex(Incoming())
  private let threadID = Atomic<UInt>(0)
  // Touched by the loop's thread only.
  private var local: [Work] = []
  var watches: [Int32: Watch] = [:]
  var generation: UInt32 = 0
  var timers = Timers()

  private init(name: String) throws {
    self.name = name
    epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    wakeup = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    guard epoll >= 0, wakeup >= 0 else { throw Fault.system("start the event loop \(name)", systemError) }
    var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: UInt64(UInt32(bitPattern: wakeup))))
    guard epoll_ctl(epoll, EPOLL_CTL_ADD, wakeup, &event) == 0 else {
      throw Fault.system("start the event loop \(name)", systemError)
    }
  }

  deinit {
    close(epoll)
    close(wakeup)
  }

  /// Starts a loop on a thread of its own.
  ///
  /// Also makes this process ignore SIGPIPE: a peer that has gone must show as an error of the write.
  /// - Throws: an `unavailable` fault where the kernel gives no thread or descriptor.
  public static func start(name: String) throws -> EventLoop {
    // SIG_IGN is a macro that Swift does not see: the handler with the address 1.
    signal(SIGPIPE, unsafeBitCast(1, to: __sighandler_t?.self))
    let loop = try EventLoop(name: name)
    try startThread(name: name) { loop.main() }
    return loop
  }

  /// Asks the loop to end once everything queued so far has run; jobs queued later never run, so end its tasks first.
  public func stop() {
    post(nil)
  }

  /// Whether the caller runs on this loop's thread.
  public var isCurrent: Bool { threadID.load(ordering: .relaxed) == UInt(pthread_self()) }

  /// Runs `body` with this loop as its executor; structured, so cancellation and task-locals pass through.
  public func run<T: Sendable>(_ body: @Sendable () async throws -> T) async rethrows -> T {
    try await withTaskExecutorPreference(self) { try await body() }
  }

  /// Runs a callback on the loop's thread: now when already there, else as soon as the loop turns.
  public func execute(_ body: @escaping @Sendable () -> Void) {
    if isCurrent { body() } else { post(.call(body)) }
  }

  /// Runs a callback on the loop's thread after what is queued already; never inside the caller.
  public func later(_ body: @escaping @Sendable () -> Void) {
    if isCurrent { local.append(.call(body)) } else { post(.call(body)) }
  }

  // MARK: executor

  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if isCurrent { local.append(.job(job)) } else { post(.job(job)) }
  }

  public func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

  public func checkIsolated() {
    precondition(isCurrent, "This code belongs to the event loop \(name) and was called on another thread.")
  }

  private func post(_ work: Work?) {
    let signal = incoming.withLock { state in
      if let work { state.work.append(work) } else { state.stopping = true }
      defer { state.signalled = true }
      return !state.signalled
    }
    if signal {
      var one: UInt64 = 1
      _ = CLinux.write(wakeup, &one, 8)
    }
  }

  // MARK: the thread

  private func main() {
    threadID.store(UInt(pthread_self()), ordering: .relaxed)
    var events = [epoll_event](repeating: epoll_event(), count: 256)
    while true {
      let stopping = runQueued()
      if stopping, local.isEmpty { return }
      let timeout = local.isEmpty ? timers.milliseconds(now: uptime()) : 0
      let count = Int(epoll_wait(epoll, &events, Int32(events.count), timeout))
      for event in events.prefix(max(count, 0)) { dispatch(event) }
      for callback in timers.due(now: uptime()) { callback() }
    }
  }

  /// Runs what is queued, in order; what that queues in turn runs too, up to a bound that lets descriptors be seen.
  private func runQueued() -> Bool {
    let (work, stopping) = incoming.withLock { state in
      let work = state.work
      state.work.removeAll()
      return (work, state.stopping)
    }
    local += work
    for _ in 0..<8 where !local.isEmpty {
      let batch = local
      local = []
      for work in batch {
        switch work {
        case .job(let job):
          job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
        case .call(let body): body()
        }
      }
    }
    return stopping
  }

  private func dispatch(_ event: epoll_event) {
    let fd = Int32(bitPattern: UInt32(truncatingIfNeeded: event.data.u64))
    if fd == wakeup {
      var count: UInt64 = 0
      _ = CLinux.read(wakeup, &count, 8)
      incoming.withLock { $0.signalled = false }
      return
    }
    // The generation tells an event of this registration from one of a descriptor closed and reopened meanwhile.
    guard let watch = watches[fd], UInt64(watch.generation) == event.data.u64 >> 32 else { return }
    watch.callback(FileEvents(rawValue: event.events))
  }

  func uptime() -> Int64 { World.real.uptime().microseconds }
}
