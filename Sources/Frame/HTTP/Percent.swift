/// The text behind `%xx` escapes (RFC 3986 section 2.1); a `%` without two hexadecimal digits stands for itself.
/// - Parameter plusIsSpace: reads `+` as a space too, as queries and forms do but paths do not.
public func percentDecode(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String {
  let bytes = text.utf8
  guard bytes.contains(where: { $0 == 37 || (plusIsSpace && $0 == 43) }) else { return String(text) }
  var decoded: [UInt8] = []
  decoded.reserveCapacity(bytes.count)
  var at = bytes.startIndex
  while at < bytes.endIndex {
    let byte = bytes[at]
    bytes.formIndex(after: &at)
    if byte == 37, let pair = bytes.index(at, offsetBy: 2, limitedBy: bytes.endIndex),
      let high = digit(bytes[at]), let low = digit(bytes[bytes.index(after: at)])
    {
      decoded.append(high << 4 | low)
      at = pair
    } else {
      decoded.append(byte == 43 && plusIsSpace ? 32 : byte)
    }
  }
  return String(decoding: decoded, as: UTF8.self)
}

/// Everything but RFC 3986's unreserved characters as `%XX`.
/// - Parameter keeping: further ASCII characters to leave as they are, such as `/` in a path.
public func percentEncode(_ text: some StringProtocol, keeping: String = "") -> String {
  let kept = keeping.utf8
  var encoded: [UInt8] = []
  encoded.reserveCapacity(text.utf8.count)
  for byte in text.utf8 {
    switch byte {
    case 48...57, 65...90, 97...122, 45, 46, 95, 126: encoded.append(byte)
    case _ where kept.contains(byte): encoded.append(byte)
    default: encoded += [37, hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 15)]]
    }
  }
  return String(decoding: encoded, as: UTF8.self)
}

/// The parameters of a query or form in order, decoded; one without `=` has an empty value, empty ones are skipped.
public func parseQuery(_ text: some StringProtocol) -> [(name: String, value: String)] {
  // By bytes: behind an accent, `&` and `=` are the beginnings of other characters.
  Array(text.utf8).split(separator: UInt8(ascii: "&")).map { pair in
    let name = pair.prefix { $0 != UInt8(ascii: "=") }
    let value = pair.dropFirst(name.count + 1)
    return (
      percentDecode(String(decoding: name, as: UTF8.self), plusIsSpace: true),
      percentDecode(String(decoding: value, as: UTF8.self), plusIsSpace: true)
    )
  }
}

/// The query that `parseQuery` reads back to the same parameters, without the `?`.
public func writeQuery(_ query: [(name: String, value: String)]) -> String {
  query.map { percentEncode($0.name) + "=" + percentEncode($0.value) }.joined(separator: "&")
}

private func digit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case 48...57: byte - 48
  case 65...70: byte - 55
  case 97...102: byte - 87
  default: nil
  }
}
private let hexDigits: [UInt8] = Array("0123456789ABCDEF".utf8)
