import Core
import Synchronization
import Testing
import Work

@Suite("Work: reconcilers") struct WorkReconcilerTests {
  private final class Runs: Sendable {
    struct State {
      var count = 0
      var busy = 0
      var mostBusy = 0
      var isClosed = false
      var traces: Set<String> = []
    }
    let state = Mutex(State())
    var count: Int { state.withLock { $0.count } }
    func run() async throws {
      state.withLock { state in
        state.count += 1
        state.busy += 1
        state.mostBusy = max(state.mostBusy, state.busy)
        state.traces.insert(Trace.current?.requestID ?? "")
      }
      defer { state.withLock { $0.busy -= 1 } }
      while state.withLock({ $0.isClosed }) { try await Task.sleep(for: .milliseconds(1)) }
    }
  }

  @Test func theTimerAndAWakeRunIt() async throws {
    let runs = Runs()
    let reconciler = Reconciler("r", every: .milliseconds(10)) { try await runs.run() }
    reconciler.start(.real)
    try await eventually { runs.count >= 4 }
    reconciler.stop()
    let slow = Runs()
    let patient = Reconciler("p", every: .seconds(3600)) { try await slow.run() }
    patient.start(.real)
    try await eventually { slow.count == 1 }
    patient.wake()
    try await eventually { slow.count == 2 }
    #expect(slow.state.withLock { $0.traces.count == 2 && $0.traces.allSatisfy { $0.hasPrefix("req-") } })
    patient.stop()
  }

  @Test func oneRunAtATimeAndManyWakesAreOne() async throws {
    let runs = Runs()
    let reconciler = Reconciler("r", every: .seconds(3600)) { try await runs.run() }
    runs.state.withLock { $0.isClosed = true }
    reconciler.start(.real)
    try await eventually { runs.count == 1 }
    for _ in 0..<100 { reconciler.wake() }
    async let once: Void = reconciler.runOnce()
    try await Task.sleep(for: .milliseconds(20))
    #expect(runs.count == 1)
    runs.state.withLock { $0.isClosed = false }
    try await once
    try await eventually { runs.count == 3 }
    try await Task.sleep(for: .milliseconds(20))
    #expect(runs.count == 3, "the running one, the one that was waited for, and one for all wakes")
    #expect(runs.state.withLock { $0.mostBusy } == 1)
    reconciler.stop()
  }

  @Test func aRunThatThrowsIsTriedAgainWhateverItThrew() async throws {
    let runs = Runs()
    let reconciler = Reconciler("r", every: .milliseconds(5)) {
      try await runs.run()
      switch runs.count % 3 {
      case 0: throw Fault.unavailable("away")
      case 1: throw CancellationError()
      default: break
      }
    }
    reconciler.start(.real)
    try await eventually { runs.count >= 7 }
    reconciler.stop()
  }

  @Test func aStoppedOneRunsNoMore() async throws {
    let runs = Runs()
    let reconciler = Reconciler("r", every: .milliseconds(2)) { try await runs.run() }
    reconciler.start(.real)
    try await eventually { runs.count >= 1 }
    reconciler.stop()
    try await Task.sleep(for: .milliseconds(20))
    let count = runs.count
    reconciler.wake()
    try await Task.sleep(for: .milliseconds(30))
    #expect(runs.count == count)
  }
}
