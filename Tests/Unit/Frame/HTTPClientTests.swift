import Core
import Glibc
import HTTP
import IO
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct HTTPClientTests {
  @Test func sendsWhatItIsGivenAndReadsTheAnswer() async throws {
    try await connected(echo) { client in
      let request = Request(
        "REPORT", "/a%2Fb//c", query: [("x", "1 2"), ("y", "ü&")], headers: ["X-One": "1"],
        body: .bytes(Array("hi".utf8)))
      let response = try await client.send(request)
      #expect(response.status == 200)
      #expect(response.headers["x-echo"] == "yes")
      #expect(try await text(response) == "REPORT /a%2Fb//c [x=1 2|y=ü&] hi")
    }
  }

  @Test func sendsNoHeadersOfItsOwnBeyondFraming() async throws {
    let names: Handler = { request in
      let names = request.headers.fields.map(\.name).sorted().joined(separator: " ")
      return Response(status: 200, body: .bytes(Array(names.utf8)))
    }
    try await connected(names) { client in
      let response = try await client.send(Request("POST", "/", headers: ["x-lower": "1", "X-Empty": ""]))
      #expect(try await text(response) == "Content-Length Host X-Empty x-lower")
    }
  }

  @Test(arguments: ["HEAD", "DELETE", "GET", "POST", "PUT", "PATCH", "OPTIONS"])
  func sendsEveryMethodWithoutABody(method: String) async throws {
    try await connected({ Response(status: 204, headers: ["X-Method": $0.method]) }) { client in
      let response = try await client.send(Request(method, "/"))
      #expect(response.status == 204)
      #expect(response.headers["X-Method"] == method)
    }
  }

  @Test func namesTheAddressWhereNothingAnswers() async throws {
    let loop = try EventLoop.start(name: "test-client")
    defer { loop.stop() }
    let transport = SocketTransport(baseURL: "http://127.0.0.1:1", client: try HTTPClient(loop: loop))
    let fault = await #expect(throws: Fault.self) { try await transport.send(Request("GET", "/")) }
    #expect(fault?.kind == .unavailable)
    #expect(fault?.message.contains("http://127.0.0.1:1") == true)
  }

  @Test func timesOutOnASilentServer() async throws {
    var limits = ClientLimits()
    limits.idle = .seconds(1)
    let silent: Handler = { _ in
      try? await Task.sleep(for: .seconds(20))
      return Response(status: 200)
    }
    try await connected(silent, limits: limits) { client in
      let fault = await #expect(throws: Fault.self) { try await client.send(Request("GET", "/")) }
      #expect(fault?.kind == .timedOut)
    }
  }

  @Test func cancellationReachesTheServer() async throws {
    let started = Mutex(false)
    let cancelled = Mutex(false)
    let slow: Handler = { _ in
      started.withLock { $0 = true }
      do { try await Task.sleep(for: .seconds(20)) } catch { cancelled.withLock { $0 = true } }
      return Response(status: 200)
    }
    try await connected(slow) { client in
      let task = Task { try await client.send(Request("GET", "/")) }
      while !started.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(2)) }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
      for _ in 0..<100 where !cancelled.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(10)) }
      #expect(cancelled.withLock { $0 })
    }
  }

  @Test func headersComeBeforeTheBodyEnds() async throws {
    let gate = Mutex(false)
    let handler: Handler = { _ in
      let sent = Mutex(0)
      return Response(
        status: 200,
        body: .stream(
          BodyStream {
            let n = sent.withLock { n in
              n += 1
              return n
            }
            if n == 2 { while !gate.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(2)) } }
            return n < 3 ? Array("part\(n)".utf8) : nil
          }))
    }
    try await connected(handler) { client in
      let response = try await client.send(Request("GET", "/"))
      gate.withLock { $0 = true }
      #expect(try await text(response) == "part1part2")
    }
  }

  @Test func anUnreadBodyStopsItsSender() async throws {
    let stopped = Mutex(false)
    let handler: Handler = { _ in
      let token = Token { stopped.withLock { $0 = true } }
      return Response(
        status: 200,
        body: .stream(
          BodyStream {
            _ = token
            return [UInt8](repeating: 1, count: 65_536)
          }))
    }
    try await connected(handler) { client in
      _ = try await client.send(Request("GET", "/"))
      for _ in 0..<200 where !stopped.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(10)) }
      #expect(stopped.withLock { $0 })
    }
  }

  @Test func aRefusalOfALargeUploadIsSeen() async throws {
    try await connected({ _ in Response(status: 413, body: .bytes(Array("too large".utf8))) }) { client in
      let response = try await client.send(Request("PUT", "/", body: .stream(zeros(1 << 30))))
      #expect(response.status == 413)
      #expect(try await text(response) == "too large")
    }
  }

  @Test func sendsAPartOfAFileBothWays() async throws {
    let path = "/tmp/martlet-http-test-\(getpid())"
    let fd = creat(path, 0o600)
    let content = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
    #expect(content.withUnsafeBytes { write(fd, $0.baseAddress, $0.count) } == content.count)
    close(fd)
    defer { unlink(path) }
    let handler: Handler = { request in
      let got = try? await request.body.collect(limit: 1_000_000)
      #expect(got == Array(content[5..<290_000]))
      return Response(status: 200, body: .file(path: path, offset: 1000, length: 250_000))
    }
    try await connected(handler) { client in
      let response = try await client.send(Request("PUT", "/", body: .file(path: path, offset: 5, length: 289_995)))
      #expect(response.headers["Content-Length"] == "250000")
      #expect(try await response.body.collect(limit: 1_000_000) == Array(content[1000..<251_000]))
    }
  }

  /// What has been made and not yet taken is all that is held in between: it stays small, however long the stream is.
  @Test(arguments: [true, false])
  func streamsBothWaysInBoundedMemory(announced: Bool) async throws {
    let size = 100 << 20
    let (up, down) = (Flow(), Flow())
    let sink: Handler = { request in
      guard case .stream(let stream) = request.body else { return Response(status: 400) }
      do { while let piece = try await stream.next() { up.took(piece.count) } } catch { return Response(status: 500) }
      return Response(status: 200, body: .stream(down.watching(zeros(size, announced: announced))))
    }
    try await connected(sink) { client in
      let body = up.watching(zeros(size, announced: announced))
      let response = try await client.send(Request("PUT", "/", body: .stream(body)))
      #expect(response.status == 200)
      guard case .stream(let stream) = response.body else { return }
      while let piece = try await stream.next() { down.took(piece.count) }
    }
    for flow in [up, down] {
      #expect(flow.taken == size)
      #expect(flow.peak < 16 << 20)
    }
  }

  @Test func carriesManyRequestsAtOnceOverKeptConnections() async throws {
    try await connected(echo) { client in
      try await withThrowingTaskGroup { group in
        for worker in 0..<20 {
          group.addTask {
            for n in 0..<20 {
              let response = try await client.send(Request("POST", "/\(worker)", body: .bytes(Array("\(n)".utf8))))
              #expect(try await text(response) == "POST /\(worker) [] \(n)")
            }
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test func theLocalTransportAsksTheHandlerItself() async throws {
    let response = try await LocalTransport(echo).send(Request("GET", "/here"))
    #expect(try await text(response) == "GET /here [] ")
  }
}

/// A server with `handler`, and a transport to it.
private func connected(
  _ handler: @escaping Handler, limits: ClientLimits = ClientLimits(),
  _ body: (SocketTransport) async throws -> Void
) async throws {
  try await serving(handler) { port, _ in
    let loop = try EventLoop.start(name: "test-client")
    defer { loop.stop() }
    let client = try HTTPClient(loop: loop, limits: limits)
    try await body(SocketTransport(baseURL: "http://127.0.0.1:\(port)", client: client))
  }
}

private func text(_ response: Response) async throws -> String {
  String(decoding: try await response.body.collect(limit: 1_000_000), as: UTF8.self)
}

private func zeros(_ size: Int, announced: Bool = true) -> BodyStream {
  let left = Mutex(size)
  return BodyStream(length: announced ? size : nil) {
    let count = left.withLock { left in
      let count = min(left, 131_072)
      left -= count
      return count
    }
    return count > 0 ? [UInt8](repeating: 0, count: count) : nil
  }
}

/// How much of a stream is under way between who makes it and who takes it, kernel's buffers included.
private final class Flow: Sendable {
  private let state = Mutex((made: 0, taken: 0, peak: 0))
  var taken: Int { state.withLock { $0.taken } }
  var peak: Int { state.withLock { $0.peak } }

  func took(_ count: Int) { state.withLock { $0.taken += count } }

  func watching(_ stream: BodyStream) -> BodyStream {
    BodyStream(length: stream.length) {
      let piece = try await stream.next()
      self.state.withLock { state in
        state.made += piece?.count ?? 0
        state.peak = max(state.peak, state.made - state.taken)
      }
      return piece
    }
  }
}

private final class Token: Sendable {
  private let end: @Sendable () -> Void
  init(_ end: @escaping @Sendable () -> Void) { self.end = end }
  deinit { end() }
}
