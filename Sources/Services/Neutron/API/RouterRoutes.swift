internal import API
internal import Core
internal import JSON
internal import NeutronModel
internal import Store
internal import Text

/// The static routes of routers, as a whole and one by one.
enum RouterRoutes {
  static func apply(
    _ given: Given<[StaticRoute]?>, to router: inout Router, _ service: Neutron, _ tx: Transaction
  ) async throws {
    guard case .given(let list) = given else { return }
    router.routes = try await checked(list ?? [], router, service, tx)
  }

  static func add(_ call: Call<Neutron>, _ body: JSON) async throws -> JSON {
    try await change(call, body) { routes, more in routes + more.filter { !routes.contains($0) } }
  }
  static func remove(_ call: Call<Neutron>, _ body: JSON) async throws -> JSON {
    try await change(call, body) { routes, fewer in routes.filter { !fewer.contains($0) } }
  }

  private static func change(
    _ call: Call<Neutron>, _ body: JSON,
    _ combine: @escaping @Sendable (_ routes: [StaticRoute], _ given: [StaticRoute]) -> [StaticRoute]
  ) async throws -> JSON {
    let given = try [StaticRoute](json: body["router"]?["routes"] ?? .null)
    return try await call.service.write { tx in
      var router = try await RoutersAPI.find(call.id, call, tx)
      router.routes = try await checked(combine(router.routes, given), router, call.service, tx)
      let shown = try await RoutersAPI.detail([try await tx.save(router, call.service.world)], tx)[0]
      return ["router": RoutersAPI.view.render(shown, for: call.incoming)]
    }
  }

  static func leads(_ route: StaticRoute, into block: CIDR) -> Bool {
    IPAddress(route.nexthop).map(block.contains) ?? false
  }

  /// Every next hop must be on a subnet that the router has a leg on.
  private static func checked(
    _ routes: [StaticRoute], _ router: Router, _ service: Neutron, _ tx: Transaction
  ) async throws -> [StaticRoute] {
    guard !routes.isEmpty else { return [] }
    guard routes.count <= service.options.maxRoutes else {
      throw Fault.badRequest(
        "Unable to complete operation for \(router.id). The number of routes exceeds the maximum "
          + "\(service.options.maxRoutes).", code: "RoutesExhausted")
    }
    var blocks = try await RouterInterfaces.subnets(of: router.id, tx).compactMap(\.block)
    if let outside = router.externalNetworkID {
      blocks += try await tx.all(Subnet.self, "WHERE network_id = \(outside)").compactMap(\.block)
    }
    for route in routes where !blocks.contains(where: { leads(route, into: $0) }) {
      throw Fault.badRequest(
        "Invalid format for routes: \(routes.json.text), the nexthop is not connected with router",
        code: "InvalidRoutes")
    }
    return routes
  }
}
