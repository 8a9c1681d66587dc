public import Core
internal import Log
internal import Synchronization

/// What must keep becoming true: compares what is wanted with what is, and applies the difference.
///
/// It takes no input; the timer and a wake-up run the same code, one run at a time. A run that throws is logged and
/// tried again at the next beat.
public final class Reconciler: Sendable {
  public let name: String
  let every: Duration
  let body: @Sendable () async throws -> Void
  private let wakes = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
  private let tasks = Mutex<[Task<Void, Never>]>([])
  private let last = Mutex<Task<Void, any Error>?>(nil)
  private let log = Log("work.reconciler")

  public init(_ name: String, every: Duration, _ body: @escaping @Sendable () async throws -> Void) {
    self.name = name
    self.every = every
    self.body = body
  }

  /// Runs it soon, once more after a run that is under way, and once only, however often it is called
  /// before that.
  public func wake() { wakes.continuation.yield() }

  /// Runs it, after the run that may be under way, and waits for it; for tests and for orderly starts.
  public func runOnce() async throws {
    let run = last.withLock { last in
      let before = last
      let run = Task { [body] in
        _ = await before?.result
        try Task.checkCancellation()
        try await body()
      }
      last = run
      return run
    }
    try await withTaskCancellationHandler {
      try await run.value
    } onCancel: {
      run.cancel()
    }
  }

  public func start(_ world: World) {
    let runs = Task { [weak self, wakes] in
      for await _ in wakes.stream {
        guard let self, !Task.isCancelled else { return }
        do {
          try await Trace.$current.withValue(Trace(requestID: world.requestID())) { try await self.runOnce() }
        } catch {
          if Task.isCancelled { return }
          self.log.warning("reconciler failed, to be tried again", ["name": self.name, "cause": "\(error)"])
        }
      }
    }
    let timer = Task { [weak self] in
      while let pause = self?.beat() {
        do { try await world.sleep(pause) } catch { return }
      }
    }
    tasks.withLock { $0 = [runs, timer] }
  }

  private func beat() -> Duration {
    wake()
    return every
  }

  public func stop() {
    for task in tasks.withLock({ $0 }) { task.cancel() }
    wakes.continuation.finish()
  }
}
