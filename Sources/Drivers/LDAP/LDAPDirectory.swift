// LDAP: a directory that speaks LDAP, through libldap.
//
// libldap's calls block, so each directory has a few threads of its own: a server that hangs holds up nobody else's.
// Connections are kept in two pools, one for questions and one on which users' passwords are tried, whose login is
// therefore never the one that questions are asked with. Every wait has an end, and when no server answered, all
// further calls fail at once for a short while: a thousand logins must not each wait for ten seconds, one after
// another.

public import Core
internal import Glibc
public import Hardware
internal import IO
internal import Log

/// A directory on servers that speak LDAP.
public final class LDAPDirectory: Directory {
  /// For how long nobody tries to connect after nobody answered.
  private static let pause = Duration.seconds(2)
  private static let log = Log("ldap")

  /// libldap writes to sockets without MSG_NOSIGNAL, to say goodbye too: a server that has gone must show as an error.
  private static let ignoreBrokenPipes: Void = { signal(SIGPIPE, unsafeBitCast(1, to: __sighandler_t?.self)) }()

  private let access: DirectoryAccess
  private let world: World
  private let threads: BlockingThreads
  private let questions: SessionPool
  private let logins: SessionPool
  private let outage = Outage()

  /// Connects to nobody yet.
  /// - Throws: `badRequest` for an access that cannot be right, `unavailable` when the kernel gives no thread.
  public init(_ access: DirectoryAccess, world: World) throws {
    let isSecure = access.urls.contains { $0.lowercased().hasPrefix("ldaps:") }
    guard !access.urls.isEmpty else { throw Fault.badRequest("ldap.url names no server.") }
    guard !(isSecure && access.startsTLS) else {
      throw Fault.badRequest("ldaps:// is TLS from the start: set ldap.use_tls to false, or ldap.url to ldap://.")
    }
    Self.ignoreBrokenPipes
    self.access = access
    self.world = world
    threads = try BlockingThreads(name: "ldap", count: 4)
    questions = SessionPool(limit: access.poolSize, lifetime: access.poolLifetime)
    logins = SessionPool(limit: access.loginPoolSize, lifetime: access.loginPoolLifetime)
  }

  public func verify(_ password: String, of name: String) async throws -> Bool {
    // RFC 4513, 5.1.2: with an empty name or password a login is nobody's, and succeeds.
    guard !password.isEmpty, !name.isEmpty else { return false }
    return try await run(on: logins, asUs: false) { try $0.bind(name, password) }
  }

  public func search(_ search: DirectorySearch) async throws -> [DirectoryEntry] {
    try await run(on: questions) { try $0.search(search) }
  }

  // Changes go over connections that are surely open: one that broke on the way would leave unknown what was done.

  public func add(_ entry: DirectoryEntry) async throws {
    try await run(on: nil) { try $0.add(entry) }
  }
  public func modify(_ name: String, _ changes: [DirectoryChange]) async throws {
    guard !changes.isEmpty else { return }
    try await run(on: nil) { try $0.modify(name, changes) }
  }
  public func setPassword(_ password: String, of name: String, in attribute: String) async throws {
    try await run(on: nil) { try $0.setPassword(password, of: name, in: attribute) }
  }
  public func delete(_ name: String) async throws {
    try await run(on: nil) { try $0.delete(name) }
  }

  /// Runs a body with a session that is logged in as the account of `access`, or not at all.
  private func run<T: Sendable>(
    on pool: SessionPool?, asUs: Bool = true, _ body: @escaping @Sendable (Session) throws -> T
  ) async throws -> T {
    try await threads.run { [self] in
      if let known = outage.fault(at: world.uptime()) { throw known }
      if let session = pool?.take(at: world.uptime()) {
        do {
          let result = try body(session)
          pool?.keep(session)
          return result
        } catch let fault as Fault where fault.code == "directory_down" {
          // What was kept may have been closed by the server meanwhile; a new one will tell.
          pool?.removeAll()
        } catch {
          pool?.keep(session)
          throw error
        }
      }
      do {
        let session = try connect(asUs: asUs)
        let result = Result { try body(session) }
        if case .failure(let fault as Fault) = result, fault.code == "directory_down" { throw fault }
        pool?.keep(session, bornAt: world.uptime())
        return try result.get()
      } catch let fault as Fault where fault.code == "directory_down" {
        outage.begin(fault, until: world.uptime() + Self.pause)
        Self.log.error(
          "The LDAP server does not answer: its users cannot log in. Whoever runs it must start it, or ldap.url must "
            + "be corrected.",
          ["url": access.urls.joined(separator: ", "), "detail": fault.detail ?? ""])
        throw fault
      }
    }
  }

  /// A new session; connecting is tried again as often as the access says, within its time.
  private func connect(asUs: Bool) throws -> Session {
    let start = world.uptime()
    var attempt = 1
    while true {
      do {
        let session = try Session(access)
        // Connecting happens with the first message.
        if asUs || access.user.isEmpty { try logIn(session) }
        return session
      } catch let fault as Fault where fault.code == "directory_down" {
        guard attempt < access.attempts, world.uptime() - start + access.retryDelay < access.timeout else {
          throw fault
        }
        attempt += 1
        sleepHere(access.retryDelay)
      }
    }
  }

  private func logIn(_ session: Session) throws {
    let isNobody = access.user.isEmpty || access.password.isEmpty
    guard try session.bind(isNobody ? "" : access.user, isNobody ? "" : access.password) else {
      Self.log.error(
        "The LDAP server refuses the identity service's own account. An administrator must correct ldap.user and "
          + "ldap.password.", ["url": access.urls.joined(separator: ", "), "user": access.user])
      throw Fault.unavailable(
        "Unable to authenticate against Identity backend - Invalid username or password. An administrator must correct "
          + "the directory's account in the configuration.", detail: access.user)
    }
  }
}
