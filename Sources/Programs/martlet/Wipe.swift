internal import Core
internal import Wiring
internal import Host
internal import Libvirt
internal import LinuxNetwork

/// `martlet wipe`: removes everything this cloud made on the host, and then its state.
enum Wipe {
  static func run(_ context: Command.Context) async throws {
    let path = context.stateDirectory
    guard try await Host.real.exists(path) else { return Output.say("nothing in \(path)") }
    if StateDirectory.isServed(path) {
      throw Fault.conflict("A martlet runs on \(path). Stop it first, then wipe.")
    }
    let settings = try await StateDirectory.recalled(path, over: context.settings)
    if settings.hypervisor == .libvirt {
      let hypervisor = LibvirtHypervisor(directory: path + "/console", uri: settings.libvirtURI)
      try await hypervisor.destroyAll()
    }
    if settings.networkSwitch == .linux {
      try await wipeNetwork(Host.real, stateDirectory: path + "/network", prefix: settings.namePrefix)
    }
    try await Host.real.remove(path)
    Output.say("wiped \(path)")
  }
}
