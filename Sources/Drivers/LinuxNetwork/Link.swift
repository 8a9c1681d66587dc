/// A network interface, as `ip -o link show` prints it on one line.
struct Link: Sendable, Equatable {
  var name: String
  var up: Bool
  var mtu: Int
  var master: String?
  var group: String
  var mac: String
  var alias: String?

  /// `7: tap1@if6: <BROADCAST,UP> mtu 1450 … master mlt-b1 … group 5 … \    link/ether fe:… brd …\    alias mlt:…`
  static func parse(_ text: String) -> [Link] {
    text.split(separator: "\n").compactMap { line in
      let words = line.split { $0 == " " || $0 == "\\" }
      guard words.count > 3, let name = words[1].split(whereSeparator: { $0 == "@" || $0 == ":" }).first else {
        return nil
      }
      func after(_ key: String) -> String? {
        guard let at = words.firstIndex(where: { $0 == key }), at + 1 < words.count else { return nil }
        return String(words[at + 1])
      }
      let flags = words[2].dropFirst().dropLast().split(separator: ",")
      return Link(
        name: String(name), up: flags.contains("UP"), mtu: after("mtu").flatMap { Int($0) } ?? 0,
        master: after("master"), group: after("group") ?? "default", mac: after("link/ether") ?? "",
        alias: after("alias"))
    }
  }
}

/// An address on an interface, as `ip -o addr show` prints it.
struct LinkAddress: Sendable, Equatable {
  var link: String
  /// In its canonical form: `10.0.0.1/24`.
  var address: String
  var scope: String

  /// `2: leg-1    inet 10.0.0.1/24 brd 10.0.0.255 scope global leg-1\       valid_lft forever …`
  static func parse(_ text: String) -> [LinkAddress] {
    text.split(separator: "\n").compactMap { line in
      let words = line.split { $0 == " " || $0 == "\\" }
      guard words.count > 3, words[2] == "inet" || words[2] == "inet6" else { return nil }
      let scope = words.firstIndex(of: "scope").flatMap { $0 + 1 < words.count ? String(words[$0 + 1]) : nil }
      return LinkAddress(link: String(words[1]), address: canonical(String(words[3])), scope: scope ?? "global")
    }
  }

  /// One way to write each address, always with its prefix, since IPv6 addresses can be written in many.
  static func canonical(_ text: String) -> String {
    let parts = text.split(separator: "/")
    guard let first = parts.first, let address = Prefix(String(first)) else { return text }
    return address.address + "/" + (parts.count > 1 ? String(parts[1]) : "\(address.length)")
  }
}
