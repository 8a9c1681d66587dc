internal import Core
internal import NeutronModel
internal import Store
internal import Text

extension Neutron {
  /// Makes what a new cloud begins with: one external network with its subnet. Does nothing where one is there already.
  /// - Parameters:
  ///   - project: the administrators' project, which owns it.
  ///   - name: of the network, and of the physical network on the hosts.
  ///   - cidr: the addresses of the outside; the first is the gateway, the others can be given away.
  public func bootstrap(
    project: String, name: String = "public", cidr: String = "172.24.4.0/24"
  ) async throws {
    guard let block = CIDR(strict: cidr) else {
      throw Fault.badRequest("The external network's addresses '\(cidr)' are no network such as 172.24.4.0/24.")
    }
    let (options, world) = (options, world)
    try await write { tx in
      guard try await tx.count(Network.self, "WHERE external = \(true)") == 0 else { return }
      var network = Network()
      network.id = world.uuid()
      network.standard = Standard(projectID: project, name: name, at: world.now())
      (network.external, network.isDefault, network.kind, network.physicalNetwork) = (true, true, .flat, name)
      network.mtu = options.flatMTU
      try await tx.insert(network)
      var subnet = Subnet()
      subnet.id = world.uuid()
      subnet.standard = Standard(projectID: project, name: "\(name)-subnet", at: world.now())
      (subnet.networkID, subnet.cidr, subnet.ipVersion) = (network.id, block.text, block.version.rawValue)
      let gateway = AddressAllocation.defaultGateway(of: block)
      (subnet.gateway, subnet.dhcp) = (gateway.text, false)
      subnet.pools = AddressAllocation.defaultPools(of: block, gateway: gateway).map { AllocationPool($0) }
      try await tx.insert(subnet)
    }
  }
}
