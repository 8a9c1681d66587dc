internal import Core
internal import Log
internal import Store
internal import Synchronization

/// How a run of a saga came out, for the queue.
enum SagaOutcome: Sendable {
  /// It ended, is stuck, or is somebody else's now.
  case over
  /// It has nothing to do for so long.
  case rest(Duration)
  /// It could not be carried on, for the store's sake; it is let go and taken up again.
  case broken
}

/// Which sagas run, rest or wait for a slot.
extension SagaQueue {
  /// Whether a saga of that kind may be claimed as it begins; if not, the poll will.
  func hasRoom(for name: String) -> Bool {
    state.withLock { state in
      guard state.runners[name] != nil, !state.isStopping, !state.isCrowded else { return false }
      state.isCrowded = state.running.count + state.waiting.count >= 2 * width
      return !state.isCrowded
    }
  }

  func launch(_ id: String) { state.withLock { launch(id, &$0) } }

  private func launch(_ id: String, _ state: inout State) {
    state.resting[id] = nil
    guard !state.isStopping, state.running[id] == nil, !state.waiting.contains(id) else { return }
    guard state.running.count < width else { return state.waiting.append(id) }
    let interruption = Interruption()
    state.running[id] = interruption
    Task { [weak self] in await self?.execute(id, interruption) ?? () }
  }

  /// Tells a saga that is here that it was cancelled; elsewhere it sees it at its next save.
  func interrupt(_ id: String) {
    let sleeper = state.withLock { state -> Task<Void, Never>? in
      state.running[id]?.interrupt()
      guard let sleeper = state.resting[id] else { return nil }
      launch(id, &state)
      return sleeper
    }
    sleeper?.cancel()
    if sleeper == nil { wake() }
  }

  private func execute(_ id: String, _ interruption: Interruption) async {
    var generation: Int?
    var outcome = SagaOutcome.broken
    do {
      let row = try await store.read { try await $0.get(SagaRow.self, id) }
      if let row, row.owner == owner, let runner = state.withLock({ $0.runners[row.name] }) {
        generation = row.generation
        let trace = Trace(requestID: row.requestID ?? "req-\(row.id)", user: row.userID, project: row.projectID)
        outcome = await Trace.$current.withValue(trace) { await runner(row, interruption) }
      } else {
        outcome = .over
      }
    } catch { log.error("a saga cannot be read from the store", ["saga": id, "cause": "\(error)"]) }
    let hasLeftover = finish(id, outcome, interruption)
    if case .broken = outcome, let generation { await release(id, generation) }
    if hasLeftover { wake() }
  }

  /// Gives the slot to the next, and lets this one rest if it has to; whether the store may hold more work.
  private func finish(_ id: String, _ outcome: SagaOutcome, _ interruption: Interruption) -> Bool {
    state.withLock { state in
      state.running[id] = nil
      if !state.waiting.isEmpty { launch(state.waiting.removeFirst(), &state) }
      if case .rest(let pause) = outcome, !state.isStopping {
        if interruption.isInterrupted {
          launch(id, &state)
        } else {
          state.resting[id] = Task { [weak self, world] in
            do { try await world.sleep(pause) } catch { return }
            self?.launch(id)
          }
        }
      }
      return state.isCrowded && state.waiting.count < width
    }
  }

  /// Lets go of a saga that could not be carried on. Where that fails too its lease ends, since only sagas that are
  /// here have theirs renewed.
  private func release(_ id: String, _ generation: Int) async {
    let (mine, later) = (owner, world.now() + .seconds(5))
    guard !isDead else { return }
    do {
      try await store.write { tx in
        _ = try await tx.run(
          """
          UPDATE \(SagaRow.table) SET owner = NULL, not_before = \(later) \
          WHERE id = \(id) AND owner = \(mine) AND generation = \(generation)
          """)
      }
    } catch { log.warning("a saga could not be let go; its lease will end", ["saga": id, "cause": "\(error)"]) }
  }

  // MARK: The poll

  func pollUntilCancelled() async {
    let wakes = state.withLock { $0.polled }
    let timer = Task { [world] in
      while !Task.isCancelled {
        do { try await world.sleep(.seconds(1)) } catch { return }
        wakes.continuation.yield()
      }
    }
    defer { timer.cancel() }
    var renewed = world.uptime()
    for await _ in wakes.stream {
      if Task.isCancelled { return }
      do {
        if world.uptime() - renewed > Self.lease / 3 {
          let asOf = world.uptime()
          try await renew()
          if isShared { try await giveSign(isFirst: false) }
          renewed = asOf
        }
        try await claimRunnable()
      } catch { log.error("sagas cannot be read from the store", ["cause": "\(error)"]) }
    }
  }

  /// Waits until the cancelled poll has done its last.
  func pollEnded() async { await state.withLock { $0.poll }?.value }

  /// Renews the leases of the sagas that are here; one that got lost on the way is found when its lease ends.
  func renew() async throws {
    let (mine, until) = (owner, world.now() + Self.lease)
    var ids = state.withLock { Array($0.running.keys) + Array($0.resting.keys) + $0.waiting }[...]
    while !ids.isEmpty {
      let some = Array(ids.prefix(500))
      ids = ids.dropFirst(500)
      try await store.write { tx in
        _ = try await tx.run(
          "UPDATE \(SagaRow.table) SET lease_until = \(until) WHERE owner = \(mine) AND id IN (\(list: some))")
      }
    }
  }

  /// Claims what nobody holds, nobody stands before, and this process knows how to run and has room for.
  private func claimRunnable() async throws {
    let (names, room) = state.withLock { state -> ([String], Int) in
      let room = 2 * width - state.running.count - state.waiting.count
      if room <= 0 { state.isCrowded = true }
      return (Array(state.runners.keys), room)
    }
    guard !names.isEmpty, room > 0 else { return }
    let (now, mine, until) = (world.now(), owner, world.now() + Self.lease)
    let free: SQL = """
      WHERE phase <> \(SagaRow.Phase.stuck) AND not_before <= \(now) AND name IN (\(list: names)) \
      AND (owner IS NULL OR lease_until < \(now)) \
      AND (node IS NULL OR node = \(node) OR node NOT IN (\(WorkNode.living(now)))) \
      AND (after_saga IS NULL OR after_saga NOT IN (SELECT id FROM \(SagaRow.table)))
      """
    let isAny = try await store.read { try await $0.count(SagaRow.self, free) } > 0
    let claimed =
      !isAny
      ? []
      : try await store.write { tx -> [String] in
        let ids = try await tx.all(SagaRow.self, "\(free) ORDER BY created_at, id LIMIT \(room)").map(\.id)
        guard !ids.isEmpty else { return [] }
        _ = try await tx.run(
          """
          UPDATE \(SagaRow.table) SET owner = \(mine), lease_until = \(until), generation = generation + 1 \
          WHERE id IN (\(list: ids))
          """)
        return ids
      }
    state.withLock { $0.isCrowded = claimed.count >= room }
    for id in claimed { launch(id) }
  }
}
