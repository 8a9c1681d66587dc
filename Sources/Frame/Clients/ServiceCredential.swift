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
  private let held = Mutex<(token: String, renewAt: Timestamp)?>(nil)

  /// - Parameter identity: where keystone answers; its paths begin with `/v3`.
  public init(identity: any Transport, user: String, password: String, world: World) {
    self.identity = identity
    self.user = user
    self.password = password
    self.world = world
  }

  /// A token scoped to the project `service`.
  /// - Throws: the identity service's refusal.
  public func token() async throws -> String {
    if let held = held.withLock({ $0 }), world.now() < held.renewAt { return held.token }
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
    let renewAt = now + .microseconds((expiry - now).microseconds / 2)
    held.withLock { $0 = (token, renewAt) }
    return token
  }

  /// Forgets the token, after a service has refused it.
  public func forget() { held.withLock { $0 = nil } }
}
