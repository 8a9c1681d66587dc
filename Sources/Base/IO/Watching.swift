internal import Core
internal import CLinux
internal import Synchronization

/// What a descriptor is watched for and what happened to it: epoll's bits.
public struct FileEvents: OptionSet, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public static let readable = FileEvents(rawValue: EPOLLIN.rawValue)
  public static let writable = FileEvents(rawValue: EPOLLOUT.rawValue)
  /// The peer has shut its side for writing, or gone altogether.
  public static let peerGone = FileEvents(rawValue: EPOLLRDHUP.rawValue)
  /// Reported without being asked for.
  public static let hangup = FileEvents(rawValue: EPOLLHUP.rawValue)
  public static let failed = FileEvents(rawValue: EPOLLERR.rawValue)
  /// Report once, then stay silent until watched again.
  public static let once = FileEvents(rawValue: EPOLLONESHOT.rawValue)
  public static let edgeTriggered = FileEvents(rawValue: EPOLLET.rawValue)
}

/// Names a timer, for `cancel`.
public struct TimerID: Hashable, Sendable {
  let number: UInt64
}

extension EventLoop {
  /// Calls back on the loop's thread whenever one of `events` happens, until `unwatch`; a second call for the same
  /// descriptor replaces the first. Call `unwatch` before closing the descriptor.
  /// - Throws: an `unavailable` fault when the descriptor cannot be watched (a regular file, a closed one).
  public func watch(_ fd: Int32, _ events: FileEvents, _ callback: @escaping (FileEvents) -> Void) throws {
    checkIsolated()
    generation &+= 1
    var event = epoll_event(
      events: events.rawValue,
      data: epoll_data_t(u64: UInt64(generation) << 32 | UInt64(UInt32(bitPattern: fd))))
    let known = watches[fd] != nil
    var result = epoll_ctl(epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event)
    if result != 0, systemError == ENOENT { result = epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) }
    guard result == 0 else { throw Fault.system("watch a descriptor", systemError) }
    watches[fd] = Watch(generation: generation, callback: callback)
  }

  /// Ends a watch; harmless where there is none.
  public func unwatch(_ fd: Int32) {
    checkIsolated()
    guard watches.removeValue(forKey: fd) != nil else { return }
    epoll_ctl(epoll, EPOLL_CTL_DEL, fd, nil)
  }

  /// Calls back once, on the loop's thread, after a time rounded up to whole milliseconds.
  @discardableResult
  public func schedule(after delay: Duration, _ callback: @escaping () -> Void) -> TimerID {
    checkIsolated()
    return timers.add(at: uptime() + max(delay.microseconds, 0), callback)
  }

  /// Forgets a timer; harmless when it has fired.
  public func cancel(_ timer: TimerID) {
    checkIsolated()
    timers.remove(timer)
  }

  /// Waits until the descriptor is ready for one of `events`, from any thread; one waiter a descriptor.
  /// - Throws: `CancellationError` when the task is cancelled first.
  public func wait(for fd: Int32, _ events: FileEvents) async throws {
    let waiter = Waiter()
    try await withTaskCancellationHandler {
      try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Void, any Error>) in
        waiter.hold(continuation)
        execute {
          guard waiter.isWaiting else { return }
          do {
            try self.watch(fd, events.union(.once)) { _ in
              self.unwatch(fd)
              waiter.resume(with: .success(()))
            }
          } catch { waiter.resume(with: .failure(error)) }
        }
      }
    } onCancel: {
      execute {
        if waiter.isWaiting { self.unwatch(fd) }
        waiter.resume(with: .failure(CancellationError()))
      }
    }
  }
}

/// A continuation that two sides may want to resume, of which the first does; remembers a result that comes early.
final class Waiter: Sendable {
  private enum State {
    case new
    case waiting(UnsafeContinuation<Void, any Error>)
    case done(Result<Void, any Error>)
  }
  private let state = Mutex(State.new)

  var isWaiting: Bool {
    state.withLock { if case .waiting = $0 { true } else { false } }
  }
  func hold(_ continuation: UnsafeContinuation<Void, any Error>) {
    let early: Result<Void, any Error>? = state.withLock {
      if case .done(let result) = $0 { return result }
      $0 = .waiting(continuation)
      return nil
    }
    if let early { continuation.resume(with: early) }
  }
  func resume(with result: Result<Void, any Error>) {
    let held: UnsafeContinuation<Void, any Error>? = state.withLock { state in
      switch state {
      case .done: return nil
      case .new:
        state = .done(result)
        return nil
      case .waiting(let continuation):
        state = .done(result)
        return continuation
      }
    }
    held?.resume(with: result)
  }
}
