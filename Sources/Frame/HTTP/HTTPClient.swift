internal import CCurl
internal import Core
public import IO

/// How long a client waits.
public struct ClientLimits: Sendable {
  /// Until the other side takes the connection.
  public var connect: Duration = .seconds(5)
  /// Without a byte in either direction while one is owed, in whole seconds; a body held back by its reader is not
  /// counted.
  public var idle: Duration = .seconds(60)
  /// Over that time, in bytes a second, before the other side counts as gone.
  public var slowest = 1
  /// Idle connections kept for the next request.
  public var kept = 64
  /// Certificates to trust instead of the machine's: a file in PEM.
  public var caFile: String?

  public init() {}
}

/// Sends HTTP/1.1 requests with libcurl on an event loop; connections are kept and reused.
public final class HTTPClient: Sendable {
  let engine: CurlEngine

  /// - Parameter loop: must outlive the client.
  /// - Throws: an `unavailable` fault when libcurl or a thread cannot be started.
  public init(loop: EventLoop, limits: ClientLimits = ClientLimits()) throws {
    engine = try CurlEngine(loop: loop, limits: limits)
  }

  deinit { engine.close() }

  /// Sends a request and returns once the response's headers are there; its body comes as a stream.
  ///
  /// A body that is not read to its end holds its connection until the last copy of the response is let go.
  /// Cancelling the task aborts the transfer.
  /// - Parameter baseURL: scheme, host, port and maybe a path that `request.path` is appended to.
  /// - Throws: `unavailable` naming the address when nothing answers there, `timedOut` when it answers no further.
  public func send(_ request: Request, to baseURL: String) async throws -> Response {
    try await send(request, to: baseURL, at: nil)
  }

  /// As the other, but connects to a numeric address, whatever the host's name resolves to; the name stays in the
  /// request and in the certificate's check.
  public func send(_ request: Request, to baseURL: String, at address: String?) async throws -> Response {
    let transfer = CurlTransfer(engine: engine, request: request, baseURL: baseURL, address: address)
    return try await transfer.run()
  }
}

/// The transport to a role behind an address.
public struct SocketTransport: Transport {
  private let baseURL: String
  private let client: HTTPClient

  /// - Parameter baseURL: such as `http://127.0.0.1:8774`, without a slash at the end.
  public init(baseURL: String, client: HTTPClient) {
    self.baseURL = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
    self.client = client
  }
  public func send(_ request: Request) async throws -> Response { try await client.send(request, to: baseURL) }
}
