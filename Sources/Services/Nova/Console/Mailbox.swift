internal import CWebsockets
internal import IO
internal import Synchronization

/// What other threads tell the console loop.
enum Letter: Sendable {
  /// A session's guest is connected through this descriptor, which the loop owns from here on.
  case connected(session: UInt64, fd: Int32)
  /// A session cannot be served; the browser is told why.
  case refused(session: UInt64, Refusal)
  case stop
}

/// Why a browser is sent away, as its WebSocket's close frame says it (RFC 6455 section 7.4).
struct Refusal: Sendable, Equatable {
  var code: UInt16
  /// At most 123 bytes fit.
  var reason: String

  static let badToken = Refusal(
    code: 1008, reason: "The console token is unknown or has expired. Ask for a new console URL.")
  static let noGuest = Refusal(code: 1011, reason: "The server's console cannot be reached. Is the server running?")
  static let failed = Refusal(code: 1011, reason: "The console token could not be checked. Try again.")
  static let notBinary = Refusal(code: 1003, reason: "Only binary messages are carried.")
  static let guestClosed = Refusal(code: 1000, reason: "The server has closed its console.")
}

/// Letters to the console loop; posting wakes it.
final class Mailbox: Sendable {
  private struct State {
    var letters: [Letter] = []
    /// The loop's context, as a number, for a pointer cannot be handed between threads. It is cleared, under the lock,
    /// before the context is destroyed, so that nobody wakes a loop that is no more.
    var context: UInt = 0
  }
  private let state = Mutex(State())

  func post(_ letter: Letter) {
    let isTaken = state.withLock { state in
      guard let context = OpaquePointer(bitPattern: state.context) else { return false }
      state.letters.append(letter)
      lws_cancel_service(context)
      return true
    }
    if !isTaken { Self.drop([letter]) }
  }

  func take() -> [Letter] {
    state.withLock { state in
      defer { state.letters = [] }
      return state.letters
    }
  }

  func open(waking context: UInt) { state.withLock { $0.context = context } }

  /// Nothing is taken from here on.
  func close() {
    Self.drop(
      state.withLock { state in
        defer { state = State() }
        return state.letters
      })
  }

  private static func drop(_ letters: [Letter]) {
    for case .connected(_, let fd) in letters { Descriptor.close(fd) }
  }
}
