internal import Core
internal import NeutronModel
internal import Store
internal import Text

/// Writes ports with all that hangs on them: their addresses, their memberships, the floating IPs that point at them.
///
/// The one place where addresses are given and taken back, always inside the caller's transaction.
struct PortWriter {
  let service: Neutron
  let tx: Transaction
  init(_ service: Neutron, _ tx: Transaction) {
    self.service = service
    self.tx = tx
  }

  /// A blank port of a network, with an id and a MAC that no other port there has.
  func blank(on network: Network, project: String, owner: String = "", device: String = "") async throws -> Port {
    var port = Port()
    port.id = service.world.uuid()
    port.standard = Standard(projectID: project, at: service.world.now())
    port.networkID = network.id
    port.portSecurity = network.portSecurity
    port.deviceOwner = owner
    port.deviceID = device
    port.mac = try await freshMAC(on: network.id)
    if owner.hasPrefix("network:") { port.portSecurity = false }
    return port
  }

  func freshMAC(on networkID: String) async throws -> String {
    for _ in 0..<16 {
      guard let mac = MACAddress(random: service.world.random(3)) else { break }
      if try await tx.count(Port.self, "WHERE network_id = \(networkID) AND mac_address = \(mac.text)") == 0 {
        return mac.text
      }
    }
    throw Fault.unavailable("Unable to generate unique mac on network \(networkID). Try again.")
  }

  /// Chooses the port's addresses; those it has already count as free.
  func place(_ port: inout Port, _ wishes: [AddressAllocation.Wish]?) async throws {
    let subnets = try await tx.all(Subnet.self, "WHERE network_id = \(port.networkID) ORDER BY created_at, id")
    var taken: [String: Set<IPAddress>] = [:]
    let rows = try await tx.all(
      AddressRow.self, "WHERE network_id = \(port.networkID) AND port_id <> \(port.id)")
    for row in rows {
      if let address = IPAddress(row.address) { taken[row.subnetID, default: []].insert(address) }
    }
    guard let mac = MACAddress(port.mac) else {
      throw Fault.invalidInput("'\(port.mac)' is not a valid MAC address")
    }
    // An entry that names only a subnet keeps the address the port has there.
    var held = port.fixedIPs
    let settled = wishes?.map { wish -> AddressAllocation.Wish in
      guard wish.address == nil, let i = held.firstIndex(where: { $0.subnetID == wish.subnetID }) else { return wish }
      return AddressAllocation.Wish(subnetID: wish.subnetID, address: held.remove(at: i).address)
    }
    port.fixedIPs = try AddressAllocation.choose(
      settled, subnets: subnets, taken: taken, mac: mac, owner: port.deviceOwner, networkID: port.networkID)
  }

  func insert(_ port: Port) async throws {
    guard
      try await tx.count(Port.self, "WHERE network_id = \(port.networkID) AND mac_address = \(port.mac)") == 0
    else { throw Self.macInUse(port) }
    try await tx.insert(port)
    for fixed in port.fixedIPs { try await tx.insert(AddressRow(fixed, of: port)) }
    for group in port.securityGroups { try await tx.insert(GroupMember(group: group, port: port.id)) }
  }

  /// Writes a changed port.
  @discardableResult
  func update(_ port: Port, from before: Port) async throws -> Port {
    if port.mac != before.mac,
      try await tx.count(Port.self, "WHERE network_id = \(port.networkID) AND mac_address = \(port.mac)") > 0
    {
      throw Self.macInUse(port)
    }
    if port.fixedIPs != before.fixedIPs {
      try await tx.deleteAll(AddressRow.self, "WHERE port_id = \(port.id)")
      for fixed in port.fixedIPs { try await tx.insert(AddressRow(fixed, of: port)) }
      let kept = port.fixedIPs.map(\.address)
      for ip in try await tx.all(FloatingIP.self, "WHERE port_id = \(port.id)")
      where !kept.contains(ip.fixedAddress ?? "") {
        throw Fault.conflict(
          "Cannot remove the address \(ip.fixedAddress ?? "") of port \(port.id), since floating IP \(ip.address) "
            + "points at it. Disassociate that first.", code: "FipAssociated")
      }
    }
    if port.securityGroups != before.securityGroups {
      try await tx.deleteAll(GroupMember.self, "WHERE port_id = \(port.id)")
      for group in port.securityGroups { try await tx.insert(GroupMember(group: group, port: port.id)) }
    }
    return try await tx.save(port, service.world)
  }

  /// Deletes a port; floating IPs that point at it point nowhere afterwards.
  func delete(_ port: Port) async throws {
    for var ip in try await tx.all(FloatingIP.self, "WHERE port_id = \(port.id)") {
      (ip.portID, ip.fixedAddress, ip.routerID) = (nil, nil, nil)
      try await tx.save(ip, service.world)
    }
    try await tx.deleteAll(AddressRow.self, "WHERE port_id = \(port.id)")
    try await tx.deleteAll(GroupMember.self, "WHERE port_id = \(port.id)")
    try await tx.delete(port)
  }

  /// Gives the network's DHCP port an address on each of its DHCP subnets and no other; makes or deletes it as needed.
  func settleDHCP(on network: Network) async throws {
    let subnets = try await tx.all(Subnet.self, "WHERE network_id = \(network.id) ORDER BY created_at, id")
    let wanted = subnets.filter { $0.dhcp && !($0.ipVersion == 6 && $0.addressMode == .slaac) }
    let existing = try await tx.one(
      Port.self, "WHERE network_id = \(network.id) AND device_owner = \(DeviceOwner.dhcp)")
    guard !wanted.isEmpty else {
      if let existing { try await delete(existing) }
      return
    }
    var port: Port
    if let existing {
      port = existing
    } else {
      port = try await blank(
        on: network, project: network.projectID, owner: DeviceOwner.dhcp, device: "dhcp-\(network.id)")
      port.status = .active
    }
    // A subnet so small that nothing is free has no server rather than being refused.
    var wishes: [AddressAllocation.Wish] = []
    for subnet in wanted {
      let more = wishes + [AddressAllocation.Wish(subnetID: subnet.id)]
      var attempt = port
      do { try await place(&attempt, more) } catch let fault as Fault where fault.code == "IpAddressGenerationFailure" {
        continue
      }
      wishes = more
    }
    let before = port
    try await place(&port, wishes)
    if existing == nil { try await insert(port) } else { try await update(port, from: before) }
  }

  private static func macInUse(_ port: Port) -> Fault {
    .conflict(
      "Unable to complete operation for network \(port.networkID). The mac address \(port.mac) is in use.",
      code: "MacAddressInUse")
  }
}
