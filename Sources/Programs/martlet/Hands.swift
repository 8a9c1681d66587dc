internal import Core
internal import FakeHardware
internal import FileDisk
internal import Hardware
internal import Host
internal import Libvirt
internal import LinuxNetwork

/// The drivers that the settings choose.
struct Hands: Sendable {
  let hypervisor: any Hypervisor
  let disks: any ServerDisks
  let volumes: any VolumeBackend
  let images: any ImageBackend
  let inspector: any ImageInspector
  let bridges: any Switch
  let dhcp: any DHCPServers
  let routers: any Routers
  let firewall: any Firewall

  init(_ settings: Settings, state: StateDirectory, world: World) {
    let host = Host.real
    switch settings.hypervisor {
    case .libvirt:
      hypervisor = LibvirtHypervisor(
        directory: state.directory("console"), uri: settings.libvirtURI, host: host, world: world)
      disks = FileServerDisks(directory: state.directory("disks"), host: host, world: world)
    case .fake:
      hypervisor = FakeHypervisor(directory: state.directory("hypervisor"))
      disks = FakeServerDisks(directory: state.directory("disks"))
    }
    switch settings.volumeBackend {
    case .file: volumes = FileVolumes(directory: state.directory("volumes"), host: host, world: world)
    case .fake: volumes = FakeVolumes(directory: state.directory("volumes"))
    }
    images = ImageFiles(directory: state.directory("images"), host: host, world: world)
    inspector = settings.hypervisor == .fake ? FakeImageInspector() : QemuImageInspector(host: host)
    switch settings.networkSwitch {
    case .linux:
      let network = LinuxNetwork(host: host, stateDirectory: state.directory("network"), prefix: settings.namePrefix)
      bridges = network.bridges
      dhcp = network.dhcp
      routers = network.routers
      firewall = network.firewall
    case .fake:
      bridges = FakeSwitch()
      dhcp = FakeDHCPServers()
      routers = FakeRouters()
      firewall = FakeFirewall()
    }
  }
}
