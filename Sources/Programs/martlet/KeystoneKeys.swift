internal import Config
internal import Core
internal import Crypto
internal import KeystoneModel
internal import Store
internal import Wiring

/// The two sets of keys of the identity service: those that seal tokens, and those that seal credentials at rest.
enum KeystoneKeys {
  /// As many keys of credentials as upstream keeps: the staged one, the primary, and the one before.
  private static let kept = 3

  /// Upstream gives keys to another user than root; here all of a state directory is its owner's.
  static let owners: [ArgumentTable.Row] = [
    .value("keystone-user", "USER", "Is taken, and changes nothing: keys are the state directory's owner's."),
    .value("keystone-group", "GROUP", "Likewise."),
  ]

  static func setUpTokens(_ context: Command.Context, _: Arguments) async throws {
    let keys = try await IdentityState.directory(context, making: true).tokenKeys
    try keys.setUp(world: .real)
    Output.say("\(try keys.load().keys.count) keys for tokens are in \(keys.directory)")
  }

  static func rotateTokens(_ context: Command.Context, _: Arguments) async throws {
    let keys = try await IdentityState.directory(context).tokenKeys
    try keys.rotate(maxActiveKeys: context.settings.identity.maximumKeys, world: .real)
    Output.say("tokens are sealed with a new key; \(try keys.load().keys.count) keys are in \(keys.directory)")
  }

  static func setUpCredentials(_ context: Command.Context, _: Arguments) async throws {
    let keys = try await IdentityState.directory(context, making: true).credentialKeys
    try keys.setUp(world: .real)
    Output.say("\(try keys.load().keys.count) keys for credentials are in \(keys.directory)")
  }

  /// Turns the keys only when the newest has sealed everything, since the oldest is thrown away.
  static func rotateCredentials(_ context: Command.Context, _: Arguments) async throws {
    let state = try await IdentityState.open(context)
    let keys = state.state.credentialKeys
    let older = try await state.sealedWithOlderKeys(than: try keys.load()).count
    await state.store.close()
    guard older == 0 else {
      throw Fault.conflict(
        "\(older) credentials are sealed with older keys, one of which a rotation would throw away. Run "
          + "keystone-manage credential_migrate first.")
    }
    try keys.rotate(maxActiveKeys: kept, world: .real)
    Output.say("credentials are sealed with a new key; now run keystone-manage credential_migrate")
  }

  static func migrate(_ context: Command.Context, _: Arguments) async throws {
    let state = try await IdentityState.open(context)
    let keys = try state.state.credentialKeys.load()
    let older = try await state.sealedWithOlderKeys(than: keys)
    for credential in older {
      guard let opened = keys.open(credential.sealed) else {
        throw Fault.internalError(
          "The credential \(credential.id) was sealed with a key that is gone. Restore it from a backup into "
            + "\(state.state.credentialKeys.directory), or delete the credential.")
      }
      var fresh = credential
      fresh.sealed = try keys.seal(opened.bytes, world: .real)
      let changed = fresh
      try await state.store.write { _ = try await $0.update(changed) }
    }
    await state.store.close()
    Output.say("\(older.count) credentials are sealed anew")
  }
}

extension IdentityState {
  /// The credentials that the key in use has not sealed.
  fileprivate func sealedWithOlderKeys(than keys: Fernet) async throws -> [Credential] {
    let newest = Fernet(keys: [keys.keys[0]])
    return try await store.read { try await $0.all(Credential.self, "ORDER BY id") }
      .filter { newest.open($0.sealed) == nil }
  }
}
