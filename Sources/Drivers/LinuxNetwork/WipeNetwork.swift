internal import Core
public import Host

/// Removes from the host every bridge, tap, veth, namespace, nft table, dnsmasq and kernel setting that Martlet made,
/// and nothing else. Can be repeated; what fails does not keep the rest from being removed, and is thrown at the end.
public func wipeNetwork(_ host: Host, stateDirectory: String, prefix: String = "mlt") async throws {
  let machine = Machine(host: host, names: Names(prefix: prefix), stateDirectory: stateDirectory)
  try await Wipe(machine: machine).run()
}

private struct Wipe {
  let machine: Machine
  private var names: Names { machine.names }

  func run() async throws {
    // A host without iproute2 never had anything of ours.
    guard try await machine.host.hasProgram("ip") else { return }
    var failures: [any Error] = []
    for step in [servers, namespaces, links, tables, settings] {
      do { try await step() } catch { failures.append(error) }
    }
    if let first = failures.first { throw Fault(wrapping: first) }
  }

  private func servers() async throws {
    let dhcp = Dnsmasq(machine, bridges: LinuxBridge(machine, firewall: Nftables(machine), overlay: nil))
    let directories = try await machine.host.list(names.dhcpDirectory)
    for network in Set(try await dhcp.served() + directories).sorted() { try await dhcp.ensureAbsent(network) }
    try await machine.host.remove(names.dhcpDirectory)
  }

  private func namespaces() async throws {
    for name in try await machine.namespaces(names.routerPrefix) { try await machine.ensureNamespaceAbsent(name) }
  }

  /// Ours by name or by alias; a foreign bridge that begins like ours but has no alias of ours is left.
  private func links() async throws {
    let links = try await machine.links()
    let ours = links.filter { link in
      if names.id(alias: link.alias) != nil { return true }
      return ["-d", "-r", "-v"].contains { link.name.hasPrefix(names.prefix + $0) } && link.name.utf8.count == 15
    }
    for link in ours { try await machine.ensureLinkAbsent(link.name) }
  }

  private func tables() async throws {
    guard try await machine.host.hasProgram("nft") else { return }
    for family in ["bridge", "inet"] {
      let table = "table \(family) \(names.firewall)"
      try await machine.nft("\(table)\ndelete \(table)\n")
    }
  }

  private func settings() async throws {
    let memory = machine.stateDirectory + "/sysctl-before"
    guard try await machine.host.exists(memory) else { return }
    let text = String(decoding: try await machine.host.readFile(memory), as: UTF8.self)
    try await machine.sysctl(text.split(separator: "\n").map(String.init))
    try await machine.host.remove(memory)
  }
}
