import Core
import FakeHardware
import Hardware
import Host
import Wiring

/// The hardware of a simulated host, which outlives the processes that drive it.
struct SimHands: Sendable {
  let hypervisor: FakeHypervisor
  let disks: FakeServerDisks
  let volumes: FakeVolumes
  let images = FakeImages()
  let bridges: FakeSwitch
  let dhcp: FakeDHCPServers
  let routers: FakeRouters
  let firewall: FakeFirewall
  private let inspector: FakeImageInspector
  private let scratch: String

  /// Files on the caller's own thread.
  static let host = Host(files: .none)

  init(scratch: String, world: World, weather: Weather) {
    self.scratch = scratch
    let script = FakeScript(world: world) { try await weather.hardware($0, $1) }
    hypervisor = FakeHypervisor(script: script, host: Self.host)
    disks = FakeServerDisks(scratch: scratch, script: script, host: Self.host, world: world)
    volumes = FakeVolumes(scratch: scratch, script: script, host: Self.host, world: world)
    inspector = FakeImageInspector(script: script, host: Self.host)
    bridges = FakeSwitch(script: script)
    dhcp = FakeDHCPServers(script: script)
    routers = FakeRouters(script: script)
    firewall = FakeFirewall(script: script)
  }

  var hands: Hands {
    Hands(
      hypervisor: hypervisor, disks: disks, volumes: volumes, images: images, inspector: inspector, bridges: bridges,
      dhcp: dhcp, routers: routers, firewall: firewall)
  }

  /// What is in the directory for files that shall not stay.
  func scratchFiles() throws -> [String] { try BlockingFiles.list(scratch) }
  /// As drivers do when they start.
  func clearScratch() throws { try BlockingFiles.remove(scratch) }
}
