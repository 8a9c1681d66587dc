/// HTTP/1.1 read by the letter of RFC 9112, with nothing forgiven: the second opinion on where a request ends.
struct HTTPMessage {
  var method: String
  var target: String
  var fields: [(name: String, value: String)] = []
  var body: [UInt8] = []

  /// The messages that follow one another in the bytes, up to the first that is incomplete or malformed, and whether
  /// a reader may go on behind them: libmicrohttpd forgives chunks their line ends and shows nobody how they were
  /// framed, so behind chunks that are not by the letter nothing is certain.
  static func all(in bytes: [UInt8]) -> (messages: [HTTPMessage], mayGoOn: Bool) {
    var reader = Reader(rest: bytes[...])
    var messages: [HTTPMessage] = []
    while let message = reader.message() { messages.append(message) }
    return (messages, reader.hasOddChunks)
  }

  func values(_ name: String) -> [String] {
    fields.filter { $0.name.lowercased() == name }.map(\.value)
  }

  private struct Reader {
    var rest: ArraySlice<UInt8>
    var hasOddChunks = false

    init(rest: ArraySlice<UInt8>) { self.rest = rest }

    /// Up to the next CR LF; nil where there is none, or a bare CR, LF or NUL before it.
    mutating func line() -> ArraySlice<UInt8>? {
      let line = rest.prefix { $0 != 13 && $0 != 10 && $0 != 0 }
      let end = rest.dropFirst(line.count)
      guard end.starts(with: [13, 10]) else { return nil }
      rest = end.dropFirst(2)
      return line
    }

    mutating func message() -> HTTPMessage? {
      // "A server SHOULD ignore at least one empty line" before a request (section 2.2).
      while rest.starts(with: [13, 10]) { rest = rest.dropFirst(2) }
      guard let words = line()?.split(separator: 32, omittingEmptySubsequences: false), words.count == 3,
        isToken(words[0]), !words[1].isEmpty, !words[1].contains(9),
        ["HTTP/1.1", "HTTP/1.0"].contains(String(mending: Array(words[2])))
      else { return nil }
      var message = HTTPMessage(method: String(mending: Array(words[0])), target: String(mending: Array(words[1])))
      while let line = line() {
        if line.isEmpty { return body(of: message, isNew: words[2].last == UInt8(ascii: "1")) }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), isToken(line[..<colon]) else { return nil }
        let value = line[(colon + 1)...].drop { $0 == 32 || $0 == 9 }.reversed().drop { $0 == 32 || $0 == 9 }.reversed()
        message.fields.append((String(mending: Array(line[..<colon])), String(mending: Array(value))))
      }
      return nil
    }

    mutating func body(of head: HTTPMessage, isNew: Bool) -> HTTPMessage? {
      var message = head
      let lengths = head.values("content-length")
      let codings = head.values("transfer-encoding")
      guard head.values("host").count <= 1, !isNew || head.values("host").count == 1 else { return nil }
      if codings.isEmpty {
        guard let text = lengths.first else { return message }
        guard lengths.count == 1, !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }),
          let length = Int(text), length <= rest.count
        else { return nil }
        message.body = Array(rest.prefix(length))
        rest = rest.dropFirst(length)
        return message
      }
      guard isNew, lengths.isEmpty, codings.count == 1, codings[0].lowercased() == "chunked" else { return nil }
      guard let body = chunks() else {
        hasOddChunks = true
        return nil
      }
      message.body = body
      return message
    }

    mutating func chunks() -> [UInt8]? {
      var body: [UInt8] = []
      while let line = line() {
        let digits = line.prefix { $0 != UInt8(ascii: ";") }
        let text = String(mending: Array(digits))
        guard (1...8).contains(text.utf8.count), text.allSatisfy(\.isHexDigit), let size = Int(text, radix: 16) else {
          return nil
        }
        if size == 0 {
          while let trailer = self.line() { if trailer.isEmpty { return body } }
          return nil
        }
        guard rest.count >= size + 2 else { return nil }
        body += rest.prefix(size)
        rest = rest.dropFirst(size)
        guard lineEnd() else { return nil }
      }
      return nil
    }

    mutating func lineEnd() -> Bool {
      guard rest.starts(with: [13, 10]) else { return false }
      rest = rest.dropFirst(2)
      return true
    }

    func isToken(_ bytes: ArraySlice<UInt8>) -> Bool {
      !bytes.isEmpty
        && bytes.allSatisfy { byte in
          switch byte {
          case 48...57, 65...90, 97...122: true
          default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
          }
        }
    }
  }
}
