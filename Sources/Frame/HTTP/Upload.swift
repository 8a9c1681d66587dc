internal import Core

/// A request's body on its way from the connection to whoever pulls it: a short queue, and whether the puller waits.
struct Upload {
  /// Held at most before the connection is told to wait.
  static let highWater = 262_144

  private(set) var buffered: [UInt8] = []
  private(set) var ended = false
  /// Somebody has asked for the body, so that a client that waits for `100 Continue` may send it.
  private(set) var wanted = false
  private var puller: UnsafeContinuation<[UInt8]?, any Error>?
  private var failure: (any Error)?

  var isFull: Bool { buffered.count >= Self.highWater }

  mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
    if let puller {
      self.puller = nil
      puller.resume(returning: Array(bytes))
    } else {
      buffered.append(contentsOf: bytes)
    }
  }

  mutating func end() {
    ended = true
    puller?.resume(returning: nil)
    puller = nil
  }

  mutating func fail(_ fault: any Error) {
    guard !ended else { return }
    failure = fault
    puller?.resume(throwing: fault)
    puller = nil
  }

  /// Forgets what is held and refuses what is still asked for.
  mutating func close(_ fault: Fault) {
    buffered = []
    failure = fault
    puller?.resume(throwing: fault)
    puller = nil
  }

  mutating func pull(_ continuation: UnsafeContinuation<[UInt8]?, any Error>) {
    wanted = true
    if !buffered.isEmpty {
      let bytes = buffered
      buffered = []
      continuation.resume(returning: bytes)
    } else if let failure {
      continuation.resume(throwing: failure)
    } else if ended {
      continuation.resume(returning: nil)
    } else if puller != nil {
      continuation.resume(throwing: Fault.internalError("Two tasks read one request body at once."))
    } else {
      puller = continuation
    }
  }
}
