package import Bus
package import Core
package import Crypto
package import HTTP
package import Host
package import OpenID
package import Store

/// What a cloud stands on: everything it meets the world with, so that a simulation can hand in another world.
package struct Ground: Sendable {
  package let world: World
  package let store: Store
  package let bus: Bus
  /// Files and programs of this host.
  package let host: Host
  /// This host's name in the cloud.
  package let node: String
  package let hands: Hands
  package let secrets: Secrets
  package let tokenKeys: @Sendable () throws -> Fernet
  package let credentialKeys: @Sendable () throws -> Fernet
  /// Where tokens are signed instead of sealed.
  package let signingKeys: (@Sendable () throws -> JWSKeys)?
  /// Whom identity asks about other clouds' and companies' users.
  package let openID: OpenIDProviders
  package let hasher: PasswordHasher
  /// What domains' own configuration files say: by domain, section and option.
  package let domainFiles: [String: [String: [String: String]]]
  /// What lies between two services: given a service's own handler as a transport, how others reach it.
  package let between: @Sendable (any Transport) -> any Transport

  package init(
    world: World, store: Store, bus: Bus, host: Host, node: String, hands: Hands, secrets: Secrets,
    tokenKeys: @escaping @Sendable () throws -> Fernet, credentialKeys: @escaping @Sendable () throws -> Fernet,
    signingKeys: (@Sendable () throws -> JWSKeys)? = nil, openID: OpenIDProviders = OpenIDProviders(),
    hasher: PasswordHasher, domainFiles: [String: [String: [String: String]]] = [:],
    between: @escaping @Sendable (any Transport) -> any Transport = { $0 }
  ) {
    self.world = world
    self.store = store
    self.bus = bus
    self.host = host
    self.node = node
    self.hands = hands
    self.secrets = secrets
    self.tokenKeys = tokenKeys
    self.credentialKeys = credentialKeys
    self.signingKeys = signingKeys
    self.openID = openID
    self.hasher = hasher
    self.domainFiles = domainFiles
    self.between = between
  }

  /// The ground of a cloud on this machine.
  package init(_ settings: Settings, state: StateDirectory, store: Store, world: World) async throws {
    // A cloud that only says what its tables say reads no files.
    let isServed = state.lock >= 0
    var signer: (@Sendable () throws -> JWSKeys)?
    if settings.identity.tokenProvider == .jws, isServed {
      let files = try await state.signingKeys()
      signer = { try files.load() }
    }
    self.init(
      world: world, store: store, bus: Bus(LocalCarrier()), host: .real,
      node: settings.node,
      hands: try Hands(settings, state: state, world: world), secrets: state.secrets,
      tokenKeys: { try state.tokenKeys.load() }, credentialKeys: { try state.credentialKeys.load() },
      signingKeys: signer,
      openID: isServed ? try await settings.federation.openID(world: world) : OpenIDProviders(),
      hasher: PasswordHasher(cost: settings.passwordCost, world: world),
      domainFiles: isServed ? try await settings.domainFiles() : [:])
  }
}
