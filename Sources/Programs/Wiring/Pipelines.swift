internal import API
internal import Auth
internal import Core
internal import Host
internal import JSON
internal import Text

/// Pipelines of services that share a world, an operator's policies and an identity service.
struct Pipelines: Sendable {
  private let world: World
  private let overrides: [String: String]
  private let identityURL: String
  private var authenticate: @Sendable (String) async throws -> Caller = { _ in throw Fault.unauthorized() }
  private var authenticateLate: (@Sendable (String, String) async throws -> Caller)?

  init(_ settings: Settings, _ world: World) async throws {
    self.world = world
    overrides = try await Self.overrides(settings.policyFile)
    identityURL = settings.identityURL
  }

  /// From now on the identity service says who callers are.
  mutating func authenticate(by services: Services, _ world: World) {
    let checker = TokenChecker(identity: services.identity(), world: world)
    authenticate = { try await checker.caller(of: $0) }
    authenticateLate = { try await checker.lateCaller(of: $0, service: $1) }
  }

  /// - Parameter own: who callers are, where the service knows that itself.
  func endpoint(
    _ api: APIService, _ own: (@Sendable (String) async throws -> Caller)? = nil
  ) throws -> Endpoint {
    try Endpoint(
      api, world: world, identityURL: identityURL, overrides: overrides,
      authenticateLate: own == nil ? authenticateLate : nil, authenticate: own ?? authenticate)
  }

  private static func overrides(_ path: String) async throws -> [String: String] {
    guard !path.isEmpty else { return [:] }
    let text = String(decoding: try await Host.real.readFile(path), as: UTF8.self)
    return try [String: String](json: try YAML.parse(text, source: path))
  }
}
