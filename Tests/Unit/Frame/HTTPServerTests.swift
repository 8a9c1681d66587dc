import Core
import HTTP
import IO
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct HTTPServerTests {
  @Test func servesPipelinedRequestsInOrderOnOneConnection() async throws {
    try await serving(echo) { port, _ in
      let text = try await exchange(
        port,
        "GET /a%2Fb//c?x=1+2&y=%41&z HTTP/1.1\r\nHost: h\r\n\r\nCOPY /two HTTP/1.1\r\nHost: h\r\n\r\n"
          + "POST /three HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
      #expect(text.split(separator: "HTTP/1.1 200 OK").count == 3)
      #expect(text.contains("GET /a%2Fb//c [x=1 2|y=A|z=] "))
      #expect(text.contains("COPY /two [] "))
      #expect(text.hasSuffix("POST /three [] hello"))
    }
  }

  @Test func keepsAConnectionForTheNextRequest() async throws {
    try await serving(echo) { port, _ in
      let client = try RawClient(port: port)
      defer { client.close() }
      for n in 1...3 {
        try await client.send("GET /\(n) HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try await client.receive(until: "GET /\(n) []").contains("200 OK"))
      }
    }
  }

  @Test func headHasTheLengthButNotTheBody() async throws {
    try await serving(echo) { port, _ in
      let text = try await exchange(port, "HEAD /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
      #expect(text.contains("Content-Length: 11\r\n"))
      #expect(text.hasSuffix("\r\n\r\n"))
    }
  }

  @Test func headMayDeclareALengthWithoutABody() async throws {
    try await serving({ _ in Response(status: 200, headers: ["Content-Length": "12345"]) }) { port, _ in
      let text = try await exchange(port, "HEAD /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
      #expect(text.contains("Content-Length: 12345\r\n"))
    }
  }

  @Test func sendsHundredContinueOnceTheBodyIsPulled() async throws {
    try await serving(echo) { port, _ in
      let client = try RawClient(port: port)
      defer { client.close() }
      try await client.send("PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
      #expect(try await client.receive(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
      try await client.send("hello")
      #expect(try await client.receive(until: "hello").contains("200 OK"))
    }
  }

  @Test(arguments: [
    "Content-Length: 5000000\r\nExpect: 100-continue", "Content-Length: 5000000", "Transfer-Encoding: chunked",
  ])
  func anEarlyRefusalComesBeforeTheBody(headers: String) async throws {
    try await serving({ _ in Response(status: 403, body: .bytes(Array("no".utf8))) }) { port, _ in
      let text = try await exchange(port, "PUT /x HTTP/1.1\r\nHost: h\r\n\(headers)\r\n\r\n")
      #expect(text.hasPrefix("HTTP/1.1 403"))
      #expect(text.contains("Connection: close"))
      #expect(!text.contains("100 Continue"))
    }
  }

  @Test(arguments: ["Content-Length: 40000000", "Transfer-Encoding: chunked"], [false, true])
  func anEarlyRefusalReachesWhoSendsAllBeforeHeListens(headers: String, isSlow: Bool) async throws {
    let handler: Handler = { _ in
      if isSlow { try? await World.real.sleep(.milliseconds(20)) }
      return Response(status: 403, body: .bytes(Array("no".utf8)))
    }
    try await serving(handler) { port, _ in
      let client = try RawClient(port: port)
      defer { client.close() }
      let isChunked = headers.hasPrefix("Transfer")
      try await client.send("PUT /x HTTP/1.1\r\nHost: h\r\n\(headers)\r\n\r\n" + (isChunked ? "2625A00\r\n" : ""))
      for _ in 0..<40 { try await client.send([UInt8](repeating: 0, count: 1_000_000)) }
      if isChunked { try await client.send("\r\n0\r\n\r\n") }
      let text = try await client.receive()
      #expect(text.hasPrefix("HTTP/1.1 403 "))
      #expect(text.hasSuffix("\r\n\r\nno"))
    }
  }

  @Test func anUnreadSmallBodyLeavesTheConnectionUsable() async throws {
    try await serving({ request in Response(status: 200, body: .bytes(Array(request.path.utf8))) }) { port, _ in
      let body = String(repeating: "x", count: 200_000)
      let text = try await exchange(
        port,
        "PUT /one HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n\(body)"
          + "GET /two HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
      #expect(text.hasSuffix("/two"))
    }
  }

  @Test func readsChunkedUploads() async throws {
    try await serving(echo) { port, _ in
      let text = try await exchange(
        port,
        "PATCH /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
          + "5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\n\r\n")
      #expect(text.hasSuffix("PATCH /x [] hello world"))
    }
  }

  @Test func streamsAResponseInChunks() async throws {
    let handler: Handler = { _ in
      let count = Mutex(0)
      return Response(
        status: 200,
        body: .stream(
          BodyStream {
            let n = count.withLock { n in
              n += 1
              return n
            }
            try await Task.sleep(for: .milliseconds(2))
            return n > 3 ? nil : Array("piece\(n) ".utf8)
          }))
    }
    try await serving(handler) { port, _ in
      let text = try await exchange(port, "GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
      #expect(text.contains("Transfer-Encoding: chunked"))
      #expect(text.contains("7\r\npiece1 \r\n7\r\npiece2 \r\n7\r\npiece3 \r\n0\r\n\r\n"))
    }
  }

  @Test func answersAfterLeavingTheLoop() async throws {
    let handler: Handler = { _ in
      try? await Task.sleep(for: .milliseconds(20))
      return Response(status: 202)
    }
    try await serving(handler) { port, _ in
      let text = try await exchange(port, "POST /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
      #expect(text.hasPrefix("HTTP/1.1 202"))
    }
  }

  @Test func cancelsTheHandlerOfAClientThatLeaves() async throws {
    let started = Mutex(false)
    let cancelled = Mutex(false)
    let handler: Handler = { _ in
      started.withLock { $0 = true }
      do { try await Task.sleep(for: .seconds(20)) } catch { cancelled.withLock { $0 = true } }
      return Response(status: 200)
    }
    try await serving(handler) { port, _ in
      let client = try RawClient(port: port)
      try await client.send("GET /x HTTP/1.1\r\nHost: h\r\n\r\n")
      while !started.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(2)) }
      client.close()
      for _ in 0..<100 where !cancelled.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(10)) }
      #expect(cancelled.withLock { $0 })
    }
  }

  @Test func drainFinishesWhatRunsAndRefusesTheRest() async throws {
    let started = Mutex(false)
    let mayEnd = Mutex(false)
    let handler: Handler = { _ in
      started.withLock { $0 = true }
      while !mayEnd.withLock({ $0 }) { try? await Task.sleep(for: .milliseconds(2)) }
      return Response(status: 200, body: .bytes(Array("done".utf8)))
    }
    try await serving(handler) { port, server in
      async let answer = exchange(port, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n")
      while !started.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(2)) }
      async let drained: Void = server.drain(within: .seconds(5))
      var isRefused = false
      for _ in 0..<200 where !isRefused {
        try await Task.sleep(for: .milliseconds(5))
        do { try RawClient(port: port).close() } catch { isRefused = true }
      }
      #expect(isRefused)
      mayEnd.withLock { $0 = true }
      #expect(try await answer.hasSuffix("done"))
      await drained
    }
  }

  @Test func drainEndsWhatWillNotFinish() async throws {
    let handler: Handler = { _ in
      try? await Task.sleep(for: .seconds(30))
      return Response(status: 200)
    }
    try await serving(handler) { port, server in
      async let answer = exchange(port, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n")
      try await Task.sleep(for: .milliseconds(60))
      await server.drain(within: .milliseconds(50))
      #expect(try await answer == "")
    }
  }

  @Test func drainEndsStreamsThatWaitForTheirSource() async throws {
    let handler: Handler = { request in
      if request.method == "PUT" { try? await Task.sleep(for: .seconds(30)) }
      let first = Mutex(true)
      return Response(
        status: 200,
        body: .stream(
          BodyStream {
            let isFirst = first.withLock { first in
              defer { first = false }
              return first
            }
            if !isFirst { try await Task.sleep(for: .seconds(30)) }
            return Array("first".utf8)
          }))
    }
    try await serving(handler) { port, server in
      let getting = try RawClient(port: port)
      let putting = try RawClient(port: port)
      try await getting.send("GET /x HTTP/1.1\r\nHost: h\r\n\r\n")
      try await putting.send("PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 999999\r\n\r\nabc")
      _ = try await getting.receive(until: "first")
      await server.drain(within: .zero)
      #expect(try await getting.receive() == "")
      #expect(try await putting.receive() == "")
      getting.close()
      putting.close()
    }
  }

  @Test func answersInTheMiddleOfALongUpload() async throws {
    let handler: Handler = { request in
      guard case .stream(let stream) = request.body else { return Response(status: 400) }
      var count = 0
      while count < 1_000_000, let piece = try? await stream.next() { count += piece.count }
      return Response(status: 413, headers: ["X-Why": "full"], body: .bytes(Array("enough".utf8)))
    }
    try await serving(handler) { port, _ in
      let client = try RawClient(port: port)
      defer { client.close() }
      try await client.send("PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 9999999999\r\n\r\n")
      try await client.send([UInt8](repeating: 0, count: 2_000_000))
      let text = try await client.receive(until: "enough")
      #expect(text.hasPrefix("HTTP/1.1 413 "))
      #expect(text.contains("X-Why: full\r\n"))
      #expect(text.hasSuffix("\r\n\r\nenough"))
    }
  }

  @Test func cancelsAStreamedResponseWhoseReaderLeaves() async throws {
    let cancelled = Mutex(false)
    let handler: Handler = { _ in
      let first = Mutex(true)
      return Response(
        status: 200,
        body: .stream(
          BodyStream {
            let isFirst = first.withLock { first in
              defer { first = false }
              return first
            }
            do { if !isFirst { try await Task.sleep(for: .seconds(30)) } } catch { cancelled.withLock { $0 = true } }
            return Array("first".utf8)
          }))
    }
    try await serving(handler) { port, _ in
      let client = try RawClient(port: port)
      try await client.send("GET /x HTTP/1.1\r\nHost: h\r\n\r\n")
      _ = try await client.receive(until: "first")
      client.close()
      for _ in 0..<100 where !cancelled.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(10)) }
      #expect(cancelled.withLock { $0 })
    }
  }

  @Test func aFileThatIsGoneIsExplained() async throws {
    let handler: Handler = { _ in Response(status: 200, body: .file(path: "/nonexistent/file", offset: 0, length: 5)) }
    try await serving(handler) { port, _ in
      let text = try await exchange(port, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(text.hasPrefix("HTTP/1.1 500"))
      #expect(text.contains("cannot be opened"))
    }
  }

  @Test func aPortInUseIsNamedWithTheRemedy() async throws {
    try await serving(echo) { port, server in
      let fault = #expect(throws: Fault.self) { try server.listen(host: "127.0.0.1", port: port, handler: echo) }
      #expect(fault?.kind == .conflict)
      #expect(fault?.message.contains("127.0.0.1:\(port)") == true)
    }
  }

  @Test func aClosedListenerLeavesTheOthers() async throws {
    try await serving(echo) { port, server in
      let second = try server.listen(host: "127.0.0.1", port: 0) { _ in Response(status: 204) }
      let request = "GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
      #expect(try await exchange(second.port, request).hasPrefix("HTTP/1.1 204"))
      await server.close(second)
      #expect(throws: Fault.self) { try RawClient(port: second.port) }
      #expect(try await exchange(port, request).hasPrefix("HTTP/1.1 200"))
    }
  }
}
