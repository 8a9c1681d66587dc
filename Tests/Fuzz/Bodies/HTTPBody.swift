import CLinux
import Core
@testable import HTTP
import IO
import Synchronization

extension FuzzTarget {
  /// A whole connection to the real server: whatever its handler is given is what the letter of the standard says was
  /// sent, message by message, so that no two servers can disagree on where a request ends; and what is complete is
  /// answered.
  static let http = FuzzTarget("http", length: 2048, mutations: 400) { bytes in
    try site.withLock { held in
      let site = try held ?? Site()
      held = site
      if try !site.check(bytes) {
        held = nil
        site.end()
      }
    }
  }

  private static let site = Mutex<Site?>(nil)
}

/// What a handler was given, body and all.
private struct Seen: Sendable {
  var request: Request
  var body: [UInt8]
}

/// The server at an abstract UNIX socket, which costs no ports.
private final class Site: Sendable {
  private let loop: EventLoop
  private let server: HTTPServer
  private let seen = Mutex<[Seen]>([])
  private let name = "martlet-fuzz-" + World.real.hexID()

  init() throws {
    loop = try EventLoop.start(name: "fuzz")
    server = HTTPServer(loops: [loop])
    let listening = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard Self.at(name, { bind(listening, $0, $1) }) == 0, listen(listening, 64) == 0 else {
      throw Broken(description: "cannot listen: \(clinux_errno())")
    }
    try server.listen(fd: listening) { [self] request in
      do {
        let body = try await request.body.collect(limit: 1 << 20)
        seen.withLock { $0.append(Seen(request: request, body: body)) }
        return Response(status: 200, body: .bytes(Array("ok".utf8)))
      } catch { return Response(status: 400) }
    }
  }

  private static func at(_ name: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.dropFirst().copyBytes(from: Array(name.utf8)) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + 1 + name.utf8.count)
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
    }
  }

  func end() {
    Task { [server, loop] in
      await server.drain(within: .zero)
      loop.stop()
    }
  }

  /// Whether the server closed the connection, so that nothing of it can turn up later.
  func check(_ bytes: [UInt8]) throws -> Bool {
    let (messages, mayGoOn) = HTTPMessage.all(in: bytes)
    let (answer, closed) = try exchange(bytes, isComplete: !messages.isEmpty)
    let seen = self.seen.withLock { seen in
      defer { seen = [] }
      return seen
    }
    try hold(mayGoOn || seen.count <= messages.count, "took \(seen.count) requests where \(messages.count) were sent")
    for (seen, message) in zip(seen, messages) { try compare(seen, message) }
    if !answer.isEmpty {
      try hold(answer.starts(with: "HTTP/1.1 ".utf8), "answered \(String(mending: answer))")
      try hold(!answer.starts(with: "HTTP/1.1 500".utf8), "answered 500")
    }
    return closed
  }

  private func compare(_ seen: Seen, _ message: HTTPMessage) throws {
    let request = seen.request
    try hold(same(request.method, message.method), "the method was \(message.method)")
    try hold(seen.body == message.body, "a body of \(message.body.count) bytes became one of \(seen.body.count)")
    var target = message.target
    for scheme in ["http://", "https://"] where target.hasPrefix(scheme) {
      let rest = target.dropFirst(scheme.count)
      let origin = rest.drop { $0 != "/" && $0 != "?" }
      target = (origin.hasPrefix("/") ? "" : "/") + origin
    }
    let path = target.utf8.prefix { $0 != UInt8(ascii: "?") }
    try hold(request.path.utf8.elementsEqual(path), "the path \(message.target) became \(request.path)")
    let fields = request.headers.fields
    try hold(fields.count == message.fields.count, "\(message.fields.count) headers became \(fields.count)")
    for (a, b) in zip(fields, message.fields) {
      try hold(same(a.name, b.name) && same(a.value, b.value), "\(b) became \(a)")
    }
    let query = parseQuery(String(target.utf8.dropFirst(path.count + 1)) ?? "").filter { !$0.name.isEmpty }
    let given = request.query.filter { !$0.name.isEmpty }
    try hold(
      given.count == query.count && zip(given, query).allSatisfy { same($0.name, $1.name) && same($0.value, $1.value) },
      "the query of \(message.target) became \(given)")
  }

  /// Sends all, says that it was all, and reads to the end. libmicrohttpd overlooks the end behind an empty line and
  /// keeps the connection until its idle time is over; that is not waited for.
  private func exchange(_ bytes: [UInt8], isComplete: Bool) throws -> (answer: [UInt8], closed: Bool) {
    let client = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(client) }
    guard Self.at(name, { connect(client, $0, $1) }) == 0 else {
      throw Broken(description: "cannot connect: \(clinux_errno())")
    }
    // The server may have gone before it has read all; what it said is read all the same.
    _ = send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    shutdown(client, Int32(SHUT_WR))
    var answer: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while true {
      var wanted = pollfd(fd: client, events: Int16(POLLIN), revents: 0)
      let isDue = isComplete && answer.isEmpty
      if poll(&wanted, 1, isDue ? 4000 : 100) == 0 {
        try hold(!isDue, "a complete request is not answered")
        return (answer, false)
      }
      let count = recv(client, &piece, piece.count, 0)
      if count <= 0 { return (answer, true) }
      answer += piece[..<count]
    }
  }
}
