import CLinux
import Core
import IO
import Synchronization

/// A blocking TCP connection to this machine that gives up after ten seconds.
struct Connection: Sendable {
  let fd: Int32

  init(port: Int) throws {
    fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = Self.loopback(port)
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw Fault.system("connect to port \(port)", clinux_errno()) }
    limit()
  }
  init(fd: Int32) {
    self.fd = fd
    limit()
  }
  private func limit() {
    var patience = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
  }

  static func loopback(_ port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return address
  }

  func write(_ bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count {
      let n = bytes.withUnsafeBytes { send(fd, $0.baseAddress?.advanced(by: sent), bytes.count - sent, 0x4000) }
      guard n > 0 else { throw Fault.system("send", clinux_errno()) }
      sent += n
    }
  }
  /// Empty at the end.
  func read(_ limit: Int = 65_536) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: limit) { room, filled in
      let n = recv(fd, room.baseAddress, limit, 0)
      guard n >= 0 else { throw Fault.system("receive", clinux_errno()) }
      filled = n
    }
  }
  func close() { Descriptor.close(fd) }
}

/// A TCP server that hands each connection to a closure on a thread; ends with the test.
final class FakeGuest: Sendable {
  let port: Int
  private let fd: Int32
  private let threads: BlockingThreads

  init(_ serve: @escaping @Sendable (Connection) throws -> Void) throws {
    let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = Connection.loopback(0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) {
      _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(fd, $0, length) }
      _ = listen(fd, 64)
      _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(fd, $0, &length) }
    }
    self.fd = fd
    port = Int(UInt16(bigEndian: address.sin_port))
    let threads = try BlockingThreads(name: "fake-guest", count: 24)
    self.threads = threads
    Task {
      try await threads.run {
        while true {
          let taken = accept(fd, nil, nil)
          guard taken >= 0 else { return }
          Task {
            try await threads.run {
              let connection = Connection(fd: taken)
              defer { connection.close() }
              try serve(connection)
            }
          }
        }
      }
    }
  }
  deinit {
    shutdown(fd, Int32(SHUT_RDWR))
    Descriptor.close(fd)
  }

  /// Gives back what it gets.
  static func echo(_ connection: Connection) throws {
    while true {
      let bytes = try connection.read()
      if bytes.isEmpty { return }
      try connection.write(bytes)
    }
  }
}

/// The client's side of RFC 6455, by hand.
final class RawWebSocket {
  let connection: Connection
  private(set) var head = ""
  private var read: [UInt8] = []

  init(port: Int, _ target: String, headers: [String] = ["Sec-WebSocket-Protocol: binary"]) throws {
    connection = try Connection(port: port)
    let lines =
      [
        "GET \(target) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
      ] + headers
    try connection.write(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8))
    while true {
      let more = try connection.read()
      read += more
      let text = String(decoding: read, as: UTF8.self)
      if let end = text.firstRange(of: "\r\n\r\n") {
        head = String(text[..<end.lowerBound])
        read.removeFirst(head.utf8.count + 4)
        return
      }
      if more.isEmpty {
        head = text
        return
      }
    }
  }
  deinit { connection.close() }

  var status: Int { Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0 }

  func send(_ payload: [UInt8], opcode: UInt8 = 2) throws {
    var frame: [UInt8] = [0x80 | opcode]
    switch payload.count {
    case ..<126: frame.append(0x80 | UInt8(payload.count))
    case ..<65_536: frame += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
    default: frame += [0x80 | 127] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
    }
    // A mask of zeros masks nothing.
    try connection.write(frame + [0, 0, 0, 0] + payload)
  }

  /// The next frame; nil when the connection has ended.
  func frame() throws -> (opcode: UInt8, payload: [UInt8])? {
    guard let start = try take(2) else { return nil }
    var length = Int(start[1] & 0x7f)
    if length >= 126 {
      guard let long = try take(length == 126 ? 2 : 8) else { return nil }
      length = long.reduce(0) { $0 << 8 | Int($1) }
    }
    guard let payload = try take(length) else { return nil }
    return (start[0] & 0x0f, payload)
  }

  /// That many bytes of binary messages, or as many as come before the end.
  func receive(_ count: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count, let frame = try frame(), frame.opcode == 2 || frame.opcode == 0 {
      bytes += frame.payload
    }
    return bytes
  }

  private func take(_ count: Int) throws -> [UInt8]? {
    while read.count < count {
      let more = try connection.read()
      if more.isEmpty { return nil }
      read += more
    }
    defer { read.removeFirst(count) }
    return Array(read.prefix(count))
  }
}

extension Connection {
  /// Lets the other side work.
  func wait(seconds: UInt32) throws { sleep(seconds) }
}

/// Counts what a fake guest could send.
final class Written: Sendable {
  private let count = Mutex(0)
  var total: Int { count.withLock { $0 } }
  func add(_ bytes: Int) { count.withLock { $0 += bytes } }
}
