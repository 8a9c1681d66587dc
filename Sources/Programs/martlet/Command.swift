internal import Config
internal import Core
internal import Wiring
internal import Host

/// The commands of the binary, by name.
enum Command {
  static let options = ArgumentTable([
    .value("config", "FILE", "Reads an INI file; every key is optional."),
    .value("state", "DIR", "Where the cloud keeps everything; /var/lib/martlet unless said otherwise."),
    .repeated("set", "SECTION.KEY=VALUE", "Sets one option, over the file's."),
    .value("keyring", "FILE", "For `image fetch`: the keys by which gpgv verifies the distribution's signature."),
    .flag("help", short: "h", "Says this."),
  ])

  static let summary = """
    usage: martlet COMMAND [options]

      serve            runs a cloud in the foreground
      wipe             removes everything this cloud made on the host
      status           says what runs, what is stuck, and how much there is
      routes           lists every API's routes
      policy           lists every policy rule
      keystone rotate  makes a fresh key for tokens the next one, and drops the oldest
      image fetch NAME brings a distribution's image, verified, into the cloud
      config           shows the settings in force; `config explain KEY`, `config sample`
      version          says the version
      keystone-manage  does what upstream's command of that name does; a link of that name to this program does too
      glance-manage    likewise

    """

  static func run(_ words: [String]) async throws {
    guard let name = words.first, !["-h", "--help", "help"].contains(name) else {
      return Output.say(summary + options.help)
    }
    if let personality = Personality.all.first(where: { $0.name == name }) {
      return try await personality.run(Array(words.dropFirst()))
    }
    let arguments = try options.parse(Array(words.dropFirst()))
    if arguments.flag("help") { return Output.say(summary + options.help) }
    switch name {
    case "version": Output.say("martlet \(Martlet.version)")
    case "serve": try await Serve.run(try await context(arguments))
    case "wipe": try await Wipe.run(try await context(arguments))
    case "status": try await Status.run(try await context(arguments))
    case "routes": try await Reference.routes(try await context(arguments))
    case "policy": try await Reference.policy(try await context(arguments))
    case "config": try await Reference.config(try await context(arguments), arguments.positionals)
    case "image":
      try await ImageCommand.run(
        try await context(arguments), arguments.positionals, keyring: arguments.value("keyring"))
    case "keystone": try await KeyRotation.run(try await context(arguments), arguments.positionals)
    default:
      throw Fault.badRequest("There is no command \(name). Say `martlet help` for those there are.")
    }
  }

  /// What every command starts from.
  struct Context: Sendable {
    let settings: Settings
    let loaded: Loaded<Settings>
    let stateDirectory: String
  }

  static func context(_ arguments: Arguments) async throws -> Context {
    var file: (name: String, text: String)?
    if let path = arguments.value("config") ?? arguments.value("config-file") {
      file = (path, String(decoding: try await Host.real.readFile(path), as: UTF8.self))
    }
    let loaded = try Settings.load(file: file, sets: arguments.values("set"))
    let state = arguments.value("state") ?? "/var/lib/martlet"
    return Context(settings: loaded.settings, loaded: loaded, stateDirectory: absolute(state))
  }

  /// QEMU and libvirt run elsewhere, so every path must be whole.
  private static func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : Machine.workingDirectory + "/" + path
  }
}
