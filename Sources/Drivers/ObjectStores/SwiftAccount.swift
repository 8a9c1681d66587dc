internal import Core
internal import HTTP
internal import JSON

/// How the object storage is reached: by keystone's v3, or by its own `auth/v1.0`. A token is kept until it is refused.
actor SwiftAccount {
  struct Pass: Sendable {
    let url: String
    let token: String
  }
  private let place: SwiftImages.Place
  private let objects: ObjectClient
  private var pass: Pass?

  init(_ place: SwiftImages.Place, _ objects: ObjectClient) {
    self.place = place
    self.objects = objects
  }

  /// - Parameter refused: the pass that has just been refused, to be replaced.
  func pass(insteadOf refused: Pass? = nil) async throws -> Pass {
    if let pass, pass.token != refused?.token { return pass }
    let fresh = place.version == 3 ? try await identity() : try await ownAuth()
    pass = fresh
    return fresh
  }

  private func ownAuth() async throws -> Pass {
    let response = try await objects.send(
      Request("GET", "", headers: ["X-Auth-User": place.user, "X-Auth-Key": place.key]), to: place.authURL)
    guard (200..<300).contains(response.status), let url = response.headers["X-Storage-Url"],
      let token = response.headers["X-Auth-Token"]
    else { throw await objects.fault(response, "auth/v1.0") }
    return Pass(url: url, token: token)
  }

  private func identity() async throws -> Pass {
    let parts = place.user.split(separator: ":", maxSplits: 1).map(String.init)
    guard parts.count == 2 else {
      throw Fault.badRequest("swift_store_user must be project:user. An administrator must change the store's section.")
    }
    let body: JSON = [
      "auth": [
        "identity": [
          "methods": ["password"],
          "password": [
            "user": [
              "name": .string(parts[1]), "domain": ["id": .string(place.userDomain)], "password": .string(place.key),
            ]
          ],
        ],
        "scope": ["project": ["name": .string(parts[0]), "domain": ["id": .string(place.projectDomain)]]],
      ]
    ]
    let response = try await objects.send(
      Request("POST", "/auth/tokens", headers: ["Content-Type": "application/json"], body: .bytes(body.bytes)),
      to: place.authURL)
    guard response.status == 201, let token = response.headers["X-Subject-Token"] else {
      throw await objects.fault(response, "POST /auth/tokens")
    }
    let answer = try JSON(parsing: try await response.body.collect(limit: 1 << 22))
    for service in answer["token"]?["catalog"]?.array ?? [] where service["type"] == "object-store" {
      for endpoint in service["endpoints"]?.array ?? [] where endpoint["interface"] == "public" {
        let isHere = place.region.isEmpty || endpoint["region"]?.string == place.region
        if isHere, let url = endpoint["url"]?.string { return Pass(url: url, token: token) }
      }
    }
    throw Fault.unavailable(
      "Keystone's catalogue has no public object-store\(place.region.isEmpty ? "" : " in \(place.region)"). An "
        + "administrator must add it, or change the store's section.")
  }
}
