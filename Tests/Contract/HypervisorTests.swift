import Core
import FakeHardware
import FileDisk
import Hardware
import Host
import Libvirt
import Testing

@Suite struct HypervisorTests {
  private func spec(_ disks: [GuestDisk]) -> GuestSpec {
    GuestSpec(
      id: World.real.uuid(), title: "a <guest> & its 'quotes'", vcpus: 1, memoryMiB: 192, disks: disks, nics: [])
  }
  private let spare = GuestDisk(serial: "spare", path: "/fake/spare.raw", format: .raw)

  @Test(arguments: [false, true]) func theFakeKeepsTheContract(remembers: Bool) async throws {
    let folder = try await Machine.folder()
    try await HypervisorContract(
      hypervisor: FakeHypervisor(directory: remembers ? folder : nil),
      guest: spec([GuestDisk(serial: "root", target: "vda", path: "/fake/root.qcow2", format: .qcow2)]), spare: spare,
      spareNIC: GuestNIC(mac: "fa:16:3e:00:00:02", tap: "tap2", mtu: 1450), folder: folder, grace: .zero,
      settled: { _, _ in }
    ).run()
    try await Host.real.remove(folder)
  }

  @Test func theFakeFailsWhenToldAndRemembersBeyondTheProcess() async throws {
    let folder = try await Machine.folder()
    let script = FakeScript()
    let before = FakeHypervisor(directory: folder, script: script)
    script.fail("ensureRunning", on: 2, with: .unavailable("the power is out"))
    let guest = spec([])
    try await before.ensureRunning(guest)
    await #expect(throws: Fault.unavailable("the power is out")) { try await before.ensureRunning(guest) }
    try await before.ensureRunning(guest)
    try await before.crash(guest.id)
    let after = FakeHypervisor(directory: folder)
    #expect(try await after.guests() == [GuestStatus(id: guest.id, power: .crashed)])
    try await after.forget(guest.id)
    #expect(try await after.guests().isEmpty)
    #expect(script.calls == ["ensureRunning", "ensureRunning", "ensureRunning"].map { $0 + " " + guest.id })
    try await Host.real.remove(folder)
  }

  @Test(
    .enabled(if: Machine.runsGuests, "needs root, libvirt, QEMU and .build/guest.qcow2 (tools/guest-image.sh)"),
    .timeLimit(.minutes(5)))
  func libvirtKeepsTheContractWithARealGuest() async throws {
    let folder = try await Machine.folder()
    let host = Host.real
    let disks = FileServerDisks(directory: folder + "/disks")
    let hypervisor = LibvirtHypervisor(directory: folder + "/guests")
    let image = try #require(Machine.guestImage)
    try await host.runOK("cp", [image, folder + "/image"])
    try await disks.ensureBase("image", from: folder + "/image")
    let id = World.real.uuid()
    let metadata = #"{"uuid": "\#(id)", "hostname": "contract.novalocal", "public_keys": {}}"#
    let files = [
      "openstack/latest/meta_data.json": Array(metadata.utf8),
      "openstack/latest/user_data": Array("#!/bin/sh\necho marker: $(cat /proc/sys/kernel/hostname)\n".utf8),
    ]
    let root = try await disks.ensureRoot(id, on: "image", sizeGiB: 1)
    let drive = try await disks.ensureConfigDrive(id, files: files)
    let spare = try await disks.ensureBlank(id, serial: "spare-0123456789", sizeMiB: 64)
    let taps = ["mlt-" + id.prefix(8) + "a", "mlt-" + id.prefix(8) + "b"]
    for tap in taps { try await host.runOK("ip", ["tuntap", "add", "dev", tap, "mode", "tap"]) }
    let nics = zip(taps, ["fa:16:3e:00:00:01", "fa:16:3e:00:00:02"]).map { GuestNIC(mac: $1, tap: $0, mtu: 1450) }
    let guest = GuestSpec(
      id: id, title: "a <guest> & its 'quotes'", vcpus: 1, memoryMiB: 192, disks: [root, drive], nics: [nics[0]])
    try await HypervisorContract(
      hypervisor: hypervisor, guest: guest, spare: spare, spareNIC: nics[1], folder: folder, grace: .seconds(30),
      settled: { hypervisor, id in
        try await Self.until(.seconds(90), "the guest is up") {
          let log = String(decoding: try await hypervisor.consoleLog(id, limit: 100_000), as: UTF8.self)
          return log.contains("marker: contract") && log.contains("=== guest ready")
        }
      }
    ).run()
    try await hypervisor.destroyAll()
    for tap in taps { try await host.runOK("ip", ["link", "delete", tap]) }
    #expect(try await host.exists(folder + "/guests") == false)
    #expect(try await host.list("/var/log/libvirt/qemu").allSatisfy { !$0.contains(id) }, "its log is left behind")
    try await host.remove(folder)
  }

  private static func until(_ limit: Duration, _ what: String, _ holds: () async throws -> Bool) async throws {
    let deadline = World.real.uptime() + limit
    while try await !holds() {
      try #require(World.real.uptime() < deadline, "\(what): not within \(limit)")
      try await World.real.sleep(.milliseconds(200))
    }
  }
}
