import JSON
import Testing

@Suite("neutron routers and floating IPs")
struct NeutronRouterTests {
  /// A tenant's network behind a router with its gateway outside.
  struct Site {
    let cloud: Cloud
    let external: String
    let network: String
    let subnet: String
    let router: String
    var path: String { "/v2.0/routers/\(router)" }

    init() async throws {
      cloud = try await Cloud.start()
      external = try await cloud.external()
      network = try await cloud.network()
      subnet = try await cloud.subnet(network)
      router = try await cloud.make("routers", "router", ["name": "r", "admin_state_up": true]).id
      let gateway: JSON = ["router": ["external_gateway_info": ["network_id": .string(external)]]]
      let set = try await cloud.ask("PUT", "/v2.0/routers/\(router)", gateway)
      #expect(set.status == 200, "\(set.json)")
      let add = try await cloud.ask("PUT", path + "/add_router_interface", ["subnet_id": .string(subnet)])
      #expect(add.status == 200, "\(add.json)")
    }
  }

  @Test func theLifeOfARouter() async throws {
    let site = try await Site()
    let cloud = site.cloud
    let shown = try await cloud.ask("GET", site.path)
    let gateway = try #require(shown.json["router"]?["external_gateway_info"])
    #expect(gateway["network_id"]?.string == site.external && gateway["enable_snat"] == true)
    #expect(gateway["external_fixed_ips"]?[0]?["ip_address"] == "172.24.4.2")
    #expect(shown.json["router"]?["status"] == "ACTIVE" && shown.json["router"]?["routes"] == [])
    let legs = try await cloud.ask("GET", "/v2.0/ports?device_id=\(site.router)")
    #expect(legs.json["ports"]?.array?.map(\.address) == ["10.0.0.1"])
    #expect(legs.json["ports"]?[0]?["device_owner"] == "network:router_interface")
    let all = try await cloud.ask("GET", "/v2.0/ports?device_id=\(site.router)", as: "admin")
    #expect(all.json["ports"]?.array?.count == 2)
    try await cloud.refused("DELETE", "/v2.0/ports/\(legs.json["ports"]?[0]?.id ?? "")", 409, "ServicePortInUse")
    try await cloud.refused("DELETE", site.path, 409, "RouterInUse")
    try await cloud.refused("DELETE", "/v2.0/networks/\(site.network)", 409, "NetworkInUse")
    let removed = try await cloud.ask(
      "PUT", site.path + "/remove_router_interface", ["subnet_id": .string(site.subnet)])
    #expect(removed.status == 200 && removed.json["subnet_id"]?.string == site.subnet)
    #expect(try await cloud.ask("DELETE", site.path).status == 204)
    #expect(try await cloud.ask("DELETE", "/v2.0/networks/\(site.network)").status == 204)
    let left = try await cloud.ask("GET", "/v2.0/ports", as: "admin")
    #expect(left.json["ports"] == [])
  }

  @Test func badInterfacesAreRefused() async throws {
    let site = try await Site()
    let cloud = site.cloud
    let add = site.path + "/add_router_interface"
    try await cloud.refused("PUT", add, [:], 400, "BadRequest")
    try await cloud.refused("PUT", add, ["subnet_id": .string(site.subnet)], 400, "BadRequest")
    let same = try await cloud.subnet(try await cloud.network(), "10.0.0.0/25")
    try await cloud.refused("PUT", add, ["subnet_id": .string(same)], 400, "BadRequest")
    let foreign = try await cloud.subnet(try await cloud.network(as: "other"), "10.5.0.0/24", as: "other")
    try await cloud.refused("PUT", add, ["subnet_id": .string(foreign)], 404, "SubnetNotFound")
    try await cloud.refused("PUT", add, ["subnet_id": .string(site.subnet)], as: "other", 404, "RouterNotFound")
    let second = try await cloud.make("routers", "router", ["name": "r2"])
    let taken: JSON = ["subnet_id": .string(site.subnet)]
    try await cloud.refused("PUT", "/v2.0/routers/\(second.id)/add_router_interface", taken, 409, "IpAddressInUse")
    let port = try await cloud.port(site.network)
    let byPort = try await cloud.ask(
      "PUT", "/v2.0/routers/\(second.id)/add_router_interface", ["port_id": .string(port.id)])
    #expect(byPort.status == 200 && byPort.json["port_id"]?.string == port.id)
    let remove = "/v2.0/routers/\(second.id)/remove_router_interface"
    try await cloud.refused("PUT", remove, ["port_id": "nonsense"], 404, "RouterInterfaceNotFound")
    #expect(try await cloud.ask("PUT", remove, ["port_id": .string(port.id)]).status == 200)
  }

  @Test func gatewaysAreOnExternalNetworksAndSNATIsTheAdministrators() async throws {
    let site = try await Site()
    let cloud = site.cloud
    let inner: JSON = ["router": ["external_gateway_info": ["network_id": .string(site.network)]]]
    try await cloud.refused("PUT", site.path, inner, 400, "BadRequest")
    let off: JSON = [
      "router": ["external_gateway_info": ["network_id": .string(site.external), "enable_snat": false]]
    ]
    try await cloud.refused("PUT", site.path, off, 403, "PolicyNotAuthorized")
    let set = try await cloud.ask("PUT", site.path, off, as: "admin")
    #expect(set.json["router"]?["external_gateway_info"]?["enable_snat"] == false)
    let cleared = try await cloud.ask("PUT", site.path, ["router": ["external_gateway_info": nil]])
    #expect(cleared.json["router"]?["external_gateway_info"] == JSON.null)
  }

  @Test func routesLeadOverTheRoutersOwnSubnets() async throws {
    let site = try await Site()
    let route: JSON = ["destination": "10.99.0.0/16", "nexthop": "10.0.0.77"]
    let set = try await site.cloud.ask("PUT", site.path, ["router": ["routes": [route]]])
    #expect(set.json["router"]?["routes"] == [route])
    let bad: JSON = ["router": ["routes": [["destination": "10.99.0.0/16", "nexthop": "10.200.0.77"]]]]
    try await site.cloud.refused("PUT", site.path, bad, 400, "InvalidRoutes")
    let remove: JSON = ["subnet_id": .string(site.subnet)]
    try await site.cloud.refused(
      "PUT", site.path + "/remove_router_interface", remove, 409, "RouterInterfaceInUseByRoute")
    let fewer = try await site.cloud.ask("PUT", site.path + "/remove_extraroutes", ["router": ["routes": [route]]])
    #expect(fewer.json["router"]?["routes"] == [])
  }

  @Test func aFloatingIPIsMadePointedAndTakenAway() async throws {
    let site = try await Site()
    let cloud = site.cloud
    let port = try await cloud.port(site.network)
    let ip = try await cloud.make("floatingips", "floatingip", ["floating_network_id": .string(site.external)])
    #expect(ip["floating_ip_address"] == "172.24.4.3" && ip["status"] == "DOWN" && ip["port_id"] == JSON.null)
    let path = "/v2.0/floatingips/\(ip.id)"
    let set = try await cloud.ask("PUT", path, ["floatingip": ["port_id": .string(port.id)]])
    let pointed = try #require(set.json["floatingip"])
    #expect(pointed["fixed_ip_address"] == "10.0.0.3" && pointed["router_id"]?.string == site.router)
    #expect(pointed["status"] == "ACTIVE" && pointed["port_details"]?["network_id"]?.string == site.network)
    let found = try await cloud.ask("GET", "/v2.0/floatingips?floating_ip_address=172.24.4.3&port_id=\(port.id)")
    #expect(found.json["floatingips"]?.array?.count == 1)
    #expect(try await cloud.ask("GET", path, as: "other").status == 404)
    // Neither holder nor gateway is the tenant's.
    #expect(try await cloud.ask("GET", "/v2.0/ports?device_owner=network:floatingip").json["ports"] == [])
    let remove: JSON = ["subnet_id": .string(site.subnet)]
    try await cloud.refused(
      "PUT", site.path + "/remove_router_interface", remove, 409, "RouterInterfaceInUseByFloatingIP")
    try await cloud.refused(
      "PUT", site.path, ["router": ["external_gateway_info": nil]], 409, "RouterExternalGatewayInUseByFloatingIp")
    let second: JSON = [
      "floatingip": ["floating_network_id": .string(site.external), "port_id": .string(port.id)]
    ]
    try await cloud.refused("POST", "/v2.0/floatingips", second, 409, "FloatingIPPortAlreadyAssociated")
    // The port goes, the floating IP stays and points nowhere.
    #expect(try await cloud.ask("DELETE", "/v2.0/ports/\(port.id)").status == 204)
    let freed = try await cloud.ask("GET", path)
    #expect(freed.json["floatingip"]?["port_id"] == JSON.null && freed.json["floatingip"]?["status"] == "DOWN")
    #expect(try await cloud.ask("DELETE", path).status == 204)
    let holders = try await cloud.ask("GET", "/v2.0/ports?device_owner=network:floatingip", as: "admin")
    #expect(holders.json["ports"] == [])
  }

  @Test func floatingIPsThatCannotBeAreRefused() async throws {
    let site = try await Site()
    let cloud = site.cloud
    let inner: JSON = ["floatingip": ["floating_network_id": .string(site.network)]]
    try await cloud.refused("POST", "/v2.0/floatingips", inner, 400, "BadRequest")
    let alone = try await cloud.network()
    _ = try await cloud.subnet(alone, "10.3.0.0/24")
    let port = try await cloud.port(alone)
    let unreachable: JSON = [
      "floatingip": ["floating_network_id": .string(site.external), "port_id": .string(port.id)]
    ]
    try await cloud.refused("POST", "/v2.0/floatingips", unreachable, 404, "ExternalGatewayForFloatingIPNotFound")
    let chosen: JSON = [
      "floatingip": ["floating_network_id": .string(site.external), "floating_ip_address": "172.24.4.9"]
    ]
    try await cloud.refused("POST", "/v2.0/floatingips", chosen, 403, "PolicyNotAuthorized")
    let foreign = try await cloud.port(try await cloud.network(as: "other"), as: "other")
    let theirs: JSON = [
      "floatingip": ["floating_network_id": .string(site.external), "port_id": .string(foreign.id)]
    ]
    try await cloud.refused("POST", "/v2.0/floatingips", theirs, 404, "PortNotFound")
  }
}
