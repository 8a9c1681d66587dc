internal import CCrypt
public import Core

/// Passwords as bcrypt hashes, computed on two threads of their own.
public struct PasswordHasher: Sendable {
  /// bcrypt looks at no more bytes of a password, and neither does keystone.
  public static let significantBytes = 72

  /// The binary logarithm of bcrypt's rounds: 12 takes about 170 ms.
  public let cost: Int
  private let world: World
  private let threads: SlowThreads

  /// - Parameters:
  ///   - cost: 4 to 31; others are brought into that range.
  ///   - isOnThreads: false computes where it is asked, as a simulation needs it.
  public init(cost: Int = 12, world: World = .real, isOnThreads: Bool = true) {
    self.init(cost, world, isOnThreads ? .shared : .none)
  }

  private init(_ cost: Int, _ world: World, _ threads: SlowThreads) {
    self.cost = min(max(cost, 4), 31)
    self.world = world
    self.threads = threads
  }

  /// The same with another cost.
  public func with(cost: Int) -> PasswordHasher { PasswordHasher(cost, world, threads) }

  /// A fresh `$2b$` hash.
  /// - Throws: `badRequest` for a password with a NUL, `unavailable` when too many wait.
  public func hash(_ password: String) async throws -> String {
    guard !password.utf8.contains(0) else { throw Fault.badRequest("A password must not contain a NUL character.") }
    let random = world.random(16).map { CChar(bitPattern: $0) }
    guard let setting = crypt_gensalt_ra("$2b$", UInt(cost), random, Int32(random.count)) else {
      throw Fault.internalError("The password could not be hashed. Tell the administrator.", detail: "crypt_gensalt_ra")
    }
    let text = String(cString: setting)
    free(setting)
    guard let hash = try await threads.run({ Self.crypt(password, text) }) else {
      throw Fault.internalError("The password could not be hashed. Tell the administrator.", detail: "crypt_ra")
    }
    return hash
  }

  /// Whether the hash (bcrypt, or the SHA-512 crypt of older clouds) is the password's.
  /// - Throws: `unavailable` when too many wait.
  public func verify(_ password: String, _ hash: String) async throws -> Bool {
    guard !password.utf8.contains(0), ["$2a$", "$2b$", "$2y$", "$6$"].contains(where: { hash.hasPrefix($0) }) else {
      return false
    }
    return try await threads.run {
      guard let computed = Self.crypt(password, hash) else { return false }
      return constantTimeEqual(Array(computed.utf8), Array(hash.utf8))
    }
  }

  /// Takes as long as `verify`, for users that do not exist, so that a clock cannot tell them from others.
  public func dummyVerify(_ password: String) async throws {
    let digits = cost < 10 ? "0\(cost)" : "\(cost)"
    _ = try await verify(password, "$2b$\(digits)$" + String(repeating: ".", count: 53))
  }

  private static func crypt(_ password: String, _ setting: String) -> String? {
    var data: UnsafeMutableRawPointer?
    var size: Int32 = 0
    defer { free(data) }
    let phrase = password.utf8.prefix(significantBytes).map { CChar(bitPattern: $0) } + [0]
    guard let hash = crypt_ra(phrase, setting, &data, &size) else { return nil }
    let text = String(cString: hash)
    return text.hasPrefix("*") ? nil : text
  }
}
