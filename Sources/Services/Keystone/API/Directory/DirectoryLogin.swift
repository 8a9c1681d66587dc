internal import Core
internal import Hardware
internal import KeystoneModel

extension Keystone {
  /// The method `password` of a user whom a directory keeps: his entry is asked whether that is its password.
  ///
  /// An unknown user takes as many questions as a known one. Where the directory does not answer, that is said and not
  /// that the password is wrong; upstream answers 500 there.
  func checkPassword(_ reference: Reference, _ password: String, in people: People) async throws -> Authenticated {
    guard let found = try await locate(reference, in: people) else {
      let nobody = DistinguishedNames.user(reference.name ?? reference.id ?? "", people.settings)
      _ = try await people.directory.verify(password, of: nobody)
      throw Fault.unauthorized()
    }
    guard try await people.directory.verify(password, of: found.user.entry) else { throw Fault.unauthorized() }
    return Authenticated(userID: found.id, methods: .password)
  }

  /// A user changes his own password in the directory.
  func changePassword(_ user: String, from old: String, to new: String, in people: People, peer: String) async throws {
    let reference = Reference(id: user)
    _ = try await login(reference, from: peer) { try await checkPassword(reference, old, in: people) }
    try people.requireWritable()
    guard let found = try await locate(reference, in: people), found.user.enabled else { throw Fault.unauthorized() }
    let part = people.settings.users
    try await people.directory.setPassword(new, of: found.user.entry, in: part.password)
    try await revokeTokens(of: user)
  }

  /// Makes void what was issued on the strength of what is no more.
  func revokeTokens(of user: String) async throws {
    let event = revocation().of(user: user)
    try await change { try await $0.revoke(event, now: event.issuedBefore) }
    try await settle(event)
  }
}
