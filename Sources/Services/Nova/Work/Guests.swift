internal import Bus
internal import Core
internal import Hardware
internal import NovaModel
internal import Work

/// A server's guest, as the conductor has it run.
extension Conductor {
  /// The disks on the host, made if they are not there: root, extra space, config drive.
  func disks(of server: Server) async throws -> [GuestDisk] {
    let drive = server.configDrive ? try await configDrive(server) : nil
    let reply = try await bus.call(
      try agent(of: server),
      PrepareDisks(
        server: server.id, image: server.imageID, rootGiB: server.flavor.diskGiB,
        ephemeralGiB: server.flavor.ephemeralGiB, swapMiB: server.flavor.swapMiB, configDrive: drive))
    return reply.disks
  }

  /// Runs the guest with everything that belongs to it, also with what was attached while it started.
  ///
  /// Whoever attaches or detaches writes that down before he asks the host, so what this has read too early it finds
  /// afterwards, and what comes later meets the guest that this has started.
  func run(_ server: Server) async throws {
    let local = try await disks(of: server)
    let before = try await belongings(of: server)
    var boot: [GuestDisk] = []
    var others: [GuestDisk] = []
    for attachment in before.volumes {
      let disk = try await disk(of: attachment, on: server.host ?? "")
      if attachment.bootIndex == 0 { boot.append(disk) } else { others.append(disk) }
    }
    _ = try await bus.call(
      try agent(of: server),
      RunGuest(
        server: server.id, title: server.name, vcpus: server.flavor.vcpus, memoryMiB: server.flavor.memoryMiB,
        disks: boot + local + others, nics: before.cards.map(RunGuest.NIC.init)))
    try await follow(before, to: try await belongings(of: try await self.server(server.id)), of: server)
  }

  /// What can be attached to a guest and detached from it while it runs.
  private struct Belongings {
    var cards: [ServerNIC]
    var volumes: [VolumeAttachment]
  }

  private func belongings(of server: Server) async throws -> Belongings {
    Belongings(
      cards: server.nics.filter { !$0.leaving },
      volumes: try await attachments(of: server.id).filter { $0.state != .detaching })
  }

  private func follow(_ before: Belongings, to now: Belongings, of server: Server) async throws {
    let agent = try agent(of: server)
    let (ports, volumes) = (Set(before.cards.map(\.port)), Set(before.volumes.map(\.volumeID)))
    for card in now.cards where !ports.contains(card.port) {
      _ = try await bus.call(agent, AttachNIC(server: server.id, nic: RunGuest.NIC(card)))
    }
    for volume in now.volumes where !volumes.contains(volume.volumeID) {
      let disk = try await disk(of: volume, on: server.host ?? "")
      _ = try await bus.call(agent, AttachDisk(server: server.id, disk: disk))
    }
    for card in before.cards where !now.cards.contains(where: { $0.port == card.port }) {
      _ = try await bus.call(agent, DetachNIC(server: server.id, port: card.port, mac: card.mac))
    }
    for volume in before.volumes where !now.volumes.contains(where: { $0.volumeID == volume.volumeID }) {
      _ = try await bus.call(agent, DetachDisk(server: server.id, serial: volume.volumeID))
    }
  }

  /// Asks the host of a guest that runs. A server that does not run gets what belongs to it when it starts; one that is
  /// about to start or stop is waited for.
  func attach(to server: Server, _ attaching: () async throws -> Void) async throws {
    guard server.state == .active || server.state == .paused else {
      if server.doing != nil { throw NotYet(after: .milliseconds(200)) }
      return
    }
    try await attaching()
  }

  func stop(_ server: Server, grace: Duration) async throws {
    _ = try await bus.call(
      try agent(of: server), StopGuest(server: server.id, graceSeconds: Int(grace.components.seconds)))
  }
}

extension RunGuest.NIC {
  init(_ card: ServerNIC) { self.init(port: card.port, mac: card.mac, mtu: card.mtu) }
}
