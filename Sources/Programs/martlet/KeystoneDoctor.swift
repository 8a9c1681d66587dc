internal import Config
internal import Core
internal import Crypto
internal import KeystoneModel
internal import Store
internal import Wiring

/// `keystone-manage doctor`: what is wrong with the identity service, and who must do what.
enum KeystoneDoctor {
  static func run(_ context: Command.Context, _: Arguments) async throws {
    var symptoms: [String] = []
    let state = try await IdentityState.open(context)
    let version = try await state.version()
    if version < keystoneSchema.version {
      symptoms.append(
        "The tables are of version \(version), not \(keystoneSchema.version). Run keystone-manage db_sync.")
    }
    for (keys, verb) in [(state.state.tokenKeys, "fernet"), (state.state.credentialKeys, "credential")] {
      do { _ = try keys.load() } catch let fault as Fault {
        symptoms.append(fault.message + " keystone-manage \(verb)_setup makes keys where there are none.")
      }
    }
    if !context.settings.adminToken.isEmpty {
      symptoms.append(
        "identity.admin_token is set: whoever reads the configuration may do anything. Take it out when the first "
          + "users are made.")
    }
    if context.settings.tokenLifetime > .hours(24) {
      symptoms.append(
        "Tokens are good for more than a day (identity.token_lifetime): so long may a stolen one be used.")
    }
    await state.store.close()
    if symptoms.isEmpty { return Output.say("Nothing is wrong.") }
    for symptom in symptoms { Output.say("- " + symptom) }
    throw Fault.conflict("\(symptoms.count) of the identity service's settings or files want mending.")
  }
}
