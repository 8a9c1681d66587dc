internal import Bus
public import Core
public import NovaModel
public import Work

// Start, stop, reboot, pause and suspend: one step each, and an end that writes the power state.

extension PlainServerSaga {
  func finish(
    _ move: Server.MoveName, _ end: Ending, fault: Fault?, power: Int
  ) async throws {
    let server = try await Server.lifecycle.end(move, server, saga: end.saga, failed: fault != nil, in: end.tx) {
      server in
      if let fault { server.fault = ServerFault(fault, at: end.now) } else { server.power = power }
      if fault == nil { server.fault = nil }
      server.updatedAt = end.now
    }
    try await InstanceAction.finish(saga: end.saga, host: server?.host, fault: fault, at: end.now, in: end.tx)
  }
}

extension StartServer: Saga {
  public static let steps: [Step<StartServer>] = [
    .step("run", { saga, c in try await c.run(try await c.server(saga.server)) }, tries: 2)
  ]
  public func succeed(_ end: Ending, _ context: Conductor) async throws {
    try await finish(.start, end, fault: nil, power: 1)
  }
  public func fail(_ fault: Fault, _ end: Ending, _ context: Conductor) async throws {
    try await finish(.start, end, fault: fault, power: 4)
  }
}

extension StopServer: Saga {
  public static let steps: [Step<StopServer>] = [
    .step(
      "stop",
      { saga, c in try await c.stop(try await c.server(saga.server), grace: c.options.shutdownTimeout) },
      tries: 2)
  ]
  public func succeed(_ end: Ending, _ context: Conductor) async throws {
    try await finish(.stop, end, fault: nil, power: 4)
  }
  public func fail(_ fault: Fault, _ end: Ending, _ context: Conductor) async throws {
    try await finish(.stop, end, fault: fault, power: 1)
  }
}

extension RebootServer: Saga {
  public static let steps: [Step<RebootServer>] = [.step("reboot", reboot, tries: 2)]

  /// A soft reboot that the guest does not heed becomes a hard one, as upstream's does.
  private static func reboot(_ saga: inout RebootServer, _ c: Conductor) async throws {
    let server = try await c.server(saga.server)
    if !saga.hard {
      let grace = Int(c.options.shutdownTimeout.components.seconds)
      if try await c.bus.call(try c.agent(of: server), RebootGuest(server: server.id, graceSeconds: grace)) { return }
    }
    try await c.stop(server, grace: .zero)
    try await c.run(server)
  }
  private var move: Server.MoveName { hard ? .rebootHard : .reboot }
  public func succeed(_ end: Ending, _ context: Conductor) async throws {
    try await finish(move, end, fault: nil, power: 1)
  }
  public func fail(_ fault: Fault, _ end: Ending, _ context: Conductor) async throws {
    try await finish(move, end, fault: fault, power: 1)
  }
}

extension PauseServer: Saga {
  public static let steps: [Step<PauseServer>] = [
    .step(
      "pause",
      { saga, c in
        let server = try await c.server(saga.server)
        _ = try await c.bus.call(try c.agent(of: server), PauseGuest(server: server.id))
      }, tries: 2)
  ]
  private var name: Server.MoveName { Server.MoveName(rawValue: move) ?? .pause }
  public func succeed(_ end: Ending, _ context: Conductor) async throws {
    try await finish(name, end, fault: nil, power: name == .suspend ? 7 : 3)
  }
  public func fail(_ fault: Fault, _ end: Ending, _ context: Conductor) async throws {
    try await finish(name, end, fault: fault, power: 1)
  }
}

extension ResumeServer: Saga {
  public static let steps: [Step<ResumeServer>] = [
    .step(
      "resume",
      { saga, c in
        let server = try await c.server(saga.server)
        _ = try await c.bus.call(try c.agent(of: server), ResumeGuest(server: server.id))
      }, tries: 2)
  ]
  private var name: Server.MoveName { Server.MoveName(rawValue: move) ?? .unpause }
  public func succeed(_ end: Ending, _ context: Conductor) async throws {
    try await finish(name, end, fault: nil, power: 1)
  }
  public func fail(_ fault: Fault, _ end: Ending, _ context: Conductor) async throws {
    try await finish(name, end, fault: fault, power: name == .resume ? 7 : 3)
  }
}
