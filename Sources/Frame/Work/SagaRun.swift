internal import Core
internal import Log
internal import Store

/// One saga from its saved position to its end, forwards or, after a failure, backwards.
struct SagaRun<S: Saga> {
  var row: SagaRow
  let steps: [Step<S>]
  let context: S.Context
  let queue: SagaQueue
  let interruption: Interruption
  private static var log: Log { Log("work.saga") }
  /// How often an undo is tried before the saga is stuck.
  private static var undoTries: Int { 8 }

  init(row: SagaRow, steps: [Step<S>], context: S.Context, queue: SagaQueue, interruption: Interruption) {
    self.row = row
    self.steps = steps
    self.context = context
    self.queue = queue
    self.interruption = interruption
  }

  /// Thrown when another process has taken the saga over, or this one is gone: nothing may be done any more.
  private struct Fenced: Error {}

  mutating func run() async -> SagaOutcome {
    do {
      let value: S
      do { value = try SagaQueue.decode(row.value) } catch {
        try await stick(Fault(wrapping: error), because: "its value cannot be read by this version")
        return .over
      }
      return try await carryOn(value)
    } catch is Fenced {
      Self.log.info("saga left to its new owner", ["saga": row.id, "name": S.name])
      return .over
    } catch {
      Self.log.error("saga cannot be carried on now", ["saga": row.id, "name": S.name, "cause": "\(error)"])
      return .broken
    }
  }

  private mutating func carryOn(_ value: S) async throws -> SagaOutcome {
    var saga = value
    // A later version may have fewer steps than the one that saved the position.
    if row.phase == .unwinding { row.next = min(row.next, steps.count - 1) }
    while !queue.isStopping {
      if row.phase == .running, row.cancelled || interruption.isInterrupted {
        // With the step it stands before, which a process that died may have begun.
        turnBack(Self.cancelled, from: min(row.next, steps.count - 1))
      }
      let outcome: SagaOutcome? =
        switch row.phase {
        case .stuck: .over
        case .running where row.next >= steps.count: try await end(saga, failed: false)
        case .running: try await forward(&saga)
        case .unwinding where row.next < 0: try await end(saga, failed: true)
        case .unwinding: try await back(&saga)
        }
      if let outcome { return outcome }
    }
    return .over
  }

  private static var cancelled: Fault { .conflict("It was cancelled by a later request.") }

  private mutating func turnBack(_ fault: Fault, from step: Int) {
    row.phase = .unwinding
    row.next = step
    row.tries = 0
    row.fault = try? SagaQueue.encode(fault)
  }

  private mutating func forward(_ saga: inout S) async throws -> SagaOutcome? {
    let step = steps[row.next]
    let (before, context) = (saga, context)
    let (after, error) = await interruption.run { () -> (S, (any Error)?) in
      var value = before
      do { try await step.run(&value, context) } catch { return (value, error) }
      return (value, nil)
    }
    saga = after
    guard let error else {
      row.next += 1
      row.tries = 0
      try await save(saga)
      return nil
    }
    if let wait = error as? NotYet {
      try await save(saga)
      return .rest(wait.after)
    }
    if queue.isStopping, interruption.isInterrupted {
      // Not its own failure: the next process takes the step up again.
      try await save(saga)
      return nil
    }
    let fault = interruption.isInterrupted ? Self.cancelled : Fault(wrapping: error)
    row.tries += 1
    if row.tries < step.tries, Self.mayPass(fault), !interruption.isInterrupted {
      Self.log.warning("step failed, to be tried again", line(step, fault))
      try await save(saga)
      return .rest(Self.pause(row.tries))
    }
    Self.log.warning("step failed, turning back", line(step, fault))
    turnBack(fault, from: row.next)
    try await save(saga)
    return nil
  }

  private mutating func back(_ saga: inout S) async throws -> SagaOutcome? {
    let step = steps[row.next]
    do {
      if let undo = step.undo { try await undo(&saga, context) }
      row.next -= 1
      row.tries = 0
    } catch {
      if let wait = error as? NotYet {
        try await save(saga)
        return .rest(wait.after)
      }
      let fault = Fault(wrapping: error)
      row.tries += 1
      guard row.tries < Self.undoTries else {
        row.value = try SagaQueue.encode(saga)
        try await stick(fault, because: "the undoing of \(step.name) keeps failing")
        return .over
      }
      Self.log.warning("undo failed, to be tried again", line(step, fault))
      try await save(saga)
      return .rest(Self.pause(row.tries))
    }
    try await save(saga)
    return nil
  }

  private mutating func stick(_ fault: Fault, because why: String) async throws {
    Self.log.error(
      "saga is stuck: mend the cause, then retry it",
      ["saga": row.id, "name": S.name, "subject": row.subject, "why": why, "fault": "\(fault)"])
    row.phase = .stuck
    row.fault = try? SagaQueue.encode(fault)
    try await saveRow()
  }

  private mutating func save(_ saga: S) async throws {
    row.value = try SagaQueue.encode(saga)
    try await saveRow()
  }

  /// Writes the position; owner and generation in the condition are the fence.
  private mutating func saveRow() async throws {
    guard !queue.isDead else { throw Fenced() }
    row.updatedAt = queue.world.now()
    let (r, mine) = (row, queue.owner)
    let cancelled = try await queue.store.write { tx -> Bool in
      let rows = try await tx.run(
        """
        UPDATE \(SagaRow.table) SET value = \(r.value), phase = \(r.phase), next_step = \(r.next), \
        tries = \(r.tries), fault = \(r.fault), updated_at = \(r.updatedAt), \
        owner = \(r.phase == .stuck ? nil : mine) \
        WHERE id = \(r.id) AND owner = \(mine) AND generation = \(r.generation) RETURNING cancelled
        """)
      guard let row = rows.first else { throw Fenced() }
      return try Bool(columnValue: row[0])
    }
    row.cancelled = cancelled
    if queue.diesAfterSave?() ?? false { queue.die() }
    guard !queue.isDead else { throw Fenced() }
  }

  /// The end state and the saga's end in one transaction.
  /// - Returns: nil when the saga goes on, backwards.
  private mutating func end(_ saga: S, failed: Bool) async throws -> SagaOutcome? {
    guard !queue.isDead else { throw Fenced() }
    let (r, mine, context, now) = (row, queue.owner, context, queue.world.now())
    let fault = r.fault.flatMap { try? SagaQueue.decode($0) as Fault }
    do {
      let hasEnded = try await queue.store.write { [queue] tx -> Bool in
        guard let current = try await tx.get(SagaRow.self, r.id), current.owner == mine,
          current.generation == r.generation
        else { throw Fenced() }
        if current.cancelled, !failed { return false }
        let ending = Ending(tx: tx, saga: r.id, cancelled: current.cancelled, now: now)
        if failed {
          try await saga.fail(fault ?? Fault.internalError("It failed without a word."), ending, context)
        } else {
          try await saga.succeed(ending, context)
        }
        try await tx.deleteAll(SagaRow.self, "WHERE id = \(r.id)")
        let heirs = try await tx.count(SagaRow.self, "WHERE after_saga = \(r.id)")
        if heirs > 0 { tx.afterCommit { queue.wake() } }
        return true
      }
      if hasEnded { return .over }
      row.cancelled = true
      return nil
    } catch let fenced as Fenced { throw fenced } catch {
      let fault = Fault(wrapping: error)
      row.tries += 1
      if row.tries < Self.undoTries {
        Self.log.warning("the saga's end cannot be written yet", ["saga": r.id, "name": S.name, "fault": "\(fault)"])
        try await save(saga)
        return .rest(Self.pause(row.tries))
      }
      if failed {
        try await stick(fault, because: "its end cannot be written")
        return .over
      }
      turnBack(fault, from: steps.count - 1)
      try await save(saga)
      return nil
    }
  }

  private func line(_ step: Step<S>, _ fault: Fault) -> Log.Fields {
    ["saga": row.id, "name": S.name, "step": step.name, "subject": row.subject, "fault": "\(fault)", "try": row.tries]
  }

  /// Whether trying again may help; a refusal stays one.
  static func mayPass(_ fault: Fault) -> Bool {
    switch fault.kind {
    case .internalError, .unavailable, .timedOut, .conflict, .outOfSpace: true
    default: false
    }
  }
  /// 0.1 s, doubled each time up to 10 s.
  static func pause(_ tries: Int) -> Duration { .milliseconds(min(10_000, 100 << min(tries - 1, 7))) }
}
