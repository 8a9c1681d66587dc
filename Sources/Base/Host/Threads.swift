internal import CLinux
internal import Glibc
internal import Synchronization

/// Threads for calls that block, kept away from those that run Swift's tasks.
///
/// A queue before at most `limit` threads, which are made as they are needed and stay. All signals are blocked in
/// them: a write to a program that has gone is an error here and no SIGPIPE.
public final class Threads: Sendable {
  private struct State {
    var jobs: [@Sendable () -> Void] = []
    var idle = 0
    var threads = 0
  }
  private let limit: Int
  private let state = Mutex(State())
  /// A counting semaphore: one for each job that waits.
  private let waiting = eventfd(0, Int32(EFD_CLOEXEC | EFD_SEMAPHORE))

  public init(limit: Int) { self.limit = limit }

  /// For files: short calls.
  public static let files = Threads(limit: 8)
  /// For programs: a thread each while they run.
  static let programs = Threads(limit: 32)

  /// No threads: calls block whoever makes them, as in a simulation, which has one thread and no time of its own.
  public static let none = Threads(limit: 0)

  /// Runs `body` on one of the threads and resumes the task with its result.
  public func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    guard limit > 0 else { return try body() }
    return try await withUnsafeThrowingContinuation { continuation in
      submit { continuation.resume(with: Result { try body() }) }
    }
  }

  private func submit(_ job: @escaping @Sendable () -> Void) {
    let grow = state.withLock { state in
      state.jobs.append(job)
      guard state.jobs.count > state.idle, state.threads < limit else { return false }
      state.threads += 1
      return true
    }
    if grow { Threads.start { self.work() } }
    eventfd_write(waiting, 1)
  }

  private func work() {
    while true {
      state.withLock { $0.idle += 1 }
      var one: eventfd_t = 0
      while eventfd_read(waiting, &one) != 0 {}
      let job: (@Sendable () -> Void)? = state.withLock { state in
        state.idle -= 1
        return state.jobs.isEmpty ? nil : state.jobs.removeFirst()
      }
      job?()
    }
  }

  /// Runs `body` on a thread of its own that ends with it; for calls which change the thread itself.
  static func start(_ body: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(Box(body))
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, 512 << 10)
    var thread = pthread_t()
    let made = pthread_create(
      &thread, &attributes,
      { argument in
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)
        if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, box.toOpaque())
    pthread_attr_destroy(&attributes)
    // Out of threads: the caller's own thread does it; late is better than never.
    if made != 0 { box.takeRetainedValue().body() }
  }

  private final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}
