// HTTP: messages as values, the same for the server, the client over a socket and the client inside the process.
//
// The server is libmicrohttpd and the client libcurl, both driven by our own event loops. A service sees neither: it
// is a `Handler`, a function from request to response, so that tests and services in one process call it directly.
// Nothing here knows of OpenStack.

/// Header fields in order, names kept as they were sent and compared without case (RFC 9110 section 5).
public struct Headers: Sendable, ExpressibleByDictionaryLiteral {
  public private(set) var fields: [(name: String, value: String)] = []

  public init() {}
  public init(dictionaryLiteral elements: (String, String)...) { fields = elements.map { (name: $0.0, value: $0.1) } }

  /// The first field of that name; setting replaces all of that name, setting nil removes them.
  public subscript(name: String) -> String? {
    get { fields.first { Self.same($0.name, name) }?.value }
    set {
      fields.removeAll { Self.same($0.name, name) }
      if let newValue { fields.append((name, newValue)) }
    }
  }
  public func all(_ name: String) -> [String] { fields.filter { Self.same($0.name, name) }.map(\.value) }
  public mutating func append(_ name: String, _ value: String) { fields.append((name, value)) }

  static func same(_ a: String, _ b: String) -> Bool {
    a.utf8.count == b.utf8.count && zip(a.utf8, b.utf8).allSatisfy { lower($0) == lower($1) }
  }
  private static func lower(_ c: UInt8) -> UInt8 { c >= 65 && c <= 90 ? c | 0x20 : c }
}

/// A message body: held, streamed, or a part of a file that the server may send without reading it.
public enum Body: Sendable {
  case empty
  case bytes([UInt8])
  case stream(BodyStream)
  /// `length` bytes of the file at `path` from `offset`; the server sends them by sendfile.
  case file(path: String, offset: Int, length: Int)
}

/// A body that is pulled piece by piece: the next piece is asked for only when the last has been dealt with,
/// which is what holds a fast sender back.
public struct BodyStream: Sendable, AsyncSequence {
  public typealias Element = [UInt8]
  /// The number of bytes to come, where the sender said so.
  public let length: Int?
  private let pull: @Sendable () async throws -> [UInt8]?

  /// - Parameter next: gives the next piece, nil at the end; throws when the other side goes away.
  public init(length: Int? = nil, next: @escaping @Sendable () async throws -> [UInt8]?) {
    self.length = length
    self.pull = next
  }
  public func next() async throws -> [UInt8]? { try await pull() }

  public struct AsyncIterator: AsyncIteratorProtocol {
    let stream: BodyStream
    public mutating func next() async throws -> [UInt8]? { try await stream.next() }
  }
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(stream: self) }
}

public struct Request: Sendable {
  public var method: String
  /// The path as it was sent, still percent-encoded, without the query.
  public var path: String
  /// Query parameters in order, decoded; a parameter without `=` has an empty value.
  public var query: [(name: String, value: String)]
  public var headers: Headers
  public var body: Body
  /// The address of the peer, for logs and throttling; empty inside the process.
  public var peer: String

  public init(
    _ method: String, _ path: String, query: [(name: String, value: String)] = [], headers: Headers = [:],
    body: Body = .empty, peer: String = ""
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
    self.peer = peer
  }

  /// The first query parameter of that name.
  public func query(_ name: String) -> String? { query.first { $0.name == name }?.value }
}

public struct Response: Sendable {
  public var status: Int
  public var headers: Headers
  public var body: Body

  public init(status: Int, headers: Headers = [:], body: Body = .empty) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}

/// What answers requests: a service's pipeline, a metadata proxy, a test's stub.
public typealias Handler = @Sendable (Request) async -> Response

/// What sends requests: over a socket, or straight into a handler in this process.
public protocol Transport: Sendable {
  /// - Throws: an `unavailable` fault that names the address when nothing answers.
  func send(_ request: Request) async throws -> Response
}
