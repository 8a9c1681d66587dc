import JSON
import Testing

@Suite("neutron networks and subnets")
struct NeutronNetworkTests {
  @Test func aNewCloudHasItsExternalNetworkForEveryone() async throws {
    let cloud = try await Cloud.start()
    let list = try await cloud.ask("GET", "/v2.0/networks")
    let network = try #require(list.json["networks"]?[0])
    #expect(network["name"] == "public" && network["router:external"] == true && network["shared"] == false)
    #expect(network["mtu"] == 1500 && network["status"] == "ACTIVE")
    #expect(network["provider:network_type"] == nil)
    let admin = try await cloud.ask("GET", "/v2.0/networks/\(network.id)", as: "admin")
    #expect(admin.json["network"]?["provider:network_type"] == "flat")
    let subnets = try await cloud.ask("GET", "/v2.0/subnets")
    #expect(subnets.json["subnets"]?[0]?["gateway_ip"] == "172.24.4.1")
    #expect(subnets.json["subnets"]?[0]?["allocation_pools"] == [["start": "172.24.4.2", "end": "172.24.4.254"]])
    #expect(subnets.json["subnets"]?[0]?["enable_dhcp"] == false)
  }

  @Test func aNetworkLooksAsClientsExpect() async throws {
    let cloud = try await Cloud.start()
    let network = try await cloud.make("networks", "network", ["name": "net", "admin_state_up": true])
    for key in [
      "id", "name", "tenant_id", "project_id", "admin_state_up", "mtu", "status", "subnets", "shared",
      "availability_zone_hints", "availability_zones", "ipv4_address_scope", "ipv6_address_scope", "router:external",
      "port_security_enabled", "description", "tags", "created_at", "updated_at", "revision_number",
    ] { #expect(network[key] != nil, "\(key)") }
    #expect(network["mtu"] == 1450 && network["tenant_id"] == "demo" && network["subnets"] == [])
    let shown = try await cloud.ask("GET", "/v2.0/networks/\(network.id)?fields=name&fields=id")
    #expect(shown.json["network"] == ["id": .string(network.id), "name": "net"])
  }

  @Test func aNetworkKeepsItsDNSDomain() async throws {
    let cloud = try await Cloud.start()
    let network = try await cloud.make("networks", "network", ["name": "net", "dns_domain": "Example.ORG."])
    #expect(network["dns_domain"] == "example.org.")
    let path = "/v2.0/networks/\(network.id)"
    let changed = try await cloud.ask("PUT", path, ["network": ["dns_domain": ""]])
    #expect(changed.json["network"]?["dns_domain"] == "")
    try await cloud.refused("PUT", path, ["network": ["dns_domain": "no-dot"]], 400, "InvalidInput")
  }

  @Test func othersDoNotSeeIt() async throws {
    let cloud = try await Cloud.start()
    let id = try await cloud.network()
    let subnet = try await cloud.subnet(id)
    try await cloud.refused("GET", "/v2.0/networks/\(id)", as: "other", 404, "NetworkNotFound")
    try await cloud.refused("DELETE", "/v2.0/networks/\(id)", as: "other", 404, "NetworkNotFound")
    try await cloud.refused("GET", "/v2.0/subnets/\(subnet)", as: "other", 404, "SubnetNotFound")
    let list = try await cloud.ask("GET", "/v2.0/networks?name=n", as: "other")
    #expect(list.json["networks"] == [])
    #expect(try await cloud.ask("GET", "/v2.0/networks?name=n", as: "admin").json["networks"]?.array?.count == 1)
  }

  @Test func onlyAdministratorsShareAndChooseProviders() async throws {
    let cloud = try await Cloud.start()
    for key in ["shared", "router:external"] {
      try await cloud.refused(
        "POST", "/v2.0/networks", ["network": .object([key: true])], 403, "PolicyNotAuthorized")
    }
    try await cloud.make("networks", "network", ["shared": false])
    try await cloud.refused(
      "POST", "/v2.0/networks", ["network": ["provider:network_type": "vxlan"]], 403, "PolicyNotAuthorized")
    let shared = try await cloud.make("networks", "network", ["name": "s", "shared": true], as: "admin")
    #expect(try await cloud.ask("GET", "/v2.0/networks/\(shared.id)", as: "other").status == 200)
    try await cloud.refused("DELETE", "/v2.0/networks/\(shared.id)", as: "other", 403, "PolicyNotAuthorized")
    #expect(try await cloud.port(shared.id, as: "other")["project_id"] == "other")
    let public2: JSON = [
      "network": ["provider:network_type": "flat", "provider:physical_network": "public"]
    ]
    try await cloud.refused("POST", "/v2.0/networks", public2, as: "admin", 409, "FlatNetworkInUse")
  }

  @Test func listsAreFilteredSortedAndPaged() async throws {
    let cloud = try await Cloud.start()
    for name in ["c", "a", "b"] { _ = try await cloud.network(name) }
    func names(_ query: String) async throws -> [String] {
      let answer = try await cloud.ask("GET", "/v2.0/networks?\(query)")
      return answer.json["networks"]?.array?.compactMap { $0["name"]?.string } ?? []
    }
    #expect(try await names("name=a&name=b&sort_key=name&sort_dir=desc") == ["b", "a"])
    #expect(try await names("tenant_id=demo&sort_key=name") == ["a", "b", "c"])
    let page = try await cloud.ask("GET", "/v2.0/networks?project_id=demo&sort_key=name&sort_dir=asc&limit=2")
    #expect(page.json["networks"]?.array?.count == 2)
    let next = try #require(page.json["networks_links"]?[0]?["href"]?.string)
    #expect(next.hasPrefix("http://net:9696/v2.0/networks?") && next.contains("marker="))
    let marker = try #require(page.json["networks"]?[1]?["id"]?.string)
    #expect(try await names("project_id=demo&sort_key=name&sort_dir=asc&limit=2&marker=\(marker)") == ["c"])
    try await cloud.refused("GET", "/v2.0/networks?nonsense=1", 400, "InvalidInput")
  }

  @Test func manyAreMadeAtOnceOrNone() async throws {
    let cloud = try await Cloud.start()
    let answer = try await cloud.ask("POST", "/v2.0/networks", ["networks": [["name": "x"], ["name": "y"]]])
    #expect(answer.status == 201 && answer.json["networks"]?.array?.count == 2)
    let bad = try await cloud.ask("POST", "/v2.0/networks", ["networks": [["name": "z"], ["mtu": 5]]])
    #expect(bad.status == 400)
    #expect(try await cloud.ask("GET", "/v2.0/networks?name=z").json["networks"] == [])
  }

  @Test func theFirstSubnetBringsTheDHCPPortAndTheNetworkTakesItAway() async throws {
    let cloud = try await Cloud.start()
    let network = try await cloud.network()
    _ = try await cloud.subnet(network, "10.77.0.0/24")
    let ports = try await cloud.ask("GET", "/v2.0/ports?device_owner=network:dhcp")
    let port = try #require(ports.json["ports"]?[0])
    #expect(port.address == "10.77.0.2" && port["device_id"]?.string?.hasSuffix(network) == true)
    #expect(port["status"] == "ACTIVE" && port["security_groups"] == [])
    let second = try await cloud.subnet(network, "10.78.0.0/24")
    let again = try await cloud.ask("GET", "/v2.0/ports/\(port.id)")
    #expect(again.json["port"]?["fixed_ips"]?.array?.count == 2)
    #expect(try await cloud.ask("DELETE", "/v2.0/subnets/\(second)").status == 204)
    #expect(try await cloud.ask("DELETE", "/v2.0/networks/\(network)").status == 204)
    #expect(try await cloud.ask("GET", "/v2.0/ports").json["ports"] == [])
    #expect(try await cloud.ask("GET", "/v2.0/subnets?network_id=\(network)").json["subnets"] == [])
  }

  @Test func aPortKeepsItsNetworkAndItsSubnet() async throws {
    let cloud = try await Cloud.start()
    let network = try await cloud.network()
    let subnet = try await cloud.subnet(network)
    let port = try await cloud.port(network)
    try await cloud.refused("DELETE", "/v2.0/networks/\(network)", 409, "NetworkInUse")
    try await cloud.refused("DELETE", "/v2.0/subnets/\(subnet)", 409, "SubnetInUse")
    #expect(try await cloud.ask("DELETE", "/v2.0/ports/\(port.id)").status == 204)
    #expect(try await cloud.ask("DELETE", "/v2.0/subnets/\(subnet)").status == 204)
  }

  @Test(
    arguments: [
      (["cidr": "10.0.0.0/24", "gateway_ip": "10.9.0.1"], 400, "InvalidInput"),
      (["cidr": "10.0.0.0/33"], 400, "HTTPBadRequest"), (["cidr": "nonsense"], 400, "HTTPBadRequest"),
      (["cidr": "fd00::/64"], 400, "InvalidInput"), (["cidr": "0.0.0.0/0"], 400, "InvalidInput"),
      (["cidr": "224.0.0.0/24"], 400, "InvalidInput"),
      (
        ["cidr": "10.0.0.0/24", "allocation_pools": [["start": "10.0.0.9", "end": "10.0.0.2"]]], 400,
        "InvalidAllocationPool"
      ),
      (
        ["cidr": "10.0.0.0/24", "allocation_pools": [["start": "10.0.1.2", "end": "10.0.1.9"]]], 400,
        "OutOfBoundsAllocationPool"
      ),
      (
        ["cidr": "10.0.0.0/24", "allocation_pools": [["start": "10.0.0.1", "end": "10.0.0.9"]]], 409,
        "GatewayConflictWithAllocationPools"
      ),
      (["cidr": "10.0.0.0/24", "dns_nameservers": ["x"]], 400, "InvalidInput"),
      (["cidr": "10.0.0.0/31"], 400, "InvalidInput"), (["cidr": "10.1.0.0/25"], 400, "InvalidInput"),
    ] as [(JSON, Int, String)])
  func badSubnetsAreRefused(_ body: JSON, _ status: Int, _ type: String) async throws {
    let cloud = try await Cloud.start()
    let network = try await cloud.network()
    _ = try await cloud.subnet(network, "10.1.0.0/24")
    var object = body.object ?? [:]
    object["network_id"] = .string(network)
    object["ip_version"] = 4
    try await cloud.refused("POST", "/v2.0/subnets", ["subnet": .object(object)], status, type)
  }

  @Test func tenantsAddressesMayOverlap() async throws {
    let cloud = try await Cloud.start()
    _ = try await cloud.subnet(try await cloud.network(), "10.0.0.0/24")
    _ = try await cloud.subnet(try await cloud.network(as: "other"), "10.0.0.0/24", as: "other")
  }

  @Test func aSubnetIsChanged() async throws {
    let cloud = try await Cloud.start()
    let network = try await cloud.network()
    let subnet = try await cloud.subnet(network)
    let body: JSON = ["subnet": ["enable_dhcp": false, "dns_nameservers": ["1.1.1.1"], "gateway_ip": nil]]
    let answer = try await cloud.ask("PUT", "/v2.0/subnets/\(subnet)", body)
    #expect(answer.json["subnet"]?["gateway_ip"] == JSON.null)
    #expect(answer.json["subnet"]?["dns_nameservers"] == ["1.1.1.1"])
    #expect(try await cloud.ask("GET", "/v2.0/ports").json["ports"] == [])
    let cidr = try await cloud.ask("PUT", "/v2.0/subnets/\(subnet)", ["subnet": ["cidr": "10.1.0.0/24"]])
    #expect(cidr.status == 400)
  }

  @Test func quotasCountRows() async throws {
    let cloud = try await Cloud.start()
    let set = try await cloud.ask("PUT", "/v2.0/quotas/demo", ["quota": ["network": 1]], as: "admin")
    #expect(set.json["quota"]?["network"] == 1 && set.json["quota"]?["port"] == 500)
    let network = try await cloud.network()
    try await cloud.refused("POST", "/v2.0/networks", ["network": ["name": "n"]], 409, "OverQuota")
    let details = try await cloud.ask("GET", "/v2.0/quotas/demo/details")
    #expect(details.json["quota"]?["network"] == ["limit": 1, "used": 1, "reserved": 0])
    _ = try await cloud.ask("DELETE", "/v2.0/networks/\(network)")
    _ = try await cloud.network()
    #expect(try await cloud.ask("GET", "/v2.0/quotas/other").status == 403)
    #expect(try await cloud.ask("PUT", "/v2.0/quotas/demo", ["quota": ["network": 9]]).status == 403)
    #expect(try await cloud.ask("DELETE", "/v2.0/quotas/demo", as: "admin").status == 204)
    #expect(try await cloud.ask("GET", "/v2.0/quotas/demo").json["quota"]?["network"] == 100)
  }

  @Test func readersOnlyRead() async throws {
    let cloud = try await Cloud.start()
    #expect(try await cloud.ask("GET", "/v2.0/networks", as: "reader").status == 200)
    #expect(try await cloud.ask("POST", "/v2.0/networks", ["network": [:]], as: "reader").status == 403)
    #expect(try await cloud.ask("GET", "/v2.0/networks", as: nil).status == 401)
  }

  @Test func theServiceSaysWhatItOffers() async throws {
    let cloud = try await Cloud.start()
    let versions = try await cloud.ask("GET", "/", as: nil)
    #expect(versions.json["versions"]?[0]?["id"] == "v2.0")
    #expect(versions.json["versions"]?[0]?["links"]?[0]?["href"] == "http://net:9696/v2.0/")
    let extensions = try await cloud.ask("GET", "/v2.0/extensions")
    let aliases = extensions.json["extensions"]?.array?.compactMap { $0["alias"]?.string } ?? []
    #expect(aliases.contains("router") && aliases.contains("security-group") && !aliases.contains("trunk"))
    #expect(try await cloud.ask("GET", "/v2.0/extensions/router").status == 200)
    #expect(try await cloud.ask("GET", "/v2.0/extensions/trunk").status == 404)
    #expect(try await cloud.ask("GET", "/v2.0/availability_zones").json["availability_zones"]?[0]?["name"] == "nova")
  }

  @Test func tagsAreSetAndFilteredBy() async throws {
    let cloud = try await Cloud.start()
    let id = try await cloud.network()
    let set = try await cloud.ask("PUT", "/v2.0/networks/\(id)/tags", ["tags": ["red", "blue"]])
    #expect(set.json == ["tags": ["red", "blue"]])
    #expect(try await cloud.ask("PUT", "/v2.0/networks/\(id)/tags/green").status == 201)
    #expect(try await cloud.ask("GET", "/v2.0/networks/\(id)/tags/green").status == 204)
    #expect(try await cloud.ask("DELETE", "/v2.0/networks/\(id)/tags/red").status == 204)
    try await cloud.refused("DELETE", "/v2.0/networks/\(id)/tags/red", 404, "TagNotFound")
    #expect(try await cloud.ask("GET", "/v2.0/networks?tags=blue,green").json["networks"]?.array?.count == 1)
    #expect(try await cloud.ask("GET", "/v2.0/networks?tags=blue,red").json["networks"] == [])
    #expect(try await cloud.ask("GET", "/v2.0/networks?tags-any=blue,red").json["networks"]?.array?.count == 1)
    #expect(try await cloud.ask("GET", "/v2.0/networks/\(id)/tags", as: "other").status == 404)
  }

  @Test func subnetsAreCutFromPools() async throws {
    let cloud = try await Cloud.start()
    let pool = try await cloud.make(
      "subnetpools", "subnetpool", ["name": "p", "prefixes": ["10.10.0.0/16"], "default_prefixlen": 24])
    let network = try await cloud.network()
    for expected in ["10.10.0.0/24", "10.10.1.0/24"] {
      let body: JSON = ["network_id": .string(network), "subnetpool_id": .string(pool.id), "ip_version": 4]
      #expect(try await cloud.make("subnets", "subnet", body)["cidr"]?.string == expected)
    }
    try await cloud.refused("DELETE", "/v2.0/subnetpools/\(pool.id)", 400, "SubnetPoolDeleteError")
    let scope = try await cloud.make("address-scopes", "address_scope", ["name": "s", "ip_version": 4])
    let body: JSON = ["subnetpool": ["address_scope_id": .string(scope.id)]]
    #expect(try await cloud.ask("PUT", "/v2.0/subnetpools/\(pool.id)", body).status == 200)
    try await cloud.refused("DELETE", "/v2.0/address-scopes/\(scope.id)", 409, "AddressScopeInUse")
  }
}
