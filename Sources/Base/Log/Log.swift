// Log: one line for each thing worth knowing, and the metrics.
//
// A `Log` is only a component's name; lines go to the process's one `LogSink`, as text on a terminal and as JSON
// objects otherwise, each with one write(2), so that lines of several threads never mix. Request, user and project
// come from `Trace.current`: nobody hands a logger around. A level below the sink's costs one atomic read.

public import JSON

/// The log of one component: `let log = Log("nova.api"); log.info("Server built", ["server": id])`.
///
/// Messages are sentences without values; values are fields, so that lines can be searched.
public struct Log: Sendable {
  /// How much a line matters.
  public enum Level: Int, Sendable, Comparable, CaseIterable {
    /// For developers; off by default.
    case debug
    /// What an operator may want to follow.
    case info
    /// Something is odd, and Martlet copes.
    case warning
    /// Something failed, and somebody should look.
    case error

    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    public var name: String { "\(self)" }
    /// The level of that name; nil for another word.
    public init?(name: some StringProtocol) {
      guard let level = Self.allCases.first(where: { $0.name == name.lowercased() }) else { return nil }
      self = level
    }
  }

  /// A line's values in the order they are written.
  public typealias Fields = KeyValuePairs<String, any JSONValue>

  public let component: String
  private let sink: LogSink

  /// - Parameter sink: where lines go; the process's own unless a test wants to read them.
  public init(_ component: String, sink: LogSink = .shared) {
    self.component = component
    self.sink = sink
  }

  /// Whether lines of that level are written; for values that are dear to compute.
  public func writes(_ level: Level) -> Bool { sink.writes(level) }

  public func debug(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> Fields = [:]) {
    if sink.writes(.debug) { sink.write(.debug, component, message(), fields()) }
  }
  public func info(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> Fields = [:]) {
    if sink.writes(.info) { sink.write(.info, component, message(), fields()) }
  }
  public func warning(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> Fields = [:]) {
    if sink.writes(.warning) { sink.write(.warning, component, message(), fields()) }
  }
  public func error(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> Fields = [:]) {
    if sink.writes(.error) { sink.write(.error, component, message(), fields()) }
  }
  /// A line whose level is only known at run time.
  public func log(_ level: Level, _ message: @autoclosure () -> String, _ fields: @autoclosure () -> Fields = [:]) {
    if sink.writes(level) { sink.write(level, component, message(), fields()) }
  }
}
