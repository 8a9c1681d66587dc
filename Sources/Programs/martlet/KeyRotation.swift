internal import Core
internal import Wiring
internal import Crypto
internal import Host

/// `martlet keystone rotate`: the staged key seals tokens from now on, a fresh one is staged, and what is older than
/// the limit goes, with every token that it sealed. A running cloud notices within seconds.
enum KeyRotation {
  static func run(_ context: Command.Context, _ words: [String]) async throws {
    guard words == ["rotate"] else {
      throw Fault.badRequest("Say `martlet keystone rotate`, with the --state of the cloud.")
    }
    let directory = context.stateDirectory + "/fernet-keys"
    guard try await Host.real.exists(directory) else {
      throw Fault.notFound("There are no keys in \(directory). Name the cloud's state directory with --state.")
    }
    let count = context.settings.identity.maximumKeys
    try FernetKeys(directory: directory).rotate(maxActiveKeys: count, world: .real)
    Output.say("tokens are sealed with a new key; up to \(count) keys are kept in \(directory)")
  }
}
