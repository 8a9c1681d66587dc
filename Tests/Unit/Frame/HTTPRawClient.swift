import Core
import Glibc
import HTTP
import IO
import Testing

/// A client that sends exactly the bytes it is told to, so that tests can be as rude as strangers are.
struct RawClient: Sendable {
  private static let threads = Result { try BlockingThreads(name: "raw-client", count: 16) }
  let fd: Int32

  init(port: Int) throws {
    fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(fd, $0, size) }
    }
    guard result == 0 else {
      Glibc.close(fd)
      throw Fault.unavailable("refused")
    }
    // A timeval by its layout: which module owns its members hangs on what else is imported.
    var patience = (seconds: 5, microseconds: 0)
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout.size(ofValue: patience)))
  }

  func close() { Glibc.close(fd) }

  func send(_ text: String) async throws { try await send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) async throws {
    try await Self.threads.get().run { [fd] in
      var sent = 0
      while sent < bytes.count {
        let n = bytes.withUnsafeBytes { Glibc.send(fd, $0.baseAddress?.advanced(by: sent), $0.count - sent, 0) }
        guard n > 0 else { throw Fault.system("send", errno) }
        sent += n
      }
    }
  }

  /// What comes until the text holds `mark`, the server closes, or five seconds pass.
  func receive(until mark: String? = nil) async throws -> String {
    try await Self.threads.get().run { [fd] in
      var all: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 65_536)
      while true {
        let n = recv(fd, &buffer, buffer.count, 0)
        guard n > 0 else { break }
        all += buffer[0..<n]
        if let mark, String(decoding: all, as: UTF8.self).contains(mark) { break }
      }
      return String(decoding: all, as: UTF8.self)
    }
  }
}

/// A server on a free port for the time of a test.
func serving<T: Sendable>(
  limits: ServerLimits = ServerLimits(), _ handler: @escaping Handler,
  _ body: (_ port: Int, _ server: HTTPServer) async throws -> T
) async throws -> T {
  let loop = try EventLoop.start(name: "test-server")
  let server = HTTPServer(loops: [loop], limits: limits)
  let result: Result<T, any Error>
  do {
    let port = try server.listen(host: "127.0.0.1", port: 0, handler: handler).port
    result = .success(try await body(port, server))
  } catch { result = .failure(error) }
  await server.drain(within: .zero)
  loop.stop()
  return try result.get()
}

/// Sends one text to a fresh connection and returns all that comes back until the server closes.
func exchange(_ port: Int, _ text: String) async throws -> String {
  let client = try RawClient(port: port)
  defer { client.close() }
  try await client.send(text)
  return try await client.receive()
}

/// Answers with what it was asked: method, path, query, body.
let echo: Handler = { request in
  do {
    let body = try await request.body.collect(limit: 1_000_000)
    let query = request.query.map { "\($0.name)=\($0.value)" }.joined(separator: "|")
    let text = "\(request.method) \(request.path) [\(query)] " + String(decoding: body, as: UTF8.self)
    return Response(status: 200, headers: ["X-Echo": "yes"], body: .bytes(Array(text.utf8)))
  } catch {
    let fault = Fault(wrapping: error)
    return Response(status: fault.kind == .tooLarge ? 413 : 500, body: .bytes(Array(fault.message.utf8)))
  }
}
