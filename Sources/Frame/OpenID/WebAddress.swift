/// A URL of HTTP taken apart: where to connect, and what to ask for there.
struct WebAddress: Sendable, Equatable {
  /// `https://host:port`
  let origin: String
  /// From the first `/`, the query included.
  let target: String

  /// - Returns: nil for what is no plain address: another scheme, a user's name, a fragment, a control character.
  init?(_ text: String) {
    let isSafe = text.utf8.count <= 2048 && text.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "\\") }
    guard isSafe, !text.contains("#"), let mark = text.firstRange(of: "://") else { return nil }
    let scheme = text[..<mark.lowerBound].lowercased()
    guard scheme == "https" || scheme == "http" else { return nil }
    let rest = text[mark.upperBound...]
    let host = rest.prefix { $0 != "/" && $0 != "?" }
    guard !host.isEmpty, !host.contains("@") else { return nil }
    origin = scheme + "://" + host
    let tail = rest.dropFirst(host.count)
    target = tail.hasPrefix("/") ? String(tail) : "/" + tail
  }

  var isSecure: Bool { origin.hasPrefix("https:") }
}
