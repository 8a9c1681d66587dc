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
    return "\(year.padded(4))-\(month.padded(2))-\(day.padded(2))T"
      + "\((second / 3600).padded(2)):\((second / 60 % 60).padded(2)):\((second % 60).padded(2))"
  }

  /// Days since the epoch to a proleptic Gregorian date (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
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

  /// Reads `YYYY-MM-DD[(T| )HH:MM:SS[.ffffff]][Z|±HH:MM]`; a time without a zone is UTC.
  public init?(_ text: some StringProtocol) {
    let b = Array(text.utf8)
    func number(_ from: Int, _ count: Int) -> Int? {
      guard from + count <= b.count else { return nil }
      var n = 0
      for c in b[from..<from + count] {
        guard c >= 48, c <= 57 else { return nil }
        n = n * 10 + Int(c - 48)
      }
      return n
    }
    guard b.count >= 10, b[4] == 45, b[7] == 45, let year = number(0, 4), let month = number(5, 2),
      let day = number(8, 2), (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    var total = Int64(Self.days(year: year, month: month, day: day)) * 86_400_000_000
    var at = 10
    if at < b.count, b[at] == 84 || b[at] == 32 {
      guard let hour = number(11, 2), let minute = number(14, 2), hour < 24, minute < 60 else { return nil }
      total += Int64(hour * 3600 + minute * 60) * 1_000_000
      at = 16
      if at < b.count, b[at] == 58 {
        guard let second = number(17, 2), second < 61 else { return nil }
        total += Int64(second) * 1_000_000
        at = 19
      }
      if at < b.count, b[at] == 46 {
        at += 1
        var scale: Int64 = 100_000
        while at < b.count, b[at] >= 48, b[at] <= 57 {
          total += Int64(b[at] - 48) * scale
          scale /= 10
          at += 1
        }
      }
    }
    if at < b.count {
      switch b[at] {
      case 90 where at + 1 == b.count, 122 where at + 1 == b.count: break
      case 43, 45:
        guard let hour = number(at + 1, 2), let minute = number(b.count - 2, 2), hour < 24, minute < 60 else {
          return nil
        }
        let offset = Int64(hour * 3600 + minute * 60) * 1_000_000
        total += b[at] == 43 ? -offset : offset
      default: return nil
      }
    }
    self.microseconds = total
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
