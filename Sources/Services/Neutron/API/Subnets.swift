internal import API
internal import Core
internal import JSON
internal import NeutronModel
internal import Store
internal import Text

enum Subnets {
  static let view = View<Subnet>(
    "subnet",
    StandardFields.head(id: \.id, \.standard) + [
      .field("network_id", \.networkID), .field("ip_version", \.ipVersion), .field("subnetpool_id", \.subnetPoolID),
      .field("enable_dhcp", \.dhcp), .field("ipv6_ra_mode", \.raMode), .field("ipv6_address_mode", \.addressMode),
      .field("gateway_ip", \.gateway), .field("cidr", \.cidr), .field("allocation_pools", \.pools),
      .field("host_routes", \.hostRoutes), .field("dns_nameservers", \.nameservers),
      .field("service_types", \.serviceTypes), .computed("segment_id") { _, _ in JSON.null },
    ] + StandardFields.tail(\.standard, \.generation))

  static let listing = Listing<Subnet>([
    "network_id": .text("network_id"), "cidr": .text("cidr"), "ip_version": .number("ip_version"),
    "gateway_ip": .optional("gateway_ip"), "enable_dhcp": .flag("enable_dhcp"),
    "ipv6_ra_mode": .optional("ipv6_ra_mode"), "ipv6_address_mode": .optional("ipv6_address_mode"),
    "subnetpool_id": .optional("subnetpool_id"),
    "shared": .custom { values in
      let flags = try values.map { try Flag(json: .string($0)).on }
      return "network_id IN (SELECT id FROM neutron_networks WHERE shared IN (\(list: flags)))"
    },
    "segment_id": .custom { _ in "1 = 0" },
  ])

  static let routes = Routes(
    rules: "", of: Neutron.self, shows: view,
    [
      .get("/subnets", "get_subnet", list, allow: .readerOrService, query: listing.keys),
      .post("/subnets", "create_subnet", create, allow: .member),
      .get("/subnets/{id}", "get_subnet", show, allow: .readerOrService),
      .put("/subnets/{id}", "update_subnet", update, allow: .member),
      .delete("/subnets/{id}", "delete_subnet", delete, allow: .member),
    ])

  static func list(_ call: Call<Neutron>, _: Nothing) async throws -> Page<Subnet> {
    let open: SQL = "network_id IN (SELECT id FROM neutron_networks WHERE shared = \(true) OR external = \(true))"
    let visible: SQL = "\(call.incoming.ownProject) OR \(open)"
    return try await call.service.read { tx in
      let (subnets, next) = try await listing.page(call.incoming, visible: visible, in: tx)
      return Page(subnets, as: view, next: next)
    }
  }

  static func show(_ call: Call<Neutron>, _: Nothing) async throws -> Shown<Subnet> {
    try await call.service.read { tx in Shown(try await find(call.id, call, tx), as: view) }
  }

  static func find(_ id: String, _ call: Call<Neutron>, _ tx: some ReadTransaction) async throws -> Subnet {
    guard let subnet = try await tx.get(Subnet.self, id) else { throw Fault.missing(.subnet, id) }
    if call.permits(["project_id": subnet.projectID]) || subnet.projectID == call.caller.projectID { return subnet }
    guard let network = try await tx.get(Network.self, subnet.networkID), network.shared || network.external else {
      throw Fault.missing(.subnet, id)
    }
    return subnet
  }

  private static func own(_ id: String, _ call: Call<Neutron>, _ tx: some ReadTransaction) async throws -> Subnet {
    let subnet = try await find(id, call, tx)
    guard call.permits(["project_id": subnet.projectID]) else { throw Fault.disallowed(call.rule) }
    return subnet
  }

  static func create(_ call: Call<Neutron>, _ posted: Posted<SubnetBody>) async throws -> Made<Subnet> {
    try await call.service.write { tx in
      var made: [Subnet] = []
      for draft in posted.drafts { made.append(try await create(draft, call, tx)) }
      return Made(items: made, view: view, isBulk: posted.isBulk)
    }
  }

  private static func create(_ draft: SubnetBody, _ call: Call<Neutron>, _ tx: Transaction) async throws -> Subnet {
    let network = try await Networks.find(draft.networkID, call, tx)
    guard call.permits(["project_id": network.projectID]) else { throw Fault.disallowed("create_subnet") }
    let project = try call.incoming.owner(draft.projectID)
    try await Quotas.check(.subnet, project, call.service, tx)
    var subnet = Subnet()
    subnet.id = call.service.world.uuid()
    subnet.networkID = network.id
    subnet.standard = Standard(projectID: project, at: call.service.world.now())
    subnet.standard.tags = try Tags.checked(draft.tags)
    let block = try await block(of: draft, &subnet, call, tx)
    subnet.cidr = block.text
    subnet.ipVersion = block.version.rawValue
    try modes(of: draft, &subnet)
    if !draft.gateway.isGiven { subnet.gateway = AddressAllocation.defaultGateway(of: block).text }
    try draft.apply(to: &subnet, call.service.options)
    if draft.pools == nil {
      let gateway = subnet.gateway.flatMap { IPAddress($0) }
      subnet.pools = AddressAllocation.defaultPools(of: block, gateway: gateway).map { AllocationPool($0) }
    }
    for other in try await tx.all(Subnet.self, "WHERE network_id = \(network.id)")
    where other.block?.overlaps(block) ?? false {
      throw Fault.invalidInput(
        "Requested subnet with cidr: \(block) for network: \(network.id) overlaps with another subnet")
    }
    try await tx.insert(subnet)
    try await PortWriter(call.service, tx).settleDHCP(on: network)
    return subnet
  }

  private static func block(
    of draft: SubnetBody, _ subnet: inout Subnet, _ call: Call<Neutron>, _ tx: Transaction
  ) async throws -> CIDR {
    let version = draft.ipVersion?.number
    if let version, version != 4, version != 6 {
      throw Fault.badRequest(
        "Invalid input for ip_version. Reason: '\(version)' is not in [4, 6].",
        code: "HTTPBadRequest")
    }
    if let pool = try await SubnetPools.pool(of: draft, version: version ?? 4, call, tx) {
      subnet.subnetPoolID = pool.id
      return try await SubnetPools.cut(draft, from: pool, project: subnet.projectID, tx)
    }
    guard let text = draft.cidr, !text.isEmpty else {
      throw Fault.bad("subnets", "a subnetpool must be specified in the absence of a cidr")
    }
    guard text.contains("/"), let block = CIDR(text) else {
      throw Fault.badRequest(
        "Invalid input for cidr. Reason: '\(text)' is not a valid IP subnet.",
        code: "HTTPBadRequest")
    }
    if let version, version != block.version.rawValue {
      throw Fault.invalidInput("cidr '\(text)' does not match the ip_version '\(version)'")
    }
    guard block.prefix > 0 else { throw Fault.invalidInput("0 is not allowed as CIDR prefix length") }
    guard !block.first.isMulticast else { throw Fault.invalidInput("Multicast IP subnet is not supported") }
    return block
  }

  private static func modes(of draft: SubnetBody, _ subnet: inout Subnet) throws {
    guard draft.addressMode != nil || draft.raMode != nil else { return }
    guard subnet.ipVersion == 6 else {
      throw Fault.invalidInput("ipv6_ra_mode or ipv6_address_mode cannot be set when subnet.ip_version is 4")
    }
    if draft.dhcp.value?.on == false {
      throw Fault.invalidInput("ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False")
    }
    if let address = draft.addressMode, let ra = draft.raMode, address != ra {
      throw Fault.invalidInput(
        "ipv6_ra_mode set to '\(ra.rawValue)' with ipv6_address_mode set to '\(address.rawValue)' is not valid. If "
          + "both "
          + "attributes are set, they must be the same value")
    }
    (subnet.addressMode, subnet.raMode) = (draft.addressMode, draft.raMode)
    if subnet.isAutomatic, subnet.block?.prefix != 64 {
      throw Fault.invalidInput(
        "Invalid CIDR \(subnet.cidr) for IPv6 address mode. OpenStack uses the EUI-64 address "
          + "format, which requires the prefix to be /64")
    }
  }

  static func update(_ call: Call<Neutron>, _ body: Changed<SubnetBody>) async throws -> Shown<Subnet> {
    try await call.service.write { tx in
      var subnet = try await own(call.id, call, tx)
      let before = subnet
      try body.draft.apply(to: &subnet, call.service.options)
      if subnet.gateway != before.gateway, let gateway = before.gateway,
        let user = try await tx.one(
          AddressRow.self, "WHERE subnet_id = \(subnet.id) AND address = \(gateway)"),
        try await tx.get(Port.self, user.portID)?.deviceOwner == DeviceOwner.routerInterface
      {
        throw Fault.conflict(
          "Current gateway ip \(gateway) already in use by port \(user.portID). Unable to update.",
          code: "GatewayIpInUse")
      }
      let saved = try await tx.save(subnet, call.service.world)
      if saved.dhcp != before.dhcp, let network = try await tx.get(Network.self, saved.networkID) {
        try await PortWriter(call.service, tx).settleDHCP(on: network)
      }
      return Shown(saved, as: view)
    }
  }

  static func delete(_ call: Call<Neutron>, _: Nothing) async throws -> Nothing {
    try await call.service.write { tx in
      let subnet = try await own(call.id, call, tx)
      let holders = try await tx.all(
        Port.self, "WHERE id IN (SELECT port_id FROM neutron_addresses WHERE subnet_id = \(subnet.id))")
      let writer = PortWriter(call.service, tx)
      for port in holders where port.deviceOwner != DeviceOwner.dhcp {
        // Addresses that hosts make for themselves go with the prefix; all others keep the subnet.
        guard subnet.isAutomatic, port.deviceOwner != DeviceOwner.routerInterface else {
          throw Fault.subnetInUse(subnet.id, "One or more ports have an IP allocation from this subnet")
        }
        var port = port
        let before = port
        port.fixedIPs.removeAll { $0.subnetID == subnet.id }
        try await writer.update(port, from: before)
      }
      for var port in holders where port.deviceOwner == DeviceOwner.dhcp {
        let before = port
        port.fixedIPs.removeAll { $0.subnetID == subnet.id }
        if port.fixedIPs.isEmpty {
          try await writer.delete(port)
        } else {
          try await writer.update(port, from: before)
        }
      }
      try await tx.delete(subnet)
      return Nothing()
    }
  }
}
