internal import API
internal import Core
internal import JSON
internal import NeutronModel
internal import Text

struct SubnetBody: ResourceBody {
  var projectID: String?
  var networkID = ""
  var name: Given<String> = .absent
  var description: Given<String> = .absent
  var cidr: String?
  var ipVersion: Whole?
  var gateway: Given<String?> = .absent
  var dhcp: Given<Flag> = .absent
  var pools: [AllocationPool]?
  var nameservers: [String]?
  var hostRoutes: [StaticRoute]?
  var addressMode: IPv6Mode?
  var raMode: IPv6Mode?
  var subnetPoolID: String?
  var useDefaultPool: Flag?
  var prefixLength: Whole?
  var serviceTypes: Given<[String]> = .absent
  var segmentID: String?
  var publishFixed: Flag?
  var tags: [String] = []

  static var name: String { "subnet" }
  static var lasting: Set<String> {
    [
      "network_id", "cidr", "ip_version", "ipv6_address_mode", "ipv6_ra_mode", "subnetpool_id", "prefixlen",
      "use_default_subnetpool", "tags",
    ]
  }
  static var guarded: [String: JSON] { ["service_types": [], "segment_id": nil] }
  static let keys: [Key<SubnetBody>] = [
    .key("tenant_id", \.projectID), .key("project_id", \.projectID), .key("network_id", \.networkID, .uuid),
    .key("name", \.name, .text(0...255)), .key("description", \.description, .text(0...255)),
    .key("cidr", \.cidr), .key("ip_version", \.ipVersion), .key("gateway_ip", \.gateway),
    .key("enable_dhcp", \.dhcp), .key("allocation_pools", \.pools), .key("dns_nameservers", \.nameservers),
    .key("host_routes", \.hostRoutes), .key("ipv6_address_mode", \.addressMode), .key("ipv6_ra_mode", \.raMode),
    .key("subnetpool_id", \.subnetPoolID), .key("use_default_subnetpool", \.useDefaultPool),
    .key("prefixlen", \.prefixLength), .key("service_types", \.serviceTypes), .key("segment_id", \.segmentID),
    .key("dns_publish_fixed_ip", \.publishFixed), .key("tags", \.tags),
  ]

  /// Writes what can be changed at any time, checked against the block.
  func apply(to subnet: inout Subnet, _ options: NeutronOptions) throws {
    name.apply(to: &subnet.standard.name)
    description.apply(to: &subnet.standard.description)
    dhcp.apply(to: &subnet.dhcp)
    serviceTypes.apply(to: &subnet.serviceTypes)
    guard let block = subnet.block else { return }
    if let nameservers {
      guard nameservers.count <= options.maxNameservers else {
        throw Fault.badRequest(
          "Unable to complete operation for \(subnet.id). The number of DNS nameservers exceeds the limit "
            + "\(options.maxNameservers).", code: "DNSNameServersExhausted")
      }
      for text in nameservers where IPAddress(text) == nil { throw Fault.invalidAddress(text) }
      subnet.nameservers = nameservers
    }
    if let hostRoutes {
      guard hostRoutes.count <= options.maxHostRoutes else {
        throw Fault.badRequest(
          "Unable to complete operation for \(subnet.id). The number of host routes exceeds the limit "
            + "\(options.maxHostRoutes).", code: "HostRoutesExhausted")
      }
      subnet.hostRoutes = hostRoutes
    }
    if case .given(let wanted) = gateway { subnet.gateway = try Self.checkedGateway(wanted, block) }
    if let pools { subnet.pools = try Self.checked(pools, in: block) }
    try checkGatewayOutsidePools(subnet)
    if subnet.dhcp, block.version == .v4, block.prefix > 30 {
      throw Fault.invalidInput("Subnet has a prefix length that is incompatible with DHCP service enabled")
    }
  }

  private static func checkedGateway(_ text: String?, _ block: CIDR) throws -> String? {
    guard let text, !text.isEmpty else { return nil }
    guard let address = IPAddress(text) else { throw Fault.invalidAddress(text) }
    guard address.version == block.version else {
      throw Fault.invalidInput("gateway_ip '\(text)' does not match the ip_version '\(block.version.rawValue)'")
    }
    if address.isLinkLocal, address.version == .v6 { return address.text }
    guard block.contains(address), block.hosts.contains(address) || address.version == .v6 else {
      throw Fault.invalidInput("Gateway is not valid on subnet")
    }
    return address.text
  }

  private func checkGatewayOutsidePools(_ subnet: Subnet) throws {
    guard let gateway = subnet.gateway.flatMap({ IPAddress($0) }) else { return }
    for pool in subnet.pools where pool.range?.contains(gateway) ?? false {
      throw Fault.conflict(
        "Gateway ip \(gateway) conflicts with allocation pool \(pool.start)-\(pool.end).",
        code: "GatewayConflictWithAllocationPools")
    }
  }

  /// The pools in order, inside the block and apart from one another.
  static func checked(_ pools: [AllocationPool], in block: CIDR) throws -> [AllocationPool] {
    let ranges = try pools.map { pool -> AddressRange in
      guard let range = pool.range, range.first.version == block.version else {
        throw Fault.badRequest(
          "The allocation pool \(pool.start)-\(pool.end) is not valid.", code: "InvalidAllocationPool")
      }
      guard block.hosts.contains(range.first), block.hosts.contains(range.last) else {
        throw Fault.badRequest(
          "The allocation pool \(pool.start)-\(pool.end) spans beyond the subnet cidr \(block).",
          code: "OutOfBoundsAllocationPool")
      }
      return range
    }.sorted { $0.first < $1.first }
    for (a, b) in zip(ranges, ranges.dropFirst()) where a.overlaps(b) {
      throw Fault.conflict(
        "Found overlapping allocation pools: \(a) \(b) for subnet \(block).", code: "OverlappingAllocationPools")
    }
    return ranges.map { AllocationPool($0) }
  }
}
