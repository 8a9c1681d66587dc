internal import Hardware

/// One thing on the host that can be made and taken away.
enum Thing: Hashable, Sendable {
  case network(String)
  case port(String)
  case dhcp(String)
  case router(String)
  case firewall
}

/// What a thing was when it was last applied; equal values need no driver.
enum AppliedValue: Sendable, Equatable {
  case network(NetworkSpec)
  case port(PortSpec, NetworkSpec)
  case dhcp(NetworkSpec, [Lease])
  case router(RouterSpec)
  case firewall([PortRules])
  /// It is there, but not known to be as it should.
  case unknown
}

/// What the agent has applied, by which plan, and the locks under which it does.
actor Applied {
  private var things: [Thing: (number: Int, value: AppliedValue)] = [:]
  private var sockets: [Thing: @Sendable () -> Void] = [:]
  private var released: Set<String> = []
  private var hasLearnt = false
  nonisolated let locks = KeyedLocks<Thing>()

  /// True once, for whoever is to look what is on the host.
  func beginLearning() -> Bool {
    defer { hasLearnt = true }
    return !hasLearnt
  }
  func forgetLearning() { hasLearnt = false }
  /// Something of unknown making is there, unless it is known already.
  func learn(_ thing: Thing) { if things[thing] == nil { things[thing] = (0, .unknown) } }

  func has(_ thing: Thing) -> Bool { (things[thing]?.value).map { $0 != .unknown } ?? false }
  func value(of thing: Thing) -> AppliedValue? { things[thing]?.value }

  /// Whether a plan of that number has anything to do to make the thing such. What failed may be tried by any plan.
  func needs(_ thing: Thing, _ value: AppliedValue, _ number: Int) -> Bool {
    guard let have = things[thing], have.value != .unknown else { return true }
    return number >= have.number && have.value != value
  }
  func isOutdated(_ thing: Thing, _ number: Int) -> Bool { (things[thing]?.number ?? 0) > number }
  func note(_ thing: Thing, _ value: AppliedValue, _ number: Int) {
    things[thing] = (max(number, things[thing]?.number ?? 0), value)
  }
  func noteGone(_ thing: Thing) { things[thing] = nil }
  /// The things that are here, or may be.
  func present() -> [Thing] { Array(things.keys) }

  func release(_ port: String, _ isReleased: Bool) {
    if isReleased { released.insert(port) } else { released.remove(port) }
  }
  func isReleased(_ port: String) -> Bool { released.contains(port) }
  func forgetReleased(except ports: Set<String>) { released.formIntersection(ports) }

  func hasSocket(_ thing: Thing) -> Bool { sockets[thing] != nil }
  func keep(_ stop: @escaping @Sendable () -> Void, of thing: Thing) { sockets[thing] = stop }
  func takeSocket(_ thing: Thing) -> (@Sendable () -> Void)? { sockets.removeValue(forKey: thing) }
  func takeSockets() -> [@Sendable () -> Void] {
    defer { sockets = [:] }
    return Array(sockets.values)
  }

  func counts() -> (ports: Int, networks: Int, routers: Int) {
    var counts = (ports: 0, networks: 0, routers: 0)
    for thing in present() {
      switch thing {
      case .port: counts.ports += 1
      case .network: counts.networks += 1
      case .router: counts.routers += 1
      case .dhcp, .firewall: continue
      }
    }
    return counts
  }
}
