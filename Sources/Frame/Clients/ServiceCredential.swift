public import Core
public import HTTP
internal import JSON
internal import Synchronization

/// A service's own token, fetched with its password and renewed before it ends.
public final class ServiceCredential: Sendable {
  private let identity: any Transport
  private let user: String
  private let password: String
  private let world: World
  private let held = Mutex(Held())

  private struct Token: Sendable {
    let text: String
    let renewAt: Timestamp
    let end: Timestamp
  }
  private struct Held {
    var token: Token?
    var fetch: Task<Token, any Error>?
  }

  /// - Parameter identity: where keystone answers; its paths begin with `/v3`.
  public init(identity: any Transport, user: String, password: String, world: World) {
    self.identity = identity
    self.user = user
    self.password = password
    self.world = world
  }

  /// A token scoped to the project `service`. However many ask at once, the identity service is asked once.
  /// - Throws: the identity service's refusal, as `unavailable`.
  public func token() async throws -> String {
    if let token = held.withLock({ $0.token }), world.now() < token.renewAt { return token.text }
    let fetch = held.withLock { held -> Task<Token, any Error> in
      if let fetch = held.fetch { return fetch }
      let fetch = Task { try await self.fetch() }
      held.fetch = fetch
      return fetch
    }
    return try await fetch.value.text
  }

  /// Forgets the token, after a service has refused it.
  public func forget() { held.withLock { $0.token = nil } }

  private func fetch() async throws -> Token {
    do {
      let token = try await ask()
      held.withLock { $0 = Held(token: token) }
      return token
    } catch {
      let old = held.withLock { held in
        held.fetch = nil
        return held.token
      }
      // Identity may be away for a while; the old token still has half its life.
      guard let old, world.now() + .seconds(10) < old.end else { throw error }
      return old
    }
  }

  private func ask() async throws -> Token {
    let body: JSON = [
      "auth": [
        "identity": [
          "methods": ["password"],
          "password": [
            "user": ["name": .string(user), "domain": ["id": "default"], "password": .string(password)]
          ],
        ],
        "scope": ["project": ["name": "service", "domain": ["id": "default"]]],
      ]
    ]
    let response = try await identity.send(
      Request(
        "POST", "/v3/auth/tokens", query: [(name: "nocatalog", value: "")],
        headers: ["Content-Type": "application/json"], body: .bytes(body.bytes)))
    let answer = try await response.body.collect(limit: 1 << 20)
    guard response.status == 201, let token = response.headers["X-Subject-Token"],
      let expiry = try JSON(parsing: answer)["token"]?["expires_at"]?.string.flatMap({ Timestamp($0) })
    else {
      throw Fault.unavailable(
        "The service \(user) could not get a token from the identity service.", detail: "status \(response.status)")
    }
    // Renewed at half its life, so that no call sets out with a token about to end.
    let now = world.now()
    return Token(text: token, renewAt: now + .microseconds((expiry - now).microseconds / 2), end: expiry)
  }
}
