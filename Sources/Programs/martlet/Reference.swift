internal import API
internal import Config
internal import Core
internal import Wiring
internal import Crypto

/// `martlet routes`, `policy` and `config`: what the tables say.
enum Reference {
  static func routes(_ context: Command.Context) async throws {
    for (api, endpoint) in try await endpoints(context) {
      Output.say("\(endpoint.service.name) (\(api.types.isEmpty ? api.name : api.types.joined(separator: ", ")))")
      for row in endpoint.service.routes {
        let span = [row.span.since.map { "since \($0)" }, row.span.until.map { "until \($0)" }].compactMap { $0 }
        let action = row.action.map { " {\($0)}" } ?? ""
        Output.say("  \(row.method) \(row.mount)\(row.path)\(action)  \(row.rule) \(span.joined(separator: " "))")
      }
    }
  }

  static func policy(_ context: Command.Context) async throws {
    for (_, endpoint) in try await endpoints(context) {
      for rule in endpoint.policies.texts { Output.say("\"\(rule.name)\": \"\(rule.text)\"") }
    }
  }

  static func config(_ context: Command.Context, _ words: [String]) async throws {
    switch words.first {
    case nil: Output.say(context.loaded.show())
    case "sample": Output.give(Settings.configuration.sample())
    case "explain" where words.count == 2: Output.say(try Settings.configuration.explain(words[1]))
    default: throw Fault.badRequest("Say `martlet config`, `martlet config explain KEY` or `martlet config sample`.")
    }
  }

  /// The endpoints of a cloud in memory, which touches no state.
  private static func endpoints(_ context: Command.Context) async throws -> [(api: PublishedAPI, endpoint: Endpoint)] {
    try await Cloud.inMemory(context.settings).endpoints
  }
}
