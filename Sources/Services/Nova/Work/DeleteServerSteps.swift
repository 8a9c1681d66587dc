internal import Bus
internal import Clients
public import Core
internal import JSON
public import NovaModel
internal import Store
public import Work

/// Every step finds out anew what there is to remove, so that it does not matter which of them have run before.
extension DeleteServer: Saga {
  public static let steps: [Step<DeleteServer>] = [
    .step("guest", removeGuest, tries: 10),
    .step("ports", removePorts, tries: 10),
    .step("volumes", { saga, c in try await c.releaseVolumes(of: saga.server) }, tries: 10),
    .step("allocations", { saga, c in try await c.placement.deleteAllocations(saga.server) }, tries: 10),
  ]

  private static func removeGuest(_ saga: inout DeleteServer, _ c: Conductor) async throws {
    let server = try await c.server(saga.server)
    guard server.host != nil else { return }
    _ = try await c.bus.call(
      try c.agent(of: server), RemoveGuest(server: server.id, ports: server.nics.map(\.port)))
  }

  private static func removePorts(_ saga: inout DeleteServer, _ c: Conductor) async throws {
    let brought = Set(try await c.server(saga.server).nics.filter { !$0.made }.map(\.port))
    for port in try await c.ports(of: saga.server) {
      guard let id = port["id"]?.string else { continue }
      if brought.contains(id) { try await c.release(id) } else { try await c.network.deletePort(id) }
    }
  }

  public func succeed(_ end: Ending, _ context: Conductor) async throws {
    try await InstanceAction.finish(saga: end.saga, host: nil, fault: nil, at: end.now, in: end.tx)
    guard let record = try await end.tx.get(Server.self, server), record.saga == end.saga else { return }
    try await end.tx.delete(record)
  }

  public func fail(_ fault: Fault, _ end: Ending, _ context: Conductor) async throws {
    try await finish(.delete, end, fault: fault, power: 0)
  }
}
