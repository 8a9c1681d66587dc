import Core
import FakeHardware
import Hardware
import Synchronization

/// A store on another machine, as far as downloads see: bytes come in small pieces, or not at all.
final class FarImages: ImageBackend {
  struct State {
    /// Whether it answers at all.
    var isDown = false
    /// How often bytes were read.
    var reads = 0
    /// After how many bytes the connection breaks.
    var breaksAfter: Int?
    /// What is sent in place of the first byte.
    var firstByte: UInt8?
  }
  private let kept = FakeImages()
  private let state = Mutex(State())

  func set(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }
  var reads: Int { state.withLock { $0.reads } }

  func begin(for image: String) async throws -> any ImageWriter { try await kept.begin(for: image) }
  func content(_ key: String) async throws -> ImageContent? {
    if state.withLock({ $0.isDown }) { throw Fault.unavailable("The other machine does not answer.") }
    guard case .bytes(var bytes) = try await kept.content(key) else { return nil }
    let (breaksAfter, first) = state.withLock { ($0.breaksAfter, $0.firstByte) }
    if let first { bytes[0] = first }
    let sent = bytes
    return .remote(size: bytes.count) { [self] range in
      state.withLock { $0.reads += 1 }
      let at = Mutex(range.lowerBound)
      return {
        let start = at.withLock { at in
          defer { at = min(range.upperBound, at + 4) }
          return at
        }
        if let breaksAfter, start >= breaksAfter { throw Fault.unavailable("The connection broke.") }
        return start < range.upperBound ? Array(sent[start..<min(start + 4, range.upperBound)]) : nil
      }
    }
  }
  func remove(_ key: String, unless isWanted: @Sendable () async throws -> Bool) async throws {
    try await kept.remove(key, unless: isWanted)
  }
  func list() async throws -> [String] { try await kept.list() }
  func removeStrays() async throws {}
  func space() async throws -> (free: Int, total: Int) { (.max, .max) }
}
