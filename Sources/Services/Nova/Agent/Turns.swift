internal import Synchronization

/// Lets work under one name run one at a time, in the order in which it came; other names do not wait.
final class Turns: Sendable {
  private let last = Mutex<[String: (turn: Int, task: Task<Void, Never>)]>([:])

  func take<T: Sendable>(_ name: String, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    let gate = AsyncStream<Void>.makeStream()
    let (before, turn) = last.withLock { last -> (Task<Void, Never>?, Int) in
      let before = last[name]
      let turn = (before?.turn ?? 0) + 1
      // Ends when this turn is over; the next one waits for it.
      let task = Task { for await _ in gate.stream {} }
      last[name] = (turn, task)
      return (before?.task, turn)
    }
    await before?.value
    defer {
      gate.continuation.finish()
      last.withLock { last in if last[name]?.turn == turn { last[name] = nil } }
    }
    try Task.checkCancellation()
    return try await body()
  }
}
