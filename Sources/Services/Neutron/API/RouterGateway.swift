internal import API
internal import Core
internal import NeutronModel
internal import Store

/// Gives a router its leg on an external network, moves it, or takes it away.
struct RouterGateway {
  let call: Call<Neutron>
  let tx: Transaction
  init(_ call: Call<Neutron>, _ tx: Transaction) {
    self.call = call
    self.tx = tx
  }

  /// - Parameter wish: nil, or one without a network, for none.
  func settle(_ router: inout Router, _ wish: GatewayWish?) async throws {
    guard let wish, let networkID = wish.networkID, !networkID.isEmpty else { return try await remove(&router) }
    if let snat = wish.snat, snat != router.snat || !call.caller.isAdmin {
      // Turning translation off shows tenants' addresses to the outside, so only administrators may.
      guard call.caller.isAdmin || snat else {
        throw Fault.disallowed("update_router:external_gateway_info:enable_snat")
      }
      router.snat = snat
    }
    if wish.fixedIPs?.contains(where: { $0.address != nil }) ?? false, !call.caller.isAdmin {
      throw Fault.disallowed("update_router:external_gateway_info:external_fixed_ips")
    }
    let network = try await Networks.find(networkID, call, tx)
    guard network.external else { throw Fault.bad("router", "Network \(networkID) is not an external network") }
    if router.externalNetworkID == networkID, let id = router.gatewayPortID,
      var port = try await tx.get(Port.self, id)
    {
      guard let wishes = wish.fixedIPs else { return }
      let writer = PortWriter(call.service, tx)
      let before = port
      try await writer.place(&port, wishes)
      try await writer.update(port, from: before)
      return
    }
    try await checkOverlap(router, network)
    if router.gatewayPortID != nil { try await remove(&router) }
    let writer = PortWriter(call.service, tx)
    var port = try await writer.blank(on: network, project: "", owner: DeviceOwner.routerGateway, device: router.id)
    port.status = .active
    try await writer.place(&port, wish.fixedIPs)
    guard !port.fixedIPs.isEmpty else {
      throw Fault.bad("router", "No IPs available for external network \(networkID)")
    }
    try await writer.insert(port)
    (router.externalNetworkID, router.gatewayPortID) = (networkID, port.id)
  }

  private func remove(_ router: inout Router) async throws {
    guard let id = router.gatewayPortID else { return }
    guard try await tx.count(FloatingIP.self, "WHERE router_id = \(router.id)") == 0 else {
      throw Fault.conflict(
        "Gateway cannot be updated for router \(router.id), since a gateway to external network "
          + "\(router.externalNetworkID ?? "") is required by one or more floating IPs.",
        code: "RouterExternalGatewayInUseByFloatingIp")
    }
    if let port = try await tx.get(Port.self, id) { try await PortWriter(call.service, tx).delete(port) }
    (router.externalNetworkID, router.gatewayPortID, router.snat) = (nil, nil, true)
  }

  /// The outside must not have the addresses of one of the router's own subnets.
  private func checkOverlap(_ router: Router, _ network: Network) async throws {
    let outside = try await tx.all(Subnet.self, "WHERE network_id = \(network.id)")
    for subnet in try await RouterInterfaces.subnets(of: router.id, tx) {
      for other in outside { try RouterInterfaces.refuseOverlap(subnet, other) }
    }
  }
}
