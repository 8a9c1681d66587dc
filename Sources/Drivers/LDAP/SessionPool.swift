internal import Core
internal import Glibc
internal import Synchronization

/// Sessions that wait to be used again.
final class SessionPool: Sendable {
  private struct State {
    var idle: [Session] = []
    /// When each session was opened, in use or not.
    var births: [ObjectIdentifier: Duration] = [:]
  }
  private let limit: Int
  private let lifetime: Duration
  private let state = Mutex(State())

  init(limit: Int, lifetime: Duration) {
    self.limit = limit
    self.lifetime = lifetime
  }

  /// The session that was used last, if it is not too old.
  func take(at now: Duration) -> Session? {
    var old: [Session] = []
    let session: Session? = state.withLock { state in
      while let session = state.idle.popLast() {
        if let birth = state.births[ObjectIdentifier(session)], now - birth < lifetime { return session }
        state.births[ObjectIdentifier(session)] = nil
        old.append(session)
      }
      return nil
    }
    // Closing says goodbye to the server, which is not for under a lock.
    old.removeAll()
    return session
  }

  func keep(_ session: Session, bornAt birth: Duration? = nil) {
    state.withLock { state in
      guard state.idle.count < limit else {
        state.births[ObjectIdentifier(session)] = nil
        return
      }
      if let birth { state.births[ObjectIdentifier(session)] = birth }
      state.idle.append(session)
    }
  }

  func removeAll() {
    let old = state.withLock { state in
      defer { state = State() }
      return state.idle
    }
    withExtendedLifetime(old) {}
  }
}

/// That nobody answered a moment ago.
final class Outage: Sendable {
  private let state = Mutex<(fault: Fault, until: Duration)?>(nil)

  func begin(_ fault: Fault, until: Duration) { state.withLock { $0 = (fault, until) } }
  func fault(at now: Duration) -> Fault? {
    state.withLock { known in
      guard let outage = known, now < outage.until else {
        known = nil
        return nil
      }
      return outage.fault
    }
  }
}

/// Blocks this thread, which is one of a directory's own.
func sleepHere(_ duration: Duration) {
  var rest = timespec(
    tv_sec: Int(duration.microseconds / 1_000_000), tv_nsec: Int(duration.microseconds % 1_000_000 * 1000))
  nanosleep(&rest, nil)
}
