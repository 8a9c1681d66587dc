import Core
import Store
import Synchronization
import Testing

@testable import Work

/// A saga that moves water; its steps are right, or wrong in one way.
protocol Pouring: Saga where Context == Kitchen {
  var well: Int { get set }
}

/// Vessels as a driver would keep them, and the notes of the store's side.
final class Kitchen: Sendable {
  struct State: Equatable {
    var jug = 0
    var cups: Set<Int> = []
    var isServed = false
    var hasGivenUp = false
  }
  let state = Mutex(State())
  func with(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }
  var now: State { state.withLock { $0 } }
}

extension Pouring {
  var subject: String { "kitchen" }
  func succeed(_ end: Ending, _ kitchen: Kitchen) async throws { kitchen.with { $0.isServed = true } }
  func fail(_ fault: Fault, _ end: Ending, _ kitchen: Kitchen) async throws { kitchen.with { $0.hasGivenUp = true } }
}

struct GoodPouring: Pouring {
  static let name = "pouring.good"
  var well = 0
  static let steps: [Step<GoodPouring>] = [
    .step(
      "draw",
      { saga, kitchen in
        saga.well = 7
        kitchen.with { $0.jug = 7 }
      }, undo: { _, kitchen in kitchen.with { $0.jug = 0 } }),
    .step(
      "wait",
      { saga, kitchen in
        if !kitchen.now.cups.contains(0) { kitchen.with { $0.cups.insert(0) }; throw NotYet(after: .seconds(9)) }
      },
      undo: { _, kitchen in kitchen.with { $0.cups.remove(0) } }),
    .step(
      "pour", { saga, kitchen in kitchen.with { $0.cups.insert(saga.well) } },
      undo: { saga, kitchen in kitchen.with { $0.cups.remove(saga.well) } }),
  ]
}

/// Pours anew each time it is asked.
struct TwofoldPouring: Pouring {
  static let name = "pouring.twofold"
  var well = 0
  static let steps: [Step<TwofoldPouring>] = [
    .step("draw", { _, kitchen in kitchen.with { $0.jug += 1 } }, undo: { _, kitchen in kitchen.with { $0.jug = 0 } })
  ]
}

/// Leaves its jug behind.
struct LostUndo: Pouring {
  static let name = "pouring.lost"
  var well = 0
  static let steps: [Step<LostUndo>] = [
    .step("draw", { _, kitchen in kitchen.with { $0.jug = 1 } }),
    .step(
      "pour", { _, kitchen in kitchen.with { $0.cups.insert(1) } },
      undo: { _, kitchen in kitchen.with { $0.cups = [] } }),
  ]
}

/// Empties one jug with every undo.
struct GreedyUndo: Pouring {
  static let name = "pouring.greedy"
  var well = 0
  static let steps: [Step<GreedyUndo>] = [
    .step("draw", { _, kitchen in kitchen.with { $0.jug = 1 } }, undo: { _, kitchen in kitchen.with { $0.jug -= 1 } })
  ]
}

/// Makes up an id in the step that uses it, and so knows only the last one.
struct ForgetfulPouring: Pouring {
  static let name = "pouring.forgetful"
  var well = 0
  static let steps: [Step<ForgetfulPouring>] = [
    .step(
      "pour",
      { saga, kitchen in
        let id = kitchen.now.cups.count + 1
        kitchen.with { $0.cups.insert(id) }
        saga.well = id
      }, undo: { saga, kitchen in kitchen.with { $0.cups.remove(saga.well) } })
  ]
}

@Suite("Work: trials") struct WorkTrialTests {
  private static func ground<S: Pouring>(_ saga: S) async throws -> TrialGround<S, Kitchen.State> {
    let store = try Store.sqlite(path: nil, world: .real)
    try await store.migrate([SagaRow.schema])
    let kitchen = Kitchen()
    return TrialGround(
      store: store, world: .real, context: kitchen,
      begin: { queue, tx in _ = try await queue.begin(saga, in: tx) }, observe: { kitchen.now })
  }
  private static func isNothingLeft(_ end: Kitchen.State) -> Bool { end.jug == 0 && end.cups.isEmpty && !end.isServed }

  private func caught<S: Pouring>(_ saga: S) async -> [String] {
    var caught: [String] = []
    for trial in Trial.all(for: S.self) {
      do {
        try await trial.run(S.self, isNothingLeft: { Self.isNothingLeft($0) }) { try await Self.ground(saga) }
      } catch { caught.append("\(trial)") }
    }
    return caught
  }

  @Test(arguments: Trial.all(for: GoodPouring.self)) func aRightSagaPasses(trial: Trial) async throws {
    try await trial.run(GoodPouring.self, isNothingLeft: { Self.isNothingLeft($0) }) {
      try await Self.ground(GoodPouring())
    }
  }

  @Test func thereIsATrialForEveryHarm() {
    #expect(
      Trial.all(for: LostUndo.self).map(\.description) == [
        "clean", "draw twice", "draw failing", "draw failing, undone twice", "pour twice", "pour failing",
        "pour failing, undone twice", "crash after save 0", "crash after save 1", "crash after save 2",
        "crash after save 2, unwinding", "crash after save 3, unwinding",
      ])
  }

  @Test func aStepThatCannotBeRepeatedIsCaught() async throws {
    #expect(await caught(TwofoldPouring()) == ["draw twice"])
  }
  @Test func aLostUndoIsCaught() async throws {
    #expect(
      await caught(LostUndo()) == [
        "draw failing", "draw failing, undone twice", "pour failing", "pour failing, undone twice",
        "crash after save 2, unwinding", "crash after save 3, unwinding",
      ])
  }
  @Test func anUndoThatCannotBeRepeatedIsCaught() async throws {
    #expect(await caught(GreedyUndo()) == ["draw failing, undone twice"])
  }
  @Test func anIdMadeUpInTheStepThatUsesItIsCaught() async throws {
    #expect(await caught(ForgetfulPouring()).contains("pour twice"))
  }

  @Test func theFaultNamesTheTrialAndBothEnds() async throws {
    let trial = try #require(Trial.all(for: LostUndo.self).first { $0.kind == .failing(step: 0) })
    let fault = await #expect(throws: Fault.self) {
      try await trial.run(LostUndo.self, isNothingLeft: { Self.isNothingLeft($0) }) {
        try await Self.ground(LostUndo())
      }
    }
    #expect(fault?.message.contains("pouring.lost, draw failing: the end is") == true)
  }

  @Test func aCleanRunThatLeavesNothingProvesNothing() async throws {
    let trial = Trial.all(for: GoodPouring.self)[0]
    await #expect(throws: Fault.self) {
      try await trial.run(GoodPouring.self, isNothingLeft: { _ in true }) { try await Self.ground(GoodPouring()) }
    }
  }
}
