internal import CLinux
internal import CMicrohttpd

/// A request's head as libmicrohttpd read it, and what is wrong with it.
///
/// libmicrohttpd 0.9.75 forgives much that lets two servers disagree on where a request ends (request smuggling,
/// RFC 9112 section 11.2). All of it is refused here, before any handler sees the request. Since it parses in place,
/// the distances between the names and values it hands out also show what it hides: a bare LF, a folded line, a NUL.
struct RequestHead {
  var method: String
  var path: String
  var query: [(name: String, value: String)] = []
  var headers = Headers()
  /// The number of bytes that will follow; nil when they come in chunks.
  var bodyLength: Int? = 0
  var expectsContinue = false
  var isHTTP11: Bool
  /// Why the request is refused, in words for its sender; nil when it is in order.
  var refusal: String?

  private var hasHost = false
  private var lengths = 0
  private var codings = 0
  /// Where the line before ended.
  private var end: UnsafePointer<CChar>

  init(
    _ connection: OpaquePointer, method rawMethod: UnsafePointer<CChar>, url: UnsafePointer<CChar>,
    version: UnsafePointer<CChar>, target: RawTarget?
  ) {
    method = String(cString: rawMethod)
    path = Self.originPath(String(cString: url))
    let protocolVersion = String(cString: version)
    isHTTP11 = protocolVersion == "HTTP/1.1"
    end = version.advanced(by: 8)
    if !Self.isToken(method) { refusal = "The method is not a token." }
    if !isHTTP11, protocolVersion != "HTTP/1.0" { refuse("The version is neither HTTP/1.1 nor HTTP/1.0.") }
    if url - rawMethod - 1 != method.utf8.count { refuse("There is more than one space behind the method, or a NUL.") }
    if target?.isVisible != true || target?.count != version - url - 1 {
      refuse("The target holds a NUL, a space or a control character.")
    }
    withUnsafeMutablePointer(to: &self) { head in
      _ = MHD_get_connection_values_n(
        connection, .HEADER_KIND,
        { head, _, name, nameSize, value, valueSize in
          guard let head, let name else { return .YES }
          head.assumingMemoryBound(to: RequestHead.self).pointee.add(name, nameSize, value, valueSize)
          return .YES
        }, head)
    }
    if let target, target.queryStart != 0, refusal == nil {
      // Behind the path and the question mark, of which NULs were made.
      let start = url.advanced(by: strlen(url) + 2)
      let rest = UnsafeRawBufferPointer(start: start, count: version - 1 - start)
      query = parseQuery(String(decoding: [target.queryStart] + rest, as: UTF8.self))
    }
    if end.advanced(by: 4) != rawMethod.advanced(by: cmhd_header_size(connection)) {
      refuse("A header line is not ended by CR LF, is folded, or holds a NUL.")
    }
    finish()
  }

  private mutating func add(
    _ name: UnsafePointer<CChar>, _ nameSize: Int, _ value: UnsafePointer<CChar>?, _ valueSize: Int
  ) {
    if name != end.advanced(by: 2) { refuse("A header line is not ended by CR LF, is folded, or holds a NUL.") }
    end = (value ?? name.advanced(by: nameSize + 1)).advanced(by: value == nil ? 0 : valueSize)
    let name = text(name, nameSize)
    let value = value.map { trimmed($0, valueSize) } ?? ""
    if !Self.isToken(name) { refuse("A header's name is not a token.") }
    if value.utf8.contains(where: { $0 == 13 || $0 == 10 }) { refuse("A header's value holds a bare CR or LF.") }
    note(name, value)
    headers.append(name, value)
  }

  private mutating func note(_ name: String, _ value: String) {
    switch name.utf8.count {
    case 4 where Headers.same(name, "Host"):
      if hasHost { refuse("There are two Host headers.") }
      hasHost = true
    case 14 where Headers.same(name, "Content-Length"):
      lengths += 1
      guard value.utf8.count < 19, !value.isEmpty, value.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }),
        let length = Int(value)
      else { return refuse("Content-Length is not a number.") }
      bodyLength = length
    case 17 where Headers.same(name, "Transfer-Encoding"):
      codings += 1
      if !Headers.same(value, "chunked") { refuse("Transfer-Encoding must be chunked.") }
      bodyLength = nil
    case 6 where Headers.same(name, "Expect"):
      expectsContinue = Headers.same(value, "100-continue")
    default: break
    }
  }

  private mutating func finish() {
    if lengths > 1 { refuse("There are two Content-Length headers.") }
    if codings > 1 { refuse("There are two Transfer-Encoding headers.") }
    if lengths > 0, codings > 0 { refuse("Content-Length and Transfer-Encoding exclude each other.") }
    if codings > 0 {
      bodyLength = nil
      if !isHTTP11 { refuse("HTTP/1.0 knows no Transfer-Encoding.") }
    }
    if isHTTP11, !hasHost { refuse("The Host header is missing.") }
  }

  private mutating func refuse(_ why: String) {
    if refusal == nil { refusal = why }
  }

  /// The path of an absolute-form target (RFC 9112 section 3.2.2); any other target as it is.
  private static func originPath(_ target: String) -> String {
    guard !target.hasPrefix("/") else { return target }
    for scheme in ["http://", "https://"] where target.hasPrefix(scheme) {
      let rest = target.dropFirst(scheme.count)
      return rest.firstIndex(of: "/").map { String(rest[$0...]) } ?? "/"
    }
    return target
  }

  private static func isToken(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 48...57, 65...90, 97...122, 33, 35...39, 42, 43, 45, 46, 94...96, 124, 126: true
        default: false
        }
      }
  }
}

private func text(_ bytes: UnsafePointer<CChar>, _ count: Int) -> String {
  String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
}

/// Without the white space that libmicrohttpd leaves at the end of a value.
private func trimmed(_ bytes: UnsafePointer<CChar>, _ count: Int) -> String {
  var count = count
  while count > 0, bytes[count - 1] == 32 || bytes[count - 1] == 9 { count -= 1 }
  return text(bytes, count)
}
