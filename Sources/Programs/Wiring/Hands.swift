internal import Core
internal import FakeHardware
internal import FileDisk
package import GlanceModel
package import Hardware
internal import Host
internal import LDAP
internal import Libvirt
internal import LinuxNetwork

/// The drivers that the settings choose.
package struct Hands: Sendable {
  package let hypervisor: any Hypervisor
  package let disks: any ServerDisks
  package let volumes: any VolumeBackend
  package let images: ImageStores
  /// Where images are cached; nil where they are not.
  package let imageCache: (any ImageBackend)?
  package let inspector: any ImageInspector
  /// Where tools work on images that are imported.
  package let imageScratch: String
  /// Where the certificates of signed images are.
  package let certificates: String
  package let bridges: any Switch
  package let dhcp: any DHCPServers
  package let routers: any Routers
  package let firewall: any Firewall
  /// Opens a directory of users and groups.
  package let directory: @Sendable (DirectoryAccess) throws -> any Directory

  package init(
    hypervisor: any Hypervisor, disks: any ServerDisks, volumes: any VolumeBackend, images: any ImageBackend,
    inspector: any ImageInspector, bridges: any Switch, dhcp: any DHCPServers, routers: any Routers,
    firewall: any Firewall, imageScratch: String = "/nonexistent",
    directory: @escaping @Sendable (DirectoryAccess) throws -> any Directory = { _ in FakeDirectory() }
  ) {
    self.hypervisor = hypervisor
    self.disks = disks
    self.volumes = volumes
    self.images = ImageStores(single: images)
    imageCache = nil
    self.imageScratch = imageScratch
    certificates = imageScratch
    self.inspector = inspector
    self.bridges = bridges
    self.dhcp = dhcp
    self.routers = routers
    self.firewall = firewall
    self.directory = directory
  }

  init(_ settings: Settings, state: StateDirectory, world: World) throws {
    let host = Host.real
    directory = { try LDAPDirectory($0, world: world) }
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
    imageScratch = state.directory("images/tools")
    certificates =
      settings.images.certificates.isEmpty ? state.directory("certificates") : settings.images.certificates
    images = try ImageStores(settings, state: state, host: host, world: world)
    imageCache = settings.images.cache.backend(state, host: host, world: world)
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
