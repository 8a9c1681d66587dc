internal import Core
public import Hardware
internal import Synchronization

/// A switch in memory.
public final class FakeSwitch: Switch {
  private struct State {
    var networks: [String: NetworkSpec] = [:]
    var ports: [String: PortSpec] = [:]
  }
  public let script: FakeScript
  private let state = Mutex(State())

  public init(script: FakeScript = FakeScript()) { self.script = script }

  /// The network as it was last ensured; nil when it is not here.
  public func network(_ id: String) -> NetworkSpec? { state.withLock { $0.networks[id] } }
  public func port(_ id: String) -> PortSpec? { state.withLock { $0.ports[id] } }

  public func ensureNetwork(_ network: NetworkSpec) async throws {
    guard try await script.enter("ensureNetwork", network.id) else { return }
    state.withLock { $0.networks[network.id] = network }
  }
  public func ensureNetworkAbsent(_ id: String) async throws {
    guard try await script.enter("ensureNetworkAbsent", id) else { return }
    state.withLock { $0.networks[id] = nil }
  }
  public func ensurePlugged(_ port: PortSpec, on network: NetworkSpec) async throws -> String {
    guard try await script.enter("ensurePlugged", port.id) else { return port.tap }
    state.withLock {
      $0.networks[network.id] = network
      $0.ports[port.id] = port
    }
    return port.tap
  }
  public func ensureUnplugged(_ port: String) async throws {
    guard try await script.enter("ensureUnplugged", port) else { return }
    state.withLock { $0.ports[port] = nil }
  }
  public func networks() async throws -> [String] {
    _ = try await script.enter("networks")
    return state.withLock { $0.networks.keys.sorted() }
  }
  public func ports() async throws -> [String] {
    _ = try await script.enter("ports")
    return state.withLock { $0.ports.keys.sorted() }
  }
}

/// DHCP servers in memory; there is no network on which a guest could ask for metadata.
public final class FakeDHCPServers: DHCPServers {
  public let script: FakeScript
  private let state = Mutex<[String: (network: NetworkSpec, leases: [Lease])]>([:])

  public init(script: FakeScript = FakeScript()) { self.script = script }

  /// The leases served on a network; nil when it is not served.
  public func leases(_ network: String) -> [Lease]? { state.withLock { $0[network]?.leases } }

  public func ensureServing(_ network: NetworkSpec, leases: [Lease]) async throws {
    guard try await script.enter("ensureServing", network.id) else { return }
    state.withLock { $0[network.id] = (network, leases) }
  }
  public func ensureAbsent(_ network: String) async throws {
    guard try await script.enter("ensureAbsent", network) else { return }
    state.withLock { $0[network] = nil }
  }
  public func served() async throws -> [String] {
    _ = try await script.enter("served")
    return state.withLock { $0.keys.sorted() }
  }
  public func metadataSocket(_ network: String) async throws -> Int32? {
    _ = try await script.enter("metadataSocket", network)
    return nil
  }
}

/// Routers in memory.
public final class FakeRouters: Routers {
  public let script: FakeScript
  private let state = Mutex<[String: RouterSpec]>([:])

  public init(script: FakeScript = FakeScript()) { self.script = script }

  /// The router as it was last ensured; nil when it is not here.
  public func router(_ id: String) -> RouterSpec? { state.withLock { $0[id] } }

  public func ensureRouter(_ router: RouterSpec) async throws {
    guard try await script.enter("ensureRouter", router.id) else { return }
    state.withLock { $0[router.id] = router }
  }
  public func ensureAbsent(_ router: String) async throws {
    guard try await script.enter("ensureAbsent", router) else { return }
    state.withLock { $0[router] = nil }
  }
  public func routers() async throws -> [String] {
    _ = try await script.enter("routers")
    return state.withLock { $0.keys.sorted() }
  }
  public func metadataSocket(_ router: String) async throws -> Int32? {
    _ = try await script.enter("metadataSocket", router)
    return nil
  }
}

/// A firewall in memory.
public final class FakeFirewall: Firewall {
  public let script: FakeScript
  private let state = Mutex<[PortRules]>([])

  public init(script: FakeScript = FakeScript()) { self.script = script }

  /// The rules of the whole host as they were last applied.
  public var applied: [PortRules] { state.withLock { $0 } }
  /// The rules of one port; nil when it has none, so that nothing passes.
  public func rules(_ port: String) -> PortRules? { applied.first { $0.port.id == port } }

  public func apply(_ ports: [PortRules]) async throws {
    guard try await script.enter("apply") else { return }
    state.withLock { $0 = ports }
  }
}
