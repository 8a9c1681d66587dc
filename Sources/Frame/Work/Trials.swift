public import Core
public import Store
internal import Synchronization

/// One way in which a saga may be hurt.
///
/// Steps are promised to be repeatable and undoable, and a process may die between any two saves. A trial breaks
/// exactly one of these things to a saga in a world of its own; whatever the trial, the end must be the one of the
/// clean run, or nothing may be left behind.
public struct Trial: Sendable, Hashable, CustomStringConvertible {
  public enum Kind: Sendable, Hashable {
    /// Nothing is hurt.
    case clean
    /// The step runs twice, the second time knowing nothing of the first, as after a crash in its middle.
    case twice(step: Int)
    /// The step does its work and then fails.
    case failing(step: Int)
    /// As before, and every undo runs twice.
    case undoneTwice(step: Int)
    /// The process dies after that many saves; 0 is before the first step. A new incarnation takes over.
    case crash(saves: Int)
    /// The last step fails, and the process dies after that many saves.
    case crashUnwinding(saves: Int)
  }
  public let kind: Kind
  /// What it does, with the step's name.
  public let description: String

  /// Every trial of a saga, the clean one first.
  public static func all<S: Saga>(for saga: S.Type) -> [Trial] {
    let steps = S.steps.map(\.name)
    var all = [Trial(kind: .clean, description: "clean")]
    for (i, name) in steps.enumerated() {
      all.append(Trial(kind: .twice(step: i), description: "\(name) twice"))
      all.append(Trial(kind: .failing(step: i), description: "\(name) failing"))
      all.append(Trial(kind: .undoneTwice(step: i), description: "\(name) failing, undone twice"))
    }
    for saves in 0...steps.count {
      all.append(Trial(kind: .crash(saves: saves), description: "crash after save \(saves)"))
    }
    for saves in steps.count..<max(steps.count, 2 * steps.count) {
      all.append(Trial(kind: .crashUnwinding(saves: saves), description: "crash after save \(saves), unwinding"))
    }
    return all
  }

  /// Whether the saga is meant to come to its good end in this trial.
  public var isToSucceed: Bool {
    switch kind {
    case .clean, .twice, .crash: true
    case .failing, .undoneTwice, .crashUnwinding: false
    }
  }
}

/// A fresh world in which one trial takes place: made anew for every trial, shared with none.
public struct TrialGround<S: Saga, End: Equatable & Sendable>: Sendable {
  let store: Store
  let world: World
  let context: S.Context
  let begin: @Sendable (SagaQueue, Transaction) async throws -> Void
  let observe: @Sendable () async throws -> End

  /// - Parameters:
  ///   - store: migrated, with `SagaRow.schema` and the service's own.
  ///   - context: with fakes for hands.
  ///   - begin: begins the saga, through its lifecycle, as the API does.
  ///   - observe: what matters of the end: the record's state, what the hands hold. Leave out ids and times, which
  ///     differ from one ground to the next.
  public init(
    store: Store, world: World, context: S.Context,
    begin: @escaping @Sendable (SagaQueue, Transaction) async throws -> Void,
    observe: @escaping @Sendable () async throws -> End
  ) {
    self.store = store
    self.world = world
    self.context = context
    self.begin = begin
    self.observe = observe
  }
}

extension Trial {
  /// Runs the trial, and the clean run to compare it with, each on a ground of its own.
  /// - Parameters:
  ///   - limit: how long a run may take; sagas' pauses are cut to a millisecond.
  ///   - clean: the clean run's end, where it is known already; it is the same for all trials of a saga.
  ///   - isNothingLeft: whether an end is as good as never having begun; asked of trials in which the saga fails.
  /// - Throws: a fault that says what went wrong: `conflict` where the end is neither the clean one nor empty,
  ///   `timedOut` where there was no end, whatever `ground` throws.
  public func run<S: Saga, End: Equatable & Sendable>(
    _ saga: S.Type = S.self, limit: Duration = .seconds(20), clean known: End? = nil,
    isNothingLeft: @Sendable (End) -> Bool, on ground: () async throws -> TrialGround<S, End>
  ) async throws {
    let clean = if let known { known } else { try await Self.clean(S.self, limit: limit, on: ground) }
    if isNothingLeft(clean) {
      throw Fault.conflict("\(S.name): the clean run leaves nothing, so no trial could tell success from failure.")
    }
    let end = try await self.end(of: try await ground(), limit)
    if end == clean || (!isToSucceed && isNothingLeft(end)) { return }
    throw Fault.conflict("\(S.name), \(self): the end is \(end); clean it is \(clean).")
  }

  /// The end of a run in which nothing is hurt.
  public static func clean<S: Saga, End: Equatable & Sendable>(
    _ saga: S.Type = S.self, limit: Duration = .seconds(20), on ground: () async throws -> TrialGround<S, End>
  ) async throws -> End {
    try await Trial(kind: .clean, description: "clean").end(of: try await ground(), limit)
  }

  private func end<S: Saga, End>(of ground: TrialGround<S, End>, _ limit: Duration) async throws -> End {
    let steps = hurt(S.steps)
    let saves = Mutex(0)
    let crash = crashAfter
    let dies: @Sendable () -> Bool = {
      saves.withLock { saves in
        saves += 1
        return saves == crash
      }
    }
    var world = ground.world
    world.sleep = { [sleep = world.sleep] in try await sleep(min($0, .milliseconds(1))) }
    let first = SagaQueue(store: ground.store, world: world, node: "trial", width: 4, diesAfterSave: dies)
    if crash != 0 { first.register(S.self, ground.context, steps: steps) }
    try await ground.store.write { try await ground.begin(first, $0) }
    if crash == 0 { first.die() } else { try await first.start() }
    let deadline = world.uptime() + limit
    if try await Self.settle(first, ground.store, deadline) == .died {
      let next = SagaQueue(store: ground.store, world: world, node: "trial", width: 4)
      next.register(S.self, ground.context, steps: steps)
      try await next.start()
      _ = try await Self.settle(next, ground.store, deadline)
      await next.stop(within: .seconds(1))
    } else {
      await first.stop(within: .seconds(1))
    }
    return try await ground.observe()
  }

  private enum Settled { case ended, died }

  private static func settle(_ queue: SagaQueue, _ store: Store, _ deadline: Duration) async throws -> Settled {
    while true {
      let isIdle = queue.state.withLock { $0.running.isEmpty }
      if queue.isDead, isIdle {
        await queue.pollEnded()
        return .died
      }
      let rows = try await store.read { try await $0.all(SagaRow.self) }
      if rows.isEmpty, isIdle { return .ended }
      if let stuck = rows.first(where: { $0.phase == .stuck }) {
        throw Fault.conflict("\(stuck.name) is stuck before step \(stuck.next): \(stuck.fault ?? "without a word")")
      }
      guard queue.world.uptime() < deadline else {
        throw Fault(.timedOut, "\(rows.map(\.name)) did not end in time; at step \(rows.map(\.next)).")
      }
      try await queue.world.sleep(.milliseconds(1))
    }
  }

  private var crashAfter: Int? {
    switch kind {
    case .crash(let saves), .crashUnwinding(let saves): saves
    default: nil
    }
  }

  /// The steps with this trial's harm done to them.
  private func hurt<S: Saga>(_ steps: [Step<S>]) -> [Step<S>] {
    steps.enumerated().map { i, step in
      switch kind {
      case .twice(i): Self.twice(step)
      case .failing(i): Self.failing(step)
      case .crashUnwinding where i == steps.count - 1: Self.failing(step)
      case .undoneTwice(let at): Self.undoneTwice(at == i ? Self.failing(step) : step)
      default: step
      }
    }
  }

  private static func twice<S: Saga>(_ step: Step<S>) -> Step<S> {
    .step(
      step.name,
      { saga, context in
        var forgotten = saga
        try await step.run(&forgotten, context)
        try await step.run(&saga, context)
      }, undo: step.undo, tries: step.tries)
  }

  private static func failing<S: Saga>(_ step: Step<S>) -> Step<S> {
    .step(
      step.name,
      { saga, context in
        try await step.run(&saga, context)
        throw Fault(.notImplemented, "The trial lets \(step.name) fail after its work.")
      }, undo: step.undo)
  }

  private static func undoneTwice<S: Saga>(_ step: Step<S>) -> Step<S> {
    guard let undo = step.undo else { return step }
    return .step(
      step.name, step.run,
      undo: { saga, context in
        var forgotten = saga
        try await undo(&forgotten, context)
        try await undo(&saga, context)
      }, tries: step.tries)
  }
}

extension SagaQueue {
  /// What kill -9 does to a queue: from here on it writes nothing and lets nothing go.
  func die() {
    let sleepers = state.withLock { state in
      state.isDead = true
      state.isStopping = true
      state.poll?.cancel()
      state.waiting = []
      defer { state.resting = [:] }
      return Array(state.resting.values)
    }
    for sleeper in sleepers { sleeper.cancel() }
  }
}
