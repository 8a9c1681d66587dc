import Core
@testable import HTTP

extension FuzzTarget {
  /// Percent signs and queries: decoding undoes encoding, and agrees with a second reading byte by byte.
  static let query = FuzzTarget("query", length: 1024) { bytes in
    let text = String(mending: bytes)
    try hold(same(percentDecode(percentEncode(text)), text), "encoded and decoded is another text")
    try hold(percentEncode(text).utf8.allSatisfy { $0 < 128 && $0 > 32 && $0 != 38 && $0 != 61 }, "signs left in")
    try hold(same(percentDecode(text), String(mending: plain(Array(text.utf8), plus: false))), "decoded otherwise")
    let parameters = parseQuery(text)
    try hold(equal(parseQuery(writeQuery(parameters)), parameters), "\(parameters) is not read back")
    let again = Array(text.utf8).split(separator: 38).map { pair -> (name: String, value: String) in
      let at = pair.firstIndex(of: 61) ?? pair.endIndex
      return (
        String(mending: plain(Array(pair[..<at]), plus: true)),
        String(mending: plain(Array(pair[at...].dropFirst()), plus: true))
      )
    }
    try hold(equal(parameters, again), "\(parameters) where the bytes say \(again)")
  }

  private static func equal(_ a: [(name: String, value: String)], _ b: [(name: String, value: String)]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { same($0.name, $1.name) && same($0.value, $1.value) }
  }

  static func plain(_ bytes: [UInt8], plus: Bool) -> [UInt8] {
    var out: [UInt8] = []
    var at = 0
    while at < bytes.count {
      if bytes[at] == 37, at + 2 < bytes.count,
        let byte = [UInt8](hex: String(mending: Array(bytes[(at + 1)...(at + 2)])))
      {
        out += byte
        at += 3
      } else {
        out.append(plus && bytes[at] == 43 ? 32 : bytes[at])
        at += 1
      }
    }
    return out
  }
}
