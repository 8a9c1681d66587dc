import Core
import JSON

/// A user at work: finds something to act upon, as the choice of the event has it, and asks.
struct User: Sendable {
  let session: Session
  let choice: UInt64

  /// - Returns: the status of the answer, nil where there was nothing to act upon.
  func perform(_ action: UserAction) async throws -> Int? {
    switch action {
    case .createServer: try await createServer([:])
    case .createServers: try await createServer(["min_count": 3, "max_count": 3])
    case .createServerOnPort:
      try await one("network", "/v2.0/ports?device_id=", "ports").asyncMap { port in
        try await createServer(["networks": [["port": port["id"] ?? nil]]])
      }
    case .createServerFromVolume:
      try await image().asyncMap { image in
        try await createServer([
          "imageRef": "",
          "block_device_mapping_v2": [
            [
              "boot_index": 0, "uuid": image["id"] ?? nil, "source_type": "image", "destination_type": "volume",
              "volume_size": 1, "delete_on_termination": .bool(choice & 1 == 0),
            ]
          ],
        ])
      }
    case .deleteServer: try await server().asyncMap { try await delete("compute", "/v2.1/servers/", $0) }
    case .stop: try await act(["os-stop": nil])
    case .start: try await act(["os-start": nil])
    case .reboot: try await act(["reboot": ["type": choice & 1 == 0 ? "HARD" : "SOFT"]])
    case .pause: try await act(["pause": nil])
    case .unpause: try await act(["unpause": nil])
    case .rebuild: try await image().asyncMap { try await act(["rebuild": ["imageRef": $0["id"] ?? nil]]) }
    case .snapshotServer: try await act(["createImage": ["name": "picture"]])
    case .attachVolume, .detachVolume, .attachNetwork, .detachPort: try await attach(action)
    case .createVolume, .createVolumeFromImage, .createVolumeFromSnapshot, .extendVolume, .uploadVolume, .deleteVolume,
      .createSnapshot, .deleteSnapshot:
      try await store(action)
    case .createImage: try await createImage()
    case .deleteImage: try await image().asyncMap { try await delete("image", "/v2/images/", $0) }
    default: try await connect(action)
    }
  }

  // MARK: Servers

  private func createServer(_ more: JSONObject) async throws -> Int? {
    guard let network = try await one("network", "/v2.0/networks?router:external=false", "networks"),
      let image = try await image()
    else { return nil }
    var server: JSONObject = [
      "name": "sim", "flavorRef": "1", "imageRef": image["id"] ?? nil, "networks": [["uuid": network["id"] ?? nil]],
    ]
    for member in more.members { server[member.key] = member.value }
    return try await ask("compute", "POST", "/v2.1/servers", ["server": .object(server)])
  }

  private func act(_ action: JSON) async throws -> Int? {
    try await server().asyncMap { try await ask("compute", "POST", "/v2.1/servers/\(id($0))/action", action) }
  }

  private func attach(_ action: UserAction) async throws -> Int? {
    guard let server = try await server() else { return nil }
    let path = "/v2.1/servers/\(id(server))/"
    switch action {
    case .attachVolume:
      return try await one("volume", "/v3/volumes/detail?status=available", "volumes").asyncMap { volume in
        try await ask(
          "compute", "POST", path + "os-volume_attachments", ["volumeAttachment": ["volumeId": volume["id"] ?? nil]])
      }
    case .detachVolume:
      return try await one("compute", path + "os-volume_attachments", "volumeAttachments").asyncMap { attached in
        try await ask(
          "compute", "DELETE", path + "os-volume_attachments/" + (attached["volumeId"]?.string ?? ""))
      }
    case .attachNetwork:
      return try await one("network", "/v2.0/networks?router:external=false", "networks").asyncMap { network in
        try await ask(
          "compute", "POST", path + "os-interface", ["interfaceAttachment": ["net_id": network["id"] ?? nil]])
      }
    default:
      return try await one("compute", path + "os-interface", "interfaceAttachments").asyncMap { card in
        try await ask("compute", "DELETE", path + "os-interface/" + (card["port_id"]?.string ?? ""))
      }
    }
  }

  // MARK: Volumes and images

  private func store(_ action: UserAction) async throws -> Int? {
    switch action {
    case .createVolume: return try await createVolume([:])
    case .createVolumeFromImage:
      return try await image().asyncMap { try await createVolume(["imageRef": $0["id"] ?? nil]) }
    case .createVolumeFromSnapshot:
      return try await snapshot().asyncMap { try await createVolume(["snapshot_id": $0["id"] ?? nil]) }
    case .createSnapshot:
      return try await volume().asyncMap {
        try await ask(
          "volume", "POST", "/v3/snapshots", ["snapshot": ["volume_id": $0["id"] ?? nil, "force": true]])
      }
    case .deleteSnapshot: return try await snapshot().asyncMap { try await delete("volume", "/v3/snapshots/", $0) }
    case .deleteVolume: return try await volume().asyncMap { try await delete("volume", "/v3/volumes/", $0) }
    case .extendVolume:
      return try await volume().asyncMap {
        try await ask(
          "volume", "POST", "/v3/volumes/\(id($0))/action",
          ["os-extend": ["new_size": .int(($0["size"]?.int ?? 1) + 1)]])
      }
    default:
      return try await volume().asyncMap {
        try await ask(
          "volume", "POST", "/v3/volumes/\(id($0))/action",
          ["os-volume_upload_image": ["image_name": "copy", "disk_format": "raw", "force": true]])
      }
    }
  }

  private func createVolume(_ more: JSONObject) async throws -> Int? {
    var volume: JSONObject = ["name": "sim", "size": .int(1 + Int(choice % 3))]
    for member in more.members { volume[member.key] = member.value }
    return try await ask("volume", "POST", "/v3/volumes", ["volume": .object(volume)])
  }

  func createImage() async throws -> Int? {
    let made = try await session.send(
      "image", "POST", "/v2/images", ["name": "sim", "disk_format": "raw", "container_format": "bare"])
    guard made.status == 201 else { return made.status }
    let bytes = [UInt8](repeating: UInt8(choice % 251), count: 2048)
    return try await session.send("image", "PUT", "/v2/images/\(id(made.json))/file", bytes: bytes).status
  }

  // MARK: Networks

  private func connect(_ action: UserAction) async throws -> Int? {
    switch action {
    case .createNetwork: return try await createNetwork()
    case .deleteNetwork:
      return try await one("network", "/v2.0/networks?router:external=false", "networks").asyncMap {
        try await delete("network", "/v2.0/networks/", $0)
      }
    case .createPort:
      return try await one("network", "/v2.0/networks?router:external=false", "networks").asyncMap {
        try await ask("network", "POST", "/v2.0/ports", ["port": ["network_id": $0["id"] ?? nil, "name": "own"]])
      }
    case .deletePort:
      return try await one("network", "/v2.0/ports?name=own", "ports").asyncMap {
        try await delete("network", "/v2.0/ports/", $0)
      }
    case .createRouter: return try await createRouter()
    case .deleteRouter: return try await deleteRouter()
    case .createFloatingIP:
      return try await external().asyncMap {
        try await ask(
          "network", "POST", "/v2.0/floatingips", ["floatingip": ["floating_network_id": $0["id"] ?? nil]])
      }
    case .deleteFloatingIP:
      return try await floatingIP().asyncMap { try await delete("network", "/v2.0/floatingips/", $0) }
    default:
      guard let address = try await floatingIP() else { return nil }
      let port = choice % 3 == 0 ? Optional.none : try await one("network", "/v2.0/ports", "ports")
      return try await ask(
        "network", "PUT", "/v2.0/floatingips/\(id(address))", ["floatingip": ["port_id": port?["id"] ?? nil]])
    }
  }

  func createNetwork() async throws -> Int? {
    let made = try await session.send("network", "POST", "/v2.0/networks", ["network": ["name": "sim"]])
    guard made.status == 201 else { return made.status }
    return try await ask(
      "network", "POST", "/v2.0/subnets",
      [
        "subnet": [
          "network_id": made.json["network"]?["id"] ?? nil, "ip_version": 4,
          "cidr": .string("10.\(choice % 200).\((choice >> 8) % 200).0/27"),
        ]
      ])
  }

  private func createRouter() async throws -> Int? {
    guard let external = try await external(), let subnet = try await one("network", "/v2.0/subnets", "subnets") else {
      return nil
    }
    let made = try await session.send(
      "network", "POST", "/v2.0/routers",
      ["router": ["name": "sim", "external_gateway_info": ["network_id": external["id"] ?? nil]]])
    guard made.status == 201, let router = made.json["router"] else { return made.status }
    return try await ask(
      "network", "PUT", "/v2.0/routers/\(id(router))/add_router_interface", ["subnet_id": subnet["id"] ?? nil])
  }

  private func deleteRouter() async throws -> Int? {
    guard let router = try await one("network", "/v2.0/routers", "routers") else { return nil }
    let ports = try await session.list("network", "/v2.0/ports?device_id=\(id(router))", "ports")
    for port in ports where port["device_owner"]?.string == "network:router_interface" {
      _ = try await ask(
        "network", "PUT", "/v2.0/routers/\(id(router))/remove_router_interface", ["port_id": port["id"] ?? nil])
    }
    return try await delete("network", "/v2.0/routers/", router)
  }

  // MARK: What there is

  private func server() async throws -> JSON? { try await one("compute", "/v2.1/servers", "servers") }
  private func image() async throws -> JSON? { try await one("image", "/v2/images?status=active", "images") }
  private func volume() async throws -> JSON? { try await one("volume", "/v3/volumes/detail", "volumes") }
  private func snapshot() async throws -> JSON? { try await one("volume", "/v3/snapshots/detail", "snapshots") }
  private func floatingIP() async throws -> JSON? { try await one("network", "/v2.0/floatingips", "floatingips") }
  private func external() async throws -> JSON? {
    try await session.list("network", "/v2.0/networks?router:external=true", "networks").first
  }

  private func one(_ service: String, _ path: String, _ key: String) async throws -> JSON? {
    let all = try await session.list(service, path, key)
    // Not `nil`, which JSON is too.
    guard !all.isEmpty else { return Optional.none }
    return all[Int(choice % UInt64(all.count))]
  }

  private func id(_ thing: JSON) -> String { thing["id"]?.string ?? "none" }

  private func delete(_ service: String, _ path: String, _ thing: JSON) async throws -> Int {
    try await ask(service, "DELETE", path + id(thing))
  }

  private func ask(_ service: String, _ method: String, _ path: String, _ body: JSON? = nil) async throws -> Int {
    try await session.send(service, method, path, body).status
  }
}

extension Optional {
  /// As `map`, for a closure that waits.
  fileprivate func asyncMap<T>(_ body: (Wrapped) async throws -> T?) async throws -> T? {
    guard let self else { return nil }
    return try await body(self)
  }
}
