internal import Config
internal import Core
internal import Crypto
internal import KeystoneModel
internal import Store
internal import Wiring

extension Personality {
  /// What operators of the identity service know. A cloud's own start does most of it, so their scripts find it done.
  static let keystoneManage = Personality(
    name: "keystone-manage",
    verbs: [
      .verb(
        "bootstrap", "makes the first user, project and roles, and the identity service's endpoints",
        options: KeystoneBootstrap.options, KeystoneBootstrap.run),
      .verb(
        "credential_migrate", "seals every credential with the newest key", options: KeystoneKeys.owners,
        KeystoneKeys.migrate),
      .verb(
        "credential_rotate", "seals credentials with a new key from now on", options: KeystoneKeys.owners,
        KeystoneKeys.rotateCredentials),
      .verb(
        "credential_setup", "makes the keys that seal credentials", options: KeystoneKeys.owners,
        KeystoneKeys.setUpCredentials),
      .verb("db_sync", "makes the database and brings it up to date", options: syncOptions, sync),
      .verb("db_version", "says the version of the identity service's tables", version),
      .verb("doctor", "looks for what is wrong, and says what to do", KeystoneDoctor.run),
      .verb(
        "fernet_rotate", "seals tokens with a new key from now on", options: KeystoneKeys.owners,
        KeystoneKeys.rotateTokens),
      .verb("fernet_setup", "makes the keys that seal tokens", options: KeystoneKeys.owners, KeystoneKeys.setUpTokens),
      .verb(
        "mapping_populate", "gives ids to all users and groups of a domain's directory",
        options: KeystoneMapping.populateOptions, KeystoneMapping.populate),
      .verb(
        "mapping_purge", "forgets the ids of users and groups in directories", options: KeystoneMapping.purgeOptions,
        KeystoneMapping.purge),
      .verb("pki_setup", "made certificates for tokens once", options: KeystoneKeys.owners, nothingToSign),
      .verb("ssl_setup", "made certificates for a test once", options: KeystoneKeys.owners, nothingToSign),
      .verb("token_flush", "removed expired tokens once", flush),
    ])

  private static let syncOptions: [ArgumentTable.Row] = [
    .flag("expand", "Does the part that a running service bears, which here is all."),
    .flag("migrate", "Is taken, and has nothing to do."),
    .flag("contract", "Is taken, and has nothing to do."),
    .flag("check", "Says whether anything is to be done, and does nothing."),
  ]

  private static func sync(_ context: Command.Context, _ arguments: Arguments) async throws {
    if arguments.flag("check") {
      let found = try await IdentityState.open(context).version()
      guard found == keystoneSchema.version else {
        throw Fault.conflict(
          "The tables are of version \(found), not \(keystoneSchema.version). Run keystone-manage db_sync."
        )
      }
      return Output.say("The tables are up to date.")
    }
    if arguments.flag("contract") || arguments.flag("migrate") { return }
    let state = try await IdentityState.open(context, making: true)
    try await state.store.migrate([keystoneSchema])
    await state.store.close()
  }

  private static func version(_ context: Command.Context, _: Arguments) async throws {
    Output.say("\(try await IdentityState.open(context).version())")
  }

  private static func flush(_ context: Command.Context, _: Arguments) async throws {
    Output.say("There is nothing to flush: tokens are sealed, and kept nowhere.")
  }

  private static func nothingToSign(_ context: Command.Context, _: Arguments) async throws {
    Output.say("There is nothing to set up: tokens are sealed with keys (fernet_setup), not signed with certificates.")
  }
}

/// What of a cloud's state the identity service's commands touch, whether the cloud runs or not.
struct IdentityState: Sendable {
  let state: StateDirectory
  let store: Store

  /// - Parameter making: whether a state that is not there is made, as a first start would.
  /// - Throws: `notFound` where there is no cloud.
  static func open(_ context: Command.Context, making: Bool = false) async throws -> IdentityState {
    let state = try await directory(context, making: making)
    let store = try await Store.open(context.settings, in: state.path, world: .real)
    return IdentityState(state: state, store: store)
  }

  /// The directory alone. A cloud that runs holds it, which is no reason not to turn its keys.
  static func directory(_ context: Command.Context, making: Bool = false) async throws -> StateDirectory {
    let path = context.stateDirectory
    if StateDirectory.isServed(path) { return try await StateDirectory.beside(path, world: .real) }
    guard making || StateDirectory.isThere(path) else {
      throw Fault.notFound(
        "There is no cloud in \(path). Name its directory with --state, or make one: keystone-manage db_sync.")
    }
    return try await StateDirectory.open(path, world: .real)
  }

  /// The version of the identity service's tables; 0 before there are any.
  func version() async throws -> Int {
    try await store.version(of: keystoneSchema)
  }
}
