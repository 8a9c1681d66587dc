internal import CLinux
public import Core
internal import JSON
internal import Synchronization

/// Where lines go. One for the process, configured once at its start; tests make their own.
public final class LogSink: Sendable {
  public enum Format: String, Sendable, CaseIterable {
    /// Text when the descriptor is a terminal, JSON otherwise.
    case automatic
    case text
    /// One JSON object a line.
    case json
  }

  /// The process's sink: standard error, until `configure` says otherwise.
  public static let shared = LogSink()

  private struct Settings {
    var world: World
    var json: Bool
    var output: @Sendable ([UInt8]) -> Void
  }
  private let level: Atomic<Int>
  private let settings: Mutex<Settings>

  /// - Parameter output: takes each whole line, its newline included; standard error when nil.
  public init(
    level: Log.Level = .info, format: Format = .automatic, world: World = .real,
    output: (@Sendable ([UInt8]) -> Void)? = nil
  ) {
    self.level = Atomic(level.rawValue)
    settings = Mutex(Settings(world: world, json: Self.isJSON(format), output: output ?? Self.standardError))
  }

  /// Changes level, format and clock; to be called once, before the first line.
  public func configure(level: Log.Level = .info, format: Format = .automatic, world: World = .real) {
    self.level.store(level.rawValue, ordering: .relaxed)
    settings.withLock {
      $0.world = world
      $0.json = Self.isJSON(format)
    }
  }

  func writes(_ level: Log.Level) -> Bool { level.rawValue >= self.level.load(ordering: .relaxed) }

  func write(_ level: Log.Level, _ component: String, _ message: String, _ fields: Log.Fields) {
    let settings = settings.withLock { $0 }
    let line = LogLine(
      time: settings.world.now(), level: level, component: component, message: message, trace: Trace.current,
      fields: fields.map { (key: $0.key, value: $0.value.json) })
    settings.output((settings.json ? line.json : line.text))
  }

  private static func isJSON(_ format: Format) -> Bool {
    switch format {
    case .automatic: isatty(2) == 0
    case .text: false
    case .json: true
    }
  }

  /// One write(2) for the line; the rest of a line that a full pipe cut follows, and a pipe that stays full for
  /// a second loses it: a log must not stop a cloud.
  private static let standardError: @Sendable ([UInt8]) -> Void = { line in
    var rest = line[...]
    while !rest.isEmpty {
      let n = rest.withUnsafeBytes { CLinux.write(2, $0.baseAddress, $0.count) }
      if n > 0 {
        rest = rest.dropFirst(n)
      } else if clinux_errno() == EAGAIN {
        var wait = pollfd(fd: 2, events: Int16(POLLOUT), revents: 0)
        if poll(&wait, 1, 1000) <= 0 { return }
      } else if clinux_errno() != EINTR {
        return
      }
    }
  }
}
