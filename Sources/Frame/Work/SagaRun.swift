internal import Core
internal import Log
internal import Store

/// One saga from its saved position to its end, forwards or, after a failure, backwards.
struct SagaRun<S: Saga> {
  var row: SagaRow
  let context: S.Context
  let queue: SagaQueue
  private static var log: Log { Log("work.saga") }
  /// How often an undo is tried before the saga is stuck.
  private static var undoTries: Int { 8 }

  init(row: SagaRow, context: S.Context, queue: SagaQueue) {
    self.row = row
    self.context = context
    self.queue = queue
  }

  /// Thrown when another process has taken the saga over, or the store is gone: nothing may be done any more.
  private struct Fenced: Error {}

  mutating func run() async {
    do {
      var saga: S = try SagaQueue.decode(row.value)
      while !queue.isStopping {
        if row.cancelled, row.phase == .running {
          turnBack(Fault.conflict("It was cancelled by a later request."), from: row.next - 1)
        }
        if row.phase == .running, row.next >= S.steps.count {
          if try await end(saga, failed: false) { return }
        } else if row.phase == .unwinding, row.next < 0 {
          if try await end(saga, failed: true) { return }
        } else if row.phase == .running {
          try await forward(&saga)
        } else if row.phase == .unwinding {
          try await back(&saga)
        }
        if row.phase == .stuck { return }
      }
    } catch is Fenced {
      Self.log.info("saga left to its new owner", ["saga": row.id, "name": S.name])
    } catch {
      Self.log.error("saga cannot be carried on", ["saga": row.id, "name": S.name, "cause": "\(error)"])
    }
  }

  private mutating func turnBack(_ fault: Fault, from step: Int) {
    row.phase = .unwinding
    row.next = step
    row.tries = 0
    row.fault = try? SagaQueue.encode(StoredFault(fault))
  }

  private mutating func forward(_ saga: inout S) async throws {
    let step = S.steps[row.next]
    var attempt = saga
    do {
      try await step.run(&attempt, context)
      saga = attempt
      row.next += 1
      row.tries = 0
    } catch let wait as NotYet {
      saga = attempt
      try await save(saga)
      try? await queue.world.sleep(wait.after)
      return
    } catch {
      if queue.isStopping, Task.isCancelled { throw Fenced() }
      saga = attempt
      let fault = Fault(wrapping: error)
      row.tries += 1
      if row.tries < step.tries, Self.mayPass(fault), !Task.isCancelled {
        Self.log.warning("step failed, to be tried again", line(step, fault))
        try await save(saga)
        try? await queue.world.sleep(Self.pause(row.tries))
        return
      }
      Self.log.warning("step failed, turning back", line(step, fault))
      turnBack(fault, from: row.next)
    }
    try await save(saga)
  }

  private mutating func back(_ saga: inout S) async throws {
    let step = S.steps[row.next]
    var attempt = saga
    do {
      let context = context
      // In a task of its own: whoever interrupted the saga must not interrupt its undoing.
      if let undo = step.undo {
        let before = attempt
        attempt = try await Task.immediate {
          var value = before
          try await undo(&value, context)
          return value
        }.value
      }
      saga = attempt
      row.next -= 1
      row.tries = 0
    } catch {
      let fault = Fault(wrapping: error)
      row.tries += 1
      if row.tries < Self.undoTries {
        Self.log.warning("undo failed, to be tried again", line(step, fault))
        try await save(saga)
        let (world, pause) = (queue.world, Self.pause(row.tries))
        await Task.immediate { try? await world.sleep(pause) }.value
        return
      }
      Self.log.error("saga is stuck: its undo keeps failing; mend the cause, then retry it", line(step, fault))
      row.phase = .stuck
      row.fault = try? SagaQueue.encode(StoredFault(fault))
    }
    try await save(saga)
  }

  /// Writes the position; the owner in the condition is the fence.
  private mutating func save(_ saga: S) async throws {
    row.value = try SagaQueue.encode(saga)
    row.updatedAt = queue.world.now()
    let (r, mine) = (row, queue.owner)
    let cancelled = try await queue.store.write { tx -> Bool in
      let rows = try await tx.run(
        """
        UPDATE \(SagaRow.table) SET value = \(r.value), phase = \(r.phase), next_step = \(r.next), \
        tries = \(r.tries), fault = \(r.fault), updated_at = \(r.updatedAt), \
        owner = \(r.phase == .stuck ? nil : mine) WHERE id = \(r.id) AND owner = \(mine) RETURNING cancelled
        """)
      guard let row = rows.first else { throw Fenced() }
      return try Bool(columnValue: row[0])
    }
    row.cancelled = cancelled
  }

  /// The end state and the saga's end in one transaction.
  /// - Returns: false when the end itself failed, and the saga goes on backwards.
  private mutating func end(_ saga: S, failed: Bool) async throws -> Bool {
    let (r, mine, context, now) = (row, queue.owner, context, queue.world.now())
    let fault = (r.fault.flatMap { try? SagaQueue.decode($0) as StoredFault })?.fault
    do {
      try await queue.store.write { [queue] tx in
        guard let current = try await tx.get(SagaRow.self, r.id), current.owner == mine else { throw Fenced() }
        let ending = Ending(tx: tx, saga: r.id, cancelled: current.cancelled, now: now)
        if failed {
          try await saga.fail(fault ?? Fault.internalError("It failed without a word."), ending, context)
        } else {
          try await saga.succeed(ending, context)
        }
        try await tx.deleteAll(SagaRow.self, "WHERE id = \(r.id)")
        tx.afterCommit { queue.wake() }
      }
      return true
    } catch let fenced as Fenced { throw fenced } catch {
      let fault = Fault(wrapping: error)
      row.tries += 1
      if row.tries < Self.undoTries {
        try? await queue.world.sleep(Self.pause(row.tries))
      } else if failed {
        Self.log.error("saga is stuck: its end cannot be written", ["saga": r.id, "fault": "\(fault)"])
        row.phase = .stuck
        try await save(saga)
      } else {
        turnBack(fault, from: S.steps.count - 1)
        try await save(saga)
      }
      return false
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

/// A fault in a form that can be kept.
struct StoredFault: Codable {
  var kind: Fault.Kind
  var message: String
  var detail: String?
  var code: String?
  init(_ fault: Fault) {
    kind = fault.kind
    message = fault.message
    detail = fault.detail
    code = fault.code
  }
  var fault: Fault { Fault(kind, message, detail: detail, code: code) }
}
