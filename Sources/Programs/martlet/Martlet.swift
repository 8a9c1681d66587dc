// martlet: the one binary. Roles, the choice of drivers, and wiring: the only place that sees everything.
//
// `Serve` starts a cloud from `Settings`: it opens the `StateDirectory`, makes the `Hands` (drivers), builds the
// services in `Cloud`, and gives each API's handler to the HTTP server at the port that `APIs` lists. The other
// commands are small.

internal import CLinux
internal import Config
internal import Core

@main
struct Martlet {
  static let version = "0.1.0"

  static func main() async {
    let words = Array(CommandLine.arguments.dropFirst())
    let personality = CommandLine.arguments.first.flatMap { Personality.named($0) }
    do {
      if let personality { try await personality.run(words) } else { try await Command.run(words) }
    } catch {
      let fault = Fault(wrapping: error)
      let name = personality?.name ?? "martlet"
      var text = "\(name): \(fault.message)"
      // No closure here: it would be the main thread's, where we no longer are, and Swift would end us for it.
      if let detail = fault.detail { text += "\n  \(detail)" }
      Output.complain(text)
      exit(fault.kind == .badRequest ? 2 : 1)
    }
    exit(0)
  }
}
