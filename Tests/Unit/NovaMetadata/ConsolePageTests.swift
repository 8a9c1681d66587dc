import CLinux
import Core
import Hardware
import IO
import Testing

@testable import NovaConsole

@Suite("Console pages", .timeLimit(.minutes(1))) struct ConsolePageTests {
  /// A folder that looks like noVNC's.
  private func makeRoot() throws -> String {
    let root = "/tmp/martlet-console-" + World.real.hexID()
    for (path, text) in [("/vnc_lite.html", "<p>lite</p>"), ("/core/rfb.js", "export default 1;")] {
      if path.hasPrefix("/core") { mkdir(root + "/core", 0o700) } else { mkdir(root, 0o700) }
      let fd = clinux_open(root + path, O_WRONLY | O_CREAT, 0o600)
      defer { Descriptor.close(fd) }
      _ = try Array(text.utf8).withUnsafeBytes { try Descriptor.write(fd, from: $0) }
    }
    return root
  }

  private static func isWhole(_ text: String) -> Bool {
    guard let end = text.firstRange(of: "\r\n\r\n"), let start = text.firstRange(of: "content-length: ") else {
      return false
    }
    return text[end.upperBound...].utf8.count >= Int(text[start.upperBound...].prefix { $0.isNumber }) ?? .max
  }

  private func get(_ target: String, root: String) async throws -> String {
    defer {
      for file in ["/vnc_lite.html", "/core/rfb.js"] { unlink(root + file) }
      for folder in ["/core", ""] { rmdir(root + folder) }
    }
    let proxy = ConsoleProxy(host: "127.0.0.1", port: 0, root: root) { _ in nil }
    let port = try await proxy.start()
    let threads = try BlockingThreads(name: "client", count: 1)
    let answer = try await threads.run {
      let connection = try Connection(port: port)
      defer { connection.close() }
      try connection.write(Array("GET \(target) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8))
      var text = ""
      while true {
        let more = try connection.read()
        text += String(decoding: more, as: UTF8.self)
        // libwebsockets keeps the connection for another request, whatever the client says.
        if more.isEmpty || Self.isWhole(text) { return text }
      }
    }
    await proxy.stop()
    return answer
  }

  @Test(arguments: ["/vnc_lite.html?path=%3Ftoken%3Dabc", "/vnc_auto.html", "/"]) func thePageThatConnects(
    _ target: String
  ) async throws {
    let answer = try await get(target, root: try makeRoot())
    #expect(answer.hasPrefix("HTTP/1.1 200"))
    #expect(answer.contains("text/html"))
    #expect(answer.hasSuffix("<p>lite</p>"))
  }

  @Test func aTokenGivenToThePageComesBackAsACookie() async throws {
    let answer = try await get("/vnc_auto.html?token=abc-1", root: try makeRoot())
    #expect(answer.contains("set-cookie: token=abc-1; path=/; httponly; samesite=strict"))
    let forged = try await get("/vnc_auto.html?token=a%0d%0ax:y", root: try makeRoot())
    #expect(!forged.contains("x:y"))
  }

  @Test func scriptsAreServedAsScripts() async throws {
    #expect(try await get("/core/rfb.js", root: try makeRoot()).contains("text/javascript"))
  }

  @Test func withoutNoVNCThePageSaysWhatToInstall() async throws {
    let answer = try await get("/vnc_lite.html", root: "/nowhere")
    #expect(answer.hasPrefix("HTTP/1.1 503"))
    #expect(answer.contains("apt install novnc"))
  }

  @Test(arguments: ["/none.html", "/../../etc/passwd", "/..%2f..%2fetc%2fpasswd.html", "/core", "/core/", "/.git.html"])
  func whatIsNotAPageIsNotFound(_ target: String) async throws {
    let answer = try await get(target, root: try makeRoot())
    #expect(answer.hasPrefix("HTTP/1.1 40"))
  }

  @Test func hostsOfOrigins() {
    #expect(ConsoleRequest.isWelcome(origin: "http://[::1]:6080", host: "[::1]:6080", allowed: []))
    #expect(ConsoleRequest.isWelcome(origin: "https://A.example", host: "a.example:6080", allowed: []))
    #expect(!ConsoleRequest.isWelcome(origin: "https://a.example.evil", host: "a.example", allowed: []))
    for odd in [
      "/https://a.example", "://a.example", "https:///a.example", "x:y//a.example://", "http//://a.example",
      "http://a.example:80@evil",
    ] {
      #expect(!ConsoleRequest.isWelcome(origin: odd, host: "a.example", allowed: []), "\(odd)")
    }
    #expect(!ConsoleRequest.isWelcome(origin: "http://:80", host: "", allowed: []))
  }
}
