public import Core
internal import Synchronization

/// A short memory of passwords that were right, so that a client which logs in for every command waits for bcrypt
/// once. It holds keyed digests only, under a key that dies with the process; a changed password has another hash
/// and so is never found.
public final class VerifiedPasswords: Sendable {
  private struct State {
    var ends: [[UInt8]: Timestamp] = [:]
    /// Oldest first; all live equally long, so the oldest ends first.
    var order: [[UInt8]] = []
    var start = 0
  }
  private let key: [UInt8]
  private let lifetime: Duration
  private let limit: Int
  private let world: World
  private let state = Mutex(State())

  public init(lifetime: Duration = .seconds(60), limit: Int = 10_000, world: World = .real) {
    key = world.random(32)
    self.lifetime = lifetime
    self.limit = limit
    self.world = world
  }

  /// Whether that password was found right for that user and stored hash a short time ago.
  public func contains(user: String, hash: String, password: String) -> Bool {
    let digest = digest(user, hash, password)
    let now = world.now()
    return state.withLock { state in
      guard let end = state.ends[digest] else { return false }
      return now < end
    }
  }

  public func remember(user: String, hash: String, password: String) {
    let digest = digest(user, hash, password)
    let now = world.now()
    state.withLock { state in
      while state.start < state.order.count {
        let oldest = state.order[state.start]
        guard state.ends.count >= limit || state.ends[oldest].map({ $0 <= now }) ?? true else { break }
        state.ends[oldest] = nil
        state.start += 1
      }
      if state.start > limit {
        state.order.removeFirst(state.start)
        state.start = 0
      }
      guard state.ends[digest] == nil else { return }
      state.ends[digest] = now + lifetime
      state.order.append(digest)
    }
  }

  /// Forgets everything.
  public func removeAll() { state.withLock { $0 = State() } }

  private func digest(_ user: String, _ hash: String, _ password: String) -> [UInt8] {
    // NUL cannot occur in ids, hashes or accepted passwords, so the parts cannot run into one another.
    HMAC.sha256(key: key, Array("\(user)\0\(hash)\0\(password)".utf8))
  }
}
