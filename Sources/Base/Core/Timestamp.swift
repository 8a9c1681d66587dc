/// An instant of wall-clock time in UTC, to the microsecond; the only time that records and APIs carry.
public struct Timestamp: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
  /// Microseconds since 1970-01-01T00:00:00Z.
  public var microseconds: Int64

  public init(microseconds: Int64) { self.microseconds = microseconds }
  public init(seconds: Int) { self.microseconds = Int64(seconds) * 1_000_000 }

  /// Whole seconds since the epoch, rounded down.
  public var seconds: Int { Int(microseconds.floorDivided(by: 1_000_000)) }

  public static func < (a: Self, b: Self) -> Bool { a.microseconds < b.microseconds }
  public static func + (a: Self, d: Duration) -> Self { Self(microseconds: a.microseconds + d.microseconds) }
  public static func - (a: Self, d: Duration) -> Self { Self(microseconds: a.microseconds - d.microseconds) }
  public static func - (a: Self, b: Self) -> Duration { .microseconds(a.microseconds - b.microseconds) }

  /// `2026-11-21T05:31:00Z`, as nova, glance and neutron write times.
  public var iso8601: String { calendar + "Z" }
  /// `2026-11-21T05:31:00.000000`, as cinder and nova's actions write times, without a zone.
  public var isoMicroseconds: String { calendar + "." + fraction }
  /// `2026-11-21T05:31:00.000000Z`, as keystone writes the times of tokens.
  public var isoMicrosecondsZ: String { isoMicroseconds + "Z" }
  public var description: String { isoMicrosecondsZ }

  private var fraction: String { (microseconds - Int64(seconds) * 1_000_000).padded(6) }

  private var calendar: String {
    let days = seconds.floorDivided(by: 86_400)
    let second = seconds - days * 86_400
    let (year, month, day) = Self.civil(days)
    guard (0...9999).contains(year) else {
      return "\(year.padded(4))-\(month.padded(2))-\(day.padded(2))T"
        + "\((second / 3600).padded(2)):\((second / 60 % 60).padded(2)):\((second % 60).padded(2))"
    }
    // Lists show hundreds of times, and text put together of pieces takes ten times as long.
    return String(unsafeUninitializedCapacity: 19) { bytes in
      func write(_ number: Int, at: Int, _ after: UInt8?) {
        bytes[at] = 48 + UInt8(number / 10)
        bytes[at + 1] = 48 + UInt8(number % 10)
        if let after { bytes[at + 2] = after }
      }
      write(year / 100, at: 0, nil)
      write(year % 100, at: 2, UInt8(ascii: "-"))
      write(month, at: 5, UInt8(ascii: "-"))
      write(day, at: 8, UInt8(ascii: "T"))
      write(second / 3600, at: 11, UInt8(ascii: ":"))
      write(second / 60 % 60, at: 14, UInt8(ascii: ":"))
      write(second % 60, at: 17, nil)
      return 19
    }
  }

  /// Days since the epoch to a proleptic Gregorian date (Howard Hinnant, "chrono-Compatible
  /// Low-Level Date Algorithms").
  static func civil(_ days: Int) -> (Int, Int, Int) {
    let z = days + 719_468
    let era = z.floorDivided(by: 146_097)
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let m = (5 * dayOfYear + 2) / 153
    let month = m < 10 ? m + 3 : m - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * m + 2) / 5 + 1)
  }

  static func days(year: Int, month: Int, day: Int) -> Int {
    let y = month <= 2 ? year - 1 : year
    let era = y.floorDivided(by: 400)
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// Reads `YYYY-MM-DD[(T| )HH:MM[:SS[.ffffff]]][Z|±HH[[:]MM]]`; a time without a zone is UTC.
  public init?(_ text: some StringProtocol) {
    var reader = TimestampReader(bytes: Array(text.utf8))
    guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
      let day = reader.number(2)
    else { return nil }
    let days = Self.days(year: year, month: month, day: day)
    // Through the calendar and back: the 30th of February comes back as another day.
    guard Self.civil(days) == (year, month, day) else { return nil }
    var total = Int64(days) * 86_400_000_000
    if reader.take("T") || reader.take(" ") {
      guard let time = reader.time() else { return nil }
      total += time
    }
    guard let offset = reader.zone(), reader.isAtEnd else { return nil }
    microseconds = total - offset
    // A zone, or a leap second, may lead out of the years that four digits can write.
    guard Self.readable.contains(microseconds) else { return nil }
  }
  private static let readable: Range<Int64> = -62_167_219_200_000_000..<253_402_300_800_000_000
}

/// Reads the parts of a timestamp from left to right.
private struct TimestampReader {
  let bytes: [UInt8]
  var at = 0

  var isAtEnd: Bool { at == bytes.count }
  private var isAtDigit: Bool { at < bytes.count && (48...57).contains(bytes[at]) }

  mutating func take(_ c: Unicode.Scalar) -> Bool {
    guard at < bytes.count, UInt32(bytes[at]) == c.value else { return false }
    at += 1
    return true
  }

  mutating func number(_ digits: Int) -> Int? {
    var n = 0
    for _ in 0..<digits {
      guard isAtDigit else { return nil }
      n = n * 10 + Int(bytes[at] - 48)
      at += 1
    }
    return n
  }

  /// `HH:MM[:SS[.f…]]` in microseconds; digits beyond the sixth are dropped, and second 60 is a leap second.
  mutating func time() -> Int64? {
    guard let hour = number(2), take(":"), let minute = number(2), hour < 24, minute < 60 else { return nil }
    var total = Int64(hour * 3600 + minute * 60) * 1_000_000
    guard take(":") else { return total }
    guard let second = number(2), second < 61 else { return nil }
    total += Int64(second) * 1_000_000
    guard take(".") else { return total }
    guard isAtDigit else { return nil }
    var scale: Int64 = 100_000
    while isAtDigit {
      total += Int64(bytes[at] - 48) * scale
      scale /= 10
      at += 1
    }
    return total
  }

  /// The zone's distance from UTC in microseconds; 0 when there is none.
  mutating func zone() -> Int64? {
    if isAtEnd || take("Z") || take("z") { return 0 }
    let west = take("-")
    guard west || take("+"), let hour = number(2), hour < 24 else { return nil }
    var minute = 0
    if !isAtEnd {
      _ = take(":")
      guard let read = number(2), read < 60 else { return nil }
      minute = read
    }
    let offset = Int64(hour * 3600 + minute * 60) * 1_000_000
    return west ? -offset : offset
  }
}

extension BinaryInteger {
  /// Division that rounds towards negative infinity, as calendars need it.
  public func floorDivided(by n: Self) -> Self {
    let q = self / n
    return self % n != 0 && (self < 0) != (n < 0) ? q - 1 : q
  }
  /// The decimal digits with leading zeros up to `width`.
  public func padded(_ width: Int) -> String {
    let digits = String(self)
    return digits.count >= width ? digits : String(repeating: "0", count: width - digits.count) + digits
  }
}

extension Duration {
  public static func minutes(_ n: Int) -> Duration { .seconds(n * 60) }
  public static func hours(_ n: Int) -> Duration { .seconds(n * 3600) }
  public var microseconds: Int64 { components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000 }
  public var milliseconds: Int64 { microseconds / 1000 }
  /// Seconds with their fraction, for logs and metrics.
  public var inSeconds: Double { Double(microseconds) / 1_000_000 }
}
