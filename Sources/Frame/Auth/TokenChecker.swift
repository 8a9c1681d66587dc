// Auth: from a token to a caller, for every service but the identity service itself.
//
// The identity service alone can judge a token, so it is asked; its answer is remembered for less than a second, which
// spares it a burst of requests with one token and still lets a revocation be felt at once. What the caller may do is
// not decided here but by the API's policies.

public import API
public import Clients
public import Core
internal import JSON
internal import Synchronization

/// Learns who a token's caller is from the identity service, and remembers it for less than a second, so that a
/// revoked token is refused within a second everywhere.
public final class TokenChecker: Sendable {
  /// How long an answer is trusted.
  public static let memory = Duration.milliseconds(800)
  /// Answers remembered at once; beyond that the identity service is asked each time.
  private static let capacity = 10_000

  private let identity: IdentityClient
  private let world: World
  private let known = Mutex(Known())

  /// Two generations, so that what is over is dropped whole and never looked for.
  private struct Known {
    var young: [String: (caller: Caller, until: Duration)] = [:]
    var old: [String: (caller: Caller, until: Duration)] = [:]
    var since = Duration.zero

    mutating func add(_ caller: Caller, of token: String, at now: Duration) {
      if now - since > memory {
        old = young
        young = [:]
        since = now
      }
      if young.count < capacity { young[token] = (caller, now + memory) }
    }
  }

  public init(identity: IdentityClient, world: World) {
    self.identity = identity
    self.world = world
  }

  /// - Throws: `unauthorized` for a token that is not valid; `unavailable` when the identity service does not answer.
  public func caller(of token: String) async throws -> Caller {
    let now = world.uptime()
    if let hit = known.withLock({ $0.young[token] ?? $0.old[token] }), hit.until > now {
      guard hit.caller.expires > world.now() else { throw Fault.unauthorized() }
      return hit.caller
    }
    let caller = try await judged(token) { try await identity.validate(token) }
    known.withLock { $0.add(caller, of: token, at: now) }
    return caller
  }

  /// The caller of a token that may have ended while a service worked for its user; nothing is remembered of it.
  /// - Parameter service: the service's own token, with which the identity service is asked.
  /// - Throws: as `caller(of:)`.
  public func lateCaller(of token: String, service: String) async throws -> Caller {
    try await judged(token) { try await identity.validateLate(token, as: service) }
  }

  private func judged(_ token: String, _ ask: () async throws -> JSON) async throws -> Caller {
    let body: JSON
    do { body = try await ask() } catch let fault as Fault {
      switch fault.kind {
      case .unauthorized, .notFound, .forbidden, .badRequest: throw Fault.unauthorized()
      default: throw fault
      }
    }
    guard let caller = Caller(token: token, body: body) else { throw Fault.unauthorized() }
    return caller
  }
}

extension Caller {
  /// Reads keystone's token body; nil when it lacks a user.
  init?(token: String, body: JSON) {
    guard let user = body["user"], let id = user["id"]?.string, let expires = body["expires_at"]?.string,
      let end = Timestamp(expires)
    else { return nil }
    let project = body["project"]
    self.init(
      userID: id, userName: user["name"]?.string ?? "", userDomainID: user["domain"]?["id"]?.string ?? "default",
      projectID: project?["id"]?.string, projectName: project?["name"]?.string,
      projectDomainID: project?["domain"]?["id"]?.string, domainID: body["domain"]?["id"]?.string,
      systemScope: body["system"]?["all"]?.bool ?? false,
      roles: Set((body["roles"]?.array ?? []).compactMap { $0["name"]?.string }), token: token, expires: end)
    if let rules = body["application_credential"]?["access_rules"]?.array {
      accessRules = rules.map { rule in
        RequestRule(
          service: rule["service"]?.string ?? "", method: rule["method"]?.string ?? "",
          path: rule["path"]?.string ?? "")
      }
    }
  }
}
