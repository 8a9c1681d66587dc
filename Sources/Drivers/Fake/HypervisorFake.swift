internal import Core
public import Hardware
public import Host

/// A hypervisor whose guests start at once and do nothing.
public final class FakeHypervisor: Hypervisor {
  struct Guest: Codable, Sendable {
    var spec: GuestSpec
    var power: GuestPower
    var console: String
    var starts: Int
  }

  /// What it is told to do wrong.
  public let script: FakeScript
  private let memory: FakeMemory<Guest>
  private let facts: HostCapabilities
  /// Whether guests heed the power button; a test sets false for the stubborn kind.
  private let heeds: Bool
  private let host: Host

  /// - Parameter directory: an existing directory to remember the guests in; nil forgets them with the process.
  public init(
    directory: String? = nil, script: FakeScript = FakeScript(), guestsHeedPowerButton: Bool = true,
    host: Host = .real,
    capabilities: HostCapabilities = HostCapabilities(
      hostname: "fake-host", hypervisorType: "fake", hypervisorVersion: 1_000_000, vcpus: 1000, memoryMiB: 8_000_000,
      diskGiB: 600_000, cpuModel: "fake")
  ) {
    self.script = script
    heeds = guestsHeedPowerButton
    self.host = host
    facts = capabilities
    memory = FakeMemory(path: directory.map { $0 + "/fake-guests.jsonl" })
  }

  // What happens to hardware behind everybody's back.

  /// The guests there are, in order.
  public func ids() async throws -> [String] { try await memory.read { $0.keys.sorted() } }
  /// The guest vanishes without a trace.
  public func forget(_ id: String) async throws { try await memory.change { $0[id] = nil } }
  /// The guest's machine breaks.
  public func crash(_ id: String) async throws { try await memory.change { $0[id]?.power = .crashed } }
  /// The guest powers itself off.
  public func powerOff(_ id: String) async throws { try await memory.change { $0[id]?.power = .stopped } }
  /// The guest writes to its console.
  public func write(_ text: String, to id: String) async throws { try await memory.change { $0[id]?.console += text } }
  /// What the guest has now.
  public func spec(_ id: String) async throws -> GuestSpec? { try await memory.read { $0[id]?.spec } }

  public func capabilities() async throws -> HostCapabilities {
    try await script.enter("capabilities")
    return facts
  }

  public func guests() async throws -> [GuestStatus] {
    try await script.enter("guests")
    return try await memory.read { guests in
      guests.values.map { GuestStatus(id: $0.spec.id, power: $0.power) }.sorted { $0.id < $1.id }
    }
  }

  public func ensureRunning(_ guest: GuestSpec) async throws {
    try await script.enter("ensureRunning", guest.id)
    try await memory.change { guests in
      var known = guests[guest.id] ?? Guest(spec: guest, power: .stopped, console: "", starts: 0)
      if known.power == .stopped || known.power == .crashed {
        known.spec = guest
        known.starts += 1
        known.console += "fake guest \(guest.title), start \(known.starts)\r\n"
      }
      known.power = .running
      guests[guest.id] = known
    }
  }

  public func ensureStopped(_ id: String, grace: Duration) async throws {
    try await script.enter("ensureStopped", id)
    try await change(id) { $0.power = .stopped }
  }

  public func ensureAbsent(_ id: String) async throws {
    try await script.enter("ensureAbsent", id)
    try await memory.change { $0[id] = nil }
  }

  public func ensurePaused(_ id: String) async throws {
    try await script.enter("ensurePaused", id)
    try await change(id) { guest in
      guard guest.power == .running || guest.power == .paused else { throw Self.off(guest.power) }
      guest.power = .paused
    }
  }

  public func ensureResumed(_ id: String) async throws {
    try await script.enter("ensureResumed", id)
    try await change(id) { guest in
      guard guest.power == .running || guest.power == .paused else { throw Self.off(guest.power) }
      guest.power = .running
    }
  }

  public func reboot(_ id: String, grace: Duration) async throws -> Bool {
    try await script.enter("reboot", id)
    let heeds = heeds
    return try await change(id) { guest in
      guard heeds, guest.power != .paused else { return false }
      guest.power = .running
      guest.starts += 1
      guest.console += "fake guest \(guest.spec.title), start \(guest.starts)\r\n"
      return true
    }
  }

  public func ensureAttached(_ disk: GuestDisk, to id: String) async throws {
    try await script.enter("ensureAttached", id)
    try await change(id) { guest in
      if guest.spec.disks.contains(where: { $0.serial == disk.serial }) { return }
      guest.spec.disks.append(disk)
    }
  }

  public func ensureDetached(disk serial: String, from id: String) async throws {
    try await script.enter("ensureDetached", id)
    try await memory.change { $0[id]?.spec.disks.removeAll { $0.serial == serial } }
  }

  public func ensureAttached(_ nic: GuestNIC, to id: String) async throws {
    try await script.enter("ensureAttached", id)
    try await change(id) { guest in
      if guest.spec.nics.contains(where: { $0.mac == nic.mac }) { return }
      guest.spec.nics.append(nic)
    }
  }

  public func ensureDetached(nic mac: String, from id: String) async throws {
    try await script.enter("ensureDetached", id)
    try await memory.change { $0[id]?.spec.nics.removeAll { $0.mac == mac } }
  }

  public func consoleLog(_ id: String, limit: Int) async throws -> [UInt8] {
    try await script.enter("consoleLog", id)
    return try await change(id) { Array($0.console.utf8.suffix(limit)) }
  }

  public func vncAddress(_ id: String) async throws -> ConsoleAddress {
    try await script.enter("vncAddress", id)
    return try await change(id) { guest in
      guard guest.power == .running || guest.power == .paused else { throw Self.off(guest.power) }
      return .tcp(host: "127.0.0.1", port: 5900)
    }
  }

  public func copyDisk(_ serial: String, of id: String, to path: String) async throws {
    try await script.enter("copyDisk", id)
    try await change(id) { guest in
      guard guest.spec.disks.contains(where: { $0.serial == serial }) else {
        throw Fault.notFound("The guest has no disk \(serial).")
      }
    }
    try await host.writeFile(path, EmptyImage.qcow2(size: 1 << 30))
  }

  private func change<T: Sendable>(
    _ id: String, _ body: @escaping @Sendable (inout Guest) throws -> T
  ) async throws -> T {
    try await memory.change { guests in
      guard var guest = guests[id] else {
        throw Fault.notFound("The hypervisor does not know a guest \(id).")
      }
      let result = try body(&guest)
      guests[id] = guest
      return result
    }
  }

  private static func off(_ power: GuestPower) -> Fault { .conflict("The guest is \(power.rawValue).") }
}
