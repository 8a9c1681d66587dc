internal import Core
public import Hardware
internal import Host

/// The firewall of the host's ports: one script for all of them, applied as one transaction.
public struct Nftables: Firewall {
  let machine: Machine
  private let turns = Turns()

  init(_ machine: Machine) { self.machine = machine }

  public func apply(_ ports: [PortRules]) async throws {
    try await turns.inTurn("firewall") { try await replace(ports) }
  }

  /// Lets nothing pass where no rules were ever applied; rules that are there stay.
  func ensureInstalled() async throws {
    try await turns.inTurn("firewall") {
      let chain = ["list", "chain", "bridge", machine.names.firewall, "prerouting"]
      if try await !machine.host.run("nft", chain).ok { try await replace([]) }
    }
  }

  private func replace(_ ports: [PortRules]) async throws {
    try await ensureBridgesCallHooks()
    let names = machine.names
    let bridges = try await machine.links(["type", "bridge"]).compactMap { link in
      names.id(alias: link.alias).map {
        FirewallScript.Bridge(name: link.name, network: $0, external: link.name != names.bridge($0))
      }
    }
    try await machine.nft(FirewallScript(names: names, bridges: bridges, ports: ports).text())
  }

  /// The kernel's default, without which bridged packets meet neither connection tracking nor rules. What it was
  /// before is remembered for `wipeNetwork`.
  private func ensureBridgesCallHooks() async throws {
    let keys = ["iptables", "ip6tables"].map { "net.bridge.bridge-nf-call-\($0)" }
    var values = try await machine.host.run("sysctl", ["-n"] + keys)
    if !values.ok {
      // They are not there before the module is; a kernel that has it built in knows no modprobe.
      _ = try? await machine.host.run("modprobe", ["br_netfilter"])
      values = try await machine.host.run("sysctl", ["-n"] + keys)
    }
    guard values.ok else {
      throw Fault.internalError(
        "Security groups need the kernel's module br_netfilter, which this host lacks. An administrator must load it"
          + " (modprobe br_netfilter) or run a kernel that has it.", detail: values.errorText)
    }
    let wrong = zip(keys, values.text.split(separator: "\n")).filter { $1 != "1" }.map { $0.0 }
    guard !wrong.isEmpty else { return }
    let memory = machine.stateDirectory + "/sysctl-before"
    if try await !machine.host.exists(memory) {
      try await machine.host.makeDirectory(machine.stateDirectory)
      try await machine.host.writeFile(memory, Array(wrong.map { "\($0)=0\n" }.joined().utf8))
    }
    try await machine.sysctl(wrong.map { "\($0)=1" })
  }
}
