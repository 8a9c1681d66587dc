internal import API
internal import Core
internal import JSON
internal import NeutronModel
internal import Store
internal import Text

enum Ports {
  static let view = View<Port>(
    "port",
    StandardFields.head(id: \.id, \.standard) + [
      .field("network_id", \.networkID), .field("mac_address", \.mac), .field("admin_state_up", \.adminStateUp),
      .field("status", \.status), .field("device_id", \.deviceID), .field("device_owner", \.deviceOwner),
      .field("fixed_ips", \.fixedIPs), .field("allowed_address_pairs", \.allowedPairs),
      .field("extra_dhcp_opts", \.extraDHCPOptions), .field("security_groups", \.securityGroups),
      .field("port_security_enabled", \.portSecurity), .field("dns_name", \.dnsName),
      .computed("dns_assignment") { port, _ in
        .array(
          port.fixedIPs.map { fixed in
            let name = port.hostname(of: fixed.address)
            return ["hostname": .string(name), "ip_address": .string(fixed.address), "fqdn": .string(name + ".")]
          })
      },
      .field("binding:vnic_type", \.vnicType),
    ] + bindings + StandardFields.tail(\.standard, \.generation))

  private static let bindings: [Field<Port>] = [
    .computed("binding:host_id") { $1.isPrivileged ? .string($0.hostID) : nil },
    .computed("binding:profile") { $1.isPrivileged ? $0.profile : nil },
    .computed("binding:vif_type") { $1.isPrivileged ? ($0.hostID.isEmpty ? "unbound" : "bridge") : nil },
    .computed("binding:vif_details") { port, incoming in
      guard incoming.isPrivileged else { return nil }
      return port.hostID.isEmpty ? [:] : ["port_filter": true, "connectivity": "l2"]
    },
  ]

  static let listing = Listing<Port>([
    "network_id": .text("network_id"),
    "mac_address": .custom { values in
      "mac_address IN (\(list: values.map { MACAddress($0)?.text ?? $0 }))"
    },
    "admin_state_up": .flag("admin_state_up"), "status": .text("status"), "device_id": .text("device_id"),
    "device_owner": .text("device_owner"), "binding:host_id": .text("host_id"),
    "binding:vnic_type": .text("vnic_type"), "port_security_enabled": .flag("port_security_enabled"),
    "dns_name": .text("dns_name"),
    "binding:vif_type": .custom { values in
      let kinds = values.map { $0 == "unbound" }
      return "(host_id = '') IN (\(list: kinds))"
    },
    "security_groups": .custom { values in
      "id IN (SELECT port_id FROM neutron_group_members WHERE group_id IN (\(list: values)))"
    },
    "ip_address": .custom { try addressed($0.map { "ip_address=" + $0 }) },
    "subnet_id": .custom { try addressed($0.map { "subnet_id=" + $0 }) },
    "fixed_ips": .custom { try addressed($0) },
  ])

  /// `fixed_ips=ip_address=10.0.0.3`: alternatives within one kind, all kinds together.
  private static func addressed(_ values: [String]) throws -> SQL {
    var kinds: [String: [String]] = [:]
    for value in values {
      guard let at = value.firstIndex(of: "=") else { throw Fault.invalidInput("'\(value)' is no filter of fixed_ips") }
      kinds[String(value[..<at]), default: []].append(String(value[value.index(after: at)...]))
    }
    var conditions: [SQL] = []
    if let addresses = kinds["ip_address"] {
      conditions.append("address IN (\(list: addresses.map { IPAddress($0)?.text ?? $0 }))")
    }
    if let subnets = kinds["subnet_id"] { conditions.append("subnet_id IN (\(list: subnets))") }
    for part in kinds["ip_address_substr"] ?? [] {
      let literal = part.filter { $0.isHexDigit || $0 == "." || $0 == ":" }
      conditions.append("address LIKE \("%" + literal + "%")")
    }
    if conditions.isEmpty { return "1 = 0" }
    return "id IN (SELECT port_id FROM neutron_addresses \(SQL.allOf(conditions)))"
  }

  static let routes = Routes(
    rules: "", of: Neutron.self, shows: view,
    [
      .get("/ports", "get_port", list, allow: .readerOrService, query: listing.keys),
      .post("/ports", "create_port", create, allow: .memberOrService),
      .get("/ports/{id}", "get_port", show, allow: .readerOrService),
      .put("/ports/{id}", "update_port", update, allow: .memberOrService),
      .delete("/ports/{id}", "delete_port", delete, allow: .memberOrService),
    ])

  static func list(_ call: Call<Neutron>, _: Nothing) async throws -> Page<Port> {
    let project = call.caller.projectID ?? ""
    let visible: SQL =
      "\(call.incoming.ownProject) OR network_id IN (SELECT id FROM neutron_networks WHERE project_id = \(project))"
    return try await call.service.read { tx in
      let (ports, next) = try await listing.page(call.incoming, visible: visible, in: tx)
      return Page(ports, as: view, next: next)
    }
  }

  static func show(_ call: Call<Neutron>, _: Nothing) async throws -> Shown<Port> {
    try await call.service.read { tx in Shown(try await find(call.id, call, tx), as: view) }
  }

  /// A port of the caller's project, or on a network of it.
  static func find(_ id: String, _ call: Call<Neutron>, _ tx: some ReadTransaction) async throws -> Port {
    guard let port = try await tx.get(Port.self, id) else { throw Fault.missing(.port, id) }
    if call.permits(["project_id": port.projectID]) { return port }
    guard let network = try await tx.get(Network.self, port.networkID),
      call.permits(["project_id": network.projectID])
    else { throw Fault.missing(.port, id) }
    return port
  }

  static func create(_ call: Call<Neutron>, _ posted: Posted<PortBody>) async throws -> Made<Port> {
    try await call.service.write { tx in
      var made: [Port] = []
      for draft in posted.drafts { made.append(try await create(draft, call, tx)) }
      return Made(items: made, view: view, isBulk: posted.isBulk)
    }
  }

  private static func create(_ draft: PortBody, _ call: Call<Neutron>, _ tx: Transaction) async throws -> Port {
    let network = try await Networks.find(draft.networkID, call, tx)
    try checkOwner(draft, network, call, "create_port")
    let project = try call.incoming.owner(draft.projectID)
    try await Quotas.check(.port, project, call.service, tx)
    let writer = PortWriter(call.service, tx)
    var port = try await writer.blank(
      on: network, project: project, owner: draft.deviceOwner.value ?? "", device: draft.deviceID.value ?? "")
    port.standard.tags = try Tags.checked(draft.tags)
    try draft.apply(to: &port)
    if port.deviceOwner.hasPrefix("network:") {
      try settleGroups(&port, .given([]))
    } else {
      let usual = try await SecurityGroups.ensureDefault(project, call.service.world, tx)
      try settleGroups(&port, draft.securityGroups, usual: usual)
      try await checkGroups(port.securityGroups, call, tx)
    }
    try await writer.place(&port, draft.fixedIPs.value?.map(\.wish))
    try await writer.insert(port)
    return port
  }

  private static func checkOwner(
    _ draft: PortBody, _ network: Network, _ call: Call<Neutron>, _ rule: String
  ) throws {
    guard let key = draft.ownerOnly, !call.incoming.isPrivileged, network.projectID != call.caller.projectID else {
      return
    }
    throw Fault.disallowed("\(rule):\(key)")
  }

  /// The groups of a port: those given, else the project's own; none where port security is off.
  private static func settleGroups(_ port: inout Port, _ given: Given<[String]?>, usual: String? = nil) throws {
    if case .given(let list) = given {
      var seen: Set<String> = []
      port.securityGroups = (list ?? []).filter { seen.insert($0).inserted }
    } else if port.portSecurity {
      port.securityGroups = [usual].compactMap { $0 }
    } else {
      port.securityGroups = []
    }
    if !port.portSecurity, !port.securityGroups.isEmpty {
      throw Fault.conflict(
        "Port has security group associated. Cannot disable port security or ip address until security group is "
          + "removed.", code: "PortSecurityPortHasSecurityGroup")
    }
  }

  private static func checkGroups(_ ids: [String], _ call: Call<Neutron>, _ tx: Transaction) async throws {
    for id in ids {
      guard let group = try await tx.get(SecurityGroup.self, id),
        group.shared || call.permits(["project_id": group.projectID])
      else { throw Fault.missing(.securityGroup, id) }
    }
  }

  static func update(_ call: Call<Neutron>, _ body: Changed<PortBody>) async throws -> Shown<Port> {
    let draft = body.draft
    return try await call.service.write { tx in
      var port = try await find(call.id, call, tx)
      guard let network = try await tx.get(Network.self, port.networkID) else { throw Fault.missing(.port, call.id) }
      try checkOwner(draft, network, call, "update_port")
      let before = port
      try draft.apply(to: &port)
      if port.mac != before.mac, !before.hostID.isEmpty, !call.incoming.isPrivileged {
        throw Fault.conflict(
          "Unable to complete operation on port \(port.id), port is already bound, port type: bridge, old_mac "
            + "\(before.mac), new_mac \(port.mac).", code: "PortBound")
      }
      if !port.deviceOwner.hasPrefix("network:"), draft.securityGroups.isGiven || !port.portSecurity {
        let list = draft.securityGroups.isGiven ? draft.securityGroups : .given(port.securityGroups)
        try settleGroups(&port, list)
        try await checkGroups(port.securityGroups.filter { !before.securityGroups.contains($0) }, call, tx)
      }
      let writer = PortWriter(call.service, tx)
      if let wishes = draft.fixedIPs.value { try await writer.place(&port, wishes.map(\.wish)) }
      return Shown(try await writer.update(port, from: before), as: view)
    }
  }

  static func delete(_ call: Call<Neutron>, _: Nothing) async throws -> Nothing {
    try await call.service.write { tx in
      let port = try await find(call.id, call, tx)
      if DeviceOwner.kept.contains(port.deviceOwner) {
        throw Fault.conflict(
          "Port \(port.id) cannot be deleted directly via the port API: has device owner \(port.deviceOwner).",
          code: "ServicePortInUse")
      }
      try await PortWriter(call.service, tx).delete(port)
      return Nothing()
    }
  }
}
