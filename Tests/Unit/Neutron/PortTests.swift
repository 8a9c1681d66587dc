import JSON
import Testing

@Suite("neutron ports")
struct NeutronPortTests {
  @Test func aPortGetsAnAddressAMACAndTheDefaultGroup() async throws {
    let cloud = try await Cloud.start()
    let network = try await cloud.network()
    let subnet = try await cloud.subnet(network)
    let port = try await cloud.port(network, ["name": "p"])
    #expect(port["fixed_ips"] == [["subnet_id": .string(subnet), "ip_address": "10.0.0.3"]])
    #expect(port["mac_address"]?.string?.hasPrefix("fa:16:3e:") == true)
    #expect(port["status"] == "DOWN" && port["binding:vnic_type"] == "normal" && port["binding:host_id"] == nil)
    let groups = try await cloud.ask("GET", "/v2.0/security-groups")
    #expect(groups.json["security_groups"]?[0]?["name"] == "default")
    #expect(port["security_groups"] == [groups.json["security_groups"]?[0]?["id"] ?? .null])
    #expect(port["port_security_enabled"] == true)
  }

  @Test func addressesAreWantedAndRefused() async throws {
    let cloud = try await Cloud.start()
    let network = try await cloud.network()
    let subnet = try await cloud.subnet(network)
    let port = try await cloud.port(
      network, ["fixed_ips": [["ip_address": "10.0.0.50"], ["subnet_id": .string(subnet)]]])
    #expect(port["fixed_ips"]?.array?.compactMap { $0["ip_address"]?.string } == ["10.0.0.50", "10.0.0.3"])
    func attempt(_ fixed: JSON, _ status: Int, _ type: String) async throws {
      let body: JSON = ["port": ["network_id": .string(network), "fixed_ips": [fixed]]]
      try await cloud.refused("POST", "/v2.0/ports", body, status, type)
    }
    try await attempt(["ip_address": "10.0.0.50"], 409, "IpAddressInUse")
    try await attempt(["ip_address": "10.9.0.50"], 400, "InvalidIpForNetwork")
    try await attempt(["subnet_id": .string(subnet), "ip_address": "10.9.0.50"], 400, "InvalidIpForSubnet")
    try await attempt(["subnet_id": "nonsense"], 400, "InvalidInput")
    #expect(try await cloud.port(network, ["fixed_ips": []])["fixed_ips"] == [])
  }

  @Test func aFullSubnetSaysSo() async throws {
    let cloud = try await Cloud.start()
    let network = try await cloud.network()
    _ = try await cloud.subnet(network, "10.0.0.0/29")
    for _ in 0..<4 { _ = try await cloud.port(network) }
    let body: JSON = ["port": ["network_id": .string(network)]]
    try await cloud.refused("POST", "/v2.0/ports", body, 409, "IpAddressGenerationFailure")
  }

  @Test func manyAtOnceNeverShareAnAddress() async throws {
    let cloud = try await Cloud.start()
    let network = try await cloud.network()
    _ = try await cloud.subnet(network)
    let addresses = try await withThrowingTaskGroup(of: String?.self) { group in
      for _ in 0..<60 { group.addTask { try await cloud.port(network).address } }
      return try await group.reduce(into: Set<String>()) { $0.insert($1 ?? "") }
    }
    #expect(addresses.count == 60)
  }

  @Test func addressesOfIPv6FollowTheMAC() async throws {
    let cloud = try await Cloud.start()
    let network = try await cloud.network()
    let body: JSON = [
      "network_id": .string(network), "cidr": "fd00:1::/64", "ip_version": 6, "ipv6_address_mode": "slaac",
      "ipv6_ra_mode": "slaac",
    ]
    let subnet = try await cloud.make("subnets", "subnet", body)
    #expect(subnet["gateway_ip"] == "fd00:1::1")
    let port = try await cloud.port(network, ["mac_address": "fa:16:3e:01:02:03"])
    #expect(port.address == "fd00:1::f816:3eff:fe01:203")
    #expect(try await cloud.ask("DELETE", "/v2.0/subnets/\(subnet.id)").status == 204)
    #expect(try await cloud.ask("GET", "/v2.0/ports/\(port.id)").json["port"]?["fixed_ips"] == [])
  }

  @Test func aServiceBindsAPortAndOnlyItAndAdministratorsSeeTheBinding() async throws {
    let cloud = try await Cloud.start()
    let network = try await cloud.network()
    let port = try await cloud.port(network)
    let bind: JSON = [
      "port": ["binding:host_id": "h1", "device_id": "server", "device_owner": "compute:nova"]
    ]
    try await cloud.refused("PUT", "/v2.0/ports/\(port.id)", bind, 403, "PolicyNotAuthorized")
    let bound = try await cloud.ask("PUT", "/v2.0/ports/\(port.id)", bind, as: "nova")
    #expect(bound.json["port"]?["binding:vif_type"] == "bridge" && bound.json["port"]?["device_id"] == "server")
    let seen = try await cloud.ask("GET", "/v2.0/ports?device_id=server")
    #expect(seen.json["ports"]?[0]?.id == port.id && seen.json["ports"]?[0]?["binding:host_id"] == nil)
    #expect(try await cloud.ask("GET", "/v2.0/ports?device_id=server", as: "other").json["ports"] == [])
  }

  @Test func listsKnowAddressesAndGroups() async throws {
    let cloud = try await Cloud.start()
    let network = try await cloud.network()
    let subnet = try await cloud.subnet(network)
    let port = try await cloud.port(network)
    let group = try #require(port["security_groups"]?[0]?.string)
    func ids(_ query: String) async throws -> [String] {
      let answer = try await cloud.ask("GET", "/v2.0/ports?\(query)")
      return answer.json["ports"]?.array?.map(\.id) ?? []
    }
    #expect(try await ids("fixed_ips=ip_address=10.0.0.3") == [port.id])
    #expect(try await ids("fixed_ips=ip_address=10.0.0.3&fixed_ips=subnet_id=\(subnet)") == [port.id])
    #expect(try await ids("fixed_ips=ip_address=10.0.0.9") == [])
    #expect(try await ids("fixed_ips=subnet_id=\(subnet)&device_owner=network:dhcp").count == 1)
    #expect(try await ids("security_groups=\(group)") == [port.id])
    #expect(try await ids("mac_address=\(port["mac_address"]?.string?.uppercased() ?? "")") == [port.id])
  }

  @Test func aPortIsChanged() async throws {
    let cloud = try await Cloud.start()
    let network = try await cloud.network()
    let subnet = try await cloud.subnet(network)
    let port = try await cloud.port(network)
    func put(_ body: JSON) async throws -> JSON {
      try await cloud.ask("PUT", "/v2.0/ports/\(port.id)", ["port": body]).json
    }
    let more = try await put(["fixed_ips": [["subnet_id": .string(subnet)], ["ip_address": "10.0.0.99"]]])
    #expect(more["port"]?["fixed_ips"]?.array?.compactMap { $0["ip_address"]?.string } == ["10.0.0.3", "10.0.0.99"])
    #expect(
      try await put(["port_security_enabled": false])["NeutronError"]?["type"] == "PortSecurityPortHasSecurityGroup")
    let open = try await put(["port_security_enabled": false, "security_groups": []])
    #expect(open["port"]?["port_security_enabled"] == false)
    let pairs = try await put(["port_security_enabled": true, "allowed_address_pairs": [["ip_address": "10.0.0.0/28"]]])
    #expect(pairs["port"]?["allowed_address_pairs"]?[0]?["mac_address"] == port["mac_address"])
    #expect(pairs["port"]?["revision_number"]?.int ?? 0 > port["revision_number"]?.int ?? 0)
    #expect(try await put(["network_id": "x"])["NeutronError"]?["type"] == "HTTPBadRequest")
  }

  @Test func otherTenantsGroupsDoNotExist() async throws {
    let cloud = try await Cloud.start()
    let network = try await cloud.network()
    let foreign = try await cloud.make("security-groups", "security_group", ["name": "g"], as: "other")
    let body: JSON = ["port": ["network_id": .string(network), "security_groups": [.string(foreign.id)]]]
    try await cloud.refused("POST", "/v2.0/ports", body, 404, "SecurityGroupNotFound")
  }

  @Test func aMACIsUsedOnceOnANetwork() async throws {
    let cloud = try await Cloud.start()
    let network = try await cloud.network()
    _ = try await cloud.port(network, ["mac_address": "fa:16:3e:00:00:01"])
    let body: JSON = ["port": ["network_id": .string(network), "mac_address": "fa:16:3e:00:00:01"]]
    try await cloud.refused("POST", "/v2.0/ports", body, 409, "MacAddressInUse")
    _ = try await cloud.port(try await cloud.network(), ["mac_address": "fa:16:3e:00:00:01"])
  }

  @Test func ofTwoServersThatWantOnePortOneGetsIt() async throws {
    let cloud = try await Cloud.start()
    let network = try await cloud.network()
    let port = try await cloud.port(network)
    func give(_ server: String) async throws -> Int {
      let owner = server.isEmpty ? "" : "compute:nova"
      let body: JSON = ["port": ["device_id": .string(server), "device_owner": .string(owner)]]
      return try await cloud.ask("PUT", "/v2.0/ports/\(port.id)", body, as: "nova").status
    }
    #expect(try await give("first") == 200)
    #expect(try await give("first") == 200)
    #expect(try await give("second") == 409)
    #expect(try await cloud.ask("GET", "/v2.0/ports/\(port.id)").json["port"]?["device_id"] == "first")
    #expect(try await give("") == 200)
    #expect(try await give("second") == 200)
  }
}
