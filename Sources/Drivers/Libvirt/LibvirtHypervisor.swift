// Libvirt: guests by libvirt's C API, QEMU below it.
//
// libvirt because operators know `virsh`, and because guests then belong to a daemon of their own and outlive us.
// Its calls block, so each runs on a thread of `Link`. Every method looks at what is and does only what is missing,
// so that it can be repeated; waiting is done here, asleep, not in libvirt. This module makes no taps and no disks:
// it is given their names. A domain is called `mlt-UUID` and says in its metadata to which cloud it belongs.

internal import CVirt
internal import Glibc
public import Core
public import Hardware
public import Host

/// QEMU guests on this host, hardware-assisted where the CPU's flags say so, emulated elsewhere.
///
/// The description that libvirt keeps is written anew at each start from the `GuestSpec`; a running guest keeps the
/// devices it has, apart from those attached and detached here.
public final class LibvirtHypervisor: Hypervisor {
  let link: Link
  let host: Host
  let world: World
  let directory: String

  /// - Parameters:
  ///   - directory: absolute; console logs are kept in it, and its path marks the guests of this cloud.
  ///   - uri: libvirt's; only `qemu:///system` is started by us when it does not answer.
  public init(directory: String, uri: String = "qemu:///system", host: Host = .real, world: World = .real) {
    self.directory = directory
    self.host = host
    self.world = world
    link = Link(uri: uri, host: host, world: world, daemons: Daemons(host: host, directory: directory))
  }

  public func guests() async throws -> [GuestStatus] {
    let owner = escaped(directory)
    return try await link.call { connection in
      try Self.list(connection).compactMap { domain in
        guard domain.name.hasPrefix(Host.prefix), Self.owner(of: domain) == owner else { return nil }
        return GuestStatus(id: String(domain.name.dropFirst(Host.prefix.count)), power: try domain.power())
      }
    }
  }

  /// Removes every guest of this cloud, and the daemons that it had to start unless somebody else's guests stand on
  /// them; part of `martlet wipe`.
  public func destroyAll() async throws {
    for guest in try await guests() { try await ensureAbsent(guest.id) }
    let others = try await link.call { connection in try Self.list(connection).count }
    if others == 0 { try await link.endDaemons() }
    try await host.remove(directory)
  }

  public func ensureRunning(_ guest: GuestSpec) async throws {
    let folder = folder(guest.id)
    try await host.makeDirectory(folder)
    let hardware = try await hasHardwareVirtualisation()
    let owner = directory
    try await link.call { connection in
      if let domain = try Domain.find(guest.id, on: connection) {
        switch try domain.power() {
        case .running: return
        case .paused: return try check(virDomainResume(domain.pointer), "resume the guest")
        case .crashed where domain.isActive: try check(virDomainDestroy(domain.pointer), "clear the crashed guest")
        case .crashed, .stopped: break
        }
      }
      let description = DomainXML(
        hardware: hardware, owner: owner, consoleLog: folder + "/console.log",
        confinement: Self.confinement(connection))
      guard let pointer = virDomainDefineXML(connection.pointer, description.text(guest)) else {
        throw lastFault("define the guest")
      }
      let domain = Domain(pointer)
      if virDomainCreate(domain.pointer) < 0, !domain.isActive { throw lastFault("start the guest") }
    }
  }

  public func ensureStopped(_ id: String, grace: Duration) async throws {
    if grace > .zero, try await shutDown(id, within: grace) { return }
    try await link.call { connection in
      let domain = try Domain.get(id, on: connection)
      if domain.isActive, virDomainDestroy(domain.pointer) < 0, domain.isActive { throw lastFault("stop the guest") }
    }
  }

  public func ensureAbsent(_ id: String) async throws {
    try await link.call { connection in
      guard let domain = try Domain.find(id, on: connection) else { return }
      if domain.isActive, virDomainDestroy(domain.pointer) < 0, domain.isActive { throw lastFault("stop the guest") }
      let flags =
        VIR_DOMAIN_UNDEFINE_MANAGED_SAVE.rawValue | VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA.rawValue
        | VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA.rawValue | VIR_DOMAIN_UNDEFINE_NVRAM.rawValue
      if virDomainUndefineFlags(domain.pointer, flags) < 0, lastCode() != VIR_ERR_NO_DOMAIN {
        throw lastFault("forget the guest")
      }
    }
    try await host.remove(folder(id))
    // QEMU's own words, which libvirt would keep for ever.
    for name in try await host.list(Self.logs) where name.hasPrefix(Host.prefix + id + ".log") {
      try await host.remove(Self.logs + "/" + name)
    }
  }
  /// Where libvirt's system daemon keeps the logs of its guests.
  private static let logs = "/var/log/libvirt/qemu"

  public func ensurePaused(_ id: String) async throws {
    try await change(id, to: .paused, from: .running) { virDomainSuspend($0) }
  }

  public func ensureResumed(_ id: String) async throws {
    try await change(id, to: .running, from: .paused) { virDomainResume($0) }
  }

  /// Powers the guest off by its own means and starts it again, so that it is known to have restarted.
  public func reboot(_ id: String, grace: Duration) async throws -> Bool {
    guard try await shutDown(id, within: grace) else { return false }
    try await link.call { connection in
      let domain = try Domain.get(id, on: connection)
      if virDomainCreate(domain.pointer) < 0, !domain.isActive { throw lastFault("start the guest") }
    }
    return true
  }

  private func change(
    _ id: String, to wanted: GuestPower, from other: GuestPower, by act: @escaping @Sendable (OpaquePointer) -> Int32
  ) async throws {
    try await link.call { connection in
      let domain = try Domain.get(id, on: connection)
      let power = try domain.power()
      if power == wanted { return }
      guard power == other else {
        throw Fault.conflict("The guest is \(power.rawValue), so it cannot become \(wanted.rawValue).")
      }
      if act(domain.pointer) < 0, try domain.power() != wanted { throw lastFault("make the guest \(wanted.rawValue)") }
    }
  }

  /// Presses the power button until the guest is off; false when it is paused or still runs after `grace`.
  /// The button is pressed again every few seconds because a system that is still starting does not notice it.
  private func shutDown(_ id: String, within grace: Duration) async throws -> Bool {
    let deadline = world.uptime() + grace
    var press = world.uptime()
    while true {
      let pressing = world.uptime() >= press
      // nil where nobody is there to hear: a paused guest.
      let off: Bool? = try await link.call { connection in
        let domain = try Domain.get(id, on: connection)
        guard domain.isActive else { return true }
        if try domain.power() == .paused { return nil }
        if pressing, virDomainShutdownFlags(domain.pointer, VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN.rawValue) < 0 {
          return !domain.isActive
        }
        return false
      }
      guard let off else { return false }
      if off { return true }
      if pressing { press = world.uptime() + .seconds(5) }
      guard world.uptime() < deadline else { return false }
      try await world.sleep(.milliseconds(100))
    }
  }

  func folder(_ id: String) -> String { directory + "/" + id }

  private static func list(_ connection: Connection) throws -> [Domain] {
    var pointers: UnsafeMutablePointer<OpaquePointer?>?
    let count = virConnectListAllDomains(connection.pointer, &pointers, 0)
    try check(count, "list the guests")
    defer { free(pointers) }
    return UnsafeBufferPointer(start: pointers, count: Int(count)).compactMap { $0.map(Domain.init) }
  }

  /// The cloud in the domain's metadata, as it stands there (escaped).
  private static func owner(of domain: Domain) -> String? {
    let kind = Int32(VIR_DOMAIN_METADATA_ELEMENT.rawValue)
    guard let text = virDomainGetMetadata(domain.pointer, kind, DomainXML.namespace, 0) else { return nil }
    defer { free(text) }
    let inner = String(cString: text).split(separator: "owner>", maxSplits: 2)
    guard inner.count > 1, let end = inner[1].lastIndex(of: "<") else { return nil }
    return String(inner[1][..<end])
  }

  private static func confinement(_ connection: Connection) -> [String] {
    guard let text = virConnectGetCapabilities(connection.pointer) else { return [] }
    defer { free(text) }
    let capabilities = String(cString: text)
    return ["apparmor", "selinux"].filter { capabilities.contains("<model>\($0)</model>") }
  }
}
