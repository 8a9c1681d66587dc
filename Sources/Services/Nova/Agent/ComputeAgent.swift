// NovaAgent: what runs beside a hypervisor. It does as it is told over the bus and reports what its host has.
//
// It holds no store: whatever it must know comes with each verb, and image bytes come from the image service. Verbs on
// one server run one at a time, since a stop must not overtake a start; verbs on different servers run together.

public import Bus
public import Clients
public import Core
internal import HTTP
internal import JSON
public import Hardware
public import Host
internal import Log
internal import NovaModel

/// Connects ports to this host's switch; the program wires it to the network agent.
public protocol PortPlugger: Sendable {
  /// - Returns: the name of the port's tap.
  func plug(_ port: String) async throws -> String
  func unplug(_ port: String) async throws
}

public struct ComputeAgent: Sendable {
  /// The name under which the host is known to the cloud.
  public let name: String
  let hypervisor: any Hypervisor
  let disks: any ServerDisks
  let plugger: any PortPlugger
  let image: ImageClient
  let bus: Bus
  let host: Host
  let world: World
  private let turns = Turns()
  private static var log: Log { Log("nova.agent") }

  public init(
    name: String, hypervisor: any Hypervisor, disks: any ServerDisks, plugger: any PortPlugger, image: ImageClient,
    bus: Bus, host: Host, world: World
  ) {
    self.name = name
    self.hypervisor = hypervisor
    self.disks = disks
    self.plugger = plugger
    self.image = image
    self.bus = bus
    self.host = host
    self.world = world
  }

  /// Answers the verbs of this host's topic.
  public func serve() {
    bus.serve(
      ComputeTopic.agent(name),
      [
        .on(PrepareDisks.self) { verb in try await alone(verb.server) { try await prepare(verb) } },
        .on(RunGuest.self) { verb in try await alone(verb.server) { try await run(verb) } },
        .on(StopGuest.self) { verb in
          try await done(verb.server) {
            try await hypervisor.ensureStopped(verb.server, grace: .seconds(verb.graceSeconds))
          }
        },
        .on(PauseGuest.self) { verb in try await done(verb.server) { try await hypervisor.ensurePaused(verb.server) } },
        .on(ResumeGuest.self) { verb in try await done(verb.server) { try await hypervisor.ensureResumed(verb.server) }
        },
        .on(RebootGuest.self) { verb in
          try await alone(verb.server) { try await hypervisor.reboot(verb.server, grace: .seconds(verb.graceSeconds)) }
        },
        .on(RemoveGuest.self) { verb in try await done(verb.server) { try await remove(verb) } },
        .on(AttachDisk.self) { verb in
          try await done(verb.server) { try await hypervisor.ensureAttached(verb.disk, to: verb.server) }
        },
        .on(DetachDisk.self) { verb in
          try await done(verb.server) { try await hypervisor.ensureDetached(disk: verb.serial, from: verb.server) }
        },
        .on(AttachNIC.self) { verb in
          try await done(verb.server) {
            let tap = try await plugger.plug(verb.nic.port)
            try await hypervisor.ensureAttached(
              GuestNIC(mac: verb.nic.mac, tap: tap, mtu: verb.nic.mtu), to: verb.server)
          }
        },
        .on(DetachNIC.self) { verb in
          try await done(verb.server) {
            try await hypervisor.ensureDetached(nic: verb.mac, from: verb.server)
            try await plugger.unplug(verb.port)
          }
        },
        .on(ReadConsole.self) { verb in try await console(verb) },
        .on(FindVNC.self) { verb in try await hypervisor.vncAddress(verb.server) },
        .on(UploadSnapshot.self) { verb in try await done(verb.server) { try await snapshot(verb) } },
        .on(ListGuests.self) { _ in
          ListGuests.Reply(guests: try await hypervisor.guests(), disks: try await disks.servers())
        },
        .on(DescribeHost.self) { _ in try await capabilities() },
      ])
  }

  private func alone<T: Sendable>(_ server: String, _ body: @escaping @Sendable () async throws -> T) async throws -> T
  {
    try await turns.take(server) { try await body() }
  }
  private func done(_ server: String, _ body: @escaping @Sendable () async throws -> Void) async throws -> Done {
    try await turns.take(server) { try await body() }
    return Done()
  }

  // MARK: Disks

  private func prepare(_ verb: PrepareDisks) async throws -> PrepareDisks.Reply {
    var all: [GuestDisk] = []
    if let image = verb.image {
      try await fetch(image)
      all.append(try await disks.ensureRoot(verb.server, on: image, sizeGiB: verb.rootGiB))
    }
    if verb.ephemeralGiB > 0 {
      all.append(try await disks.ensureBlank(verb.server, serial: "ephemeral0", sizeMiB: verb.ephemeralGiB * 1024))
    }
    if verb.swapMiB > 0 { all.append(try await disks.ensureBlank(verb.server, serial: "swap", sizeMiB: verb.swapMiB)) }
    if let files = verb.configDrive { all.append(try await disks.ensureConfigDrive(verb.server, files: files)) }
    return PrepareDisks.Reply(disks: all)
  }

  /// Brings an image into the cache; two servers that need the same one at once fetch it once.
  private func fetch(_ id: String) async throws {
    try await turns.take("image/" + id) {
      if try await disks.hasBase(id) { return }
      let path = try await disks.scratchPath()
      do {
        try await save(try await image.download(id), to: path)
        try await check(path, of: id)
        try await disks.ensureBase(id, from: path)
      } catch {
        try? await host.remove(path)
        throw error
      }
    }
  }

  /// An image that is not what it says is not booted, whoever keeps it: tools would take it for something else.
  private func check(_ path: String, of id: String) async throws {
    guard let image = try await image.show(id), image["container_format"] == "bare",
      let format = image["disk_format"]?.string
    else { return }
    let header = ImageHeader(try await host.readHead(path, count: ImageHeader.length))
    try header.check(declared: format)
  }

  /// Writes a body to a file as it arrives.
  private func save(_ body: Body, to path: String) async throws {
    switch body {
    case .empty: try await host.writeFile(path, [])
    case .bytes(let bytes): try await host.writeFile(path, bytes)
    case .file(let source, let offset, let length):
      try await host.copy(source, offset: offset, length: length, to: path)
    case .stream(let stream):
      try await host.writeFile(path, [])
      while let piece = try await stream.next() { try await host.appendFile(path, piece) }
    }
  }

  private func snapshot(_ verb: UploadSnapshot) async throws {
    let path = try await disks.scratchPath()
    do {
      let runs = try await hypervisor.guests().contains {
        $0.id == verb.server && $0.power != .stopped && $0.power != .crashed
      }
      let serial = GuestDisk.rootSerial
      if runs {
        try await hypervisor.copyDisk(serial, of: verb.server, to: path)
      } else {
        try await disks.copyDisk(serial, of: verb.server, to: path)
      }
      guard let size = try await host.status(path)?.size else {
        throw Fault.internalError("The copy of the server's disk is not where it was written.")
      }
      try await image.upload(verb.image, .file(path: path, offset: 0, length: size))
    } catch {
      try? await host.remove(path)
      throw error
    }
    try await host.remove(path)
  }

  // MARK: Guests

  private func run(_ verb: RunGuest) async throws -> Done {
    var nics: [GuestNIC] = []
    for nic in verb.nics { nics.append(GuestNIC(mac: nic.mac, tap: try await plugger.plug(nic.port), mtu: nic.mtu)) }
    try await hypervisor.ensureRunning(
      GuestSpec(
        id: verb.server, title: verb.title, vcpus: verb.vcpus, memoryMiB: verb.memoryMiB, disks: verb.disks, nics: nics)
    )
    return Done()
  }

  private func remove(_ verb: RemoveGuest) async throws {
    try await hypervisor.ensureAbsent(verb.server)
    for port in verb.ports { try await plugger.unplug(port) }
    try await disks.ensureAbsent(verb.server)
  }

  private func console(_ verb: ReadConsole) async throws -> String {
    let bytes = try await hypervisor.consoleLog(verb.server, limit: 1 << 20)
    let text = String(decoding: bytes, as: UTF8.self)
    guard let lines = verb.lines else { return text }
    let all = text.split(separator: "\n", omittingEmptySubsequences: false)
    return all.suffix(lines).joined(separator: "\n")
  }

  // MARK: Reports

  private func capabilities() async throws -> HostCapabilities {
    var found = try await hypervisor.capabilities()
    found.hostname = name
    found.diskGiB = try await disks.space().totalGiB
    return found
  }

  /// Tells the conductor what this host has, and that it is alive.
  public func report() async throws {
    _ = try await bus.call(ComputeTopic.conductor, ReportHost(host: name, capabilities: try await capabilities()))
  }
}
