import CLinux
import Core
import HTTP
import Synchronization

/// Asynchronous work that waits for nobody, asked from a place that is not.
enum Answer {
  /// The result; nil when it takes more than five seconds, which none of these may.
  static func wait<T: Sendable>(_ work: @escaping @Sendable () async throws -> T) -> Result<T, any Error>? {
    let box = Box<T>()
    Task.immediate {
      do {
        let value = try await work()
        box.result.withLock { $0 = .success(value) }
      } catch { box.result.withLock { $0 = .failure(error) } }
    }
    for _ in 0..<50_000 {
      if let result = box.result.withLock({ $0 }) { return result }
      usleep(100)
    }
    return nil
  }

  private final class Box<T: Sendable>: Sendable {
    let result = Mutex<Result<T, any Error>?>(nil)
  }

  static func of(_ handler: @escaping Handler, _ request: Request) -> Response? {
    if case .success(let response)? = wait({ await handler(request) }) { response } else { nil }
  }
}
