// NeutronAgent: makes one host's networks what the rows say.
//
// The agent holds no store: it asks for its plan, compares each thing of it with what it applied last, and has the
// drivers do the difference. Every thing (a network, a tap, a DHCP server, a router, the firewall) is applied under its
// own lock, so that a slow one holds up nothing else, and plans are numbered, so that none undoes a newer one's work.
// A wake-up and the timer run the same code; what fails is tried again at the next of them. A guest's start does not
// wait for either: `EnsurePlugged` applies what that one port needs, and answers when it is there.
// It must not know how a driver works, nor any HTTP: metadata sockets are handed to a closure of the program's.

public import Bus
public import Core
public import Hardware
internal import Log
public import NeutronModel
internal import Synchronization

/// Whose guests' metadata requests come out of a socket.
public enum MetadataOrigin: Sendable, Equatable {
  case network(String)
  case router(String)
}

/// What the agent of a host needs to know of it.
public struct NetworkAgentOptions: Sendable {
  public var host: String
  /// Whether DHCP servers and routers stand on this host; exactly one host of a cloud says so.
  public var central = true
  /// How often the whole plan is compared without any wake-up.
  public var interval = Duration.seconds(30)
  /// How many things are applied at once.
  public var parallel = 8
  /// How long after one comparison that a wake-up began the next may begin: a hundred changes at once cost a few
  /// comparisons, not a hundred. Guests do not wait for it, since `EnsurePlugged` fetches a plan of its own.
  public var pause = Duration.milliseconds(100)
  public init(host: String) { self.host = host }
}

/// The network agent of one host.
public final class NetworkAgent: Sendable {
  /// Serves metadata on a listening socket, which it owns from then on, until the closure it returns is called.
  public typealias Metadata = @Sendable (Int32, MetadataOrigin) -> @Sendable () -> Void

  let options: NetworkAgentOptions
  let drivers: NetworkDrivers
  let bus: Bus
  let world: World
  let metadata: Metadata
  let applied = Applied()
  let log = Log("network.agent")
  private let plans: PlanSource
  private let wakes = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
  private let tasks = Mutex<[Task<Void, Never>]>([])

  public init(
    _ options: NetworkAgentOptions, drivers: NetworkDrivers, bus: Bus, world: World, metadata: @escaping Metadata
  ) {
    self.options = options
    self.drivers = drivers
    self.bus = bus
    self.world = world
    self.metadata = metadata
    plans = PlanSource { [options] in
      try await bus.call(NeutronTopic.api, GetPlan(host: options.host, central: options.central))
    }
  }

  /// Serves the host's topic, then keeps the host as the plan says until `stop`.
  public func start() async {
    serve()
    await report(started: true)
    wake()
    let runs = Task { [weak self, wakes] in await Self.run(self, wakes.stream) }
    let timer = Task { [weak self, world, options] in
      while !Task.isCancelled {
        do { try await world.sleep(options.interval) } catch { return }
        await self?.report(started: false)
        self?.wake()
      }
    }
    tasks.withLock { $0 = [runs, timer] }
  }

  /// Compares at every wake. A slow driver holds up only its own thing: the next plan is fetched meanwhile, and a few
  /// may be applied at once, since things are locked one by one.
  private static func run(_ agent: NetworkAgent?, _ wakes: AsyncStream<Void>) async {
    await withTaskGroup(of: Void.self) { [weak agent] group in
      var running = 0
      for await _ in wakes {
        guard let agent, !Task.isCancelled else { return }
        if running == 4 {
          await group.next()
          running -= 1
        }
        do {
          await agent.learnStraysOnce()
          let plan = try await agent.plans.fetch()
          group.addTask { await agent.settle(plan) }
          running += 1
          try await agent.world.sleep(agent.options.pause)
        } catch is CancellationError {
          return
        } catch {
          agent.log.warning("no plan from the network service, to be tried again", ["cause": "\(error)"])
          agent.wakeLater()
        }
      }
    }
  }

  private func settle(_ plan: NumberedPlan) async {
    let isDone = await apply(plan)
    await reportPorts(plan)
    if !isDone { wakeLater() }
  }

  /// Soon, but not at once, so that what keeps failing does not keep the host busy.
  private func wakeLater() {
    Task { [weak self, world] in
      try? await world.sleep(.seconds(2))
      self?.wake()
    }
  }

  /// Stops comparing; guests and their networks live on.
  public func stop() async {
    for task in tasks.withLock({ $0 }) { task.cancel() }
    wakes.continuation.finish()
    for stop in await applied.takeSockets() { stop() }
  }

  /// Compares soon, once, however often it is called before that.
  public func wake() { wakes.continuation.yield() }

  /// Answers on the host's topic, and no more: `start` begins with it.
  public func serve() {
    bus.serve(
      NeutronTopic.agent(options.host),
      [
        .on(PlanChanged.self) { [weak self] _ in
          self?.wake()
          return Done()
        },
        .on(EnsurePlugged.self) { [weak self] verb in
          guard let self else { throw Fault.unavailable("The network agent is stopping. Try again.") }
          return try await self.ensurePlugged(verb.port)
        },
        .on(EnsureUnplugged.self) { [weak self] verb in
          try await self?.ensureUnplugged(verb.port)
          return Done()
        },
      ])
  }

  private func report(started: Bool) async {
    let counts = await applied.counts()
    let report = ReportAgent(
      host: options.host, started: started, ports: counts.ports, networks: counts.networks, routers: counts.routers)
    do { _ = try await bus.call(NeutronTopic.api, report) } catch {
      log.warning("the network service did not hear this agent", ["cause": "\(error)"])
    }
  }

  /// Fetches the plan and makes the host as it says. Throws only when there is no plan to be had.
  public func reconcile() async throws {
    await learnStraysOnce()
    let plan = try await plans.fetch()
    _ = await apply(plan)
    await reportPorts(plan)
  }

  /// Everything one port needs before its guest starts: network, tap, lease and rules.
  public func ensurePlugged(_ id: String) async throws -> EnsurePlugged.Reply {
    await applied.release(id, false)
    let numbered = try await plans.fetch()
    guard let port = numbered.plan.ports.first(where: { $0.spec.id == id }),
      let network = numbered.plan.networks.first(where: { $0.id == port.spec.network })
    else {
      throw Fault.notFound(
        "Port \(id) is not bound to host \(options.host). Bind it (binding:host_id) and bring it up first.",
        code: "PortNotFound")
    }
    try await apply(network, numbered.number)
    try await apply(port.spec, on: network, numbered.number)
    if let leases = numbered.plan.leases[network.id] { try await apply(leases, on: network, numbered.number) }
    try await apply(FirewallRules.compile(numbered.plan), numbered.number)
    if !port.active {
      let report = ReportPorts(host: options.host, active: [id], down: [])
      _ = try await bus.call(NeutronTopic.api, report)
    }
    return EnsurePlugged.Reply(tap: port.spec.tap, mtu: network.mtu)
  }

  /// Takes a port's tap away, and does not bring it back before somebody asks for it.
  public func ensureUnplugged(_ id: String) async throws {
    await applied.release(id, true)
    try await remove(.port(id), .max)
    await bus.cast(NeutronTopic.api, ReportPorts(host: options.host, active: [], down: [id]))
  }

  /// Tells the service of the ports that are plugged and that it does not show as such.
  private func reportPorts(_ numbered: NumberedPlan) async {
    var active: [String] = []
    for port in numbered.plan.ports where !port.active {
      if await applied.has(.port(port.spec.id)) { active.append(port.spec.id) }
    }
    guard !active.isEmpty else { return }
    do { _ = try await bus.call(NeutronTopic.api, ReportPorts(host: options.host, active: active, down: [])) } catch {
      log.warning("the network service did not hear of plugged ports", ["cause": "\(error)"])
    }
  }
}

/// The four hands of a host's network.
public struct NetworkDrivers: Sendable {
  public var networkSwitch: any Switch
  public var dhcp: any DHCPServers
  public var routers: any Routers
  public var firewall: any Firewall
  public init(networkSwitch: any Switch, dhcp: any DHCPServers, routers: any Routers, firewall: any Firewall) {
    self.networkSwitch = networkSwitch
    self.dhcp = dhcp
    self.routers = routers
    self.firewall = firewall
  }
}
