internal import Core
internal import Synchronization

/// Hands out each connection to one task at a time; whoever finds none waits in line.
final class ConnectionPool<Connection: Sendable>: Sendable {
  private struct State {
    var free: [Connection]
    var waiting: [CheckedContinuation<Connection, any Error>] = []
    var isClosed = false
  }
  /// How many may wait: beyond it the server is hopelessly behind and says so at once.
  static var waitingLimit: Int { 20_000 }

  private let state: Mutex<State>
  private let count: Int

  init(_ connections: [Connection]) {
    count = connections.count
    state = Mutex(State(free: connections))
  }

  static var closed: Fault { .unavailable("The service is stopping. Try again when it has been started again.") }
  static var crowded: Fault {
    .unavailable("Too many requests wait for the database. Try again later.")
  }

  /// - Throws: `unavailable` when the store was closed or too many wait.
  func take() async throws -> Connection { try await take(closing: false) }

  private func take(closing: Bool) async throws -> Connection {
    try await withCheckedThrowingContinuation { continuation in
      let answer: Result<Connection, any Error>? = state.withLock { state in
        if state.isClosed, !closing { return .failure(Self.closed) }
        if let connection = state.free.popLast() { return .success(connection) }
        if state.waiting.count >= Self.waitingLimit { return .failure(Self.crowded) }
        state.waiting.append(continuation)
        return nil
      }
      if let answer { continuation.resume(with: answer) }
    }
  }

  func give(_ connection: Connection) {
    let next = state.withLock { state in
      if state.waiting.isEmpty {
        state.free.append(connection)
        return nil as CheckedContinuation<Connection, any Error>?
      }
      return state.waiting.removeFirst()
    }
    next?.resume(returning: connection)
  }

  /// Refuses newcomers, waits for those who are in line or at work, and gives back all connections for good; nothing
  /// when it was closed before.
  func close() async -> [Connection] {
    let isFirst = state.withLock { state in
      defer { state.isClosed = true }
      return !state.isClosed
    }
    var all: [Connection] = []
    while isFirst, all.count < count, let connection = try? await take(closing: true) { all.append(connection) }
    return all
  }
}
