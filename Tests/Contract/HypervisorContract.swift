import Core
import Hardware
import Host
import Testing

/// What every hypervisor must do, asked of the fake and of libvirt alike.
///
/// One long story rather than many tests, because a real guest takes seconds to start.
struct HypervisorContract {
  let hypervisor: any Hypervisor
  let guest: GuestSpec
  /// A disk to plug in while the guest runs.
  let spare: GuestDisk
  let spareNIC: GuestNIC
  let folder: String
  /// How long a guest may take to answer its power button, from the moment it is up.
  let grace: Duration
  /// Waits until the guest's system is up.
  let settled: (any Hypervisor, String) async throws -> Void

  func run() async throws {
    do {
      try await starts()
      try await changesPower()
      try await takesDevices()
      try await takesInterfaces()
      try await copiesItsDisk()
      try await stopsAndStarts()
    } catch {
      try? await hypervisor.ensureAbsent(guest.id)
      throw error
    }
    try await vanishes()
  }

  private func power() async throws -> GuestPower? {
    try await hypervisor.guests().first { $0.id == guest.id }?.power
  }

  private func starts() async throws {
    let facts = try await hypervisor.capabilities()
    #expect(facts.vcpus > 0 && facts.memoryMiB > 0 && facts.hypervisorVersion > 0 && !facts.hostname.isEmpty)
    #expect(try await power() == nil)
    try await hypervisor.ensureRunning(guest)
    try await hypervisor.ensureRunning(guest)
    #expect(try await power() == .running)
    try await settled(hypervisor, guest.id)
    #expect(try await hypervisor.consoleLog(guest.id, limit: 100_000).isEmpty == false)
    #expect(try await hypervisor.consoleLog(guest.id, limit: 10).count <= 10)
    _ = try await hypervisor.vncAddress(guest.id)
  }

  private func changesPower() async throws {
    try await hypervisor.ensurePaused(guest.id)
    try await hypervisor.ensurePaused(guest.id)
    #expect(try await power() == .paused)
    try await hypervisor.ensureResumed(guest.id)
    try await hypervisor.ensureResumed(guest.id)
    #expect(try await power() == .running)
  }

  private func takesDevices() async throws {
    try await hypervisor.ensureAttached(spare, to: guest.id)
    try await hypervisor.ensureAttached(spare, to: guest.id)
    try await World.real.sleep(grace > .zero ? .seconds(2) : .zero)
    try await hypervisor.ensureDetached(disk: spare.serial, from: guest.id)
    try await hypervisor.ensureDetached(disk: spare.serial, from: guest.id)
    try await hypervisor.ensureAttached(spare, to: guest.id)
    try await World.real.sleep(grace > .zero ? .seconds(2) : .zero)
    try await hypervisor.ensureDetached(disk: spare.serial, from: guest.id)
  }

  private func takesInterfaces() async throws {
    try await hypervisor.ensureAttached(spareNIC, to: guest.id)
    try await hypervisor.ensureAttached(spareNIC, to: guest.id)
    try await World.real.sleep(grace > .zero ? .seconds(2) : .zero)
    try await hypervisor.ensureDetached(nic: spareNIC.mac, from: guest.id)
    try await hypervisor.ensureDetached(nic: spareNIC.mac, from: guest.id)
  }

  private func copiesItsDisk() async throws {
    let path = folder + "/copy.qcow2"
    try await hypervisor.copyDisk(guest.disks[0].serial, of: guest.id, to: path)
    let header = ImageHeader(try await Host.real.readHead(path, count: ImageHeader.length))
    #expect(header.format == "qcow2")
    #expect(header.danger == nil, "a copy stands alone")
    #expect(header.virtualSize == 1 << 30)
    let fault = await #expect(throws: Fault.self) {
      try await hypervisor.copyDisk("no-such", of: guest.id, to: path + ".2")
    }
    #expect(fault?.kind == .notFound)
  }

  private func stopsAndStarts() async throws {
    #expect(try await hypervisor.reboot(guest.id, grace: grace))
    #expect(try await power() == .running)
    try await hypervisor.ensureStopped(guest.id, grace: .zero)
    try await hypervisor.ensureStopped(guest.id, grace: .zero)
    #expect(try await power() == .stopped)
    let fault = await #expect(throws: Fault.self) { try await hypervisor.ensurePaused(guest.id) }
    #expect(fault?.kind == .conflict)
    let console = await #expect(throws: Fault.self) { try await hypervisor.vncAddress(guest.id) }
    #expect(console?.kind == .conflict)
    try await hypervisor.copyDisk(guest.disks[0].serial, of: guest.id, to: folder + "/stopped.qcow2")
    try await hypervisor.ensureRunning(guest)
    #expect(try await power() == .running)
  }

  private func vanishes() async throws {
    try await hypervisor.ensureAbsent(guest.id)
    try await hypervisor.ensureAbsent(guest.id)
    #expect(try await power() == nil)
    let fault = await #expect(throws: Fault.self) { try await hypervisor.ensureStopped(guest.id, grace: .zero) }
    #expect(fault?.kind == .notFound)
    // A device of a guest that is gone is detached already.
    try await hypervisor.ensureDetached(disk: spare.serial, from: guest.id)
  }
}
