internal import Bus
internal import Clients
public import Core
internal import JSON
public import NovaModel
internal import Store
public import Work

extension AttachVolume: Saga {
  public static let steps: [Step<AttachVolume>] = [.step("attach", attach, undo: detach, tries: 2)]

  private static func attach(_ saga: inout AttachVolume, _ c: Conductor) async throws {
    let row = try await c.attachment(saga.attachment)
    let server = try await c.server(saga.server)
    guard let host = server.host else { throw Fault.conflict("Instance \(server.id) is not on any host.") }
    let disk = try await c.disk(of: row, on: host)
    try await c.attach(to: server) {
      _ = try await c.bus.call(ComputeTopic.agent(host), AttachDisk(server: server.id, disk: disk))
    }
    try await c.complete(row)
  }
  private static func detach(_ saga: inout AttachVolume, _ c: Conductor) async throws {
    try await c.takeAway(saga.attachment, from: saga.server)
  }
  public func succeed(_ end: Ending, _ context: Conductor) async throws {
    try await InstanceAction.finish(saga: end.saga, host: nil, fault: nil, at: end.now, in: end.tx)
  }
  public func fail(_ fault: Fault, _ end: Ending, _ context: Conductor) async throws {
    _ = try await end.tx.deleteAll(VolumeAttachment.self, "WHERE id = \(attachment)")
    try await InstanceAction.finish(saga: end.saga, host: nil, fault: fault, at: end.now, in: end.tx)
  }
}

extension DetachVolume: Saga {
  public static let steps: [Step<DetachVolume>] = [
    .step("detach", { saga, c in try await c.takeAway(saga.attachment, from: saga.server) }, tries: 5)
  ]
  public func succeed(_ end: Ending, _ context: Conductor) async throws {
    _ = try await end.tx.deleteAll(VolumeAttachment.self, "WHERE id = \(attachment)")
    try await InstanceAction.finish(saga: end.saga, host: nil, fault: nil, at: end.now, in: end.tx)
  }
  /// The guest has kept the disk, so the volume stays attached and can be detached again.
  public func fail(_ fault: Fault, _ end: Ending, _ context: Conductor) async throws {
    if var row = try await end.tx.get(VolumeAttachment.self, attachment) {
      row.state = .attached
      _ = try await end.tx.update(row)
    }
    try await InstanceAction.finish(saga: end.saga, host: nil, fault: fault, at: end.now, in: end.tx)
  }
}

extension AttachInterface: Saga {
  public static let steps: [Step<AttachInterface>] = [.step("plug", plug, undo: unplug, tries: 2)]

  private static func plug(_ saga: inout AttachInterface, _ c: Conductor) async throws {
    var nic = try await c.plug(RequestedNetwork(port: saga.port), [], into: try await c.server(saga.server))
    nic.made = saga.made
    let card = nic
    let server = try await c.change(saga.server) { server in
      if !server.nics.contains(where: { $0.port == card.port }) { server.nics.append(card) }
    }
    try await c.attach(to: server) {
      _ = try await c.bus.call(try c.agent(of: server), AttachNIC(server: server.id, nic: RunGuest.NIC(card)))
    }
  }
  private static func unplug(_ saga: inout AttachInterface, _ c: Conductor) async throws {
    try await c.unplug(saga.port, from: saga.server, made: saga.made)
  }
  public func succeed(_ end: Ending, _ context: Conductor) async throws {
    try await InstanceAction.finish(saga: end.saga, host: nil, fault: nil, at: end.now, in: end.tx)
  }
  public func fail(_ fault: Fault, _ end: Ending, _ context: Conductor) async throws {
    try await InstanceAction.finish(saga: end.saga, host: nil, fault: fault, at: end.now, in: end.tx)
  }
}

extension DetachInterface: Saga {
  public static let steps: [Step<DetachInterface>] = [
    .step(
      "unplug",
      { saga, c in
        let port = saga.port
        let made = try await c.server(saga.server).nics.first { $0.port == port }?.made ?? false
        try await c.unplug(port, from: saga.server, made: made)
      }, tries: 5)
  ]
  public func succeed(_ end: Ending, _ context: Conductor) async throws {
    try await InstanceAction.finish(saga: end.saga, host: nil, fault: nil, at: end.now, in: end.tx)
  }
  /// The guest has kept the card, so it can be detached again.
  public func fail(_ fault: Fault, _ end: Ending, _ context: Conductor) async throws {
    try await end.tx.mark(port, of: server, leaving: false)
    try await InstanceAction.finish(saga: end.saga, host: nil, fault: fault, at: end.now, in: end.tx)
  }
}

extension Conductor {
  func attachment(_ id: String) async throws -> VolumeAttachment {
    guard let row = try await store.read({ try await $0.get(VolumeAttachment.self, id) }) else {
      throw Fault.notFound("Volume attachment \(id) could not be found.")
    }
    return row
  }

  /// Takes a disk from the guest and its attachment from the volume service; the record goes at the saga's end.
  func takeAway(_ id: String, from serverID: String) async throws {
    guard let row = try await store.read({ try await $0.get(VolumeAttachment.self, id) }) else { return }
    if let server = try await store.read({ try await $0.get(Server.self, serverID) }), let host = server.host {
      do {
        _ = try await bus.call(ComputeTopic.agent(host), DetachDisk(server: server.id, serial: row.volumeID))
      } catch let fault as Fault where fault.kind == .notFound {}
    }
    if let attachment = row.attachmentID { try await volume.deleteAttachment(attachment) }
  }

  /// Takes a card from the server, which may have been deleted since it was plugged.
  func unplug(_ port: String, from serverID: String, made: Bool) async throws {
    let card = try await store.write { try await $0.mark(port, of: serverID, leaving: true) }
    if let (server, nic) = card, let host = server.host {
      do {
        _ = try await bus.call(ComputeTopic.agent(host), DetachNIC(server: server.id, port: port, mac: nic.mac))
      } catch let fault as Fault where fault.kind == .notFound {}
    }
    if made { try await network.deletePort(port) } else { try await release(port) }
    guard card != nil else { return }
    try await change(serverID) { $0.nics.removeAll { $0.port == port } }
  }

}

extension Transaction {
  /// Writes down that a card leaves, or stays after all.
  /// - Returns: the server and its card; nil where either is gone.
  @discardableResult
  func mark(_ port: String, of id: String, leaving: Bool) async throws -> (server: Server, card: ServerNIC)? {
    guard var server = try await get(Server.self, id),
      let place = server.nics.firstIndex(where: { $0.port == port })
    else { return nil }
    if server.nics[place].leaving != leaving {
      server.nics[place].leaving = leaving
      server = try await update(server)
    }
    return (server, server.nics[place])
  }
}
