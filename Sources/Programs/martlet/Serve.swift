internal import API
internal import CLinux
internal import Core
internal import Wiring
internal import HTTP
internal import IO
internal import JSON
internal import Log

/// `martlet serve`: a cloud, or what `cloud.roles` says of one, in the foreground, until SIGTERM.
enum Serve {
  private static let log = Log("serve")
  /// How long requests and saga steps may take to finish after SIGTERM.
  static let drain = Duration.seconds(10)

  static func run(_ context: Command.Context) async throws {
    let world = World.real
    let start = world.uptime()
    let settings = context.settings
    Machine.makeFilesPrivate()
    Machine.raiseFileLimit()
    LogSink.shared.configure(
      level: settings.level, format: LogSink.Format(rawValue: settings.logFormat.rawValue) ?? .automatic, world: world)
    let signals = try Signals()
    let state = try await StateDirectory.open(context.stateDirectory, world: world)
    try await state.remember(settings)
    let served: any Served =
      switch settings.roles {
      case .all: try await Cloud.open(settings, state: state, world: world)
      case .image: try await ImageService.open(settings, state: state, world: world)
      }
    try await served.bootstrap()
    let server = HTTPServer(loops: try (0..<2).map { try EventLoop.start(name: "loop-\($0)") })
    try await served.start(server)
    let what = try await listen(served, server, state)
    let took = Double((world.uptime() - start).milliseconds) / 1000
    Output.say("ready in \(took.twoDecimals) s: \(what)")
    await signals.wait()
    log.info("stopping")
    await server.drain(within: drain)
    await served.stop(within: drain)
  }

  /// Gives every API its port and, of a whole cloud, all of them the dashboard's.
  /// - Returns: what there is now, in words.
  private static func listen(
    _ served: any Served, _ server: HTTPServer, _ state: StateDirectory
  ) async throws -> String {
    let (settings, ports) = (served.settings, served.ports)
    for (api, handler) in ports {
      _ = try server.listen(host: settings.listen, port: api.port(settings), handler: handler)
    }
    guard settings.roles == .all else {
      return ports.map { "\($0.api.name) \($0.api.url(settings))" }.joined(separator: ", ")
    }
    try await state.writeClientFiles(identityURL: settings.identityURL, region: "RegionOne")
    return "cloud \"martlet\" in \(state.path)/clouds.yaml, \(state.path)/openrc; "
      + "dashboard \(try dashboard(ports, server, settings))"
  }

  private static func dashboard(
    _ ports: [(api: PublishedAPI, handler: Handler)], _ server: HTTPServer, _ settings: Settings
  ) throws -> String {
    let port = PublishedAPI.dashboardPort + settings.portOffset
    _ = try server.listen(
      host: settings.listen, port: port, handler: Dashboard(apis: ports, cloud: "Martlet").handler)
    return "http://\(settings.publicHost):\(port)"
  }
}

extension Double {
  /// `0.41`
  var twoDecimals: String {
    let hundredths = Int((self * 100).rounded())
    return "\(hundredths / 100).\((hundredths % 100).padded(2))"
  }
}
