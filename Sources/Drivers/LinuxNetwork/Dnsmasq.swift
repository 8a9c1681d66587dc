internal import Core
public import Hardware
internal import Host

/// DHCP: for each network a namespace on its bridge with a dnsmasq in it, which outlives the control plane.
///
/// A changed set of leases is read by the running process; only other subnets start it anew. It is known again by
/// its pid file and by the configuration named in its command line.
public struct Dnsmasq: DHCPServers {
  let machine: Machine
  let bridges: LinuxBridge
  private let turns = Turns()

  init(_ machine: Machine, bridges: LinuxBridge) {
    self.machine = machine
    self.bridges = bridges
  }
  private var names: Names { machine.names }
  private var host: Host { machine.host }

  public func ensureServing(_ network: NetworkSpec, leases: [Lease]) async throws {
    try await turns.inTurn(network.id) {
      try await bridges.ensureNetwork(network)
      try await ensureNamespace(network)
      let directory = names.dhcpDirectory(network.id)
      let files = DnsmasqFiles(network: network, leases: leases, directory: directory)
      if network.subnets.contains(where: { $0.dhcp && $0.dhcpAddress != nil }) {
        try await ensureRunning(files, network.id)
      } else {
        try await stop(network.id)
        try await host.remove(directory)
      }
    }
  }

  public func ensureAbsent(_ network: String) async throws {
    try await turns.inTurn(network) {
      try await stop(network)
      try await host.remove(names.dhcpDirectory(network))
      try await machine.ensureNamespaceAbsent(names.dhcpNamespace(network))
      try await machine.ensureLinkAbsent(names.dhcpLink(network))
    }
  }

  public func served() async throws -> [String] {
    try await machine.namespaces(names.dhcpPrefix).map { String($0.dropFirst(names.dhcpPrefix.utf8.count)) }
  }

  public func metadataSocket(_ network: String) async throws -> Int32? {
    try await Host.listeningSocket(namespace: names.dhcpNamespace(network), address: "169.254.169.254", port: 80)
  }

  /// The namespace with its link to the bridge and the server's addresses; the metadata address is on the loopback
  /// and answers ARP on the link all the same.
  private func ensureNamespace(_ network: NetworkSpec) async throws {
    let namespace = names.dhcpNamespace(network.id)
    let bridge = names.bridge(network)
    let outer = names.dhcpLink(network.id)
    let inner = DnsmasqFiles.link
    if try await machine.ensureNamespace(namespace) {
      try await machine.ip(["addr", "add", "169.254.169.254/32", "dev", "lo"], in: namespace)
    }
    let link = try await machine.link(outer)
    if link == nil {
      try await machine.ip(batch: [
        "link add name \(outer) mtu \(network.mtu) type veth peer name \(inner) netns \(namespace)"
          + " mtu \(network.mtu) address \(names.mac("02", network.id))"
      ])
      try await machine.ip(["link", "set", "dev", inner, "up"], in: namespace)
    }
    if link?.master != bridge || link?.mtu != network.mtu || link?.up != true {
      try await machine.ip([
        "link", "set", "dev", outer, "master", bridge, "mtu", "\(network.mtu)", "addrgenmode", "none", "up",
      ])
      try await machine.ip(["link", "set", "dev", inner, "mtu", "\(network.mtu)"], in: namespace)
    }
    let wanted = Set(
      network.subnets.compactMap { subnet in
        subnet.dhcpAddress.flatMap { address in
          subnet.cidr.split(separator: "/").last.map { LinkAddress.canonical("\(address)/\($0)") }
        }
      })
    let present = Set(
      try await machine.addresses(["dev", inner], in: namespace).filter { $0.scope == "global" }.map(\.address))
    try await machine.ip(
      batch: present.subtracting(wanted).sorted().map { "addr del \($0) dev \(inner)" }
        + wanted.subtracting(present).sorted().map {
          "addr add \($0) dev \(inner)" + ($0.contains(":") ? " nodad" : "")
        }, in: namespace)
  }

  private func ensureRunning(_ files: DnsmasqFiles, _ network: String) async throws {
    let directory = names.dhcpDirectory(network)
    try await host.makeDirectory(names.dhcpDirectory, mode: 0o755)
    try await host.makeDirectory(directory, mode: 0o755)
    let before = try await read(directory + "/leases")
    let sameLeases = before == files.leases
    if !sameLeases {
      try await write(directory + "/leases", files.leases)
      try await write(directory + "/hosts", files.hosts)
    }
    let sameConfiguration = try await read(directory + "/conf") == files.configuration
    if !sameConfiguration { try await write(directory + "/conf", files.configuration) }
    guard let process = try await running(network), sameConfiguration else { return try await start(network, files) }
    guard !sameLeases else { return }
    // It keeps an address for the MAC it last gave it to, whatever the file says; only a new start forgets that.
    if try await gaveAway(files.leases, directory) { return try await start(network, files) }
    host.signal(process, Self.hangUp)
  }
  private static let hangUp: Int32 = 1

  private func start(_ network: String, _ files: DnsmasqFiles) async throws {
    try await stop(network)
    let directory = names.dhcpDirectory(network)
    try await write(directory + "/given", files.leases)
    try await host.runOK(
      "dnsmasq", ["--conf-file=\(directory)/conf"], namespace: names.dhcpNamespace(network))
  }

  private func stop(_ network: String) async throws {
    guard let process = try await running(network) else { return }
    try await host.ensureEnded(process)
  }

  /// Whether an address goes to another MAC than one that had it since the process started; notes the new ones.
  private func gaveAway(_ leases: String, _ directory: String) async throws -> Bool {
    let given = try await read(directory + "/given") ?? ""
    var owners: [Substring: Substring] = [:]
    for (address, mac) in Self.pairs(given) { owners[address] = mac }
    let fresh = Self.pairs(leases)
    if fresh.contains(where: { owners[$0.address] != nil && owners[$0.address] != $0.mac }) { return true }
    let lines = leases.split(separator: "\n").filter { line in
      Self.pairs(String(line)).contains { owners[$0.address] == nil }
    }
    if !lines.isEmpty { try await write(directory + "/given", given + lines.map { $0 + "\n" }.joined()) }
    return false
  }

  private static func pairs(_ leases: String) -> [(address: Substring, mac: Substring)] {
    leases.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: ",")
      return fields.count > 1 ? (fields[1], fields[0]) : nil
    }
  }

  /// The network's dnsmasq, if the process of its pid file is that and nothing else.
  private func running(_ network: String) async throws -> ProcessID? {
    let directory = names.dhcpDirectory(network)
    guard let text = try await read(directory + "/pid"),
      let pid = text.split(whereSeparator: \.isWhitespace).first.flatMap({ Int32($0) }),
      let process = ProcessID(running: pid), let command = try await read("/proc/\(pid)/cmdline"),
      command.contains("--conf-file=\(directory)/conf")
    else { return nil }
    return process
  }

  private func read(_ path: String) async throws -> String? {
    do {
      return String(decoding: try await host.readFile(path), as: UTF8.self)
    } catch let fault as Fault where fault.kind == .notFound {
      return nil
    }
  }
  private func write(_ path: String, _ text: String) async throws {
    try await host.writeFile(path, Array(text.utf8), mode: 0o644)
  }
}
