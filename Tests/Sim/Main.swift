import Core
import Glibc
import Log

/// `martlet-sim --seed N [--runs M] [--jobs J] [--verbose]`: plays runs, each in a process of its own.
@main
struct Main {
  static func main() {
    let options = Options(Array(CommandLine.arguments.dropFirst()))
    do {
      try Fair.surroundings()
      exit(try options.isOne ? one(options) : many(options))
    } catch {
      complain("\(error)")
      exit(2)
    }
  }

  /// One run, here; what is wrong goes to standard output, and the shortest trace that shows it.
  private static func one(_ options: Options) throws -> Int32 {
    Schedule.takeOver()
    LogSink.shared.configure(
      level: options.isVerbose ? .debug : .error, format: .text, world: Schedule.shared.world)
    let scratch = "/dev/shm/martlet-sim-\(getpid())"
    let play = { (script: Script) in try Run(seed: options.seed, script: script, scratch: scratch).play() }
    let script = Script(seed: options.seed)
    let report = try play(options.kept.map(script.keeping) ?? script)
    if options.isVerbose || options.isTraced { for line in report.trace { say(line) } }
    say("seed \(options.seed): digest \(String(report.digest, radix: 16)), \(report.trace.count) lines of trace")
    for line in report.wrong { say("WRONG \(line)") }
    return report.wrong.isEmpty ? 0 : 1
  }

  private static func many(_ options: Options) throws -> Int32 {
    var children = Children(options)
    return try children.run()
  }
}

func say(_ line: String) { put(1, line) }
func complain(_ line: String) { put(2, line) }

private func put(_ descriptor: Int32, _ line: String) {
  var rest = Array((line + "\n").utf8)[...]
  while !rest.isEmpty {
    let n = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    guard n > 0 else { return }
    rest = rest.dropFirst(n)
  }
}
