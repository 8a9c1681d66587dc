internal import Core
public import Hardware
internal import Host
internal import Synchronization

/// Routers: each a namespace with a veth to the bridge of each of its networks.
///
/// An update reads what is there and changes only what differs, so connections live on while others' floating IPs
/// come and go. Translated connections are in the kernel's tracking, not in the rules, and survive their replacement.
public struct NamespaceRouters: Routers {
  let machine: Machine
  let bridges: LinuxBridge
  private let turns = Turns()
  private let applied = Applied()

  init(_ machine: Machine, bridges: LinuxBridge) {
    self.machine = machine
    self.bridges = bridges
  }
  private var names: Names { machine.names }

  public func ensureRouter(_ router: RouterSpec) async throws {
    try await turns.inTurn(router.id) {
      let plan = RouterPlan(router, names: names)
      let namespace = names.routerNamespace(router.id)
      if try await machine.ensureNamespace(namespace) {
        applied.forget(router.id)
        try await machine.sysctl(
          [
            "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", "net.ipv4.conf.all.rp_filter=0",
            "net.ipv4.conf.default.rp_filter=0", "net.ipv4.conf.all.promote_secondaries=1",
            "net.ipv4.conf.all.arp_ignore=1", "net.ipv4.conf.all.arp_announce=2",
          ], in: namespace)
      }
      // Translation first: an address must not answer before its packets go where they belong.
      if applied.script(router.id) != plan.script {
        try await machine.nft(plan.script, in: namespace)
        applied.note(router.id, plan.script)
      }
      try await ensureLegs(plan, namespace)
      let fresh = try await ensureAddresses(plan, namespace)
      try await ensureRoutes(plan, namespace)
      announce(fresh, plan, namespace)
    }
  }

  public func ensureAbsent(_ router: String) async throws {
    try await turns.inTurn(router) {
      applied.forget(router)
      try await machine.ensureNamespaceAbsent(names.routerNamespace(router))
    }
  }

  public func routers() async throws -> [String] {
    try await machine.namespaces(names.routerPrefix).map { String($0.dropFirst(names.routerPrefix.utf8.count)) }
  }

  public func metadataSocket(_ router: String) async throws -> Int32? {
    try await Host.listeningSocket(
      namespace: names.routerNamespace(router), address: "0.0.0.0", port: RouterPlan.metadataPort)
  }

  private func ensureLegs(_ plan: RouterPlan, _ namespace: String) async throws {
    let outside = Dictionary(
      try await machine.links().map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let inside = Dictionary(
      try await machine.links(in: namespace).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let wanted = Set(plan.legs.map(\.inner))
    let strays = inside.keys.filter { $0 != "lo" && !wanted.contains($0) }.sorted()
    try await machine.ip(batch: strays.map { "link del dev \($0)" }, in: namespace)
    var lines: [String] = []
    var innerLines: [String] = []
    for leg in plan.legs {
      if outside[leg.bridge]?.up != true || outside[leg.bridge]?.mtu != leg.mtu {
        try await bridges.ensureNetwork(leg.network)
      }
      let inner = inside[leg.inner]
      if inner == nil {
        // The other end may be there without its peer's namespace, after a wipe that was cut short.
        if outside[leg.outer] != nil { lines.append("link del dev \(leg.outer)") }
        lines.append(
          "link add name \(leg.outer) mtu \(leg.mtu) type veth peer name \(leg.inner) netns \(namespace)"
            + " mtu \(leg.mtu) address \(leg.mac)")
      }
      let outer = inner == nil ? nil : outside[leg.outer]
      if outer?.master != leg.bridge || outer?.mtu != leg.mtu || outer?.up != true {
        lines.append("link set dev \(leg.outer) master \(leg.bridge) mtu \(leg.mtu) addrgenmode none up")
      }
      if inner?.mac != leg.mac || inner?.mtu != leg.mtu || inner?.up != true {
        innerLines.append("link set dev \(leg.inner) address \(leg.mac) mtu \(leg.mtu) up")
      }
    }
    try await machine.ip(batch: lines)
    try await machine.ip(batch: innerLines, in: namespace)
  }

  /// - Returns: the external leg's addresses that were not there before.
  private func ensureAddresses(_ plan: RouterPlan, _ namespace: String) async throws -> [String] {
    let present = try await machine.addresses(in: namespace).filter { $0.scope == "global" }
    var lines: [String] = []
    var fresh: [String] = []
    var gone: [String] = []
    for leg in plan.legs {
      let here = Set(present.filter { $0.link == leg.inner }.map(\.address))
      let removed = here.subtracting(leg.addresses).sorted()
      lines += removed.map { "addr del \($0) dev \(leg.inner)" }
      gone += removed.filter { leg.inner == plan.announced?.leg && $0.hasSuffix("/32") }
      // In the given order: the first of a subnet is the one that the router itself speaks with.
      for address in leg.addresses where !here.contains(address) {
        lines.append("addr add \(address) dev \(leg.inner)" + (address.contains(":") ? " nodad" : ""))
        if leg.inner == plan.announced?.leg { fresh.append(address) }
      }
    }
    try await machine.ip(batch: lines, in: namespace)
    for address in gone {
      // Who was connected through a floating IP that is taken away is not any more, where the tool is installed.
      let bare = String(address.prefix { $0 != "/" })
      _ = try? await machine.host.run("conntrack", ["-D", "--orig-dst", bare], namespace: namespace)
      _ = try? await machine.host.run("conntrack", ["-D", "--reply-dst", bare], namespace: namespace)
    }
    return fresh
  }

  private func ensureRoutes(_ plan: RouterPlan, _ namespace: String) async throws {
    var present = Self.routes(
      try await machine.ip(["route", "show", "proto", "static"], in: namespace), any: "default")
    if plan.legs.contains(where: { $0.addresses.contains { $0.contains(":") } }) {
      let six = Self.routes(
        try await machine.ip(["-6", "route", "show", "proto", "static"], in: namespace), any: "::/0")
      present.merge(six) { first, _ in first }
    }
    let lines =
      present.keys.filter { plan.routes[$0] == nil }.sorted().map { "route del \($0) proto static" }
      + plan.routes.filter { present[$0.key] != $0.value }.sorted { $0.key < $1.key }
      .map { "route replace \($0.key) via \($0.value) proto static" }
    try await machine.ip(batch: lines, in: namespace)
  }

  /// `10.9.0.0/24 via 10.0.0.9 dev leg-1`
  static func routes(_ text: String, any: String) -> [String: String] {
    var routes: [String: String] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count > 2, words[1] == "via" else { continue }
      routes[words[0] == "default" ? any : RouterPlan.destination(String(words[0]))] = String(words[2])
    }
    return routes
  }

  /// Tells the neighbours on the external network at whose MAC the addresses are now. It takes a second, and nobody
  /// waits for it: who has no stale entry needs none.
  private func announce(_ addresses: [String], _ plan: RouterPlan, _ namespace: String) {
    guard let leg = plan.announced?.leg else { return }
    let host = machine.host
    for address in addresses where !address.contains(":") {
      let bare = String(address.prefix { $0 != "/" })
      Task { _ = try? await host.run("arping", ["-A", "-c", "2", "-I", leg, bare], namespace: namespace) }
    }
  }
}

/// The scripts that this process applied, so that an unchanged one is not applied again.
private final class Applied: Sendable {
  private let scripts = Mutex<[String: String]>([:])
  func script(_ router: String) -> String? { scripts.withLock { $0[router] } }
  func note(_ router: String, _ script: String) { scripts.withLock { $0[router] = script } }
  func forget(_ router: String) { scripts.withLock { $0[router] = nil } }
}
