internal import API
internal import Clients
internal import Core
internal import HTTP

/// How services reach one another, each with its own credential.
struct Services: Sendable {
  private let identityTransport: any Transport
  private let ground: Ground

  /// - Parameter identity: where the identity service answers, in this process or elsewhere.
  init(identity: any Transport, _ ground: Ground) {
    identityTransport = ground.between(identity)
    self.ground = ground
  }

  /// - Parameter user: the service that asks; nil for questions that tokens ask about themselves.
  func identity(as user: String? = nil) -> IdentityClient {
    let own: ServiceCredential? = user.map { credential(of: $0) }
    return IdentityClient(
      ServiceClient("identity", over: identityTransport, prefix: "/v3") { try await own?.token() })
  }
  func image(_ endpoint: Endpoint, as user: String) -> ImageClient {
    ImageClient(client("image", endpoint, prefix: "/v2", as: user))
  }
  func network(_ endpoint: Endpoint, as user: String) -> NetworkClient {
    NetworkClient(client("network", endpoint, prefix: "/v2.0", as: user))
  }
  func volume(_ endpoint: Endpoint, as user: String) -> VolumeClient {
    VolumeClient(
      client(
        "volume", endpoint, prefix: "/v3", as: user, headers: [(name: "OpenStack-API-Version", value: "volume 3.44")]))
  }
  func placement(_ endpoint: Endpoint, as user: String) -> PlacementClient {
    PlacementClient(
      client(
        "placement", endpoint, prefix: "", as: user, headers: [(name: "OpenStack-API-Version", value: "placement 1.39")]
      ))
  }

  private func client(
    _ name: String, _ endpoint: Endpoint, prefix: String, as user: String, headers: [(name: String, value: String)] = []
  ) -> ServiceClient {
    let own = credential(of: user)
    return ServiceClient(name, over: ground.between(LocalTransport(endpoint.handler)), prefix: prefix, headers: headers)
    {
      try await own.token()
    }
  }

  /// Signs the requests of network agents on other hosts.
  var metadataSecret: String { ground.secrets.metadata }

  func credential(of user: String) -> ServiceCredential {
    ServiceCredential(
      identity: identityTransport, user: user, password: ground.secrets.password(of: user), world: ground.world)
  }
}
