internal import Core
internal import Crypto
internal import Synchronization

/// Keys that are read again now and then, so that a rotation by another process is noticed without a restart.
final class KeyRing<Keys: Sendable>: Sendable {
  private struct Loaded {
    let keys: Keys
    let at: Duration
  }
  fileprivate let world: World
  private let load: @Sendable () throws -> Keys
  private let loaded = Mutex<Loaded?>(nil)

  init(world: World, load: @escaping @Sendable () throws -> Keys) {
    self.world = world
    self.load = load
  }

  /// The keys, at most `age` old. A rotation makes the staged key the primary, which is known already: only what two
  /// rotations ago was not staged must be read anew.
  func keys(age: Duration = .seconds(5)) throws -> Keys {
    let now = world.uptime()
    if let known = loaded.withLock({ $0 }), now - known.at < age { return known.keys }
    let keys = try load()
    loaded.withLock { $0 = Loaded(keys: keys, at: now) }
    return keys
  }
}

extension KeyRing<Fernet> {
  func seal(_ bytes: [UInt8], padded: Bool = true) throws -> String {
    try keys().seal(bytes, world: world, padded: padded)
  }
  /// What was sealed; nil when no key, not even a fresh one, opens it.
  func open(_ text: String) throws -> Fernet.Opened? {
    if let opened = try keys().open(text) { return opened }
    return try keys(age: .seconds(1)).open(text)
  }
}

extension KeyRing<JWSKeys> {
  func sign(_ payload: [UInt8]) throws -> String { try keys().sign(payload) }
  /// The payload of what one of the keys, or a fresh one, signed; nil for anything else.
  func open(_ token: String) throws -> [UInt8]? {
    if let opened = try keys().open(token) { return opened }
    return try keys(age: .seconds(1)).open(token)
  }
}
