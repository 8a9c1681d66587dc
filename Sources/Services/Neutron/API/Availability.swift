internal import API
internal import Core
internal import JSON
internal import NeutronModel
internal import Store
internal import Text

/// What is free where, the zones, and the lists that clients ask for and that are empty here.
enum Availability {
  static let routes = Routes(
    rules: "", of: Neutron.self,
    [
      .get("/availability_zones", "get_availability_zone", zones, allow: .anyone),
      .get("/network-ip-availabilities", "get_network_ip_availability", list, allow: .admin),
      .get("/network-ip-availabilities/{id}", "get_network_ip_availability", show, allow: .admin),
      .get("/service-providers", "get_service_provider", providers, allow: .anyone),
    ])

  static func providers(_ call: Call<Neutron>, _: Nothing) async throws -> JSON { ["service_providers": []] }

  static func zones(_ call: Call<Neutron>, _: Nothing) async throws -> JSON {
    let name = JSON.string(call.service.options.availabilityZone)
    return [
      "availability_zones": [
        ["name": name, "resource": "network", "state": "available"],
        ["name": name, "resource": "router", "state": "available"],
      ]
    ]
  }

  static func list(_ call: Call<Neutron>, _: Nothing) async throws -> JSON {
    var conditions: [SQL] = []
    for (key, column) in [
      ("network_id", "id"), ("network_name", "name"), ("project_id", "project_id"), ("tenant_id", "project_id"),
    ] {
      let values = call.queries(key)
      if !values.isEmpty { conditions.append("\(identifier: column) IN (\(list: values))") }
    }
    let version = call.query("ip_version").flatMap { Int($0) }
    let filter = SQL.allOf(conditions)
    return try await call.service.read { tx in
      var list: [JSON] = []
      for network in try await tx.all(Network.self, "\(filter) ORDER BY created_at, id") {
        list.append(try await availability(network, version, tx))
      }
      return ["network_ip_availabilities": .array(list)]
    }
  }

  static func show(_ call: Call<Neutron>, _: Nothing) async throws -> JSON {
    try await call.service.read { tx in
      guard let network = try await tx.get(Network.self, call.id) else { throw Fault.missing(.network, call.id) }
      return ["network_ip_availability": try await availability(network, nil, tx)]
    }
  }

  private static func availability(_ network: Network, _ version: Int?, _ tx: some ReadTransaction) async throws -> JSON
  {
    var rows: [JSON] = []
    var (total, used) = (Double(0), 0)
    for subnet in try await tx.all(Subnet.self, "WHERE network_id = \(network.id) ORDER BY created_at, id")
    where version == nil || subnet.ipVersion == version {
      // As a double, since an IPv6 subnet has more addresses than an integer counts.
      let size = subnet.pools.compactMap(\.range).reduce(Double(0)) { $0 + Double($1.count) }
      let taken = try await tx.count(AddressRow.self, "WHERE subnet_id = \(subnet.id)")
      rows.append([
        "subnet_id": .string(subnet.id), "subnet_name": .string(subnet.name), "cidr": .string(subnet.cidr),
        "ip_version": .int(subnet.ipVersion), "total_ips": whole(size), "used_ips": .int(taken),
      ])
      total += size
      used += taken
    }
    return [
      "network_id": .string(network.id), "network_name": .string(network.name),
      "tenant_id": .string(network.projectID), "project_id": .string(network.projectID),
      "subnet_ip_availability": .array(rows), "total_ips": whole(total), "used_ips": .int(used),
    ]
  }

  private static func whole(_ number: Double) -> JSON {
    number < 9e15 ? .int(Int(number)) : .double(number)
  }
}
