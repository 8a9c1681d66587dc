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
  private let log = Log("work.reconciler")

  public init(_ name: String, every: Duration, _ body: @escaping @Sendable () async throws -> Void) {
    self.name = name
    self.every = every
    self.body = body
  }

  /// Runs it soon, once, however often it is called before that.
  public func wake() { wakes.continuation.yield() }

  /// Runs it now and waits for it; for tests and for orderly starts.
  public func runOnce() async throws { try await body() }

  public func start(_ world: World) {
    let runs = Task { [weak self, wakes] in
      for await _ in wakes.stream {
        guard let self, !Task.isCancelled else { return }
        do { try await self.body() } catch is CancellationError { return } catch {
          self.log.warning("reconciler failed, to be tried again", ["name": self.name, "cause": "\(error)"])
        }
      }
    }
    let timer = Task { [weak self] in
      while let self, !Task.isCancelled {
        self.wake()
        let pause = self.every
        do { try await world.sleep(pause) } catch { return }
      }
    }
    tasks.withLock { $0 = [runs, timer] }
  }

  public func stop() {
    for task in tasks.withLock({ $0 }) { task.cancel() }
    wakes.continuation.finish()
  }
}
