internal import Core
internal import IO

/// The transport to a role in this process.
///
/// A request's file body arrives as a stream, as it would over a socket, for handlers read what they are sent; an
/// answer's stays a file, which the caller may copy without reading.
public struct LocalTransport: Transport {
  private let handler: Handler
  public init(_ handler: @escaping Handler) { self.handler = handler }

  public func send(_ request: Request) async throws -> Response {
    guard case .file(let path, let offset, let length) = request.body else { return await handler(request) }
    var request = request
    request.body = .stream(try Self.files.get().stream(path: path, offset: offset, length: length))
    return await handler(request)
  }

  private static let files = Result { try BlockingThreads(name: "local-files", count: 1) }
}
