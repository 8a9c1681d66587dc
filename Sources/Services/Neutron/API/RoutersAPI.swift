internal import API
internal import Core
internal import JSON
internal import NeutronModel
internal import Store

/// A router with its gateway port.
typealias ShownRouter = Detailed<Router, Port?>

enum RoutersAPI {
  static let view = View<ShownRouter>(
    "router",
    StandardFields.head(id: \.record.id, \.record.standard) + [
      .field("admin_state_up", \.record.adminStateUp), .computed("status") { _, _ in "ACTIVE" },
      .computed("external_gateway_info") { router, _ in
        guard let port = router.extra else { return JSON.null }
        return [
          "network_id": .string(port.networkID), "enable_snat": .bool(router.snat),
          "external_fixed_ips": port.fixedIPs.json,
        ]
      },
      .field("routes", \.record.routes), .computed("availability_zone_hints") { _, _ in [] },
      .computed("availability_zones") { _, _ in ["nova"] },
      .computed("ha") { _, incoming in incoming.caller.isAdmin ? false : nil },
      .computed("distributed") { _, incoming in incoming.caller.isAdmin ? false : nil },
      .computed("flavor_id") { _, _ in JSON.null },
    ] + StandardFields.tail(\.record.standard, \.record.generation))

  static let listing = Listing<Router>([
    "admin_state_up": .flag("admin_state_up"), "enable_snat": .flag("enable_snat"),
    "status": .custom { $0.contains("ACTIVE") ? "1 = 1" : "1 = 0" }, "ha": .custom { _ in "1 = 1" },
    "distributed": .custom { _ in "1 = 1" }, "flavor_id": .custom { _ in "1 = 0" },
  ])

  static let routes = Routes(
    rules: "", of: Neutron.self, shows: view,
    [
      .get("/routers", "get_router", list, allow: .readerOrService, query: listing.keys),
      .post("/routers", "create_router", create, allow: .member),
      .get("/routers/{id}", "get_router", show, allow: .readerOrService),
      .put("/routers/{id}", "update_router", update, allow: .member),
      .delete("/routers/{id}", "delete_router", delete, allow: .member),
      .put("/routers/{id}/add_router_interface", "add_router_interface", RouterInterfaces.add, allow: .member),
      .put("/routers/{id}/remove_router_interface", "remove_router_interface", RouterInterfaces.remove, allow: .member),
      .put("/routers/{id}/add_extraroutes", "add_extraroutes", RouterRoutes.add, allow: .member),
      .put("/routers/{id}/remove_extraroutes", "remove_extraroutes", RouterRoutes.remove, allow: .member),
      .get("/routers/{id}/l3-agents", "get_l3-agents", Agents.listForRouter, allow: .admin),
    ])

  static func list(_ call: Call<Neutron>, _: Nothing) async throws -> Page<ShownRouter> {
    try await call.service.read { tx in
      let (routers, next) = try await listing.page(call.incoming, visible: call.incoming.ownProject, in: tx)
      return Page(try await detail(routers, tx), as: view, next: next)
    }
  }

  static func show(_ call: Call<Neutron>, _: Nothing) async throws -> Shown<ShownRouter> {
    try await call.service.read { tx in
      Shown(try await detail([try await find(call.id, call, tx)], tx)[0], as: view)
    }
  }

  static func find(_ id: String, _ call: Call<Neutron>, _ tx: some ReadTransaction) async throws -> Router {
    guard let router = try await tx.get(Router.self, id) else { throw Fault.missing(.router, id) }
    try call.require(["project_id": router.projectID], else: .missing(.router, id))
    return router
  }

  static func create(_ call: Call<Neutron>, _ posted: Posted<RouterBody>) async throws -> Made<ShownRouter> {
    try await call.service.write { tx in
      var made: [ShownRouter] = []
      for draft in posted.drafts {
        let project = try call.incoming.owner(draft.projectID)
        try await Quotas.check(.router, project, call.service, tx)
        var router = Router()
        router.id = call.service.world.uuid()
        router.standard = Standard(projectID: project, at: call.service.world.now())
        router.standard.tags = try Tags.checked(draft.tags)
        try draft.apply(to: &router)
        if case .given(let wish) = draft.gateway { try await RouterGateway(call, tx).settle(&router, wish) }
        try await RouterRoutes.apply(draft.routes, to: &router, call.service, tx)
        try await tx.insert(router)
        made += try await detail([router], tx)
      }
      return Made(items: made, view: view, isBulk: posted.isBulk)
    }
  }

  static func update(_ call: Call<Neutron>, _ body: Changed<RouterBody>) async throws -> Shown<ShownRouter> {
    try await call.service.write { tx in
      var router = try await find(call.id, call, tx)
      try body.draft.apply(to: &router)
      if case .given(let wish) = body.draft.gateway { try await RouterGateway(call, tx).settle(&router, wish) }
      try await RouterRoutes.apply(body.draft.routes, to: &router, call.service, tx)
      return Shown(try await detail([try await tx.save(router, call.service.world)], tx)[0], as: view)
    }
  }

  static func delete(_ call: Call<Neutron>, _: Nothing) async throws -> Nothing {
    try await call.service.write { tx in
      var router = try await find(call.id, call, tx)
      let legs = try await tx.count(
        Port.self, "WHERE device_id = \(router.id) AND device_owner = \(DeviceOwner.routerInterface)")
      guard legs == 0 else { throw Fault.routerInUse(router.id, "still has ports") }
      try await RouterGateway(call, tx).settle(&router, nil)
      try await tx.delete(router)
      return Nothing()
    }
  }

  static func detail(_ routers: [Router], _ tx: some ReadTransaction) async throws -> [ShownRouter] {
    let ports = try await tx.all(Port.self, "WHERE id IN (\(list: routers.compactMap(\.gatewayPortID)))")
    let byID = Dictionary(ports.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    return routers.map { ShownRouter(record: $0, extra: $0.gatewayPortID.flatMap { byID[$0] }) }
  }
}
