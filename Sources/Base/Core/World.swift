internal import CLinux

/// Time, sleep and randomness, handed to everything that needs them, so that a simulation can hand out others.
///
/// No code asks the platform for the time, a random number or an id: it asks its `World`.
public struct World: Sendable {
  /// The wall clock.
  public var now: @Sendable () -> Timestamp
  /// Time since an arbitrary start, never going backwards; for measuring durations.
  public var uptime: @Sendable () -> Duration
  /// Suspends the task; throws `CancellationError` when the task is cancelled.
  public var sleep: @Sendable (Duration) async throws -> Void
  /// Fills with bytes that nobody can foretell.
  public var random: @Sendable (_ count: Int) -> [UInt8]

  public init(
    now: @escaping @Sendable () -> Timestamp, uptime: @escaping @Sendable () -> Duration,
    sleep: @escaping @Sendable (Duration) async throws -> Void, random: @escaping @Sendable (Int) -> [UInt8]
  ) {
    self.now = now
    self.uptime = uptime
    self.sleep = sleep
    self.random = random
  }

  /// The machine's own clock and its kernel's random numbers.
  public static let real = World(
    now: { Timestamp(microseconds: clock(CLOCK_REALTIME)) },
    uptime: { .microseconds(clock(CLOCK_MONOTONIC)) },
    sleep: { try await Task.sleep(for: $0) },
    random: { count in
      var bytes = [UInt8](repeating: 0, count: count)
      var filled = 0
      while filled < count {
        let n = bytes.withUnsafeMutableBytes { getrandom($0.baseAddress?.advanced(by: filled), count - filled, 0) }
        if n > 0 { filled += n }
      }
      return bytes
    })

  private static func clock(_ id: clockid_t) -> Int64 {
    var t = timespec()
    clock_gettime(id, &t)
    return Int64(t.tv_sec) * 1_000_000 + Int64(t.tv_nsec) / 1000
  }

  /// A fresh version 4 UUID in the usual lower-case form with dashes (RFC 9562).
  public func uuid() -> String {
    let h = uuidBytes().hex
    let i = h.index(h.startIndex, offsetBy: 8)
    let j = h.index(i, offsetBy: 4)
    let k = h.index(j, offsetBy: 4)
    let l = h.index(k, offsetBy: 4)
    return "\(h[..<i])-\(h[i..<j])-\(h[j..<k])-\(h[k..<l])-\(h[l...])"
  }
  /// A fresh id of 32 hexadecimal digits, as keystone's projects and users have.
  public func hexID() -> String { uuidBytes().hex }
  /// A fresh request id, `req-` and a UUID.
  public func requestID() -> String { "req-" + uuid() }

  private func uuidBytes() -> [UInt8] {
    var b = random(16)
    b[6] = (b[6] & 0x0f) | 0x40
    b[8] = (b[8] & 0x3f) | 0x80
    return b
  }
}

extension Sequence where Element == UInt8 {
  /// Two lower-case hexadecimal digits a byte.
  public var hex: String {
    var text: [UInt8] = []
    for b in self {
      text.append(hexDigits[Int(b >> 4)])
      text.append(hexDigits[Int(b & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
private let hexDigits: [UInt8] = Array("0123456789abcdef".utf8)

/// Whether a text is a UUID in either form clients send: with dashes or 32 bare digits.
public func isUUID(_ text: some StringProtocol) -> Bool {
  var digits = 0
  for c in text.utf8 {
    switch c {
    case 48...57, 65...70, 97...102: digits += 1
    case 45: continue
    default: return false
    }
  }
  return digits == 32 && (text.utf8.count == 32 || text.utf8.count == 36)
}
