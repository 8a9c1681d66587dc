internal import JSON
internal import NovaModel

/// `network_data.json`: the cards, what is on them, and the name servers, as nova's schema of that file has them.
struct NetworkData {
  private var links: [JSON] = []
  private var networks: [JSON] = []
  private var services: [JSON] = []

  /// Of each card the first subnet of either IP version is told, as the format has always done.
  init(_ facts: MetadataFacts) {
    for port in facts.ports {
      guard let id = port["id"]?.string, let network = port["network_id"]?.string else { continue }
      let addresses = port["fixed_ips"]?.array ?? []
      let pairs = addresses.compactMap { address -> (address: JSON, subnet: JSON)? in
        facts.subnets.first { $0["id"] == address["subnet_id"] }.map { (address, $0) }
      }
      let told = [4, 6].compactMap { version in pairs.first { $0.subnet["ip_version"]?.int == version } }
      guard !told.isEmpty else { continue }
      let nic = facts.server.nics.first { $0.port == id }
      let link = "tap" + id.prefix(11)
      links.append([
        "id": .string(link), "vif_id": .string(id), "type": "phy", "mtu": nic?.mtu.json ?? .null,
        "ethernet_mac_address": port["mac_address"] ?? nic?.mac.json ?? .null,
      ])
      for (address, subnet) in told { add(address, subnet, network, link) }
    }
  }

  var json: JSON { ["links": .array(links), "networks": .array(networks), "services": .array(services)] }

  private mutating func add(_ address: JSON, _ subnet: JSON, _ network: String, _ link: String) {
    let version = subnet["ip_version"]?.int ?? 4
    let nameServers: [JSON] = (subnet["dns_nameservers"]?.array ?? []).map { ["type": "dns", "address": $0] }
    for server in nameServers where !services.contains(server) { services.append(server) }
    var entry: JSONObject = [
      "id": .string("network\(networks.count)"), "type": .string("ipv\(version)"), "link": .string(link),
    ]
    let mode = version == 6 ? subnet["ipv6_address_mode"]?.string : nil
    if mode == nil, subnet["enable_dhcp"]?.bool == true {
      entry["type"] = .string("ipv\(version)_dhcp")
      entry["network_id"] = .string(network)
      return networks.append(.object(entry))
    }
    if let mode { entry["type"] = .string("ipv\(version)_\(mode)") }
    let zero: JSON = version == 4 ? "0.0.0.0" : "::"
    var routes: [JSON] = []
    if let gateway = subnet["gateway_ip"], !gateway.isNull {
      routes.append(["network": zero, "netmask": zero, "gateway": gateway])
    }
    for route in subnet["host_routes"]?.array ?? [] {
      let parts = Self.parts(route["destination"]?.string ?? "")
      routes.append([
        "network": .string(parts.address), "netmask": .string(Self.netmask(parts.prefix, version)),
        "gateway": route["nexthop"] ?? .null,
      ])
    }
    entry["ip_address"] = address["ip_address"] ?? .null
    entry["netmask"] = .string(Self.netmask(Self.parts(subnet["cidr"]?.string ?? "").prefix, version))
    entry["routes"] = .array(routes)
    entry["network_id"] = .string(network)
    entry["services"] = .array(nameServers)
    networks.append(.object(entry))
  }

  private static func parts(_ cidr: String) -> (address: String, prefix: Int) {
    let parts = cidr.split(separator: "/")
    return (parts.first.map(String.init) ?? "", parts.dropFirst().first.flatMap { Int($0) } ?? 0)
  }

  /// `255.255.255.0` for 24, `ffff:ffff:ffff:ffff::` for 64.
  static func netmask(_ prefix: Int, _ version: Int) -> String {
    let width = version == 4 ? 8 : 16
    let groups = (0..<(version == 4 ? 4 : 8)).map { index in
      let ones = min(max(prefix - index * width, 0), width)
      return ((1 << ones) - 1) << (width - ones)
    }
    if version == 4 { return groups.map(String.init).joined(separator: ".") }
    let text = groups.map { String($0, radix: 16) }
    guard let end = groups.firstIndex(of: 0) else { return text.joined(separator: ":") }
    // A single group of zeros is written out (RFC 5952 section 4.2.2).
    return end == 7 ? text.joined(separator: ":") : text[..<end].joined(separator: ":") + "::"
  }
}
