import Core
import Testing

@Suite("Timestamps") struct CoreTimestampTests {
  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0), ("2026-11-21T05:31:00Z", 1_795_239_060_000_000),
    ("2026-11-21 05:31:00", 1_795_239_060_000_000), ("2026-11-21T05:31", 1_795_239_060_000_000),
    ("2026-11-21T05:31:00.25", 1_795_239_060_250_000), ("2026-11-21T05:31:00.123456789Z", 1_795_239_060_123_456),
    ("2026-11-21T06:31:00+01:00", 1_795_239_060_000_000), ("2026-11-21T00:31:00-0500", 1_795_239_060_000_000),
    ("2026-11-21T06:31:00+01", 1_795_239_060_000_000), ("2024-02-29", 1_709_164_800_000_000),
    ("1969-12-31T23:59:59.999999Z", -1),
  ]) func reads(text: String, microseconds: Int64) {
    #expect(Timestamp(text)?.microseconds == microseconds)
  }

  @Test(arguments: [
    "", "2026", "2026-13-01", "2026-02-30", "2025-02-29", "2026-00-01", "2026-11-21T", "2026-11-21T05x31:00",
    "2026-11-21T24:00:00", "2026-11-21T05:31:00.", "2026-11-21T05:31.5", "2026-11-21T05:31:00+1", "2026-11-21Zx",
    "2026-11-21T05:31:00+01x00", "26-11-21",
  ]) func refuses(text: String) {
    #expect(Timestamp(text) == nil)
  }

  @Test func writesEveryForm() {
    let t = Timestamp(microseconds: 1_795_239_060_000_042)
    #expect(t.iso8601 == "2026-11-21T05:31:00Z")
    #expect(t.isoMicroseconds == "2026-11-21T05:31:00.000042")
    #expect(t.isoMicrosecondsZ == "2026-11-21T05:31:00.000042Z")
    #expect(Timestamp(microseconds: -1).isoMicroseconds == "1969-12-31T23:59:59.999999")
  }

  @Test func everyDayOfFourCenturiesComesBack() {
    for day in stride(from: -60_000, to: 90_000, by: 17) {
      let t = Timestamp(seconds: day * 86_400)
      #expect(Timestamp(t.iso8601) == t)
    }
  }

  @Test func differencesAreDurations() {
    let t = Timestamp(seconds: 100)
    #expect(t + .minutes(1) - t == .seconds(60))
    #expect((t - .milliseconds(1)).seconds == 99)
  }

  /// A zone can lead out of the years that four digits can write, which no client could read back.
  @Test(arguments: ["0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "9999-12-31T23:59:60Z"])
  func yearsHaveFourDigits(text: String) {
    #expect(Timestamp(text) == nil)
  }
}
