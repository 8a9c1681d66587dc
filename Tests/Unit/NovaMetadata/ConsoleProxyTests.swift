import Core
import Hardware
import IO
import Testing

@testable import NovaConsole

@Suite("Console proxy", .timeLimit(.minutes(1))) struct ConsoleProxyTests {
  /// Runs a proxy whose token `good` stands for the guest, and what a client does there on a thread of its own.
  private func withProxy<T: Sendable>(
    to target: ConsoleAddress, root: String = "/nowhere", _ body: @escaping @Sendable (_ port: Int) throws -> T
  ) async throws -> T {
    let proxy = ConsoleProxy(host: "127.0.0.1", port: 0, root: root, allowedOrigins: ["cloud.example"]) { token in
      if token == "broken" { throw Fault.unavailable("The store is away.") }
      return token == "good" ? target : nil
    }
    let port = try await proxy.start()
    let threads = try BlockingThreads(name: "client", count: 1)
    do {
      let result = try await threads.run { try body(port) }
      await proxy.stop()
      return result
    } catch {
      await proxy.stop()
      throw error
    }
  }

  @Test(arguments: ["/?token=good", "/websockify?token=good"]) func bytesPassBothWays(_ target: String) async throws {
    let guest = try FakeGuest(FakeGuest.echo)
    let got = try await withProxy(to: .tcp(host: "127.0.0.1", port: guest.port)) { port in
      let socket = try RawWebSocket(port: port, target)
      try socket.send(Array("RFB 003.008\n".utf8))
      return (socket.head, try socket.receive(12))
    }
    #expect(got.0.hasPrefix("HTTP/1.1 101"))
    #expect(got.0.lowercased().contains("sec-websocket-protocol: binary"))
    #expect(got.1 == Array("RFB 003.008\n".utf8))
  }

  @Test func theGuestMaySpeakFirst() async throws {
    let guest = try FakeGuest { connection in
      try connection.write(Array("RFB 003.008\n".utf8))
      _ = try connection.read()
    }
    let got = try await withProxy(to: .tcp(host: "127.0.0.1", port: guest.port)) { port in
      try RawWebSocket(port: port, "/?token=good", headers: []).receive(12)
    }
    #expect(got == Array("RFB 003.008\n".utf8))
  }

  @Test func aMegabytePassesBothWaysUnchanged() async throws {
    let guest = try FakeGuest(FakeGuest.echo)
    let sent = (0..<1_048_576).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
    let got = try await withProxy(to: .tcp(host: "127.0.0.1", port: guest.port)) { port in
      let socket = try RawWebSocket(port: port, "/?token=good")
      // In pieces, each awaited: a client that sends all before it reads would rightly be held back.
      var got: [UInt8] = []
      for start in stride(from: 0, to: sent.count, by: 131_072) {
        try socket.send(Array(sent[start..<(start + 131_072)]))
        got += try socket.receive(131_072)
      }
      return got
    }
    #expect(got == sent)
  }

  @Test func aSlowBrowserHoldsItsGuestBack() async throws {
    let written = Written()
    let guest = try FakeGuest { connection in
      while written.total < 64 << 20 {
        try connection.write([UInt8](repeating: 7, count: 65_536))
        written.add(65_536)
      }
    }
    let peak = try await withProxy(to: .tcp(host: "127.0.0.1", port: guest.port)) { port in
      let socket = try RawWebSocket(port: port, "/?token=good")
      try socket.connection.wait(seconds: 1)
      let held = written.total
      #expect(try socket.receive(32 << 20).count >= 32 << 20)
      return held
    }
    // What the kernel buffers on both connections, and a queue.
    #expect(peak < 24 << 20)
    #expect(peak > 0)
  }

  @Test(arguments: [("bad", 1008), ("broken", 1011)]) func aTokenThatIsNotValidIsToldWhy(_ token: String, _ code: Int)
    async throws
  {
    let close = try await withProxy(to: .tcp(host: "127.0.0.1", port: 1)) { port in
      try RawWebSocket(port: port, "/?token=\(token)").frame()
    }
    #expect(close?.opcode == 8)
    #expect(close?.payload.prefix(2).reduce(0) { $0 << 8 | Int($1) } == code)
    let reason = String(decoding: close?.payload.dropFirst(2) ?? [], as: UTF8.self)
    #expect(reason.contains("token"))
  }

  @Test func withoutATokenThereIsNoWebSocket() async throws {
    let status = try await withProxy(to: .tcp(host: "127.0.0.1", port: 1)) { port in
      try RawWebSocket(port: port, "/websockify").status
    }
    #expect(status == 403)
  }

  @Test func theCookieOfThePageWillDo() async throws {
    let guest = try FakeGuest(FakeGuest.echo)
    let got = try await withProxy(to: .tcp(host: "127.0.0.1", port: guest.port)) { port in
      let socket = try RawWebSocket(port: port, "/websockify", headers: ["Cookie: other=1; token=good"])
      try socket.send([1, 2, 3])
      return try socket.receive(3)
    }
    #expect(got == [1, 2, 3])
  }

  @Test(arguments: [
    ("http://127.0.0.1:9", 101), ("https://cloud.example", 101), ("http://evil.example", 403), ("null", 403),
  ]) func aPageOfAnotherHostIsRefused(_ origin: String, _ status: Int) async throws {
    let guest = try FakeGuest(FakeGuest.echo)
    let got = try await withProxy(to: .tcp(host: "127.0.0.1", port: guest.port)) { port in
      try RawWebSocket(port: port, "/?token=good", headers: ["Origin: \(origin)"]).status
    }
    #expect(got == status)
  }

  @Test func aGuestThatIsAwayIsTold() async throws {
    let close = try await withProxy(to: .tcp(host: "127.0.0.1", port: 1)) { port in
      try RawWebSocket(port: port, "/?token=good").frame()
    }
    let reason = String(decoding: close?.payload.dropFirst(2) ?? [], as: UTF8.self)
    #expect(reason.contains("cannot be reached"))
  }

  @Test func whenTheGuestClosesTheBrowserGetsTheRestFirst() async throws {
    let guest = try FakeGuest { try $0.write([UInt8](repeating: 9, count: 500_000)) }
    let (count, code) = try await withProxy(to: .tcp(host: "127.0.0.1", port: guest.port)) { port in
      let socket = try RawWebSocket(port: port, "/?token=good")
      let count = try socket.receive(500_000).count
      return (count, try socket.frame()?.payload.prefix(2).reduce(0) { $0 << 8 | Int($1) })
    }
    #expect(count == 500_000)
    #expect(code == 1000)
  }

  @Test func whenTheBrowserClosesTheGuestGetsTheRestFirst() async throws {
    let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
    let guest = try FakeGuest { connection in
      var total = 0
      while true {
        let bytes = try connection.read()
        if bytes.isEmpty { break }
        total += bytes.count
      }
      continuation.yield(total)
    }
    try await withProxy(to: .tcp(host: "127.0.0.1", port: guest.port)) { port in
      let socket = try RawWebSocket(port: port, "/?token=good")
      try socket.send([UInt8](repeating: 1, count: 300_000))
      try socket.send([3, 232], opcode: 8)
      while try socket.frame() != nil {}
    }
    #expect(await stream.first { _ in true } == 300_000)
  }

  @Test func manyConsolesAtOnce() async throws {
    let guest = try FakeGuest(FakeGuest.echo)
    let got = try await withProxy(to: .tcp(host: "127.0.0.1", port: guest.port)) { port in
      let sockets = try (0..<20).map { _ in try RawWebSocket(port: port, "/?token=good") }
      for (i, socket) in sockets.enumerated() { try socket.send([UInt8](repeating: UInt8(i), count: 1000)) }
      return try sockets.map { try $0.receive(1000) }
    }
    #expect(got == (0..<20).map { [UInt8](repeating: UInt8($0), count: 1000) })
  }

  @Test func textIsRefused() async throws {
    let guest = try FakeGuest(FakeGuest.echo)
    let close = try await withProxy(to: .tcp(host: "127.0.0.1", port: guest.port)) { port in
      let socket = try RawWebSocket(port: port, "/?token=good")
      try socket.send(Array("hello".utf8), opcode: 1)
      return try socket.frame()
    }
    #expect(close?.payload.prefix(2).reduce(0) { $0 << 8 | Int($1) } == 1003)
  }

  @Test func aPortThatIsTakenIsNamed() async throws {
    let guest = try FakeGuest(FakeGuest.echo)
    let proxy = ConsoleProxy(host: "127.0.0.1", port: guest.port) { _ in nil }
    let fault = await #expect(throws: Fault.self) { try await proxy.start() }
    let message = fault?.message ?? ""
    #expect(message.contains("127.0.0.1:\(guest.port)"))
  }
}
