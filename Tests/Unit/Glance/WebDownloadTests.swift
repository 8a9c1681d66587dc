import Core
import GlanceModel
import GlanceWork
import HTTP
import IO
import Synchronization
import Testing
import Text

@Suite("Downloads from the web") struct WebDownloadTests {
  @Test(
    arguments: [
      "ftp://example.org/x", "file:///etc/passwd", "http://example.org:22/x", "http://127.0.0.1/x", "http://[::1]/x",
      "http://169.254.169.254/latest", "http://10.1.2.3/x", "http://[::ffff:127.0.0.1]/x", "http://[fd00:ec2::254]/x",
      "http://user@example.org/x", "http://exa mple.org/x", "http:///x", "x", "", "http://[64:ff9b::7f00:1]/",
      "http://0.0.0.0/", "http://192.168.1.1/", "http://example.org:99999/", "http://[::127.0.0.1]/",
    ])
  func refused(uri: String) {
    let fault = #expect(throws: Fault.self) { try WebRules().check(uri) }
    #expect(fault?.kind == .badRequest)
  }

  @Test func listsDecide() throws {
    var rules = WebRules()
    #expect(try rules.check("https://Example.org/a?b").target == "/a?b")
    rules.disallowedHosts = ["example.org"]
    #expect(throws: Fault.self) { try rules.check("http://EXAMPLE.org/") }
    rules.allowedHosts = ["example.org"]
    #expect(throws: Never.self) { try rules.check("http://example.org/") }
    #expect(throws: Fault.self) { try rules.check("http://other.org/") }
    rules = WebRules()
    rules.allowedPorts = []
    #expect(try rules.check("http://example.org:8080").base == "http://example.org:8080")
    rules.allowedNetworks = [try #require(CIDR("10.1.0.0/16"))]
    #expect(try rules.check("http://10.1.2.3/").host == "10.1.2.3")
    #expect(throws: Fault.self) { try rules.check("http://10.2.2.3/") }
  }

  /// A web server here, which the rules let through for this test.
  private func fetch(
    _ path: String, host: String = "127.0.0.1", resolve: @escaping @Sendable (String) async throws -> [String]
  ) async throws -> [UInt8] {
    let loop = try EventLoop.start(name: "web-test")
    let server = HTTPServer(loops: [loop])
    let listener = try server.listen(host: "127.0.0.1", port: 0) { request in
      switch request.path {
      case "/image": Response(status: 200, body: .bytes(Array("from \(request.headers["Host"]?.prefix(9) ?? "")".utf8)))
      case "/moved": Response(status: 302, headers: ["Location": "image"])
      case "/away": Response(status: 302, headers: ["Location": "http://169.254.169.254/latest/meta-data"])
      case "/inside": Response(status: 302, headers: ["Location": "http://inside.example.org/"])
      case "/round": Response(status: 302, headers: ["Location": "/round"])
      default: Response(status: 404)
      }
    }
    var rules = WebRules()
    rules.allowedPorts = [listener.port, 80]
    rules.allowedNetworks = [try #require(CIDR("127.0.0.1/32"))]
    let web = WebDownload(client: try HTTPClient(loop: loop), rules: rules, resolve: resolve)
    do {
      let pieces = try await web.fetch("http://\(host):\(listener.port)\(path)", limit: 100)
      var bytes: [UInt8] = []
      while let piece = try await pieces() { bytes += piece }
      await server.close(listener)
      return bytes
    } catch {
      await server.close(listener)
      throw error
    }
  }

  @Test func redirectsAreFollowedAndJudged() async throws {
    let none: @Sendable (String) async throws -> [String] = { _ in ["10.0.0.1"] }
    #expect(try await fetch("/image", resolve: none) == Array("from 127.0.0.1".utf8))
    #expect(try await fetch("/moved", resolve: none) == Array("from 127.0.0.1".utf8))
    for path in ["/away", "/inside", "/round", "/absent"] {
      let fault = await #expect(throws: Fault.self) { try await fetch(path, resolve: none) }
      #expect(fault?.kind == .badRequest, "\(path)")
    }
  }

  /// A name is resolved once, and the connection goes where that led, whatever it resolves to later.
  @Test func namesArePinned() async throws {
    let asked = Mutex(0)
    let bytes = try await fetch("/image", host: "pinned.example.org") { name in
      asked.withLock { $0 += 1 }
      #expect(name == "pinned.example.org")
      return ["127.0.0.1"]
    }
    #expect(bytes == Array("from pinned.ex".utf8))
    #expect(asked.withLock { $0 } == 1)
    let fault = await #expect(throws: Fault.self) {
      try await fetch("/image", host: "two.example.org") { _ in ["127.0.0.1", "169.254.169.254"] }
    }
    #expect(fault?.message.contains("two.example.org") == true)
  }
}
