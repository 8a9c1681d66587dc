import Core
import JSON
import SmallCloud
import Testing

/// What scenarios need before they begin.
extension SmallCloud {
  /// A network with a subnet, and an image with its bytes.
  func scene() async throws -> Scenario.Cast {
    let network = try await made("neutron", "/v2.0/networks", "network", ["name": "net"])
    _ = try await made(
      "neutron", "/v2.0/subnets", "subnet",
      ["network_id": .string(network), "cidr": "10.0.0.0/24", "ip_version": 4])
    let image = try await must(
      "glance", "POST", "/v2/images", ["name": "guest", "disk_format": "raw", "container_format": "bare"])
    let id = try #require(image["id"]?.string)
    try await must("glance", "PUT", "/v2/images/\(id)/file", bytes: [UInt8](repeating: 7, count: 4096))
    return ["network": network, "image": id]
  }

  func made(_ service: String, _ path: String, _ name: String, _ body: JSON) async throws -> String {
    let answer = try await must(service, "POST", path, [name: body])
    return try #require((answer[name] ?? answer)["id"]?.string)
  }

  func port(on network: String?) async throws -> String {
    try await made("neutron", "/v2.0/ports", "port", ["name": "own", "network_id": network.json])
  }
  func volume(named name: String = "data", _ more: JSONObject = [:]) async throws -> String {
    var body: JSONObject = ["name": .string(name), "size": 1]
    for member in more.members { body[member.key] = member.value }
    let id = try await made("cinder", "/v3/p-demo/volumes", "volume", .object(body))
    try await settle()
    return id
  }

  /// A server that runs, with a card on the scene's network.
  func server() async throws -> Scenario.Cast {
    var cast = try await scene()
    cast["server"] = try await made(
      "nova", "/v2.1/servers", "server",
      [
        "name": "web", "imageRef": cast["image"].json, "flavorRef": "1",
        "networks": [["uuid": cast["network"].json]],
      ])
    try await settle()
    return cast
  }
  func act(_ cast: Scenario.Cast, _ action: JSON) async throws {
    try await must("nova", "POST", "/v2.1/servers/\(cast["server"] ?? "")/action", action, as: "admin")
  }
  func act(on volume: String?, _ action: JSON) async throws {
    try await must("cinder", "POST", "/v3/p-demo/volumes/\(volume ?? "")/action", action)
  }
}
