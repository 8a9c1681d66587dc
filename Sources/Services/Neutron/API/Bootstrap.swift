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
    let (network, subnet) = publicNetwork(project, name, block)
    try await write { tx in
      guard try await tx.count(Network.self, "WHERE external = \(true)") == 0 else { return }
      try await tx.insert(network)
      try await tx.insert(subnet)
    }
  }

  private func publicNetwork(_ project: String, _ name: String, _ block: CIDR) -> (Network, Subnet) {
    var network = Network()
    network.id = world.uuid()
    network.standard = Standard(projectID: project, name: name, at: world.now())
    network.external = true
    network.isDefault = true
    network.kind = .flat
    network.physicalNetwork = name
    network.mtu = options.flatMTU
    var subnet = Subnet()
    subnet.id = world.uuid()
    subnet.standard = Standard(projectID: project, name: "\(name)-subnet", at: world.now())
    subnet.networkID = network.id
    subnet.cidr = block.text
    subnet.ipVersion = block.version.rawValue
    let gateway = AddressAllocation.defaultGateway(of: block)
    subnet.gateway = gateway.text
    subnet.dhcp = false
    subnet.pools = AddressAllocation.defaultPools(of: block, gateway: gateway).map { AllocationPool($0) }
    return (network, subnet)
  }
}
