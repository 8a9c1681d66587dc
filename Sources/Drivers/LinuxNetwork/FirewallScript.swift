internal import Core
internal import Hardware

/// Compiles the rules of a host's ports to one nft script; pure, so its tests are texts.
///
/// The kernel's bridge family has no connection tracking, so the work is shared between two tables:
///
///     frame from a tap                                                            frame to a tap
///       | bridge prerouting -310: whose MAC and addresses are these?                ^
///       |   wrong: drop. Right: mark = number of the port it came in by             |
///       v                                                                           |
///     br_netfilter: inet prerouting: zone of the network, conntrack --> bridge forward -210: mark |= number << 16
///                                                                       of the port it goes out by
///                                            inet forward: established: accept; low half of the mark: egress
///                                            chain; high half: ingress chain
///
/// Each network is a conntrack zone, so tenants' equal addresses do not mix; an external network is in zone 0,
/// since the host itself is on it. Ports with equal rules share their chains, rules with equal remotes their set.
struct FirewallScript {
  struct Bridge: Sendable, Equatable {
    var name: String
    var network: String
    /// The host is on it.
    var external: Bool
  }
  let names: Names
  let bridges: [Bridge]
  let ports: [PortRules]

  /// - Throws: `internalError` for more ports than a mark can number.
  func text() throws -> String {
    let sorted = ports.sorted { $0.port.id < $1.port.id }
    let secured = sorted.filter(\.secured)
    guard secured.count < 65536 else {
      throw Fault.internalError("This host has more than 65535 ports. Spread the servers over more hosts.")
    }
    var lines = [
      "table bridge \(names.firewall)", "delete table bridge \(names.firewall)",
      "table inet \(names.firewall)", "delete table inet \(names.firewall)",
    ]
    lines += SourceChecks(names: names, secured: secured, all: sorted).table()
    lines += GroupRules(names: names, bridges: bridges, secured: secured).table()
    return lines.joined(separator: "\n") + "\n"
  }

  /// A set or map; without elements it is empty but exists, so that rules may name it.
  static func collection(
    _ kind: String, _ name: String, type: String, flags: [String] = [], _ elements: [String]
  ) -> [String] { collection(kind, name, declared: "type " + type, flags, elements) }
  /// For keys that nft knows only by the expression they come from.
  static func collection(
    _ kind: String, _ name: String, typeof: String, flags: [String] = [], _ elements: [String]
  ) -> [String] { collection(kind, name, declared: "typeof " + typeof, flags, elements) }

  private static func collection(
    _ kind: String, _ name: String, declared: String, _ flags: [String], _ elements: [String]
  ) -> [String] {
    ["  \(kind) \(name) {", "    " + declared] + flags.map { "    " + $0 }
      + (elements.isEmpty ? [] : ["    elements = {"] + elements.map { "      \($0)," } + ["    }"]) + ["  }"]
  }

  static func chain(_ name: String, _ rules: [String]) -> [String] {
    ["  chain \(name) {"] + rules.map { "    " + $0 } + ["  }"]
  }
}
