// The system's socket types count as members of whichever of these modules the compiler happens to load first.
internal import CCurl
internal import CLinux
internal import CMicrohttpd
internal import CMicrohttpd
internal import Core
internal import IO

/// Numeric addresses and listening sockets.
enum SocketAddress {
  /// The address alone, without the port, as logs and throttling want it.
  static func text(_ address: UnsafePointer<sockaddr>) -> String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let raw = UnsafeRawPointer(address)
    switch Int32(address.pointee.sa_family) {
    case AF_INET:
      var ip = raw.loadUnaligned(as: sockaddr_in.self).sin_addr
      inet_ntop(AF_INET, &ip, &text, socklen_t(text.count))
    case AF_INET6:
      var ip = raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr
      inet_ntop(AF_INET6, &ip, &text, socklen_t(text.count))
    default: return ""
    }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// Listening sockets that share one port, one for each loop; the kernel spreads connections over them.
  /// - Parameter port: 0 for any free one.
  static func listen(host: String, port: Int, count: Int) throws -> (sockets: [Int32], port: Int) {
    var storage = sockaddr_storage()
    guard var length = fill(&storage, host: host, port: port) else {
      throw Fault.badRequest(
        "Cannot listen on \(host): it is no numeric address. Configure one that `ip address` shows, or 0.0.0.0 for all."
      )
    }
    // A port asked for by number must be free of any other process, SO_REUSEPORT or not.
    if port != 0 { Descriptor.close(try open(&storage, length, shared: false, host, port)) }
    var sockets: [Int32] = []
    do {
      for _ in 0..<count {
        let socket = try open(&storage, length, shared: true, host, port)
        sockets.append(socket)
        withAddress(&storage) { _ = getsockname(socket, $0, &length) }
      }
      return (sockets, self.port(of: sockets.first ?? -1))
    } catch {
      for socket in sockets { Descriptor.close(socket) }
      throw error
    }
  }

  /// The port a socket is bound to; 0 where it has none.
  static func port(of socket: Int32) -> Int {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    guard withAddress(&storage, { getsockname(socket, $0, &length) }) == 0 else {
      return 0
    }
    guard [AF_INET, AF_INET6].contains(Int32(storage.ss_family)) else { return 0 }
    // The port lies at the same place in both families.
    return withUnsafeBytes(of: &storage) {
      Int(UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
    }
  }

  /// Writes a numeric address (or `localhost`) and returns its length; nil where the host is neither.
  private static func fill(_ storage: inout sockaddr_storage, host: String, port: Int) -> socklen_t? {
    guard let port = UInt16(exactly: port) else { return nil }
    let host = host == "localhost" ? "127.0.0.1" : host
    return withUnsafeMutableBytes(of: &storage) { raw in
      var four = sockaddr_in()
      if inet_pton(AF_INET, host, &four.sin_addr) == 1 {
        four.sin_family = sa_family_t(AF_INET)
        four.sin_port = port.bigEndian
        raw.storeBytes(of: four, as: sockaddr_in.self)
        return socklen_t(MemoryLayout<sockaddr_in>.size)
      }
      var six = sockaddr_in6()
      guard inet_pton(AF_INET6, host, &six.sin6_addr) == 1 else { return nil }
      six.sin6_family = sa_family_t(AF_INET6)
      six.sin6_port = port.bigEndian
      raw.storeBytes(of: six, as: sockaddr_in6.self)
      return socklen_t(MemoryLayout<sockaddr_in6>.size)
    }
  }

  private static func withAddress<T>(
    _ storage: inout sockaddr_storage, _ body: (UnsafeMutablePointer<sockaddr>) -> T
  ) -> T {
    withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body)
    }
  }

  private static func open(
    _ storage: inout sockaddr_storage, _ length: socklen_t, shared: Bool, _ host: String, _ port: Int
  ) throws -> Int32 {
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let fd = socket(Int32(storage.ss_family), kind, 0)
    guard fd >= 0 else { throw Fault.system("open a socket for \(host):\(port)", __errno_location().pointee) }
    var on: Int32 = 1
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, 4)
    if shared { setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, 4) }
    guard withAddress(&storage, { bind(fd, $0, length) }) == 0,
      !shared || CLinux.listen(fd, 1024) == 0
    else {
      let code = __errno_location().pointee
      Descriptor.close(fd)
      guard code == EADDRINUSE else { throw Fault.system("listen on \(host):\(port)", code) }
      throw Fault(
        .conflict,
        "Cannot listen on \(host):\(port): another process already does. Stop it (`ss -ltnp 'sport = :\(port)'` names "
          + "it), or configure another port.", detail: "EADDRINUSE")
    }
    return fd
  }
}
