internal import Bus
public import Core
internal import Hardware
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

extension GuestSaga {
  /// Looks where the guest is, in place of undoing. A host that does not answer is asked no longer: its guests are
  /// compared with their records when it is back.
  static func look(_ saga: inout Self, _ c: Conductor) async throws {
    let server = try await c.server(saga.server)
    guard let host = server.host else { return }
    do {
      let guests = try await c.bus.call(ComputeTopic.agent(host), ListGuests()).guests
      saga.found = guests.first { $0.id == server.id }?.power
    } catch let fault as Fault where [.unavailable, .timedOut].contains(fault.kind) {}
  }

  /// Ends a move that failed, in the state in which the guest was found.
  func finish(_ move: Server.MoveName, _ end: Ending, failed fault: Fault) async throws {
    let found = found
    let record = try await Server.lifecycle.end(move, server, saga: end.saga, failed: true, in: end.tx) { server in
      server.fault = ServerFault(fault, at: end.now)
      server.updatedAt = end.now
      if let found { server.follow(found, after: move) }
    }
    try await InstanceAction.finish(saga: end.saga, host: record?.host, fault: fault, at: end.now, in: end.tx)
  }
}

extension Server {
  /// Takes over what the hypervisor says of the guest, after a move that failed.
  mutating func follow(_ guest: GuestPower, after move: MoveName) {
    switch guest {
    case .running: (state, power) = (.active, 1)
    case .paused where move == .suspend: (state, power) = (.suspended, 7)
    case .paused where move == .pause: (state, power) = (.paused, 3)
    case .paused: return
    case .stopped, .crashed:
      if state != .error { state = .stopped }
      power = guest == .stopped ? 4 : 6
    }
  }
}

extension StartServer: Saga {
  public static let steps: [Step<StartServer>] = [
    .step("run", { saga, c in try await c.run(try await c.server(saga.server)) }, undo: look, tries: 2)
  ]
  public func succeed(_ end: Ending, _ context: Conductor) async throws {
    try await finish(.start, end, fault: nil, power: 1)
  }
  public func fail(_ fault: Fault, _ end: Ending, _ context: Conductor) async throws {
    try await finish(.start, end, failed: fault)
  }
}

extension StopServer: Saga {
  public static let steps: [Step<StopServer>] = [
    .step(
      "stop",
      { saga, c in try await c.stop(try await c.server(saga.server), grace: c.options.shutdownTimeout) },
      undo: look, tries: 2)
  ]
  public func succeed(_ end: Ending, _ context: Conductor) async throws {
    try await finish(.stop, end, fault: nil, power: 4)
  }
  public func fail(_ fault: Fault, _ end: Ending, _ context: Conductor) async throws {
    try await finish(.stop, end, failed: fault)
  }
}

extension RebootServer: Saga {
  public static let steps: [Step<RebootServer>] = [.step("reboot", reboot, undo: look, tries: 2)]

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
    try await finish(move, end, failed: fault)
  }
}

extension PauseServer: Saga {
  public static let steps: [Step<PauseServer>] = [
    .step(
      "pause",
      { saga, c in
        let server = try await c.server(saga.server)
        _ = try await c.bus.call(try c.agent(of: server), PauseGuest(server: server.id))
      }, undo: look, tries: 2)
  ]
  private var name: Server.MoveName { Server.MoveName(rawValue: move) ?? .pause }
  public func succeed(_ end: Ending, _ context: Conductor) async throws {
    try await finish(name, end, fault: nil, power: name == .suspend ? 7 : 3)
  }
  public func fail(_ fault: Fault, _ end: Ending, _ context: Conductor) async throws {
    try await finish(name, end, failed: fault)
  }
}

extension ResumeServer: Saga {
  public static let steps: [Step<ResumeServer>] = [
    .step(
      "resume",
      { saga, c in
        let server = try await c.server(saga.server)
        _ = try await c.bus.call(try c.agent(of: server), ResumeGuest(server: server.id))
      }, undo: look, tries: 2)
  ]
  private var name: Server.MoveName { Server.MoveName(rawValue: move) ?? .unpause }
  public func succeed(_ end: Ending, _ context: Conductor) async throws {
    try await finish(name, end, fault: nil, power: 1)
  }
  public func fail(_ fault: Fault, _ end: Ending, _ context: Conductor) async throws {
    try await finish(name, end, failed: fault)
  }
}
