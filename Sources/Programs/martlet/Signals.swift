internal import CLinux
internal import Core
internal import IO

/// SIGTERM and SIGINT as something to wait for.
struct Signals: Sendable {
  /// Written to by the handler, the one thing that is allowed in there; made before the handler is.
  private static let wakeup = eventfd(0, Int32(EFD_CLOEXEC))
  private let thread: BlockingThreads

  init() throws {
    guard Self.wakeup >= 0 else { throw Fault.unavailable("The kernel gives no event descriptor.") }
    thread = try BlockingThreads(name: "signals", count: 1)
    for number in [SIGTERM, SIGINT] { signal(number, Self.handler) }
  }

  private static let handler: @convention(c) (Int32) -> Void = { _ in
    var one: UInt64 = 1
    _ = write(wakeup, &one, 8)
  }

  /// Suspends until one of the two arrives.
  func wait() async {
    let descriptor = Self.wakeup
    _ = try? await thread.run {
      var count: UInt64 = 0
      return read(descriptor, &count, 8)
    }
  }
}
