internal import CLinux
internal import CWebsockets
internal import Core
internal import Hardware
internal import IO

/// Opens connections to guests' VNC servers.
enum GuestConnection {
  /// How long a host may take to answer, in milliseconds.
  private static let patience: Int32 = 5000

  /// Connects, blocking its thread meanwhile; the descriptor does not block.
  /// - Throws: a fault that names the address.
  static func open(_ target: ConsoleAddress) throws -> Int32 {
    switch target {
    case .tcp(let host, let port): try openTCP(host, port)
    case .unix(let path): try openUnix(path)
    }
  }

  private static func openTCP(_ host: String, _ port: Int) throws -> Int32 {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, String(port), &hints, &found) == 0, let first = found else {
      throw Fault.unavailable("The console's host \(host) has no address.")
    }
    defer { freeaddrinfo(found) }
    var fault = Fault.unavailable("The console at \(host):\(port) does not answer.")
    for address in sequence(first: first, next: { $0.pointee.ai_next }) {
      do {
        let fd = try connect(
          address.pointee.ai_family, address.pointee.ai_addr, address.pointee.ai_addrlen, "\(host):\(port)")
        var on: Int32 = 1
        setsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
        return fd
      } catch { fault = Fault(wrapping: error) }
    }
    throw fault
  }

  private static func openUnix(_ path: String) throws -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let fits = withUnsafeMutableBytes(of: &address.sun_path) { room in
      guard path.utf8.count < room.count else { return false }
      room.copyBytes(from: path.utf8)
      return true
    }
    guard fits else { throw Fault.unavailable("The console's path \(path) is longer than a Unix socket's may be.") }
    return try withUnsafePointer(to: &address) {
      try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        try connect(AF_UNIX, $0, socklen_t(MemoryLayout<sockaddr_un>.size), path)
      }
    }
  }

  private static func connect(
    _ family: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t, _ name: String
  ) throws -> Int32 {
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let fd = socket(family, kind, 0)
    guard fd >= 0 else { throw Fault.system("open a socket for \(name)", clinux_errno()) }
    if CLinux.connect(fd, address, length) == 0 { return fd }
    var code = clinux_errno()
    if code == EINPROGRESS {
      var waiting = pollfd(fd: fd, events: Int16(POLLOUT), revents: 0)
      code = poll(&waiting, 1, patience) == 0 ? ETIMEDOUT : error(of: fd)
      if code == 0 { return fd }
    }
    Descriptor.close(fd)
    throw Fault.system("reach the console at \(name)", code)
  }

  private static func error(of fd: Int32) -> Int32 {
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : clinux_errno()
  }
}
