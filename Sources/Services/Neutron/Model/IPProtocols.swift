/// The protocols of security group rules, by the names neutron takes (IANA's protocol numbers).
public enum IPProtocols {
  static let numbers: [String: Int] = [
    "ah": 51, "dccp": 33, "egp": 8, "esp": 50, "gre": 47, "hopopt": 0, "icmp": 1, "icmpv6": 58, "igmp": 2, "ip": 0,
    "ipip": 4, "ipv6-encap": 41, "ipv6-frag": 44, "ipv6-icmp": 58, "ipv6-nonxt": 59, "ipv6-opts": 60,
    "ipv6-route": 43, "ospf": 89, "pgm": 113, "rsvp": 46, "sctp": 132, "tcp": 6, "udp": 17, "udplite": 136,
    "vrrp": 112,
  ]
  public static let names: [String] = numbers.keys.sorted()
  /// Those whose rules may name ports.
  static let withPorts: Set<Int> = [6, 17, 33, 132, 136]

  /// The number of a protocol; nil for a text that names none.
  public static func number(_ text: String) -> Int? {
    if let number = Int(text) { return (0...255).contains(number) ? number : nil }
    return numbers[text.lowercased()]
  }
  public static func hasPorts(_ text: String) -> Bool { number(text).map(withPorts.contains) ?? false }
  public static func isICMP(_ text: String) -> Bool { number(text) == 1 || isICMPv6(text) }
  public static func isICMPv6(_ text: String) -> Bool { number(text) == 58 }
  static let onlyIPv6: Set<Int> = [41, 43, 44, 58, 59, 60]
}
