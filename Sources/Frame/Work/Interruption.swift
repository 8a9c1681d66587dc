internal import Core
internal import Synchronization

/// What of a running saga can be interrupted: the step it is in, and nothing else.
///
/// A step runs in a task of its own, which alone is cancelled. Saves, undoings and the end run in the saga's task,
/// which never is: a delete that interrupts a create must not interrupt the create's tidying up.
final class Interruption: Sendable {
  private struct State {
    var isInterrupted = false
    var cancel: (@Sendable () -> Void)?
  }
  private let state = Mutex(State())

  var isInterrupted: Bool { state.withLock { $0.isInterrupted } }

  /// Cancels the step that runs, or the next one as it begins.
  func interrupt() {
    let cancel = state.withLock { state in
      state.isInterrupted = true
      return state.cancel
    }
    cancel?()
  }

  /// Runs the body so that `interrupt` reaches it.
  func run<T: Sendable>(_ body: @escaping @Sendable () async -> T) async -> T {
    let task = Task { await body() }
    let isLate = state.withLock { state in
      state.cancel = { task.cancel() }
      return state.isInterrupted
    }
    if isLate { task.cancel() }
    let result = await task.value
    state.withLock { $0.cancel = nil }
    return result
  }
}
