internal import CWebsockets

/// What a browser's request says, read from libwebsockets while it still holds the headers.
enum ConsoleRequest {
  /// Tokens are ids or Base64 for URLs; anything else is none, and would not be safe in a header either.
  static func isToken(_ text: String) -> Bool {
    (1...255).contains(text.utf8.count)
      && text.utf8.allSatisfy { c in
        switch c {
        case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
        default: false
        }
      }
  }

  /// The token of the URL (`?token=…`), or else of the cookie that the page was given.
  static func token(_ wsi: OpaquePointer) -> String? { queryToken(wsi) ?? cookieToken(wsi) }

  static func queryToken(_ wsi: OpaquePointer) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { room in
      guard let start = lws_get_urlarg_by_name(wsi, "token=", room.baseAddress, Int32(room.count)) else { return nil }
      let text = String(cString: start)
      return isToken(text) ? text : nil
    }
  }

  private static func cookieToken(_ wsi: OpaquePointer) -> String? {
    for pair in (header(wsi, WSI_TOKEN_HTTP_COOKIE) ?? "").split(separator: ";") {
      let pair = pair.drop { $0 == " " }
      guard pair.hasPrefix("token=") else { continue }
      let text = String(pair.dropFirst(6))
      if isToken(text) { return text }
    }
    return nil
  }

  /// Whether the page that opens the WebSocket came from here or from a host that may: any page in the user's browser
  /// can open one, and would come with the user's cookies (CVE-2015-0259). Programs send no Origin.
  static func isWelcome(_ wsi: OpaquePointer, allowed: [String]) -> Bool {
    guard let origin = header(wsi, WSI_TOKEN_ORIGIN) ?? header(wsi, WSI_TOKEN_SWORIGIN) else { return true }
    return isWelcome(origin: origin, host: header(wsi, WSI_TOKEN_HOST) ?? "", allowed: allowed)
  }

  static func isWelcome(origin: String, host: String, allowed: [String]) -> Bool {
    // A scheme, `://`, and the host up to its end (RFC 6454 section 6.2); anything else is no page's origin.
    guard let mark = origin.firstRange(of: "://"), mark.lowerBound > origin.startIndex,
      origin[..<mark.lowerBound].utf8.allSatisfy({ (97...122).contains($0 | 32) || $0 == 43 || $0 == 45 || $0 == 46 })
    else { return false }
    let authority = origin[mark.upperBound...].prefix { $0 != "/" }
    let name = hostName(authority)
    // What a user's name could hide in front of the host is in no origin either.
    guard !name.isEmpty, !authority.contains("@") else { return false }
    return name == hostName(Substring(host)) || allowed.contains { hostName(Substring($0)) == name }
  }

  /// Without the port, which a proxy in front may have changed.
  private static func hostName(_ authority: Substring) -> String {
    if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") { return authority[...end].lowercased() }
    return authority.prefix { $0 != ":" }.lowercased()
  }

  static func header(_ wsi: OpaquePointer, _ token: lws_token_indexes) -> String? {
    let length = lws_hdr_total_length(wsi, token)
    guard length > 0, length < 8192 else { return nil }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(length) + 1) { room in
      guard lws_hdr_copy(wsi, room.baseAddress, length + 1, token) > 0, let start = room.baseAddress else { return nil }
      return String(cString: start)
    }
  }
}
