internal import API
internal import Core
internal import JSON
internal import NeutronModel
internal import Store
internal import Text

/// `add_router_interface` and `remove_router_interface`.
enum RouterInterfaces {
  /// Connects a subnet, by its gateway's address on a new port, or a port that is there.
  static func add(_ call: Call<Neutron>, _ body: JSON) async throws -> JSON {
    let (subnetID, portID) = try wanted(body)
    if subnetID != nil, portID != nil {
      throw Fault.bad("router", "Cannot specify both subnet-id and port-id")
    }
    return try await call.service.write { tx in
      let router = try await RoutersAPI.find(call.id, call, tx)
      if let portID { return try await addPort(portID, router, call, tx) }
      let subnet = try await Subnets.find(subnetID ?? "", call, tx)
      guard let gateway = subnet.gateway else {
        throw Fault.bad("router", "Subnet for router interface must have a gateway IP")
      }
      try await checkOverlap(subnet, router, tx)
      guard let network = try await tx.get(Network.self, subnet.networkID) else {
        throw Fault.missing(.subnet, subnet.id)
      }
      let writer = PortWriter(call.service, tx)
      var port = try await writer.blank(
        on: network, project: router.projectID, owner: DeviceOwner.routerInterface, device: router.id)
      port.status = .active
      try await writer.place(&port, [AddressAllocation.Wish(subnetID: subnet.id, address: gateway)])
      try await writer.insert(port)
      return answer(router, port, subnet.id)
    }
  }

  private static func addPort(
    _ id: String, _ router: Router, _ call: Call<Neutron>, _ tx: Transaction
  ) async throws -> JSON {
    var port = try await Ports.find(id, call, tx)
    guard port.deviceID.isEmpty else {
      throw Fault.conflict(
        "Unable to complete operation on port \(port.id) for network \(port.networkID). Port already has an attached "
          + "device \(port.deviceID).", code: "PortInUse")
    }
    guard let first = port.fixedIPs.first else {
      throw Fault.bad("router", "Router port must have at least one fixed IP")
    }
    guard port.fixedIPs.count(where: { !$0.address.contains(":") }) <= 1 else {
      throw Fault.bad("router", "Cannot have multiple IPv4 subnets on router port")
    }
    for fixed in port.fixedIPs {
      if let subnet = try await tx.get(Subnet.self, fixed.subnetID) { try await checkOverlap(subnet, router, tx) }
    }
    let before = port
    (port.deviceID, port.deviceOwner, port.status) = (router.id, DeviceOwner.routerInterface, .active)
    (port.securityGroups, port.portSecurity, port.allowedPairs) = ([], false, [])
    let saved = try await PortWriter(call.service, tx).update(port, from: before)
    return answer(router, saved, first.subnetID)
  }

  static func remove(_ call: Call<Neutron>, _ body: JSON) async throws -> JSON {
    let (subnetID, portID) = try wanted(body)
    return try await call.service.write { tx in
      let router = try await RoutersAPI.find(call.id, call, tx)
      let legs = try await tx.all(
        Port.self, "WHERE device_id = \(router.id) AND device_owner = \(DeviceOwner.routerInterface)")
      let port: Port
      if let portID {
        guard let leg = legs.first(where: { $0.id == portID }) else {
          throw Fault.notFound(
            "Router \(router.id) does not have an interface with id \(portID)", code: "RouterInterfaceNotFound")
        }
        if let subnetID, !leg.fixedIPs.contains(where: { $0.subnetID == subnetID }) {
          throw Fault.badRequest(
            "Subnet on port \(portID) does not match the requested subnet \(subnetID).", code: "SubnetMismatchForPort")
        }
        port = leg
      } else {
        let subnet = try await Subnets.find(subnetID ?? "", call, tx)
        guard let leg = legs.first(where: { $0.fixedIPs.contains { $0.subnetID == subnet.id } }) else {
          throw Fault.notFound(
            "Router \(router.id) has no interface on subnet \(subnet.id)", code: "RouterInterfaceNotFoundForSubnet")
        }
        port = leg
      }
      try await checkUnused(port, router, tx)
      try await PortWriter(call.service, tx).delete(port)
      return answer(router, port, subnetID ?? port.fixedIPs.first?.subnetID ?? "")
    }
  }

  /// No floating IP and no route may need the leg.
  private static func checkUnused(_ port: Port, _ router: Router, _ tx: Transaction) async throws {
    for fixed in port.fixedIPs {
      let users = try await tx.run(
        """
        SELECT COUNT(*) FROM neutron_floating_ips f JOIN neutron_addresses a ON a.port_id = f.port_id \
        AND a.address = f.fixed_ip_address WHERE f.router_id = \(router.id) AND a.subnet_id = \(fixed.subnetID)
        """)
      if try Int(columnValue: users.first?.first ?? .int(0)) > 0 {
        throw Fault.conflict(
          "Router interface for subnet \(fixed.subnetID) on router \(router.id) cannot be deleted, as it is required "
            + "by "
            + "one or more floating IPs.", code: "RouterInterfaceInUseByFloatingIP")
      }
      guard let block = try await tx.get(Subnet.self, fixed.subnetID)?.block else { continue }
      if router.routes.contains(where: { RouterRoutes.leads($0, into: block) }) {
        throw Fault.conflict(
          "Router interface for subnet \(fixed.subnetID) on router \(router.id) cannot be deleted, as it is required "
            + "by "
            + "one or more routes.", code: "RouterInterfaceInUseByRoute")
      }
    }
  }

  private static func wanted(_ body: JSON) throws -> (subnet: String?, port: String?) {
    let (subnet, port) = (body["subnet_id"]?.string, body["port_id"]?.string)
    guard subnet != nil || port != nil else {
      throw Fault.bad("router", "Either subnet_id or port_id must be specified")
    }
    return (subnet, port)
  }

  static func subnets(of routerID: String, _ tx: some ReadTransaction) async throws -> [Subnet] {
    try await tx.all(
      Subnet.self,
      """
      WHERE id IN (SELECT a.subnet_id FROM neutron_addresses a JOIN neutron_ports p ON p.id = a.port_id \
      WHERE p.device_id = \(routerID) AND p.device_owner = \(DeviceOwner.routerInterface))
      """)
  }

  private static func checkOverlap(_ subnet: Subnet, _ router: Router, _ tx: Transaction) async throws {
    var others = try await subnets(of: router.id, tx)
    if others.contains(where: { $0.id == subnet.id }) {
      throw Fault.bad("router", "Router already has a port on subnet \(subnet.id)")
    }
    if let outside = router.externalNetworkID {
      others += try await tx.all(Subnet.self, "WHERE network_id = \(outside)")
    }
    for other in others { try refuseOverlap(subnet, other) }
  }

  static func refuseOverlap(_ subnet: Subnet, _ other: Subnet) throws {
    guard let a = subnet.block, let b = other.block, a.overlaps(b) else { return }
    throw Fault.bad(
      "router", "Cidr \(a) of subnet \(subnet.id) overlaps with cidr \(b) of subnet \(other.id)")
  }

  private static func answer(_ router: Router, _ port: Port, _ subnetID: String) -> JSON {
    [
      "id": .string(router.id), "tenant_id": .string(router.projectID), "project_id": .string(router.projectID),
      "port_id": .string(port.id), "network_id": .string(port.networkID), "subnet_id": .string(subnetID),
      "subnet_ids": port.fixedIPs.map(\.subnetID).json,
    ]
  }
}
