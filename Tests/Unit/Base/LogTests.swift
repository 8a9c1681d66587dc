import Core
import JSON
import Log
import Synchronization
import Testing

@Suite("Log") struct LogTests {
  private final class Lines: Sendable {
    let all = Mutex<[String]>([])
    func sink(_ format: LogSink.Format, level: Log.Level = .info) -> LogSink {
      let world = World(now: { Timestamp(microseconds: 1_795_239_060_000_042) }, uptime: { .zero }, sleep: { _ in }) {
        _ in []
      }
      return LogSink(level: level, format: format, world: world) { line in
        self.all.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
      }
    }
    var text: [String] { all.withLock { $0 } }
  }

  @Test func textNamesTimeLevelComponentFieldsAndTrace() {
    let lines = Lines()
    let log = Log("nova.api", sink: lines.sink(.text))
    Trace.$current.withValue(Trace(requestID: "req-1", user: "u", project: "p")) {
      log.info("Server built", ["server": "a b", "count": 3])
    }
    #expect(
      lines.text == [
        "2026-11-21T05:31:00.000042Z INFO nova.api: Server built server=\"a b\" count=3 "
          + "request=req-1 user=u project=p\n"
      ])
  }

  @Test func jsonIsOneObjectALine() throws {
    let lines = Lines()
    let id: String? = nil
    Log("x", sink: lines.sink(.json)).error("Two\nlines", ["server": id, "level": "mine"])
    let line = try #require(lines.text.first)
    #expect(line.hasSuffix("}\n") && line.filter(\.isNewline).count == 1)
    let value = try JSON(parsing: line)
    #expect(value["level"] == "error" && value["message"] == "Two\nlines" && value["server"] == .null)
    #expect(value["field_level"] == "mine")
  }

  @Test func lowerLevelsAreNotEvenComputed() {
    let lines = Lines()
    let log = Log("x", sink: lines.sink(.text, level: .warning))
    func dear() -> String {
      Issue.record("computed")
      return ""
    }
    log.info(dear(), ["a": dear()])
    log.warning("seen")
    #expect(lines.text.count == 1 && log.writes(.error) && !log.writes(.debug))
  }

  @Test func usersCannotForgeLines() {
    let lines = Lines()
    Log("x", sink: lines.sink(.text)).info("a\nb\u{1b}[2J", ["name": "c\nd\u{9b}"])
    #expect(lines.text.first?.hasSuffix("x: a\\nb\\u{1b}[2J name=\"c\\nd\\u{9b}\"\n") == true)
  }

  @Test func levelsHaveNames() {
    #expect(Log.Level(name: "WARNING") == .warning && Log.Level(name: "loud") == nil)
  }
}
