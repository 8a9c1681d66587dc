internal import CLinux
internal import Core
internal import Synchronization

/// A thread of its own for one database connection, so that its blocking calls hold up nobody else.
///
/// Tasks that prefer it as their executor run on it, in order, whenever they do not wait. It ends when `stop` was
/// called and nothing is left to do; nothing may be enqueued afterwards.
final class StoreThread: TaskExecutor {
  private struct Queue {
    var jobs: [UnownedJob] = []
    var isIdle = false
    var isStopping = false
  }
  private let queue = Mutex(Queue())
  private let wake: Int32

  init() throws {
    wake = eventfd(0, Int32(EFD_CLOEXEC))
    guard wake >= 0 else { throw Self.exhausted }
    var thread = pthread_t()
    let this = Unmanaged.passRetained(self)
    let failed = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<StoreThread>.fromOpaque(argument).takeRetainedValue().loop() }
        return nil
      }, this.toOpaque())
    guard failed == 0 else {
      this.release()
      throw Self.exhausted
    }
    pthread_detach(thread)
  }

  deinit {
    if wake >= 0 { CLinux.close(wake) }
  }

  private static let exhausted = Fault.unavailable(
    "The server cannot start a thread for its database. Raise the limits on threads and open files, then restart it.")

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    change { $0.jobs.append(job) }
  }

  /// Runs the body on this thread, with the caller's task-locals.
  ///
  /// A task of its own and not `withTaskExecutorPreference`, after which a caller that is an actor would go on with
  /// its own business on this thread.
  func run<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) async throws -> T {
    try await Task(executorPreference: self) { try await body() }.value
  }

  func stop() { change { $0.isStopping = true } }

  private func change(_ body: (inout Queue) -> Void) {
    let mustWake = queue.withLock { queue in
      body(&queue)
      defer { queue.isIdle = false }
      return queue.isIdle
    }
    if mustWake { eventfd_write(wake, 1) }
  }

  private func loop() {
    // Signals are the main thread's business.
    var all = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, nil)
    while true {
      let (jobs, isStopping) = queue.withLock { queue in
        let jobs = queue.jobs
        queue.jobs.removeAll(keepingCapacity: true)
        queue.isIdle = jobs.isEmpty && !queue.isStopping
        return (jobs, queue.isStopping)
      }
      if jobs.isEmpty {
        if isStopping { return }
        var count: eventfd_t = 0
        eventfd_read(wake, &count)
      }
      for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
  }
}
