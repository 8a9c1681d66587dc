import HTTP
import Testing

/// Requests that two servers could read differently are refused (RFC 9112 section 11.2).
@Suite(.timeLimit(.minutes(1))) struct HTTPRefusalTests {
  @Test(arguments: [
    "Host: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked",
    "Host: h\r\nContent-Length: 5\r\nContent-Length: 6",
    "Host: h\r\nContent-Length: 5\r\nContent-Length: 5",
    "Host: h\r\nContent-Length : 5",
    "Host: h\r\nContent-Length: +5",
    "Host: h\r\nContent-Length: 5, 5",
    "Host: h\r\nContent-Length:",
    "Host: h\r\nTransfer-Encoding: gzip",
    "Host: h\r\nTransfer-Encoding: chunked, identity",
    "Host: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    "X-Nothing: 1",
    "Host: a\r\nHost: b",
    "Host: h\r\nX-Bare: a\rb",
    "Host: h\r\nX-Bare: a\nX-Next: b",
    "Host: h\r\nX-Last: a\n",
    "Host: h\r\nX-Null: a\0b\r\nX-Next: c",
    "Host: h\r\nX-Null: a\0b",
    "Host: h\r\nX-Fold: a\r\n b",
    "Host: h\r\nX Space: a",
    "Host: h\r\nNoColon",
  ])
  func refuses(headers: String) async throws {
    try await serving(echo) { port, _ in
      let text = try await exchange(port, "POST /x HTTP/1.1\r\n\(headers)\r\n\r\nhello")
      #expect(text.hasPrefix("HTTP/1.1 400"), "\(text)")
      #expect(text.lowercased().contains("connection: close"))
    }
  }

  /// A NUL would hide the rest of a target from us, though not from a proxy before us.
  @Test(arguments: ["/a\0/b", "/a\0", "/a?b=c\0d", "/a?b=c&d\0", "/a?\0", "/\0?b"])
  func refusesNULsInTheTarget(target: String) async throws {
    try await serving(echo) { port, _ in
      let text = try await exchange(port, "GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(text.hasPrefix("HTTP/1.1 400"), "\(text)")
    }
  }

  @Test(arguments: [
    "GET\0 / HTTP/1.1", "G\0T / HTTP/1.1", "GET  / HTTP/1.1", "GET /  HTTP/1.1", "GET / HTTP/1.2", "GET / XTTP/1.1",
    "GET / http/1.1",
  ])
  func refusesOddRequestLines(line: String) async throws {
    try await serving(echo) { port, _ in
      let text = try await exchange(port, "\(line)\r\nHost: h\r\n\r\n")
      #expect(!text.hasPrefix("HTTP/1.1 2"), "\(text)")
    }
  }

  @Test(arguments: ["/a?", "/a?b=c&", "/a?&&b", "/?a=b=c&&=", "/%00"])
  func takesOddTargets(target: String) async throws {
    try await serving(echo) { port, _ in
      let text = try await exchange(port, "GET \(target) HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
      #expect(text.hasPrefix("HTTP/1.1 200"), "\(text)")
    }
  }

  /// More than libmicrohttpd has memory for, if it were to take them apart.
  @Test func takesAsManyParametersAsFit() async throws {
    try await serving({ Response(status: 200, body: .bytes(Array("\($0.query.count)".utf8))) }) { port, _ in
      let query = String(repeating: "a=1&", count: 12_000) + "long=" + String(repeating: "b", count: 10_000)
      let text = try await exchange(port, "GET /x?\(query) HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
      #expect(text.hasSuffix("\r\n\r\n12001"), "\(text.prefix(200))")
    }
  }

  @Test(arguments: [
    ("/a?b=c&d", "b=c;d="), ("/a?&&b", "b="), ("/?a=b=c&&=", "a=b=c;="), ("/a?", ""), ("/a?x%20y=%26+z", "x y=& z"),
    ("/a?b?c=d", "b?c=d"),
  ])
  func readsQueries(target: String, expected: String) async throws {
    try await serving({ request in
      let shown = request.query.map { "\($0.name)=\($0.value)" }.joined(separator: ";")
      return Response(status: 200, body: .bytes(Array("[\(shown)]".utf8)))
    }) { port, _ in
      let text = try await exchange(port, "GET \(target) HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
      #expect(text.hasSuffix("[\(expected)]"), "\(text)")
    }
  }

  @Test func refusesHeadersPastTheLimit() async throws {
    try await serving(echo) { port, _ in
      let long = String(repeating: "x", count: 70_000)
      let text = try await exchange(port, "GET /x HTTP/1.1\r\nHost: h\r\nX-Long: \(long)\r\n\r\n")
      #expect(text.hasPrefix("HTTP/1.1 431"), "\(text)")
    }
  }

  @Test func acceptsManyHeadersHoweverTheyArrive() async throws {
    try await serving({ Response(status: 200, body: .bytes(Array("\($0.headers.fields.count)".utf8))) }) { port, _ in
      let client = try RawClient(port: port)
      defer { client.close() }
      let fields = (1...200).map { "X-Field-\($0): value \($0) " }.joined(separator: "\r\n")
      let bytes = Array("GET /x HTTP/1.1\r\nHost:h\r\nX-Empty:\r\n\(fields)\r\nConnection: close\r\n\r\n".utf8)
      for start in stride(from: 0, to: bytes.count, by: 37) {
        try await client.send(Array(bytes[start..<min(start + 37, bytes.count)]))
        if start % 370 == 0 { try await Task.sleep(for: .milliseconds(1)) }
      }
      #expect(try await client.receive().hasSuffix("\r\n\r\n203"))
    }
  }
}
