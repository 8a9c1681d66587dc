internal import Core
public import Text

/// Which addresses a port gets: a function of the subnets, what is taken and what is wanted.
public enum AddressAllocation {
  /// What a client asks for in one entry of `fixed_ips`: a subnet, an address, or both.
  public struct Wish: Sendable, Equatable {
    public var subnetID: String?
    public var address: String?
    public init(subnetID: String? = nil, address: String? = nil) {
      self.subnetID = subnetID
      self.address = address
    }
  }

  /// The lowest address of the pools that nobody has; nil when all are taken.
  public static func next(in pools: [AddressRange], taken: Set<IPAddress>) -> IPAddress? {
    for pool in pools {
      for address in pool where !taken.contains(address) { return address }
    }
    return nil
  }

  /// The pools of a subnet for which none were given: all its hosts but the gateway.
  public static func defaultPools(of block: CIDR, gateway: IPAddress?) -> [AddressRange] {
    let hosts = block.hosts
    guard let gateway, hosts.contains(gateway) else { return [hosts] }
    let below = gateway.advanced(by: -1).flatMap { gateway > hosts.first ? AddressRange(hosts.first, $0) : nil }
    let above = gateway.advanced(by: 1).flatMap { gateway < hosts.last ? AddressRange($0, hosts.last) : nil }
    return [below, above].compactMap { $0 }
  }

  /// The gateway of a subnet for which none was given: its first host.
  public static func defaultGateway(of block: CIDR) -> IPAddress { block.hosts.first }

  /// The addresses of a port.
  /// - Parameters:
  ///   - wishes: nil for whatever is usual: one IPv4 address, one IPv6 address, and one of each automatic subnet.
  ///   - subnets: those of the port's network.
  ///   - taken: the addresses in use, by subnet.
  /// - Throws: the faults clients know: the address is in use, lies outside, or all are taken.
  public static func choose(
    _ wishes: [Wish]?, subnets: [Subnet], taken: [String: Set<IPAddress>], mac: MACAddress, owner: String,
    networkID: String
  ) throws -> [FixedIP] {
    var choice = Choice(subnets: subnets, taken: taken, mac: mac, owner: owner, networkID: networkID)
    guard let wishes else { return try choice.usual() }
    return try wishes.map { try choice.grant($0) }
  }
}

/// A choice in the making: what it has given counts as taken for what follows.
private struct Choice {
  let subnets: [Subnet]
  var taken: [String: Set<IPAddress>]
  let mac: MACAddress
  let owner: String
  let networkID: String

  private var isRouter: Bool { owner == DeviceOwner.routerInterface }

  mutating func usual() throws -> [FixedIP] {
    let fitting = subnets.filter { $0.serviceTypes.isEmpty || $0.serviceTypes.contains(owner) }
    guard subnets.isEmpty || !fitting.isEmpty else { throw Fault.addressesExhausted(networkID) }
    var given: [FixedIP] = []
    for version in [4, 6] {
      let candidates = fitting.filter { $0.ipVersion == version && !$0.isAutomatic }
      guard !candidates.isEmpty else { continue }
      guard let fixed = firstFree(of: candidates) else {
        throw Fault.addressesExhausted(networkID)
      }
      given.append(fixed)
    }
    for subnet in fitting where subnet.isAutomatic {
      if let address = subnet.block?.eui64(mac) { given.append(FixedIP(subnetID: subnet.id, address: address.text)) }
    }
    return given
  }

  mutating func grant(_ wish: AddressAllocation.Wish) throws -> FixedIP {
    let subnet = try subnet(for: wish)
    guard let text = wish.address else {
      if subnet.isAutomatic, !isRouter, let address = subnet.block?.eui64(mac) {
        return try take(address, in: subnet)
      }
      guard let fixed = free(in: subnet), let address = IPAddress(fixed.address) else {
        throw Fault.addressesExhausted(networkID)
      }
      return try take(address, in: subnet)
    }
    guard let address = IPAddress(text), let block = subnet.block else { throw Fault.invalidAddress(text) }
    guard block.contains(address), isRouter || block.hosts.contains(address) else {
      throw Fault.badRequest(
        "IP address \(text) is not a valid IP for the specified subnet.", code: "InvalidIpForSubnet")
    }
    if subnet.isAutomatic, !isRouter, address != block.eui64(mac) {
      throw Fault.badRequest(
        "IPv6 address \(text) can not be directly assigned to a port on subnet \(subnet.id) since the subnet is "
          + "configured for automatic addresses", code: "AllocationOnAutoAddressSubnet")
    }
    return try take(address, in: subnet)
  }

  private func subnet(for wish: AddressAllocation.Wish) throws -> Subnet {
    if let id = wish.subnetID {
      guard let subnet = subnets.first(where: { $0.id == id }) else {
        throw Fault.invalidInput(
          "Failed to create port on network \(networkID), because fixed_ips included invalid "
            + "subnet \(id)")
      }
      return subnet
    }
    guard let text = wish.address else {
      throw Fault.invalidInput("IP allocation requires subnet_id or ip_address")
    }
    guard let address = IPAddress(text) else { throw Fault.invalidAddress(text) }
    guard let subnet = subnets.first(where: { $0.block?.contains(address) ?? false }) else {
      throw Fault.badRequest(
        "IP address \(text) is not a valid IP for any of the subnets on the specified network.",
        code: "InvalidIpForNetwork")
    }
    return subnet
  }

  private func firstFree(of subnets: [Subnet]) -> FixedIP? {
    for subnet in subnets {
      if let fixed = free(in: subnet) { return fixed }
    }
    return nil
  }

  private func free(in subnet: Subnet) -> FixedIP? {
    AddressAllocation.next(in: subnet.pools.compactMap(\.range), taken: taken[subnet.id] ?? [])
      .map { FixedIP(subnetID: subnet.id, address: $0.text) }
  }

  private mutating func take(_ address: IPAddress, in subnet: Subnet) throws -> FixedIP {
    guard taken[subnet.id, default: []].insert(address).inserted else {
      throw Fault.addressInUse(address.text, networkID)
    }
    return FixedIP(subnetID: subnet.id, address: address.text)
  }
}
