internal import API
internal import CLinux
internal import Core
internal import Wiring
internal import HTTP
internal import IO
internal import JSON
internal import Log

/// `martlet serve`: a cloud in the foreground, until SIGTERM.
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
    let cloud = try await Cloud.open(settings, state: state, world: world)
    try await cloud.bootstrap()
    let server = HTTPServer(loops: try (0..<2).map { try EventLoop.start(name: "loop-\($0)") })
    try await cloud.start(server)
    let dashboard = try listen(cloud, server)
    try await state.writeClientFiles(identityURL: PublishedAPI.all[0].url(settings), region: "RegionOne")
    let took = Double((world.uptime() - start).milliseconds) / 1000
    Output.say(
      "ready in \(took.twoDecimals) s: cloud \"martlet\" in \(state.path)/clouds.yaml, \(state.path)/openrc; "
        + "dashboard \(dashboard)")
    await signals.wait()
    log.info("stopping")
    await server.drain(within: drain)
    await cloud.stop(within: drain)
  }

  /// Gives every API its port, and all of them the dashboard's.
  /// - Returns: the dashboard's URL.
  private static func listen(_ cloud: Cloud, _ server: HTTPServer) throws -> String {
    let settings = cloud.settings
    let ports = cloud.ports
    for (api, handler) in ports {
      _ = try server.listen(host: settings.listen, port: api.port(settings), handler: handler)
    }
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
