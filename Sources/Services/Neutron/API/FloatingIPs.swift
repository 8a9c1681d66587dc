internal import API
internal import Core
internal import JSON
internal import NeutronModel
internal import Store
internal import Text

/// A floating IP with the port it points at.
typealias ShownFloatingIP = Detailed<FloatingIP, Port?>

struct FloatingIPBody: ResourceBody {
  var projectID: String?
  var networkID = ""
  var subnetID: String?
  var address: String?
  var portID: Given<String?> = .absent
  var fixedAddress: Given<String?> = .absent
  var description: Given<String> = .absent
  var tags: [String] = []
  static var name: String { "floatingip" }
  static var lasting: Set<String> { ["floating_network_id", "floating_ip_address", "subnet_id", "tags"] }
  static var guarded: [String: JSON] { ["floating_ip_address": nil] }
  static let keys: [Key<FloatingIPBody>] = [
    .key("tenant_id", \.projectID), .key("project_id", \.projectID), .key("floating_network_id", \.networkID),
    .key("subnet_id", \.subnetID), .key("floating_ip_address", \.address), .key("port_id", \.portID),
    .key("fixed_ip_address", \.fixedAddress), .key("description", \.description, .text(0...255)),
    .key("tags", \.tags),
  ]
}

enum FloatingIPs {
  static let view = View<ShownFloatingIP>(
    "floatingip",
    StandardFields.head(id: \.record.id, \.record.standard).filter { $0.key != "name" } + [
      .field("floating_ip_address", \.record.address), .field("floating_network_id", \.record.networkID),
      .field("router_id", \.record.routerID), .field("port_id", \.record.portID),
      .field("fixed_ip_address", \.record.fixedAddress),
      .computed("status") { ip, _ in ip.portID == nil ? "DOWN" : "ACTIVE" },
      .computed("port_details") { ip, _ in
        guard let port = ip.extra else { return JSON.null }
        return [
          "name": .string(port.name), "network_id": .string(port.networkID), "mac_address": .string(port.mac),
          "admin_state_up": .bool(port.adminStateUp), "status": port.status.json,
          "device_id": .string(port.deviceID), "device_owner": .string(port.deviceOwner),
        ]
      },
    ] + StandardFields.tail(\.record.standard, \.record.generation))

  static let listing = Listing<FloatingIP>([
    "floating_ip_address": .text("address"), "floating_network_id": .text("network_id"),
    "router_id": .optional("router_id"), "port_id": .optional("port_id"),
    "fixed_ip_address": .optional("fixed_ip_address"),
    "status": .custom { values in "(port_id IS NOT NULL) IN (\(list: values.map { $0.uppercased() == "ACTIVE" }))" },
    "subnet_id": .custom { values in
      "holder_id IN (SELECT port_id FROM neutron_addresses WHERE subnet_id IN (\(list: values)))"
    },
  ])

  static let routes = Routes(
    rules: "", of: Neutron.self, shows: view,
    [
      .get("/floatingips", "get_floatingip", list, allow: .readerOrService, query: listing.keys),
      .post("/floatingips", "create_floatingip", create, allow: .memberOrService),
      .get("/floatingips/{id}", "get_floatingip", show, allow: .readerOrService),
      .put("/floatingips/{id}", "update_floatingip", update, allow: .memberOrService),
      .delete("/floatingips/{id}", "delete_floatingip", delete, allow: .memberOrService),
    ])

  static func list(_ call: Call<Neutron>, _: Nothing) async throws -> Page<ShownFloatingIP> {
    try await call.service.read { tx in
      let (ips, next) = try await listing.page(call.incoming, visible: call.incoming.ownProject, in: tx)
      return Page(try await detail(ips, tx), as: view, next: next)
    }
  }

  static func show(_ call: Call<Neutron>, _: Nothing) async throws -> Shown<ShownFloatingIP> {
    try await call.service.read { tx in
      Shown(try await detail([try await find(call.id, call, tx)], tx)[0], as: view)
    }
  }

  private static func find(_ id: String, _ call: Call<Neutron>, _ tx: some ReadTransaction) async throws -> FloatingIP {
    guard let ip = try await tx.get(FloatingIP.self, id) else { throw Fault.missing(.floatingIP, id) }
    try call.require(["project_id": ip.projectID], else: .missing(.floatingIP, id))
    return ip
  }

  static func create(_ call: Call<Neutron>, _ posted: Posted<FloatingIPBody>) async throws -> Made<ShownFloatingIP> {
    try await call.service.write { tx in
      var made: [ShownFloatingIP] = []
      for draft in posted.drafts { made += try await detail([try await create(draft, call, tx)], tx) }
      return Made(items: made, view: view, isBulk: posted.isBulk)
    }
  }

  private static func create(_ draft: FloatingIPBody, _ call: Call<Neutron>, _ tx: Transaction) async throws
    -> FloatingIP
  {
    let project = try call.incoming.owner(draft.projectID)
    try await Quotas.check(.floatingip, project, call.service, tx)
    let network = try await Networks.find(draft.networkID, call, tx)
    guard network.external else {
      throw Fault.bad("floatingip", "Network \(network.id) is not a valid external network")
    }
    var ip = FloatingIP()
    ip.id = call.service.world.uuid()
    ip.standard = Standard(projectID: project, at: call.service.world.now())
    ip.standard.tags = try Tags.checked(draft.tags)
    draft.description.apply(to: &ip.standard.description)
    ip.networkID = network.id
    let writer = PortWriter(call.service, tx)
    // The holder belongs to nobody, so that no project sees or deletes it.
    var holder = try await writer.blank(on: network, project: "", owner: DeviceOwner.floatingIP, device: ip.id)
    try await writer.place(&holder, try await wishes(draft, network, tx))
    guard let held = holder.fixedIPs.first(where: { !$0.address.contains(":") }) else {
      throw Fault.badRequest(
        "Unable to find any IP address on external network \(network.id).", code: "ExternalIpAddressExhausted")
    }
    try await writer.insert(holder)
    (ip.address, ip.holderID) = (held.address, holder.id)
    if let portID = draft.portID.value ?? nil {
      try await point(&ip, at: portID, draft.fixedAddress.value ?? nil, call, tx)
    } else if (draft.fixedAddress.value ?? nil) != nil {
      throw Fault.bad("floatingip", "fixed_ip_address cannot be specified without a port_id")
    }
    try await tx.insert(ip)
    return ip
  }

  private static func wishes(
    _ draft: FloatingIPBody, _ network: Network, _ tx: Transaction
  ) async throws -> [AddressAllocation.Wish]? {
    guard draft.subnetID != nil || draft.address != nil else { return nil }
    return [AddressAllocation.Wish(subnetID: draft.subnetID, address: draft.address)]
  }

  static func update(_ call: Call<Neutron>, _ body: Changed<FloatingIPBody>) async throws -> Shown<ShownFloatingIP> {
    try await call.service.write { tx in
      var ip = try await find(call.id, call, tx)
      let draft = body.draft
      draft.description.apply(to: &ip.standard.description)
      if case .given(let portID) = draft.portID, let portID {
        try await point(&ip, at: portID, draft.fixedAddress.value ?? nil, call, tx)
      } else if draft.portID.isGiven {
        (ip.portID, ip.fixedAddress, ip.routerID) = (nil, nil, nil)
      } else if let fixed = draft.fixedAddress.value ?? nil {
        guard let portID = ip.portID else {
          throw Fault.bad("floatingip", "fixed_ip_address cannot be specified without a port_id")
        }
        try await point(&ip, at: portID, fixed, call, tx)
      }
      return Shown(try await detail([try await tx.save(ip, call.service.world)], tx)[0], as: view)
    }
  }

  static func delete(_ call: Call<Neutron>, _: Nothing) async throws -> Nothing {
    try await call.service.write { tx in
      let ip = try await find(call.id, call, tx)
      try await tx.delete(ip)
      if let holder = try await tx.get(Port.self, ip.holderID) {
        try await PortWriter(call.service, tx).delete(holder)
      }
      return Nothing()
    }
  }

  /// Points the floating IP at one address of a port that some router connects with its network.
  private static func point(
    _ ip: inout FloatingIP, at portID: String, _ wanted: String?, _ call: Call<Neutron>, _ tx: Transaction
  ) async throws {
    let port = try await Ports.find(portID, call, tx)
    let fixed = try address(of: port, wanted)
    if let other = try await tx.one(
      FloatingIP.self,
      """
      WHERE port_id = \(port.id) AND fixed_ip_address = \(fixed.address) AND network_id = \(ip.networkID) \
      AND id <> \(ip.id)
      """)
    {
      throw Fault.conflict(
        "Cannot associate floating IP \(ip.address) (\(other.id)) with port \(port.id) using fixed IP "
          + "\(fixed.address), "
          + "as that fixed IP already has a floating IP on external network \(ip.networkID).",
        code: "FloatingIPPortAlreadyAssociated")
    }
    let routers = try await tx.all(
      Router.self,
      """
      WHERE external_network_id = \(ip.networkID) AND id IN (SELECT p.device_id FROM neutron_ports p \
      JOIN neutron_addresses a ON a.port_id = p.id WHERE p.device_owner = \(DeviceOwner.routerInterface) \
      AND a.subnet_id = \(fixed.subnetID)) ORDER BY created_at, id
      """)
    guard let router = routers.first else {
      throw Fault.notFound(
        "External network \(ip.networkID) is not reachable from subnet \(fixed.subnetID).  Therefore, cannot associate "
          + "Port \(port.id) with a Floating IP.", code: "ExternalGatewayForFloatingIPNotFound")
    }
    (ip.portID, ip.fixedAddress, ip.routerID) = (port.id, fixed.address, router.id)
  }

  private static func address(of port: Port, _ wanted: String?) throws -> FixedIP {
    if let wanted {
      guard let fixed = port.fixedIPs.first(where: { $0.address == IPAddress(wanted)?.text }) else {
        throw Fault.bad("floatingip", "Port \(port.id) does not have fixed ip \(wanted)")
      }
      return fixed
    }
    let candidates = port.fixedIPs.filter { !$0.address.contains(":") }
    guard let fixed = candidates.first else {
      throw Fault.bad(
        "floatingip", "Cannot add floating IP to port \(port.id) that has no fixed IPv4 addresses")
    }
    guard candidates.count == 1 else {
      throw Fault.bad(
        "floatingip",
        "Port \(port.id) has multiple fixed IPv4 addresses.  Must provide a specific IPv4 address when "
          + "assigning a floating IP")
    }
    return fixed
  }

  private static func detail(_ ips: [FloatingIP], _ tx: some ReadTransaction) async throws -> [ShownFloatingIP] {
    let ports = try await tx.all(Port.self, "WHERE id IN (\(list: ips.compactMap(\.portID)))")
    let byID = Dictionary(ports.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    return ips.map { ShownFloatingIP(record: $0, extra: $0.portID.flatMap { byID[$0] }) }
  }
}
