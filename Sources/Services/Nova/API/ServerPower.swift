internal import API
internal import Core
internal import JSON
internal import NovaModel

/// Actions that change whether and how a server runs (API reference: "Servers - run an action").
enum ServerPower {
  private static let path = "/servers/{id}/action"

  static let routes = Routes(
    rules: "os_compute_api:servers:", of: Nova.self,
    [
      .action(path, "os-start", "start", start, allow: .member),
      .action(path, "os-stop", "stop", stop, allow: .member),
      .action(path, "reboot", "reboot", reboot, allow: .member),
      .action(path, "pause", "os_compute_api:os-pause-server:pause", pause, allow: .member),
      .action(path, "unpause", "os_compute_api:os-pause-server:unpause", unpause, allow: .member),
      .action(path, "suspend", "os_compute_api:os-suspend-server:suspend", suspend, allow: .member),
      .action(path, "resume", "os_compute_api:os-suspend-server:resume", resume, allow: .member),
    ])

  private static func start(_ call: Call<Nova>, _: JSON) async throws -> Nothing {
    try await ServerMoves.begin(.start, "start", call) { StartServer(server: $0.id) }
    return Nothing()
  }
  private static func stop(_ call: Call<Nova>, _: JSON) async throws -> Nothing {
    try await ServerMoves.begin(.stop, "stop", call) { StopServer(server: $0.id) }
    return Nothing()
  }
  private static func pause(_ call: Call<Nova>, _: JSON) async throws -> Nothing {
    try await ServerMoves.begin(.pause, "pause", call) { PauseServer(server: $0.id, move: .pause) }
    return Nothing()
  }
  private static func unpause(_ call: Call<Nova>, _: JSON) async throws -> Nothing {
    try await ServerMoves.begin(.unpause, "unpause", call) { ResumeServer(server: $0.id, move: .unpause) }
    return Nothing()
  }
  private static func suspend(_ call: Call<Nova>, _: JSON) async throws -> Nothing {
    try await ServerMoves.begin(.suspend, "suspend", call) { PauseServer(server: $0.id, move: .suspend) }
    return Nothing()
  }
  private static func resume(_ call: Call<Nova>, _: JSON) async throws -> Nothing {
    try await ServerMoves.begin(.resume, "resume", call) { ResumeServer(server: $0.id, move: .resume) }
    return Nothing()
  }

  private static func reboot(_ call: Call<Nova>, _: JSON) async throws -> Nothing {
    guard let type = call.body["reboot"]?["type"]?.string?.uppercased(), ["SOFT", "HARD"].contains(type) else {
      throw Fault.badRequest("Invalid input for field/attribute type. It must be SOFT or HARD.")
    }
    let hard = type == "HARD"
    try await ServerMoves.begin(hard ? .rebootHard : .reboot, "reboot", call) {
      RebootServer(server: $0.id, hard: hard)
    }
    return Nothing()
  }
}
