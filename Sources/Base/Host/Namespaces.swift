internal import CLinux
internal import Glibc
internal import Core

extension Host {
  /// Runs `body` on a thread of its own inside a network namespace; sockets and programs it makes belong there.
  ///
  /// - Parameter namespace: a name below /run/netns, or a path.
  /// - Throws: `notFound` when there is no such namespace, else whatever `body` throws.
  public static func inNamespace<T: Sendable>(
    _ namespace: String, _ body: @escaping @Sendable () throws -> T
  ) async throws -> T {
    try await withUnsafeThrowingContinuation { continuation in
      Threads.start {
        continuation.resume(
          with: Result {
            try enter(namespace)
            return try body()
          })
      }
    }
  }

  /// A listening TCP socket, non-blocking and close-on-exec, which the caller owns and closes.
  ///
  /// - Parameters:
  ///   - namespace: the network namespace it listens in; nil for the host's own.
  ///   - address: an IPv4 or IPv6 literal of that namespace.
  public static func listeningSocket(namespace: String?, address: String, port: Int) async throws -> Int32 {
    guard let namespace else { return try await Threads.files.run { try listen(address, port) } }
    return try await inNamespace(namespace) { try listen(address, port) }
  }

  private static func enter(_ namespace: String) throws {
    let path = namespace.contains("/") ? namespace : "/run/netns/" + namespace
    let handle = Descriptor(clinux_open(path, O_RDONLY | O_CLOEXEC, 0))
    guard handle.number >= 0 else { throw systemFault("open the network namespace '\(namespace)'", "open \(path)") }
    guard setns(handle.number, CLONE_NEWNET) == 0 else {
      throw systemFault("enter the network namespace '\(namespace)'", "setns")
    }
  }

  private static func listen(_ address: String, _ port: Int) throws -> Int32 {
    let six = address.utf8.contains(58)
    let handle = Descriptor(
      socket(six ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0))
    guard handle.number >= 0 else { throw systemFault("make a socket", "socket") }
    var on: Int32 = 1
    setsockopt(handle.number, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    let bound =
      if six {
        try bind(
          handle,
          try sockaddr6(address, port))
      } else {
        try bind(handle, try sockaddr4(address, port))
      }
    guard bound, Glibc.listen(handle.number, 128) == 0 else {
      throw systemFault("listen on \(address) port \(port)", "bind or listen")
    }
    return handle.release()
  }

  private static func bind<A>(_ handle: Descriptor, _ address: A) throws -> Bool {
    withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.bind(handle.number, $0, socklen_t(MemoryLayout<A>.size)) == 0
      }
    }
  }

  private static func sockaddr4(_ text: String, _ port: Int) throws -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(truncatingIfNeeded: port).bigEndian)
    guard inet_pton(AF_INET, text, &address.sin_addr) == 1 else {
      throw Fault.internalError("'\(text)' is not an IPv4 address to listen on.")
    }
    return address
  }

  private static func sockaddr6(_ text: String, _ port: Int) throws -> sockaddr_in6 {
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_port = in_port_t(UInt16(truncatingIfNeeded: port).bigEndian)
    guard inet_pton(AF_INET6, text, &address.sin6_addr) == 1 else {
      throw Fault.internalError("'\(text)' is not an IPv6 address to listen on.")
    }
    return address
  }
}
