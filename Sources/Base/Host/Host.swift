// Host: the only way in which Martlet touches the machine it runs on.
//
// Commands, daemons, files, network namespaces and sockets in them all go through a `Host` value, so that tests can
// record or script what a driver would do, and so that nothing blocks the executor of the caller: every blocking
// call runs on threads of its own. Nothing here retries, guesses or interprets: that is the drivers' work. What a
// driver makes on the host it names `mlt-…` wherever names allow it, so that `wipe` and reconcilers find all of it.

/// One machine, as drivers reach it.
public struct Host: Sendable {
  /// Runs the commands; a test hands in `ScriptedCommands`.
  public let commands: any CommandRunner

  /// Where calls on files block.
  let files: Threads

  /// - Parameter files: the threads on which file calls block; a simulation hands in none.
  public init(commands: any CommandRunner = SystemCommands(), files: Threads = .files) {
    self.commands = commands
    self.files = files
  }

  /// The machine itself.
  public static let real = Host()

  /// The prefix of everything Martlet makes on a host.
  public static let prefix = "mlt-"

  /// Runs a program to its end and returns what it did, whatever its exit status.
  ///
  /// - Parameters:
  ///   - program: looked up in /usr/sbin, /usr/bin, /sbin and /bin where it is no path.
  ///   - namespace: the network namespace to run in, by name or path; nil for the host's own.
  ///   - timeout: after which the program and its process group are killed.
  ///   - limit: bytes kept of each of stdout and stderr; the rest is read and dropped.
  /// - Throws: `internalError` when it cannot be started, `timedOut`, or `CancellationError` when the task ended.
  public func run(
    _ program: String, _ arguments: [String], input: [UInt8]? = nil, namespace: String? = nil,
    timeout: Duration = .seconds(60), limit: Int = 4 << 20
  ) async throws -> CommandResult {
    try await commands.run(
      Command(program, arguments, input: input, namespace: namespace, timeout: timeout, limit: limit))
  }

  /// As `run`, but an exit status other than zero is an `internalError` whose detail has the command and its stderr.
  @discardableResult
  public func runOK(
    _ program: String, _ arguments: [String], input: [UInt8]? = nil, namespace: String? = nil,
    timeout: Duration = .seconds(60), limit: Int = 4 << 20
  ) async throws -> CommandResult {
    let result = try await run(
      program, arguments, input: input, namespace: namespace, timeout: timeout, limit: limit)
    guard result.ok else { throw result.fault }
    return result
  }

  /// Whether such a program is installed.
  public func hasProgram(_ name: String) async throws -> Bool {
    if name.contains("/") { return try await status(name) != nil }
    for folder in ["/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"] where try await status(folder + name) != nil {
      return true
    }
    return false
  }
}
