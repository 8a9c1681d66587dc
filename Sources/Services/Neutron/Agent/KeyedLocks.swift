internal import Synchronization

/// Lets one task at a time do something to each key; tasks of different keys do not wait for one another.
final class KeyedLocks<Key: Hashable & Sendable>: Sendable {
  /// Who waits for each key that is held, longest first.
  private let waiting = Mutex<[Key: [CheckedContinuation<Void, Never>]]>([:])

  func run<T: Sendable>(_ key: Key, _ body: () async throws -> T) async rethrows -> T {
    await enter(key)
    defer { leave(key) }
    return try await body()
  }

  private func enter(_ key: Key) async {
    await withCheckedContinuation { continuation in
      let isFree = waiting.withLock { table in
        guard table[key] != nil else {
          table[key] = []
          return true
        }
        table[key]?.append(continuation)
        return false
      }
      if isFree { continuation.resume() }
    }
  }

  private func leave(_ key: Key) {
    let next = waiting.withLock { table -> CheckedContinuation<Void, Never>? in
      guard let list = table[key], !list.isEmpty else {
        table[key] = nil
        return nil
      }
      return table[key]?.removeFirst()
    }
    next?.resume()
  }
}
