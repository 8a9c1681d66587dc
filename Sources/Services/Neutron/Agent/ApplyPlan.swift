internal import Core
internal import Hardware
internal import Log
internal import NeutronModel

/// From a plan to drivers' calls.
extension NetworkAgent {
  /// What the drivers find on a host that the agent has not seen yet counts as there, so that strays are removed.
  func learnStraysOnce() async {
    guard await applied.beginLearning() else { return }
    let drivers = drivers
    await learn("networks") { try await drivers.networkSwitch.networks().map(Thing.network) }
    await learn("ports") { try await drivers.networkSwitch.ports().map(Thing.port) }
    await learn("DHCP servers") { try await drivers.dhcp.served().map(Thing.dhcp) }
    await learn("routers") { try await drivers.routers.routers().map(Thing.router) }
  }

  private func learn(_ what: String, _ list: () async throws -> [Thing]) async {
    do {
      for thing in try await list() { await applied.learn(thing) }
    } catch {
      await applied.forgetLearning()
      log.warning("what is on the host could not be listed", ["what": "\(what)", "cause": "\(error)"])
    }
  }

  /// Makes everything as the plan says: networks first, then what stands on them, then what is to go.
  /// - Returns: whether all of it could be done.
  func apply(_ numbered: NumberedPlan) async -> Bool {
    let (plan, number) = (numbered.plan, numbered.number)
    await applied.forgetReleased(except: Set(plan.ports.map(\.spec.id)))
    let networks = Dictionary(plan.networks.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    var isDone = await parallel(plan.networks.map { network in { try await self.apply(network, number) } })
    var work: [@Sendable () async throws -> Void] = plan.routers.map { router in
      { try await self.apply(router, number) }
    }
    for port in plan.ports {
      guard let network = networks[port.spec.network], await !applied.isReleased(port.spec.id) else { continue }
      work.append { try await self.apply(port.spec, on: network, number) }
    }
    for (id, leases) in plan.leases {
      guard let network = networks[id] else { continue }
      work.append { try await self.apply(leases, on: network, number) }
    }
    work.append { try await self.apply(FirewallRules.compile(plan), number) }
    isDone = await parallel(work) && isDone
    return await removeStrays(plan, number) && isDone
  }

  /// Takes away what is here and not in the plan; networks last, since the others stand on them.
  private func removeStrays(_ plan: HostPlan, _ number: Int) async -> Bool {
    var isDone = true
    var wanted: Set<Thing> = [.firewall]
    wanted.formUnion(plan.networks.map { .network($0.id) })
    wanted.formUnion(plan.ports.map { .port($0.spec.id) })
    wanted.formUnion(plan.leases.keys.map { .dhcp($0) })
    wanted.formUnion(plan.routers.map { .router($0.id) })
    let strays = await applied.present().filter { !wanted.contains($0) }
    func isNetwork(_ thing: Thing) -> Bool { if case .network = thing { true } else { false } }
    for group in [strays.filter { !isNetwork($0) }, strays.filter(isNetwork)] {
      isDone = await parallel(group.map { thing in { try await self.remove(thing, number) } }) && isDone
    }
    return isDone
  }

  /// Runs all of it, a few at a time; what fails is logged, and done at the next comparison.
  /// - Returns: whether nothing failed.
  private func parallel(_ work: [@Sendable () async throws -> Void]) async -> Bool {
    let log = log
    @Sendable func attempt(_ item: @Sendable () async throws -> Void) async -> Bool {
      do {
        try await item()
        return true
      } catch {
        log.warning("a part of the network could not be made, to be tried again", ["cause": "\(error)"])
        return false
      }
    }
    return await withTaskGroup(of: Bool.self) { group in
      var isDone = true
      for (i, item) in work.enumerated() {
        if i >= options.parallel, await group.next() == false { isDone = false }
        group.addTask { await attempt(item) }
      }
      for await result in group where !result { isDone = false }
      return isDone
    }
  }

  /// Runs the driver's call unless the thing is already such, or a newer plan has been at it.
  private func make(
    _ thing: Thing, _ value: AppliedValue, _ number: Int, _ body: () async throws -> Void
  ) async throws {
    guard await applied.needs(thing, value, number) else { return }
    try await applied.locks.run(thing) {
      guard await applied.needs(thing, value, number) else { return }
      // While the driver works nobody can say what is there, and after it failed neither.
      await applied.note(thing, .unknown, number)
      try await body()
      await applied.note(thing, value, number)
    }
  }

  func apply(_ network: NetworkSpec, _ number: Int) async throws {
    try await make(.network(network.id), .network(network), number) {
      try await drivers.networkSwitch.ensureNetwork(network)
    }
  }
  func apply(_ port: PortSpec, on network: NetworkSpec, _ number: Int) async throws {
    try await make(.port(port.id), .port(port, network), number) {
      // Asked again here, since the guest may have gone while this waited.
      guard await !applied.isReleased(port.id) else {
        throw Fault.conflict("Port \(port.id) was given up while it was being plugged.")
      }
      // Plugging makes the network too, which a newer plan may have taken away in the meantime.
      await applied.learn(.network(network.id))
      _ = try await drivers.networkSwitch.ensurePlugged(port, on: network)
    }
  }
  func apply(_ leases: [Lease], on network: NetworkSpec, _ number: Int) async throws {
    let thing = Thing.dhcp(network.id)
    try await make(thing, .dhcp(network, leases), number) {
      try await drivers.dhcp.ensureServing(network, leases: leases)
      try await listen(.network(network.id), thing) { try await drivers.dhcp.metadataSocket(network.id) }
    }
  }
  func apply(_ router: RouterSpec, _ number: Int) async throws {
    let thing = Thing.router(router.id)
    try await make(thing, .router(router), number) {
      try await drivers.routers.ensureRouter(router)
      try await listen(.router(router.id), thing) { try await drivers.routers.metadataSocket(router.id) }
    }
  }
  func apply(_ rules: [PortRules], _ number: Int) async throws {
    try await make(.firewall, .firewall(rules), number) { try await drivers.firewall.apply(rules) }
  }

  /// Has metadata served where it is not yet, if the driver has a socket for it.
  private func listen(_ origin: MetadataOrigin, _ thing: Thing, _ open: () async throws -> Int32?) async throws {
    guard await !applied.hasSocket(thing), let socket = try await open() else { return }
    await applied.keep(metadata(socket, origin), of: thing)
  }

  func remove(_ thing: Thing, _ number: Int) async throws {
    try await applied.locks.run(thing) {
      guard await !applied.isOutdated(thing, number) else { return }
      if let stop = await applied.takeSocket(thing) { stop() }
      switch thing {
      case .network(let id): try await drivers.networkSwitch.ensureNetworkAbsent(id)
      case .port(let id): try await drivers.networkSwitch.ensureUnplugged(id)
      case .dhcp(let id): try await drivers.dhcp.ensureAbsent(id)
      case .router(let id): try await drivers.routers.ensureAbsent(id)
      case .firewall: return
      }
      await applied.noteGone(thing)
    }
  }
}
