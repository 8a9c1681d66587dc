internal import Synchronization

/// Notes every command and answers from a script instead of the machine.
public final class ScriptedCommands: CommandRunner {
  /// Decides what a command does; nil means success without output.
  public typealias Script = @Sendable (Command) throws -> CommandResult?

  private let script: Script
  private let noted = Mutex<[Command]>([])

  public init(_ script: @escaping Script = { _ in nil }) { self.script = script }

  /// Every command so far, in order.
  public var ran: [Command] { noted.withLock { $0 } }
  /// The command lines so far, as one would type them.
  public var lines: [String] { ran.map(\.description) }

  public func run(_ command: Command) async throws -> CommandResult {
    noted.withLock { $0.append(command) }
    return try script(command) ?? CommandResult(command)
  }
}

/// Runs commands for real and keeps each with its result, so that a test can replay them.
public final class RecordingCommands: CommandRunner {
  private let inner: any CommandRunner
  private let results = Mutex<[CommandResult]>([])

  public init(_ inner: any CommandRunner = SystemCommands()) { self.inner = inner }

  /// What ran and how it ended, in order of ending.
  public var recorded: [CommandResult] { results.withLock { $0 } }

  public func run(_ command: Command) async throws -> CommandResult {
    let result = try await inner.run(command)
    results.withLock { $0.append(result) }
    return result
  }

  /// A runner that answers each recorded command once more with what it gave then, the first match first.
  public func replay() -> ScriptedCommands {
    let box = Replay(recorded)
    return ScriptedCommands { box.next($0) }
  }
}

private final class Replay: Sendable {
  private let left: Mutex<[CommandResult]>
  init(_ results: [CommandResult]) { left = Mutex(results) }
  func next(_ command: Command) -> CommandResult? {
    left.withLock { left in
      left.firstIndex { $0.command == command }.map { left.remove(at: $0) }
    }
  }
}
