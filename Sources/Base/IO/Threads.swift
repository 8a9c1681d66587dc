internal import CLinux
internal import Core

/// Starts a thread that runs `body` and ends with it; signals are left to the threads that wait for them.
/// - Throws: an `unavailable` fault when the kernel gives no thread.
func startThread(name: String, _ body: @escaping @Sendable () -> Void) throws {
  final class Start: Sendable {
    let name: String
    let body: @Sendable () -> Void
    init(_ name: String, _ body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }
  let start = Unmanaged.passRetained(Start(String(decoding: name.utf8.prefix(15), as: UTF8.self), body))
  var thread = pthread_t()
  let result = pthread_create(
    &thread, nil,
    { raw in
      guard let raw else { return nil }
      let start = Unmanaged<Start>.fromOpaque(raw).takeRetainedValue()
      pthread_setname_np(pthread_self(), start.name)
      start.body()
      return nil
    }, start.toOpaque())
  guard result == 0 else {
    start.release()
    throw Fault.system("start the thread \(name)", result)
  }
  pthread_detach(thread)
}

/// A queue whose takers sleep while it is empty.
///
/// Unchecked because it wraps a pthread mutex and condition, which guard all of its fields.
final class WorkQueue<Item>: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var items: [Item] = []
  private var sleepers = 0
  private var closed = false

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }
  deinit {
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(condition)
    mutex.deallocate()
    condition.deallocate()
  }

  func push(_ item: Item) {
    pthread_mutex_lock(mutex)
    items.append(item)
    let wake = sleepers > 0
    pthread_mutex_unlock(mutex)
    if wake { pthread_cond_signal(condition) }
  }

  func close() {
    pthread_mutex_lock(mutex)
    closed = true
    pthread_mutex_unlock(mutex)
    pthread_cond_broadcast(condition)
  }

  /// At most `limit` items, oldest first; empty once closed and emptied.
  func take(upTo limit: Int) -> [Item] {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while items.isEmpty, !closed {
      sleepers += 1
      pthread_cond_wait(condition, mutex)
      sleepers -= 1
    }
    guard items.count > limit else {
      defer { items = [] }
      return items
    }
    defer { items.removeFirst(limit) }
    return Array(items.prefix(limit))
  }
}

/// A few threads for C calls that block: disk, name look-up, password hashing.
public final class BlockingThreads: Sendable {
  private let queue = WorkQueue<@Sendable () -> Void>()

  /// - Parameter count: how many calls may run at once; further ones wait their turn, oldest first.
  /// - Throws: an `unavailable` fault when the kernel gives no thread.
  public init(name: String, count: Int) throws {
    for index in 0..<count {
      try startThread(name: "\(name)-\(index)") { [queue] in
        while let body = queue.take(upTo: 1).first { body() }
      }
    }
  }
  deinit { queue.close() }

  /// Runs `body` on one of the threads and returns what it returns; it is not interrupted by cancellation.
  public func run<T: Sendable>(_ body: @Sendable @escaping () throws -> T) async throws -> T {
    try await withUnsafeThrowingContinuation { continuation in
      queue.push { continuation.resume(with: Result { try body() }) }
    }
  }
}

/// One thread of its own for an actor whose calls block (the SQLite writer, libvirt): return
/// `asUnownedSerialExecutor()` from the actor's `unownedExecutor`. Jobs that come while one runs are taken together,
/// which is what lets a writer gather many callers into one commit.
public final class SerialThread: SerialExecutor, TaskExecutor {
  /// A job keeps its thread: whoever waits for it may let the last reference go while it is still being left.
  private let queue = WorkQueue<(job: UnownedJob, thread: SerialThread)>()
  public let name: String

  /// - Throws: an `unavailable` fault when the kernel gives no thread.
  public init(name: String) throws {
    self.name = name
    try startThread(name: name) { [queue] in
      while true {
        let jobs = queue.take(upTo: .max)
        guard !jobs.isEmpty else { return }
        for (job, thread) in jobs {
          job.runSynchronously(
            isolatedTo: thread.asUnownedSerialExecutor(), taskExecutor: thread.asUnownedTaskExecutor())
        }
      }
    }
  }
  deinit { queue.close() }

  public func enqueue(_ job: consuming ExecutorJob) { queue.push((job: UnownedJob(job), thread: self)) }
  public func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
}
