internal import CLinux
internal import Core
internal import Synchronization

/// A few threads for work that is slow on purpose, so that the loops stay free.
///
/// A thread starts when there is work and no thread idle, and ends when none is left: against 100 ms of bcrypt
/// starting costs nothing, and an idle cloud keeps no threads.
final class SlowThreads: Sendable {
  static let shared = SlowThreads(threads: 2, waiting: 256)
  /// Work is done where it is asked for.
  static let none = SlowThreads(threads: 0, waiting: 0)

  private struct State {
    var waiting: [@Sendable () -> Void] = []
    var threads = 0
  }
  private let state = Mutex(State())
  private let threadLimit: Int
  private let waitingLimit: Int

  init(threads: Int, waiting: Int) {
    threadLimit = threads
    waitingLimit = waiting
  }

  /// - Throws: an `unavailable` fault when too much waits already.
  func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async throws -> Value {
    guard threadLimit > 0 else { return work() }
    let value: Value? = await withCheckedContinuation { continuation in
      let accepted = submit { continuation.resume(returning: work()) }
      if !accepted { continuation.resume(returning: nil) }
    }
    guard let value else {
      throw Fault.unavailable(
        "The server has too many passwords and keys to compute at once. Try again in a few seconds.",
        detail: "\(waitingLimit) wait already")
    }
    return value
  }

  private func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
    let (accepted, start) = state.withLock { state in
      guard state.waiting.count < waitingLimit else { return (false, false) }
      state.waiting.append(job)
      guard state.threads < threadLimit else { return (true, false) }
      state.threads += 1
      return (true, true)
    }
    if start { startThread() }
    return accepted
  }

  private func startThread() {
    var thread = pthread_t()
    let unmanaged = Unmanaged.passRetained(self)
    let failed = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<SlowThreads>.fromOpaque(argument).takeRetainedValue().drain() }
        return nil
      }, unmanaged.toOpaque())
    if failed == 0 {
      pthread_detach(thread)
    } else {
      // No thread to be had: the work is done here, late rather than never.
      unmanaged.release()
      drain()
    }
  }

  private func drain() {
    while let job = next() { job() }
  }
  private func next() -> (@Sendable () -> Void)? {
    state.withLock { state in
      if state.waiting.isEmpty {
        state.threads -= 1
        return nil
      }
      return state.waiting.removeFirst()
    }
  }
}
