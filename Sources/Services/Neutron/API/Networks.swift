internal import API
internal import Core
internal import JSON
internal import NeutronModel
internal import Store

/// A network with the ids of its subnets.
typealias ShownNetwork = Detailed<Network, [String]>

struct NetworkBody: ResourceBody {
  var projectID: String?
  var name: Given<String> = .absent
  var description: Given<String> = .absent
  var adminStateUp: Given<Flag> = .absent
  var shared: Given<Flag> = .absent
  var external: Given<Flag> = .absent
  var isDefault: Given<Flag> = .absent
  var mtu: Given<Whole> = .absent
  var dnsDomain: Given<String> = .absent
  var portSecurity: Given<Flag> = .absent
  var kind: String?
  var physicalNetwork: String?
  var segmentationID: Whole?
  var zones: JSON = []
  var tags: [String] = []

  static var name: String { "network" }
  static var lasting: Set<String> { ["availability_zone_hints", "tags"] }
  static var guarded: [String: JSON] {
    [
      "shared": false, "router:external": false, "is_default": false, "provider:network_type": nil,
      "provider:physical_network": nil, "provider:segmentation_id": nil,
    ]
  }
  static let keys: [Key<NetworkBody>] = [
    .key("tenant_id", \.projectID), .key("project_id", \.projectID),
    .key("name", \.name, .text(0...255)), .key("description", \.description, .text(0...255)),
    .key("admin_state_up", \.adminStateUp), .key("shared", \.shared), .key("router:external", \.external),
    .key("is_default", \.isDefault), .key("mtu", \.mtu), .key("port_security_enabled", \.portSecurity),
    .key("provider:network_type", \.kind), .key("provider:physical_network", \.physicalNetwork),
    .key("provider:segmentation_id", \.segmentationID), .key("availability_zone_hints", \.zones), .key("tags", \.tags),
    .key("dns_domain", \.dnsDomain, .text(0...253)),
  ]

  func apply(to network: inout Network) throws {
    name.apply(to: &network.standard.name)
    description.apply(to: &network.standard.description)
    adminStateUp.apply(to: &network.adminStateUp)
    shared.apply(to: &network.shared)
    external.apply(to: &network.external)
    isDefault.apply(to: &network.isDefault)
    portSecurity.apply(to: &network.portSecurity)
    if let domain = dnsDomain.value {
      guard domain.isEmpty || domain.hasSuffix(".") else { throw Fault.invalidInput("'\(domain)' is not a FQDN") }
      network.dnsDomain = domain.lowercased()
    }
    guard let wanted = mtu.value?.number, wanted != 0 else { return }
    guard (68...65_535).contains(wanted) else { throw Fault.invalidInput("mtu \(wanted) is not between 68 and 65535") }
    network.mtu = wanted
  }
}

enum Networks {
  static let view = View<ShownNetwork>(
    "network",
    StandardFields.head(id: \.record.id, \.record.standard) + [
      .field("admin_state_up", \.record.adminStateUp), .field("mtu", \.record.mtu),
      .computed("status") { network, _ in network.adminStateUp ? "ACTIVE" : "DOWN" },
      .field("subnets", \.extra), .field("shared", \.record.shared),
      .computed("availability_zone_hints") { _, _ in [] },
      .computed("availability_zones") { network, _ in network.extra.isEmpty ? [] : ["nova"] },
      .computed("ipv4_address_scope") { _, _ in JSON.null }, .computed("ipv6_address_scope") { _, _ in JSON.null },
      .field("router:external", \.record.external),
      .computed("is_default") { network, _ in network.external ? .bool(network.isDefault) : nil },
      .field("port_security_enabled", \.record.portSecurity), .field("dns_domain", \.record.dnsDomain),
      .computed("provider:network_type") { $1.isPrivileged ? .string($0.kind.rawValue) : nil },
      .computed("provider:physical_network") { $1.isPrivileged ? $0.physicalNetwork.json : nil },
      .computed("provider:segmentation_id") { $1.isPrivileged ? $0.segmentationID.json : nil },
    ] + StandardFields.tail(\.record.standard, \.record.generation))

  static let listing = Listing<Network>([
    "admin_state_up": .flag("admin_state_up"), "shared": .flag("shared"), "router:external": .flag("external"),
    "is_default": .flag("is_default"), "mtu": .number("mtu"), "port_security_enabled": .flag("port_security_enabled"),
    "provider:network_type": .text("network_type"), "provider:physical_network": .optional("physical_network"),
    "provider:segmentation_id": .number("segmentation_id"),
    "status": .custom { values in "admin_state_up IN (\(list: values.map { $0.uppercased() == "ACTIVE" }))" },
    "subnets": .custom { "id IN (SELECT network_id FROM neutron_subnets WHERE id IN (\(list: $0)))" },
    "availability_zone_hints": .custom { _ in "1 = 0" },
  ])

  static let routes = Routes(
    rules: "",
    of: Neutron.self, shows: view,
    [
      .get("/networks", "get_network", list, allow: .readerOrService, query: listing.keys),
      .post("/networks", "create_network", create, allow: .memberOrService),
      .get("/networks/{id}", "get_network", show, allow: .readerOrService),
      .put("/networks/{id}", "update_network", update, allow: .member),
      .delete("/networks/{id}", "delete_network", delete, allow: .member),
    ])

  static func visible(_ call: Call<Neutron>) -> SQL {
    "\(call.incoming.ownProject) OR shared = \(true) OR external = \(true)"
  }

  static func list(_ call: Call<Neutron>, _: Nothing) async throws -> Page<ShownNetwork> {
    try await call.service.read { tx in
      let (networks, next) = try await listing.page(call.incoming, visible: visible(call), in: tx)
      return Page(try await detail(networks, tx), as: view, next: next)
    }
  }

  static func show(_ call: Call<Neutron>, _: Nothing) async throws -> Shown<ShownNetwork> {
    try await call.service.read { tx in
      Shown(try await detail([try await find(call.id, call, tx)], tx)[0], as: view)
    }
  }

  static func create(_ call: Call<Neutron>, _ posted: Posted<NetworkBody>) async throws -> Made<ShownNetwork> {
    try await call.service.write(wakes: false) { tx in
      var made: [ShownNetwork] = []
      for draft in posted.drafts {
        let project = try call.incoming.owner(draft.projectID)
        try await Quotas.check(.network, project, call.service, tx)
        var network = Network()
        network.id = call.service.world.uuid()
        network.standard = Standard(projectID: project, at: call.service.world.now())
        network.standard.tags = try Tags.checked(draft.tags)
        try draft.apply(to: &network)
        try await segment(&network, draft, call.service, tx)
        try await tx.insert(network)
        _ = try await SecurityGroups.ensureDefault(project, call.service.world, tx)
        made.append(ShownNetwork(record: network, extra: []))
      }
      return Made(items: made, view: view, isBulk: posted.isBulk)
    }
  }

  static func update(_ call: Call<Neutron>, _ body: Changed<NetworkBody>) async throws -> Shown<ShownNetwork> {
    let draft = body.draft
    if draft.kind != nil || draft.physicalNetwork != nil || draft.segmentationID != nil {
      throw Fault.invalidInput("Plugin does not support updating provider attributes")
    }
    return try await call.service.write { tx in
      var network = try await own(call.id, call, tx)
      let before = network
      try draft.apply(to: &network)
      if before.external, !network.external,
        try await tx.count(FloatingIP.self, "WHERE network_id = \(network.id)") > 0
      {
        throw Fault.conflict(
          "External network \(network.id) cannot be updated to be made non-external, since it has existing gateway "
            + "ports", code: "ExternalNetworkInUse")
      }
      if before.shared, !network.shared,
        try await tx.count(
          Port.self, "WHERE network_id = \(network.id) AND project_id <> \(network.projectID) AND project_id <> ''") > 0
      {
        throw Fault.conflict(
          "Unable to reconfigure sharing settings for network \(network.id). Multiple projects are using it.",
          code: "InvalidSharedSetting")
      }
      return Shown(try await detail([try await tx.save(network, call.service.world)], tx)[0], as: view)
    }
  }

  /// Deletes a network with its subnets and its DHCP port; any other port keeps it.
  static func delete(_ call: Call<Neutron>, _: Nothing) async throws -> Nothing {
    try await call.service.write { tx in
      let network = try await own(call.id, call, tx)
      let ports = try await tx.all(Port.self, "WHERE network_id = \(network.id)")
      let blocking = ports.filter { $0.deviceOwner != DeviceOwner.dhcp }
      guard blocking.isEmpty else {
        throw Fault.networkInUse(
          network.id,
          "There are one or more ports still in use on the network, id(s) \(blocking.map(\.id).joined(separator: ","))")
      }
      let writer = PortWriter(call.service, tx)
      for port in ports { try await writer.delete(port) }
      try await tx.deleteAll(Subnet.self, "WHERE network_id = \(network.id)")
      try await tx.delete(network)
      return Nothing()
    }
  }

  /// A network that the caller may see.
  static func find(_ id: String, _ call: Call<Neutron>, _ tx: some ReadTransaction) async throws -> Network {
    guard let network = try await tx.get(Network.self, id) else { throw Fault.missing(.network, id) }
    if network.shared || network.external { return network }
    guard
      call.permits(["project_id": network.projectID]) || call.incoming.isPrivileged
        || network.projectID == call.caller.projectID
    else { throw Fault.missing(.network, id) }
    return network
  }

  /// A network that the caller may change.
  static func own(_ id: String, _ call: Call<Neutron>, _ tx: some ReadTransaction) async throws -> Network {
    let network = try await find(id, call, tx)
    if call.permits(["project_id": network.projectID]) { return network }
    throw Fault.disallowed(call.rule)
  }

  private static func detail(_ networks: [Network], _ tx: some ReadTransaction) async throws -> [ShownNetwork] {
    let rows = try await tx.run(
      """
      SELECT network_id, id FROM neutron_subnets WHERE network_id IN (\(list: networks.map(\.id))) \
      ORDER BY created_at, id
      """
    )
    var subnets: [String: [String]] = [:]
    for row in rows { subnets[try String(columnValue: row[0]), default: []].append(try String(columnValue: row[1])) }
    return networks.map { ShownNetwork(record: $0, extra: subnets[$0.id] ?? []) }
  }

  /// Decides how the network's frames travel: as an administrator says, else by the next free VNI.
  private static func segment(
    _ network: inout Network, _ draft: NetworkBody, _ service: Neutron, _ tx: Transaction
  ) async throws {
    let options = service.options
    switch draft.kind ?? (draft.physicalNetwork == nil ? "vxlan" : "flat") {
    case "flat":
      guard let physical = draft.physicalNetwork else {
        throw Fault.invalidInput("physical_network required for flat provider network")
      }
      guard options.physicalNetworks.contains(physical) else {
        throw Fault.invalidInput("physical_network '\(physical)' unknown for flat provider network")
      }
      guard try await tx.count(Network.self, "WHERE physical_network = \(physical)") == 0 else {
        throw Fault.conflict(
          "Unable to create the flat network. Physical network \(physical) is in use.", code: "FlatNetworkInUse")
      }
      (network.kind, network.physicalNetwork) = (.flat, physical)
      if draft.mtu.value == nil { network.mtu = options.flatMTU }
    case "vxlan":
      network.kind = .vxlan
      network.segmentationID = try await vni(draft.segmentationID?.number, options.vniRange, tx)
      if draft.mtu.value == nil { network.mtu = options.tenantMTU }
    case "local": network.kind = .local
    case let other: throw Fault.invalidInput("network_type value '\(other)' not supported")
    }
  }

  private static func vni(_ wanted: Int?, _ range: ClosedRange<Int>, _ tx: Transaction) async throws -> Int {
    let taken = Set(
      try await tx.run("SELECT segmentation_id FROM neutron_networks WHERE segmentation_id IS NOT NULL")
        .map { try Int(columnValue: $0[0]) })
    if let wanted {
      guard (1...16_777_215).contains(wanted) else {
        throw Fault.invalidInput("segmentation_id out of range (1 through 16777215)")
      }
      guard !taken.contains(wanted) else {
        throw Fault.conflict("Unable to create the network. The tunnel ID \(wanted) is in use.", code: "TunnelIdInUse")
      }
      return wanted
    }
    guard let free = range.first(where: { !taken.contains($0) }) else {
      throw Fault(
        .unavailable, "Unable to create the network. No project network is available for allocation.",
        code: "NoNetworkAvailable")
    }
    return free
  }
}

extension Policy {
  static let readerOrService: Policy =
    "rule:admin_required or role:service or (role:reader and project_id:%(project_id)s)"
  static let memberOrService: Policy =
    "rule:admin_required or role:service or (role:member and project_id:%(project_id)s)"
}
