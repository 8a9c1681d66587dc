internal import HTTP
public import JSON

/// Keystone, as the other services ask it.
public struct IdentityClient: Sendable {
  public let service: ServiceClient
  public init(_ service: ServiceClient) { self.service = service }

  /// The token's body; a token may ask about itself.
  /// - Throws: `unauthorized` or `notFound` for a token that is not valid.
  public func validate(_ token: String) async throws -> JSON {
    try await validate(token, as: token, query: [(name: "nocatalog", value: "")])
  }

  /// What a token says that may have ended a while ago, asked with the token of a service.
  public func validateLate(_ token: String, as service: String) async throws -> JSON {
    try await validate(
      token, as: service, query: [(name: "nocatalog", value: ""), (name: "allow_expired", value: "1")])
  }

  private func validate(
    _ token: String, as asker: String, query: [(name: String, value: String)]
  ) async throws -> JSON {
    let response = try await service.with(token: asker).send(
      "GET", "/auth/tokens", query: query,
      headers: ["X-Subject-Token": token, "OpenStack-Identity-Access-Rules": "1.0"])
    return try JSON(parsing: await ServiceClient.bytes(of: response))["token"] ?? .null
  }

  /// The id of the project of that name; nil when there is none.
  public func projectID(named name: String) async throws -> String? {
    try await service.call("GET", "/projects", query: [(name: "name", value: name)])["projects"]?[0]?["id"]?.string
  }

  /// Whether a project of that id exists.
  public func hasProject(_ id: String) async throws -> Bool { try await service.find("/projects/\(id)") != nil }
}
