import CinderWork
import GlanceWork
public import Core
public import JSON
import NovaWork
import Work

/// What a test needs before it begins, made as a user makes it. A cast names the ids of what was made, by a word.
extension SmallCloud {
  public typealias Cast = [String: String]

  /// A network with a subnet, and an image with its bytes.
  public func scene() async throws -> Cast {
    let network = try await made("neutron", "/v2.0/networks", "network", ["name": "net"])
    _ = try await made(
      "neutron", "/v2.0/subnets", "subnet",
      ["network_id": .string(network), "cidr": "10.0.0.0/24", "ip_version": 4])
    let image = try await must(
      "glance", "POST", "/v2/images", ["name": "guest", "disk_format": "raw", "container_format": "bare"])
    let id = try id(in: image)
    try await must("glance", "PUT", "/v2/images/\(id)/file", bytes: [UInt8](repeating: 7, count: 4096))
    return ["network": network, "image": id]
  }

  public func made(_ service: String, _ path: String, _ name: String, _ body: JSON) async throws -> String {
    let answer = try await must(service, "POST", path, [name: body])
    return try id(in: answer[name] ?? answer)
  }

  public func port(on network: String?) async throws -> String {
    try await made("neutron", "/v2.0/ports", "port", ["name": "own", "network_id": network.json])
  }
  public func volume(named name: String = "data", _ more: JSONObject = [:]) async throws -> String {
    var body: JSONObject = ["name": .string(name), "size": 1]
    for member in more.members { body[member.key] = member.value }
    let id = try await made("cinder", "/v3/p-demo/volumes", "volume", .object(body))
    try await settle()
    return id
  }

  /// A server that runs, with a card on the scene's network.
  public func server() async throws -> Cast {
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
  public func act(_ cast: Cast, _ action: JSON) async throws {
    try await must("nova", "POST", "/v2.1/servers/\(cast["server"] ?? "")/action", action, as: "admin")
  }
  public func act(on volume: String?, _ action: JSON) async throws {
    try await must("cinder", "POST", "/v3/p-demo/volumes/\(volume ?? "")/action", action)
  }

  private func id(in made: JSON) throws -> String {
    guard let id = made["id"]?.string else { throw Fault.conflict("There is no id in \(made.text)") }
    return id
  }

  /// A world in which nobody waits long.
  public var hasty: World {
    var world = world
    world.sleep = { [sleep = world.sleep] in try await sleep(min($0, .milliseconds(3))) }
    return world
  }

  /// Runs whatever has begun to its end.
  public func settle() async throws {
    let runner = SagaQueue(store: store, world: hasty, node: "settling")
    conductor.register(with: runner)
    volumeWork.register(on: runner)
    imageWork.register(on: runner)
    try await runner.start()
    try await runner.drain()
    await runner.stop(within: .seconds(1))
  }
}
