internal import Bus
internal import Clients
public import Core
internal import JSON
internal import Log
public import NovaModel
internal import Store
public import Work

extension CreateServer: Saga {
  public static let steps: [Step<CreateServer>] = [
    .step("schedule", schedule, undo: unschedule, tries: 3),
    .step("connect", connect, undo: disconnect, tries: 3),
    .step("volumes", attachVolumes, undo: detachVolumes),
    .step("disks", prepareDisks, undo: removeGuest, tries: 2),
    .step("spawn", spawn, undo: removeGuest, tries: 2),
  ]

  // MARK: Where

  private static func schedule(_ saga: inout CreateServer, _ c: Conductor) async throws {
    let server = try await c.server(saga.server)
    if saga.host == nil { saga.host = try await claimed(server, c) }
    if saga.host == nil { saga.host = try await claim(server, saga.hints, c) }
    let (host, zone) = (saga.host, try await c.zone(of: saga.host))
    try await c.change(saga.server) { server in
      server.host = host
      server.availabilityZone = zone
      if server.doing == .scheduling { server.doing = .spawning }
    }
  }

  /// The host of an earlier attempt of this step that did not live to tell.
  private static func claimed(_ server: Server, _ c: Conductor) async throws -> String? {
    let provider = try await c.placement.allocations(server.id)["allocations"]?.object?.keys.first
    guard let provider else { return nil }
    return try await c.store.read { try await $0.get(ComputeHost.self, provider)?.host }
  }

  private static func claim(_ server: Server, _ hints: SchedulingHints, _ c: Conductor) async throws -> String {
    let request = SchedulingRequest(flavor: server.flavor, bootsFromVolume: server.imageID == nil, hints: hints)
    let hosts = try await c.snapshots()
    // A cloud that has just started has agents that have not reported yet: they are waited for, though not for long.
    if !hosts.contains(where: \.up), c.world.now() - server.createdAt < .seconds(30) {
      throw NotYet(after: .milliseconds(250))
    }
    switch Scheduler.place(request, among: hosts) {
    case .refused(let refusals):
      throw Fault(.badRequest, Scheduler.message(refusals), code: "NoValidHost")
    case .hosts(let hosts):
      for host in hosts {
        do {
          try await c.placement.setAllocations(
            server.id,
            [
              "allocations": [host.provider: ["resources": request.resources.json]], "consumer_generation": nil,
              "project_id": .string(server.projectID), "user_id": .string(server.userID), "consumer_type": "INSTANCE",
            ])
          return host.host
        } catch let fault as Fault where fault.kind == .conflict { continue }
      }
      throw Fault.conflict("Every host that could take the server was filled by others meanwhile.")
    }
  }

  private static func unschedule(_ saga: inout CreateServer, _ c: Conductor) async throws {
    try await c.placement.deleteAllocations(saga.server)
    saga.host = nil
    try await c.change(saga.server) { $0.host = nil }
  }

  // MARK: Networks

  private static func connect(_ saga: inout CreateServer, _ c: Conductor) async throws {
    let server = try await c.server(saga.server)
    // An attempt that died left ports nobody has written down: only this server's, and none the user brought.
    let brought = Set(saga.networks.compactMap(\.port))
    for port in try await c.ports(of: server.id) {
      if let id = port["id"]?.string, !brought.contains(id) { try await c.network.deletePort(id) }
    }
    let groups = try await c.securityGroups(saga.securityGroups, project: server.projectID)
    var nics: [ServerNIC] = []
    for wanted in saga.networks { nics.append(try await c.plug(wanted, groups, into: server)) }
    saga.madePorts = nics.filter(\.made).map(\.port)
    saga.boundPorts = nics.map(\.port)
    let all = nics
    try await c.change(saga.server) { $0.nics = all }
  }

  private static func disconnect(_ saga: inout CreateServer, _ c: Conductor) async throws {
    let brought = Set(saga.networks.compactMap(\.port))
    for port in try await c.ports(of: saga.server) {
      guard let id = port["id"]?.string else { continue }
      if brought.contains(id) { try await c.release(id) } else { try await c.network.deletePort(id) }
    }
    try await c.change(saga.server) { $0.nics = [] }
  }

  // MARK: Disks

  private static func attachVolumes(_ saga: inout CreateServer, _ c: Conductor) async throws {
    for index in saga.volumes.indices where saga.attachments.count <= index {
      let row = try await c.bringVolume(&saga.volumes[index], to: saga.server, at: index)
      saga.attachments.append(row.id)
    }
  }

  private static func detachVolumes(_ saga: inout CreateServer, _ c: Conductor) async throws {
    try await c.releaseVolumes(of: saga.server)
    for (index, volume) in saga.volumes.enumerated() where volume.source != nil {
      if let made = try await c.madeVolume(for: saga.server, at: index) { try await c.removeVolume(made) }
    }
    saga.attachments = []
  }

  private static func prepareDisks(_ saga: inout CreateServer, _ c: Conductor) async throws {
    let server = try await c.server(saga.server)
    _ = try await c.disks(of: server)
  }

  private static func removeGuest(_ saga: inout CreateServer, _ c: Conductor) async throws {
    guard let host = saga.host else { return }
    _ = try await c.bus.call(ComputeTopic.agent(host), RemoveGuest(server: saga.server, ports: saga.boundPorts))
  }

  private static func spawn(_ saga: inout CreateServer, _ c: Conductor) async throws {
    let server = try await c.server(saga.server)
    try await c.run(server)
    for attachment in try await c.attachments(of: server.id) { try await c.complete(attachment) }
  }

  // MARK: The end

  public func succeed(_ end: Ending, _ context: Conductor) async throws {
    try await Server.lifecycle.end(.create, server, saga: end.saga, failed: false, in: end.tx) { server in
      server.power = 1
      server.launchedAt = end.now
      server.updatedAt = end.now
    }
    try await InstanceAction.finish(saga: end.saga, host: host, fault: nil, at: end.now, in: end.tx)
  }

  public func fail(_ fault: Fault, _ end: Ending, _ context: Conductor) async throws {
    try await Server.lifecycle.end(.create, server, saga: end.saga, failed: true, in: end.tx) { server in
      server.fault = ServerFault(fault, at: end.now)
      server.updatedAt = end.now
    }
    try await InstanceAction.finish(saga: end.saga, host: host, fault: fault, at: end.now, in: end.tx)
  }
}

extension ServerFault {
  /// 500 for what the cloud is to blame for, as upstream has it; the words are the fault's own.
  init(_ fault: Fault, at now: Timestamp) {
    self.init(code: 500, message: fault.message, details: fault.detail, created: now)
  }
}
