internal import Core
public import Hardware
internal import Host

/// The firewall of the host's ports: one script for all of them, applied as one transaction.
public struct Nftables: Firewall {
  let machine: Machine
  private let turns = Turns()

  init(_ machine: Machine) { self.machine = machine }

  public func apply(_ ports: [PortRules]) async throws {
    try await turns.inTurn("firewall") {
      try await ensureBridgesCallHooks()
      let alias = machine.names
      let bridges = try await machine.links(["type", "bridge"]).compactMap { link in
        alias.id(alias: link.alias).map {
          FirewallScript.Bridge(name: link.name, network: $0, external: link.name != alias.bridge($0))
        }
      }
      try await machine.nft(FirewallScript(names: machine.names, bridges: bridges, ports: ports).text())
    }
  }

  /// Lets nothing pass where no rules were ever applied; rules that are there stay.
  func ensureInstalled() async throws {
    let table = try await machine.host.run("nft", ["list", "chain", "bridge", machine.names.firewall, "prerouting"])
    if !table.ok { try await apply([]) }
  }

  /// The kernel's default, without which bridged packets meet neither connection tracking nor rules. What it was
  /// before is remembered for `wipeNetwork`.
  private func ensureBridgesCallHooks() async throws {
    var wrong: [String] = []
    for name in ["iptables", "ip6tables"] {
      let key = "net.bridge.bridge-nf-call-\(name)"
      let value = try await machine.host.runOK("sysctl", ["-n", key]).text
      if value.split(separator: "\n").first != "1" { wrong.append(key) }
    }
    guard !wrong.isEmpty else { return }
    let memory = machine.stateDirectory + "/sysctl-before"
    if try await !machine.host.exists(memory) {
      try await machine.host.makeDirectory(machine.stateDirectory)
      try await machine.host.writeFile(memory, Array(wrong.map { "\($0)=0\n" }.joined().utf8))
    }
    try await machine.sysctl(wrong.map { "\($0)=1" })
  }
}
