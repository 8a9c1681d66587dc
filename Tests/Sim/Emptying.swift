import Core
import JSON

/// Deletes whatever users have made, as an administrator would who closes a cloud.
struct Emptying: Sendable {
  let session: Session

  /// - Returns: what could not be deleted, each with the answer to the last try.
  func run() async throws -> [String] {
    var refused: [String] = []
    for _ in 0..<6 {
      refused = []
      try await each("compute", "/v2.1/servers?all_tenants=1", "servers", "/v2.1/servers/", &refused)
      try await gone("compute", "/v2.1/servers?all_tenants=1", "servers")
      try await each("volume", "/v3/snapshots?all_tenants=1", "snapshots", "/v3/snapshots/", &refused)
      try await gone("volume", "/v3/snapshots?all_tenants=1", "snapshots")
      try await each("volume", "/v3/volumes?all_tenants=1", "volumes", "/v3/volumes/", &refused)
      try await each("image", "/v2/images", "images", "/v2/images/", &refused)
      try await networks(&refused)
      if refused.isEmpty { break }
      try await Schedule.shared.world.sleep(.minutes(3))
    }
    return refused
  }

  private func networks(_ refused: inout [String]) async throws {
    try await each("network", "/v2.0/floatingips", "floatingips", "/v2.0/floatingips/", &refused)
    for router in try await session.list("network", "/v2.0/routers", "routers") {
      let id = router["id"]?.string ?? ""
      for port in try await session.list("network", "/v2.0/ports?device_id=\(id)", "ports")
      where port["device_owner"]?.string == "network:router_interface" {
        _ = try await session.send(
          "network", "PUT", "/v2.0/routers/\(id)/remove_router_interface", ["port_id": port["id"] ?? nil])
      }
      try await delete("network", "/v2.0/routers/\(id)", &refused)
    }
    for port in try await session.list("network", "/v2.0/ports", "ports")
    where !(port["device_owner"]?.string ?? "").hasPrefix("network:") {
      try await delete("network", "/v2.0/ports/\(port["id"]?.string ?? "")", &refused)
    }
    for network in try await session.list("network", "/v2.0/networks?router:external=false", "networks") {
      try await delete("network", "/v2.0/networks/\(network["id"]?.string ?? "")", &refused)
    }
  }

  private func each(
    _ service: String, _ list: String, _ key: String, _ path: String, _ refused: inout [String]
  ) async throws {
    for thing in try await session.list(service, list, key) {
      try await delete(service, path + (thing["id"]?.string ?? ""), &refused)
    }
  }

  private func delete(_ service: String, _ path: String, _ refused: inout [String]) async throws {
    let answer = try await session.send(service, "DELETE", path)
    if answer.status >= 300, answer.status != 404 { refused.append("\(path): \(answer.status) \(answer.json.text)") }
  }

  /// Waits, for half an hour at most, until a list is empty.
  private func gone(_ service: String, _ list: String, _ key: String) async throws {
    for _ in 0..<180 {
      if try await session.list(service, list, key).isEmpty { return }
      try await Schedule.shared.world.sleep(.seconds(10))
    }
  }
}
