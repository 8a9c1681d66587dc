internal import Config
internal import Core
internal import Log
internal import Text
internal import Wiring

/// Another name under which this binary answers: that of one of OpenStack's own commands for operators, with the
/// sub-commands that their scripts call. A link of that name to the binary is enough (`keystone-manage`), and so is
/// `martlet keystone-manage …`.
///
/// A personality is rows: one a sub-command, with its options and the function that runs it.
struct Personality: Sendable {
  struct Verb: Sendable {
    let name: String
    let summary: String
    let options: [ArgumentTable.Row]
    let run: @Sendable (Command.Context, Arguments) async throws -> Void

    static func verb(
      _ name: String, _ summary: String, options: [ArgumentTable.Row] = [],
      _ run: @escaping @Sendable (Command.Context, Arguments) async throws -> Void
    ) -> Verb { Verb(name: name, summary: summary, options: options, run: run) }
  }

  let name: String
  let verbs: [Verb]

  static let all: [Personality] = [.keystoneManage, .glanceManage]

  /// The one that a program was called by, with or without its folder; nil for the binary's own name.
  static func named(_ path: String) -> Personality? {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return all.first { $0.name == name }
  }

  /// What every sub-command takes, before or after its name: our own options, and those that upstream's take.
  private static let common =
    Command.options.rows + [
      .value("config-file", "FILE", "As --config."),
      .flag("debug", short: "d", "Logs what is done."),
      .flag("verbose", short: "v", "As --debug."),
      .flag("version", "Says the version."),
    ]

  /// Two words are one sub-command where there is one of both: `db sync` is `db_sync`.
  private func joined(_ words: [String]) -> [String] {
    guard
      let first = words.indices.dropLast().first(where: { place in
        verbs.contains { $0.name == words[place] + "_" + words[place + 1] }
      })
    else { return words }
    return words[..<first] + [words[first] + "_" + words[first + 1]] + words[(first + 2)...]
  }

  func run(_ given: [String]) async throws {
    let words = joined(given)
    guard let place = words.firstIndex(where: { word in verbs.contains { $0.name == word } }),
      let verb = verbs.first(where: { $0.name == words[place] })
    else { return try refuse(words) }
    let table = ArgumentTable(verb.options + Self.common)
    let arguments = try table.parse(Array(words[..<place] + words[(place + 1)...]))
    if arguments.flag("help") {
      return Output.say("usage: \(name) \(verb.name) [options]\n\n\(verb.summary)\n\n" + table.help)
    }
    Machine.makeFilesPrivate()
    let tells = arguments.flag("debug") || arguments.flag("verbose")
    LogSink.shared.configure(level: tells ? .info : .warning, format: .automatic, world: .real)
    try await verb.run(try await Command.context(arguments), arguments)
  }

  /// What there is to say where no sub-command was named.
  private func refuse(_ words: [String]) throws {
    let arguments = try ArgumentTable(Self.common).parse(words)
    if arguments.flag("version") { return Output.say(Martlet.version) }
    guard let wrong = arguments.positionals.first, !arguments.flag("help") else { return Output.say(help) }
    let near = closest(wrong, among: verbs.map(\.name)).map { "; did you mean \($0)?" } ?? "."
    throw Fault.badRequest("\(name) has no sub-command \(wrong)\(near) `\(name) --help` lists those there are.")
  }

  private var help: String {
    let width = (verbs.map(\.name.count).max() ?? 0) + 2
    let lines = verbs.map { "  " + $0.name + String(repeating: " ", count: width - $0.name.count) + $0.summary + "\n" }
    return "usage: \(name) SUB-COMMAND [options]\n\n" + lines.joined() + "\n" + ArgumentTable(Self.common).help
  }
}
