import Core
import Glibc
import Hardware
import Host
import LinuxNetwork
import Testing

/// The tests on this machine's networks, one after the other, since they share its bridges.
@Suite("Network", .serialized) enum NetworkTests {}

/// A place for real networks on this machine: names of its own, and network namespaces as guests, each with one end
/// of a veth whose other end is plugged in place of a tap.
struct NetworkLab: Sendable {
  /// Whether this machine lets us: root and the programs the drivers use.
  static let possible: Bool =
    geteuid() == 0
    && ["ip", "nft", "dnsmasq", "sysctl", "conntrack"].allSatisfy { access("/usr/sbin/" + $0, X_OK) == 0 }
    && access("/usr/bin/busybox", X_OK) == 0

  let host = Host.real
  let prefix: String
  let directory: String
  let network: LinuxNetwork
  let outside: NetworkSpec

  init() {
    let digits = Array("0123456789abcdefghijkmnopqrsuvwxyz")
    let pid = Int(getpid())
    prefix = "m" + String([digits[pid / 34 % 34], digits[pid % 34]])
    directory = "/tmp/\(prefix)-lab-\(pid)"
    network = LinuxNetwork(host: host, stateDirectory: directory, prefix: prefix)
    let third = pid % 200
    outside = NetworkSpec(
      id: World.real.uuid(), segment: .flat(physicalNetwork: "public"), mtu: 1500,
      subnets: [
        SubnetSpec(
          id: "outside", cidr: "198.18.\(third).0/24", gateway: "198.18.\(third).1", dhcp: false, dhcpAddress: nil)
      ])
  }

  /// An address of the external network.
  func external(_ last: Int) -> String { (outside.subnets[0].gateway?.dropLast(1)).map { $0 + "\(last)" } ?? "" }

  func tenant(cidr: String = "10.77.0", gateway: Bool = true) -> NetworkSpec {
    NetworkSpec(
      id: World.real.uuid(), segment: .local, mtu: 1450,
      subnets: [
        SubnetSpec(
          id: World.real.uuid(), cidr: cidr + ".0/24", gateway: gateway ? cidr + ".1" : nil, dhcp: true,
          dhcpAddress: cidr + ".2", nameservers: ["192.0.2.53"])
      ])
  }

  func port(_ network: NetworkSpec, _ address: String) -> PortSpec {
    let digits = World.real.random(3).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
    return PortSpec(
      id: World.real.uuid(), network: network.id, mac: "fa:16:3e:" + digits.joined(separator: ":"),
      addresses: [FixedAddress(subnet: network.subnets[0].id, address: address, prefix: 24)])
  }

  /// A guest on a fresh port, without or with its address set and its default route.
  func guest(_ network: NetworkSpec, _ address: String, configured: Bool = true) async throws -> Guest {
    let guest = Guest(port: port(network, address), lab: self)
    try await host.runOK("ip", ["netns", "add", guest.namespace])
    try await host.runOK(
      "ip",
      [
        "link", "add", guest.port.tap, "type", "veth", "peer", "name", "eth0", "netns", guest.namespace, "address",
        guest.port.mac,
      ])
    _ = try await self.network.bridges.ensurePlugged(guest.port, on: network)
    try await guest.run("ip link set lo up; ip link set eth0 up")
    guard configured else { return guest }
    try await guest.run("ip addr add \(address)/24 dev eth0")
    if let gateway = network.subnets[0].gateway { try await guest.run("ip route add default via \(gateway)") }
    return guest
  }

  /// Everything of this lab on the host, by whatever listing shows it; empty after a wipe.
  func traces(_ guests: [Guest] = []) async throws -> [String] {
    var found: [String] = []
    for (program, arguments) in [
      ("ip", ["netns", "list"]), ("ip", ["-o", "link", "show"]), ("nft", ["list", "tables"]),
      ("ps", ["-eo", "args"]), ("ls", ["/run"]),
    ] {
      let lines = try await host.runOK(program, arguments).text.split(separator: "\n")
      found += lines.map(String.init).filter { line in
        (line.contains(prefix + "-") || line.contains(prefix + "_") || line.contains(prefix + ":")
          || guests.contains { line.contains($0.port.tap) }) && !line.contains(directory)
      }
    }
    return found
  }

  /// The pid of a network's dnsmasq.
  func server(_ network: NetworkSpec) async throws -> String {
    try await host.runOK("cat", ["/run/\(prefix)-dhcp/\(network.id)/pid"]).text
  }

  /// Removes what the drivers made, and then the guests.
  func clean() async throws {
    try await wipeNetwork(host, stateDirectory: directory, prefix: prefix)
    for name in try await host.list("/run/netns") where name.hasPrefix(prefix + "-guest-") {
      try await host.runOK("ip", ["netns", "del", name])
    }
    try await host.remove(directory)
  }

  /// Runs a test in a lab and cleans up after it, however it ends.
  static func with(_ body: (NetworkLab) async throws -> Void) async throws {
    let lab = NetworkLab()
    try await lab.clean()
    do {
      try await body(lab)
    } catch {
      try await lab.clean()
      throw error
    }
    try await lab.clean()
  }
}

/// A namespace that behaves like a server on a port.
struct Guest: Sendable {
  let port: PortSpec
  let lab: NetworkLab
  var namespace: String { lab.prefix + "-guest-" + port.id.prefix(8) }
  var address: String { port.addresses.first?.address ?? "" }

  @discardableResult
  func run(_ script: String) async throws -> String {
    try await lab.host.runOK("sh", ["-c", script], namespace: namespace).text
  }
  func succeeds(_ script: String) async throws -> Bool {
    try await lab.host.run("sh", ["-c", script], namespace: namespace).ok
  }
  func pings(_ address: String) async throws -> Bool { try await succeeds("busybox ping -q -c 1 -W 1 \(address)") }
  /// For the other way: two tries in a second, so that a lost first packet does not fail a test.
  func reaches(_ address: String) async throws -> Bool {
    try await succeeds("busybox ping -q -c 3 -i 0.3 -W 1 \(address)")
  }

  /// The guest's port with these rules.
  func rules(secured: Bool = true, pairs: [AddressPair] = [], _ rules: [PortRules.Rule] = []) -> PortRules {
    PortRules(port: port, secured: secured, allowedPairs: pairs, rules: rules)
  }
}

extension PortRules.Rule {
  static let allOut = PortRules.Rule(direction: .egress, ipVersion: 4)
  static let allIn = PortRules.Rule(direction: .ingress, ipVersion: 4)
  static let pingIn = PortRules.Rule(direction: .ingress, ipVersion: 4, ipProtocol: 1)
}

/// Answers one connection on a listening socket with the peer's address; closes both.
func answerOnce(_ listening: Int32) async throws -> String {
  defer { close(listening) }
  for _ in 0..<100 {
    let connection = accept(listening, nil, nil)
    guard connection >= 0 else {
      try await World.real.sleep(.milliseconds(30))
      continue
    }
    defer { close(connection) }
    var peer = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = withUnsafeMutablePointer(to: &peer) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(connection, $0, &size) }
    }
    let bytes = withUnsafeBytes(of: peer.sin_addr.s_addr) { Array($0) }
    let text = bytes.map { "\($0)" }.joined(separator: ".")
    _ = (text + "\n").withCString { write(connection, $0, strlen($0)) }
    return text
  }
  return "nobody came"
}
