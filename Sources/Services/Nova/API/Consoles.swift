internal import API
internal import Bus
internal import Core
internal import Hardware
internal import JSON
internal import NovaModel
internal import Store

/// What a server prints, and its screen (API reference: "Servers - show console output", "Server consoles").
enum Consoles {
  private static let path = "/servers/{id}/action"

  static let routes = Routes(
    rules: "os_compute_api:os-remote-consoles", of: Nova.self,
    [
      .action(path, "os-getConsoleOutput", "os_compute_api:os-console-output", output, allow: .member, status: 200),
      .action(
        path, "os-getVNCConsole", "os_compute_api:os-remote-consoles", oldVNC, allow: .member, until: "2.5", status: 200
      ),
      .post(
        "/servers/{id}/remote-consoles", "os_compute_api:os-remote-consoles", create, allow: .member, since: "2.6",
        status: 200),
      .get(
        "/os-console-auth-tokens/{token}", "os_compute_api:os-console-auth-tokens", connection, allow: .admin),
    ])

  private static func output(_ call: Call<Nova>, _: JSON) async throws -> JSON {
    let asked = call.body["os-getConsoleOutput"]?["length"]
    var lines: Int?
    if let asked, !asked.isNull {
      guard let number = asked.int ?? asked.string.flatMap({ Int($0) }), number >= -1 else {
        throw Fault.badRequest("Invalid input for field/attribute length. Value: \(asked.text).")
      }
      // Upstream takes -1 for everything.
      lines = number < 0 ? nil : number
    }
    let server = try await call.server()
    guard let host = server.host, server.state != .building else {
      throw Fault.conflict("Instance \(server.id) is not ready")
    }
    let text = try await call.nova.bus.call(ComputeTopic.agent(host), ReadConsole(server: server.id, lines: lines))
    return ["output": .string(text)]
  }

  private static func oldVNC(_ call: Call<Nova>, _: JSON) async throws -> JSON {
    let type = call.body["os-getVNCConsole"]?["type"]?.string ?? ""
    guard ["novnc", "xvpvnc"].contains(type) else {
      throw Fault.badRequest("Invalid input for field/attribute type. Value: \(type).")
    }
    let url = try await open(type, call)
    return ["console": ["type": .string(type), "url": .string(url)]]
  }

  struct Asked: Draft {
    var transport = ""
    var type = ""
    static let shape = Shape<Asked>(
      "remote_console",
      [
        .key("protocol", \.transport, .oneOf(["vnc", "spice", "rdp", "serial", "mks"]), required: true),
        .key(
          "type", \.type, .oneOf(["novnc", "xvpvnc", "spice-html5", "rdp-html5", "serial", "webmks"]), required: true),
      ])
  }

  private static func create(_ call: Call<Nova>, _ asked: Asked) async throws -> JSON {
    let url = try await open(asked.type, call)
    return [
      "remote_console": [
        "protocol": .string(asked.transport), "type": .string(asked.type), "url": .string(url),
      ]
    ]
  }

  /// Makes a token for the server's screen and gives the URL that holds it.
  private static func open(_ type: String, _ call: Call<Nova>) async throws -> String {
    let server = try await call.server()
    guard type == "novnc" else { throw Fault.badRequest("Unavailable console type \(type).") }
    guard let host = server.host, [.active, .paused].contains(server.state) else {
      throw Fault.conflict("Instance \(server.id) is not ready")
    }
    let address = try await call.nova.bus.call(ComputeTopic.agent(host), FindVNC(server: server.id))
    let now = call.nova.world.now()
    var token = ConsoleToken()
    token.token = call.nova.world.uuid()
    token.serverID = server.id
    token.kind = type
    token.expiresAt = now + call.nova.options.consoleTokenLife
    switch address {
    case .tcp(let name, let port): (token.host, token.port) = (name, port)
    case .unix(let path): (token.host, token.port) = (path, 0)
    }
    let new = token
    try await call.nova.store.write { tx in
      // Every new token sweeps the old ones out, so that no other sweeper is needed.
      _ = try await tx.deleteAll(ConsoleToken.self, "WHERE expires_at < \(now)")
      try await tx.insert(new)
    }
    return "\(call.nova.options.consoleURL)?path=%3Ftoken%3D\(new.token)"
  }

  private static func connection(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    let (id, now) = (call.path["token"] ?? "", call.nova.world.now())
    let token = try await call.nova.store.read { try await $0.get(ConsoleToken.self, id) }
    guard let token, token.expiresAt > now else { throw Fault.notFound("The token '\(id)' is invalid or has expired") }
    return [
      "console": [
        "instance_uuid": .string(token.serverID), "host": .string(token.host), "port": .int(token.port),
        "internal_access_path": .null,
      ]
    ]
  }
}
