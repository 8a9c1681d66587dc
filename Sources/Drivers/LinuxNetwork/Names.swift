internal import Hardware

/// How things on the host are named, so that they are found again; interface names have at most 15 characters.
struct Names: Sendable {
  let prefix: String

  /// The bridge of a network: an external one is named for its physical network, since an operator has to know it.
  func bridge(_ network: NetworkSpec) -> String {
    switch network.segment {
    case .flat(let physical): String("\(prefix)-\(physical)".prefix(15))
    case .local, .vxlan: bridge(network.id)
    }
  }
  func bridge(_ network: String) -> String { "\(prefix)-b" + short(network) }
  func vxlan(_ network: String) -> String { "\(prefix)-v" + short(network) }
  func dhcpLink(_ network: String) -> String { "\(prefix)-d" + short(network) }
  func routerLink(_ port: String) -> String { "\(prefix)-r" + short(port) }

  /// A router's ends of its links, inside its namespace.
  func leg(_ port: String) -> String { "leg-" + short(port) }
  func gateway(_ port: String) -> String { "gw-" + short(port) }

  var dhcpPrefix: String { prefix + "-dhcp-" }
  var routerPrefix: String { prefix + "-rtr-" }
  func dhcpNamespace(_ network: String) -> String { dhcpPrefix + network }
  func routerNamespace(_ router: String) -> String { routerPrefix + router }

  /// Not in the state directory: dnsmasq gives up root and could not read there. Like the namespaces, it is gone
  /// after a reboot.
  var dhcpDirectory: String { "/run/\(prefix)-dhcp" }
  func dhcpDirectory(_ network: String) -> String { dhcpDirectory + "/" + network }

  /// The nft table, in the families bridge and inet.
  var firewall: String { prefix + "_firewall" }
  /// The table inside a router's namespace.
  var nat: String { prefix + "_router" }
  /// Matches all our links but the taps, in nft.
  var linkPattern: String { "\(prefix)-*" }

  /// The alias of a link, by which it is known whose it is.
  func alias(_ id: String) -> String { "\(prefix):\(id)" }
  func id(alias: String?) -> String? {
    guard let alias, alias.hasPrefix(prefix + ":") else { return nil }
    return String(alias.dropFirst(prefix.utf8.count + 1))
  }
  /// The device group of our taps: the letters of the prefix as a number. The firewall drops what comes from or goes
  /// to a member of the group that it was told nothing of.
  var group: Int { prefix.utf8.prefix(3).reduce(0) { $0 << 8 | Int($1) } }

  /// A locally administered address for a link of our own, the same at each start.
  func mac(_ first: String, _ id: String) -> String {
    let digits = Array(short(id).padded(to: 10))
    return first + stride(from: 0, to: 10, by: 2).map { ":" + String(digits[$0...$0 + 1]) }.joined()
  }

  /// The first ten digits of an id: 40 bits, enough to tell the networks of one host apart.
  private func short(_ id: String) -> String { String(id.lazy.filter { $0 != "-" }.prefix(10)) }
}

extension String {
  fileprivate func padded(to count: Int) -> String {
    let plain = filter(\.isHexDigit)
    return plain + String(repeating: "0", count: max(0, count - plain.utf8.count))
  }
}
