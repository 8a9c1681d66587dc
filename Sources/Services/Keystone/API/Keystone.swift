// KeystoneAPI: the identity service: API v3 over the records of KeystoneModel.
//
// A token is a sealed payload and is kept nowhere; validating one means opening it and asking the store whether user,
// scope and roles still are what it needs. The answer is believed for a second, or until this process changes anything
// of identity, whichever comes first: so validation rarely touches the store, and a removed role or a changed password
// counts at once. Every write goes through `Keystone.change`, which forgets those answers.

public import Core
public import Crypto
public import Hardware
public import KeystoneModel
public import OpenID
public import Store

/// The identity service: what its handlers are given.
public struct Keystone: Sendable {
  public let store: Store
  public let world: World
  public let options: KeystoneOptions
  let tokenKeys: KeyRing<Fernet>
  let credentialKeys: KeyRing<Fernet>
  let hasher: PasswordHasher
  let verified: VerifiedPasswords
  let validated: ValidatedTokens
  let signingKeys: KeyRing<JWSKeys>?
  let openID: OpenIDProviders
  let throttle = LoginThrottle()
  let directories: Directories
  let notify: @Sendable (Notice) async -> Void

  /// - Parameters:
  ///   - store: one whose `keystoneSchema` is migrated.
  ///   - hasher: of passwords; nil for one of the options' cost.
  ///   - tokenKeys: loads the keys of tokens; asked again every few seconds, so that a rotation is noticed.
  ///   - credentialKeys: loads the keys that seal credentials at rest.
  ///   - signingKeys: loads the keys where tokens are signed JSON Web Tokens instead of sealed ones; both are read
  ///     then.
  ///   - openID: the identity providers whose word is checked by OpenID Connect.
  ///   - directory: opens a directory of users and groups, for domains that have one.
  ///   - notify: is told of every login and change; the log is, unless somebody else.
  public init(
    store: Store, world: World, options: KeystoneOptions = KeystoneOptions(), hasher: PasswordHasher? = nil,
    tokenKeys: @escaping @Sendable () throws -> Fernet, credentialKeys: @escaping @Sendable () throws -> Fernet,
    signingKeys: (@Sendable () throws -> JWSKeys)? = nil, openID: OpenIDProviders = OpenIDProviders(),
    directory: @escaping @Sendable (DirectoryAccess) throws -> any Directory = { _ in
      throw Fault.unavailable("This cloud can ask no directories.")
    }, notify: (@Sendable (Notice) async -> Void)? = nil
  ) {
    directories = Directories(options, store: store, world: world, open: directory)
    self.signingKeys = signingKeys.map { KeyRing(world: world, load: $0) }
    self.openID = openID
    self.notify = notify ?? Self.logNotices
    self.store = store
    self.world = world
    self.options = options
    self.tokenKeys = KeyRing(world: world, load: tokenKeys)
    self.credentialKeys = KeyRing(world: world, load: credentialKeys)
    self.hasher = hasher ?? PasswordHasher(cost: options.passwordCost, world: world)
    verified = VerifiedPasswords(world: world)
    validated = ValidatedTokens()
  }

  /// Runs the body as one transaction, then forgets every validated token.
  func change<T: Sendable>(_ body: @escaping @Sendable (Transaction) async throws -> T) async throws -> T {
    let validated = validated
    return try await store.write { transaction in
      transaction.afterCommit { validated.removeAll() }
      return try await body(transaction)
    }
  }

  /// As `change`, with upstream's words for a name that is taken.
  func store<T: Sendable>(
    _ type: String, _ name: String, domain: String? = nil,
    _ body: @escaping @Sendable (Transaction) async throws -> T
  ) async throws -> T {
    do { return try await change(body) } catch let fault as Fault where fault.code == "duplicate" {
      let place = domain.map { " at domain ID \($0)" } ?? ""
      throw Fault.conflict(
        "Conflict occurred attempting to store \(type) - Duplicate entry found with name \(name)\(place).")
    }
  }
}
