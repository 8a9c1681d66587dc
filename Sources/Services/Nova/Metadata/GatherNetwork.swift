internal import Clients
internal import JSON
internal import NovaModel

extension MetadataFacts {
  /// Asks the network service for what the documents say of the server's cards.
  mutating func gatherNetwork(from network: NetworkClient) async throws {
    let order = server.nics.map(\.port)
    ports = try await network.ports([(name: "device_id", value: server.id)]).sorted { a, b in
      (order.firstIndex(of: a["id"]?.string ?? "") ?? .max) < (order.firstIndex(of: b["id"]?.string ?? "") ?? .max)
    }
    guard !ports.isEmpty else { return }
    subnets = []
    for id in Set(ports.compactMap { $0["network_id"]?.string }) {
      subnets += try await network.subnets([(name: "network_id", value: id)])
    }
    floatingAddresses = []
    for id in ports.compactMap({ $0["id"]?.string }) {
      floatingAddresses += try await network.floatingIPs([(name: "port_id", value: id)])
        .compactMap { $0["floating_ip_address"]?.string }
    }
    let groups = ports.flatMap { $0["security_groups"]?.array ?? [] }
    if !groups.isEmpty {
      securityGroups = try await network.securityGroups([(name: "tenant_id", value: server.projectID)])
        .filter { group in group["id"].map(groups.contains) ?? false }.compactMap { $0["name"]?.string }
    }
  }
}
