import Core
import Glibc

/// Plays many runs, a few processes at a time; of those that fail the first is shown with its shortest trace.
struct Children {
  private let options: Options
  private var failed: [UInt64] = []

  init(_ options: Options) { self.options = options }

  mutating func run() throws -> Int32 {
    var running: [pid_t: UInt64] = [:]
    var next = options.seed
    let end = options.seed + UInt64(options.runs)
    var done = 0
    while (next < end && failed.count < options.enough) || !running.isEmpty {
      while next < end, running.count < options.jobs, failed.count < options.enough {
        running[try Self.start(["--one", "--seed", "\(next)"], output: Self.path(next))] = next
        next += 1
      }
      var status: Int32 = 0
      let child = wait(&status)
      guard let seed = running.removeValue(forKey: child) else { continue }
      done += 1
      let output = Self.read(Self.path(seed))
      unlink(Self.path(seed))
      if status != 0 {
        failed.append(seed)
        say("seed \(seed) fails:\n" + (output.isEmpty ? "  it ended with status \(status)" : output))
      }
      if done % 100 == 0 { say("\(done) runs, \(failed.count) failed") }
    }
    guard let first = failed.min() else {
      say("\(options.runs) runs from seed \(options.seed): all passed")
      return 0
    }
    let seeds = failed.sorted().prefix(20).map(String.init).joined(separator: ", ")
    say("\(failed.count) of \(done) runs failed: seeds \(seeds)")
    try Shortest(seed: first).show()
    return 1
  }

  static func path(_ seed: UInt64) -> String { "/dev/shm/martlet-sim-\(getpid())-\(seed).out" }

  /// Starts this program with other words, its output in a file.
  static func start(_ words: [String], output: String) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var arguments: [UnsafeMutablePointer<CChar>?] = (["martlet-sim"] + words).map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var child: pid_t = 0
    let failed = posix_spawn(&child, "/proc/self/exe", &actions, nil, &arguments, environ)
    guard failed == 0 else { throw Fault.unavailable("A run cannot be started: \(String(cString: strerror(failed)))") }
    return child
  }

  static func read(_ path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&piece, 1, piece.count, file), count > 0 { bytes += piece[..<count] }
    return String(decoding: bytes, as: UTF8.self)
  }
}
