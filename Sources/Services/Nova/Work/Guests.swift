internal import Bus
internal import Core
internal import Hardware
internal import NovaModel

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

  /// Runs the guest with everything that belongs to it.
  func run(_ server: Server) async throws {
    let local = try await disks(of: server)
    var boot: [GuestDisk] = []
    var others: [GuestDisk] = []
    for attachment in try await attachments(of: server.id) {
      let disk = try await disk(of: attachment, on: server.host ?? "")
      if attachment.bootIndex == 0 { boot.append(disk) } else { others.append(disk) }
    }
    let nics = server.nics.map { RunGuest.NIC(port: $0.port, mac: $0.mac, mtu: $0.mtu) }
    _ = try await bus.call(
      try agent(of: server),
      RunGuest(
        server: server.id, title: server.name, vcpus: server.flavor.vcpus, memoryMiB: server.flavor.memoryMiB,
        disks: boot + local + others, nics: nics))
  }

  func stop(_ server: Server, grace: Duration) async throws {
    _ = try await bus.call(
      try agent(of: server), StopGuest(server: server.id, graceSeconds: Int(grace.components.seconds)))
  }
}
