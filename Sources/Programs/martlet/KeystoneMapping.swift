internal import Config
internal import Core
internal import KeystoneAPI
internal import KeystoneModel
internal import Store
internal import Wiring

/// Under which ids the users and groups of directories are known: `mapping_populate` and `mapping_purge`.
enum KeystoneMapping {
  static let populateOptions: [ArgumentTable.Row] = [.value("domain-name", "NAME", "The domain with the directory.")]

  static func populate(_ context: Command.Context, _ arguments: Arguments) async throws {
    guard let domain = arguments.value("domain-name") else {
      throw Fault.badRequest("Say whose users and groups: --domain-name NAME.")
    }
    var settings = context.settings
    settings.hypervisor = .fake
    settings.networkSwitch = .fake
    settings.volumeBackend = .fake
    let state = try await IdentityState.directory(context)
    let cloud = try await Cloud.open(settings, state: state, world: .real)
    let count = try await cloud.giveIDs(inDomain: domain)
    await cloud.ground.store.close()
    Output.say("\(count.users) users and \(count.groups) groups of \(domain) have their ids")
  }

  static let purgeOptions: [ArgumentTable.Row] = [
    .flag("all", "Of every domain."),
    .value("domain-name", "NAME", "Of one domain."),
    .value("public-id", "ID", "The entity of this id."),
    .value("local-id", "ID", "The entity of this id in its directory; with --domain-name and --type."),
    .value("type", "TYPE", "`user` or `group`."),
  ]

  static func purge(_ context: Command.Context, _ arguments: Arguments) async throws {
    let named = ["domain-name", "public-id", "local-id", "type"].filter { arguments.value($0) != nil }
    guard arguments.flag("all") != !named.isEmpty else {
      throw Fault.badRequest(
        arguments.flag("all")
          ? "--all goes alone. Leave out --\(named[0])."
          : "Say what to purge: --all, or --domain-name, --public-id, or --local-id with --domain-name and --type.")
    }
    let (domain, local) = (arguments.value("domain-name"), arguments.value("local-id"))
    let kind = arguments.value("type").map { IdentityMapping.Kind(rawValue: $0) }
    guard kind == nil || kind != .some(nil) else { throw Fault.badRequest("--type is user or group.") }
    guard local == nil || domain != nil && kind != nil else {
      throw Fault.badRequest(
        "--local-id goes with --domain-name and --type: the same id may be in several directories.")
    }
    let identity = try await IdentityState.open(context)
    let publicID = arguments.value("public-id")
    let count = try await identity.store.write { transaction in
      var id: String?
      if let domain {
        id = try await transaction.domain(named: domain)?.id
        if id == nil { throw Fault.notFound("Invalid domain name: \(domain)") }
      }
      return try await transaction.forgetIDs(domain: id, publicID: publicID, localID: local, kind: kind ?? nil)
    }
    await identity.store.close()
    Output.say(
      count == 0 ? "There is nothing to purge." : "\(count) ids of users and groups in directories are forgotten")
  }
}
