internal import CLinux
public import IO
internal import Core
internal import Synchronization

// HTTP: messages as values, and what carries them.
//
// The server is libmicrohttpd without threads of its own, driven by the loops that are also the executors: a request
// costs about 10 microseconds, its handler runs where it was read, bodies stream both ways in constant memory. The
// client is libcurl's multi interface on the same loops. Nothing here knows OpenStack, JSON or tokens.

/// What a server bears from its clients.
public struct ServerLimits: Sendable {
  /// Bytes of a request's line and headers together; more are answered 431, or 414 when the line alone is too long.
  public var headerBytes = 65_536
  /// Open connections of one listener on one loop; further ones wait in the kernel's queue.
  public var connections = 4096
  /// How long a connection may stay silent, between requests or inside one, in whole seconds; not counted while a
  /// handler works.
  public var idle: Duration = .seconds(75)

  public init() {}
}

/// One address a server listens on; hand it to `HTTPServer.close`.
public struct Listener: Sendable, Hashable {
  /// The port that was bound, also when 0 was asked for.
  public let port: Int
  let id: UInt64
}

/// Serves HTTP/1.1 on any number of addresses, each with its own handler.
public final class HTTPServer: Sendable {
  private let loops: [EventLoop]
  private let limits: ServerLimits
  private let state = Mutex<(next: UInt64, open: [UInt64: [LoopListener]])>((0, [:]))

  /// - Parameter loops: at least one; usually one for each core. They must outlive the server.
  public init(loops: [EventLoop], limits: ServerLimits = ServerLimits()) {
    precondition(!loops.isEmpty, "A server needs an event loop.")
    self.loops = loops
    self.limits = limits
  }

  /// Listens on an address; the kernel spreads its connections over the loops.
  /// - Parameter port: 0 for any free one; the result tells which.
  /// - Throws: a `conflict` fault naming the address when the port is taken, `badRequest` when the host is not ours.
  @discardableResult
  public func listen(host: String, port: Int, handler: @escaping Handler) throws -> Listener {
    let bound = try SocketAddress.listen(host: host, port: port, count: loops.count)
    var listeners: [LoopListener] = []
    for (socket, loop) in zip(bound.sockets, loops) {
      listeners.append(try LoopListener(socket: socket, loop: loop, limits: limits, handler: handler))
    }
    return add(listeners, port: bound.port)
  }

  /// Listens on a socket made elsewhere (inside a network namespace), already bound and listening; the server owns
  /// and closes it from here on, also when this throws.
  @discardableResult
  public func listen(fd: Int32, handler: @escaping Handler) throws -> Listener {
    try Descriptor.setNonBlocking(fd)
    let index = state.withLock { Int($0.next % UInt64(loops.count)) }
    let listener = try LoopListener(socket: fd, loop: loops[index], limits: limits, handler: handler)
    return add([listener], port: SocketAddress.port(of: fd))
  }

  /// Stops one listener: no new connections, requests running there may finish within the time given.
  public func close(_ listener: Listener, within limit: Duration = .seconds(1)) async {
    let closing = state.withLock { $0.open.removeValue(forKey: listener.id) } ?? []
    await Self.drain(closing, within: limit)
  }

  /// Stops all listeners: no new connections, running requests may finish within the time given, then their tasks
  /// are cancelled and their connections closed.
  public func drain(within limit: Duration) async {
    let closing = state.withLock { state in
      defer { state.open = [:] }
      return state.open.values.flatMap { $0 }
    }
    await Self.drain(closing, within: limit)
  }

  private static func drain(_ listeners: [LoopListener], within limit: Duration) async {
    await withTaskGroup { group in
      for listener in listeners { group.addTask { await listener.drain(within: limit) } }
    }
  }

  private func add(_ listeners: [LoopListener], port: Int) -> Listener {
    state.withLock { state in
      state.next += 1
      state.open[state.next] = listeners
      return Listener(port: port, id: state.next)
    }
  }
}
