public import Core

/// A program to run, with everything that is decided before it starts.
public struct Command: Sendable, Equatable, CustomStringConvertible {
  public var program: String
  public var arguments: [String]
  /// What it reads from stdin; without one stdin is /dev/null.
  public var input: [UInt8]?
  /// A network namespace, by name (below /run/netns) or path.
  public var namespace: String?
  public var timeout: Duration
  public var limit: Int

  public init(
    _ program: String, _ arguments: [String], input: [UInt8]? = nil, namespace: String? = nil,
    timeout: Duration = .seconds(60), limit: Int = 4 << 20
  ) {
    self.program = program
    self.arguments = arguments
    self.input = input
    self.namespace = namespace
    self.timeout = timeout
    self.limit = limit
  }

  /// The command line as one could type it; arguments with other than plain characters are quoted.
  public var description: String {
    let line = ([program] + arguments).map(Self.quoted).joined(separator: " ")
    return namespace.map { "[\($0)] \(line)" } ?? line
  }

  private static func quoted(_ word: String) -> String {
    let plain = word.utf8.allSatisfy { c in
      (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || "-_./:,=@%+".utf8.contains(c)
    }
    return plain && !word.isEmpty
      ? word
      : "'"
        + word.split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: "'\\''") + "'"
  }
}

/// How a program ended and what it said.
public struct CommandResult: Sendable, Equatable {
  public enum End: Sendable, Equatable {
    case exited(Int)
    case killed(signal: Int)
  }
  public var command: Command
  public var end: End
  public var stdout: [UInt8]
  public var stderr: [UInt8]

  public init(_ command: Command, end: End = .exited(0), stdout: [UInt8] = [], stderr: [UInt8] = []) {
    self.command = command
    self.end = end
    self.stdout = stdout
    self.stderr = stderr
  }

  /// Exit status zero.
  public var ok: Bool { end == .exited(0) }
  /// Stdout as text, bytes that are no UTF-8 replaced.
  public var text: String { String(decoding: stdout, as: UTF8.self) }
  /// Stderr as text.
  public var errorText: String { String(decoding: stderr, as: UTF8.self) }

  /// The failure in words: the command and its stderr are in the detail.
  public var fault: Fault {
    let how =
      switch end {
      case .exited(let code): "exit status \(code)"
      case .killed(let signal): "signal \(signal)"
      }
    var said = errorText.isEmpty ? text : errorText
    while said.last?.isWhitespace == true { said.removeLast() }
    return .internalError(
      "The command '\(command.program)' failed on the host. An administrator finds the reason in the log.",
      detail: "\(command): \(how): \(said.suffix(2000))")
  }
}

/// Runs commands: the machine's own, or a test's.
public protocol CommandRunner: Sendable {
  func run(_ command: Command) async throws -> CommandResult
}
