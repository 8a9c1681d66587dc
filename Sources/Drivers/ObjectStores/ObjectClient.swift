// ObjectStores: the bytes of images on other machines: OpenStack's object storage, S3, and plain web servers.
//
// A store must name an upload before its content is known, so a key is the image's id and a few letters more, and no
// two uploads share one. Bytes pass through in pieces both ways. What an upload leaves behind when its process dies is
// removed by a later start, after a day: another process may still be at it.

internal import Core
internal import HTTP
internal import Hardware

/// What the stores here have in common: requests, and what their answers mean.
struct ObjectClient: Sendable {
  let client: HTTPClient
  /// Of messages: `swift`, `S3`.
  let name: String

  /// Sends a request, whose answer may be any.
  func send(_ request: Request, to base: String, at address: String? = nil) async throws -> Response {
    try await client.send(request, to: base, at: address)
  }

  /// The whole small body of an answer; nothing of one that is no success.
  func text(_ response: Response) async throws -> String {
    String(decoding: try await response.body.collect(limit: 64 << 20), as: UTF8.self)
  }

  /// An answer that is no success, for users and administrators.
  func fault(_ response: Response, _ what: String) async -> Fault {
    let said = (try? await response.body.collect(limit: 1 << 16)).map {
      String(decoding: $0.prefix(500), as: UTF8.self)
    }
    let detail = "\(what): \(response.status) \(said ?? "")"
    switch response.status {
    case 401, 403:
      return .unavailable(
        "The image store refused the image service's credentials. An administrator must check the store's section.",
        detail: "\(name): \(detail)")
    case 404:
      return .unavailable(
        "The image store has no such container or bucket. An administrator must make it, or let it be made.",
        detail: "\(name): \(detail)")
    case 413, 507:
      return Fault(.outOfSpace, "The image store is full.", detail: "\(name): \(detail)")
    default:
      return .unavailable(
        "The image store did not do what it was asked. Try again; if it lasts, its log tells why.",
        detail: "\(name): \(detail)")
    }
  }

  /// Reads a part of an object, as it is asked for.
  /// - Parameter get: asks with the headers given.
  func content(
    _ size: Int, _ what: String, _ get: @escaping @Sendable (Headers) async throws -> Response
  ) -> ImageContent {
    .remote(size: size) { range in
      if range.isEmpty { return { nil } }
      let isWhole = range == 0..<size
      let response = try await get(
        isWhole ? [:] : ["Range": "bytes=\(range.lowerBound)-\(range.upperBound - 1)"])
      guard response.status == (isWhole ? 200 : 206) else { throw await fault(response, what) }
      switch response.body {
      case .stream(let stream):
        guard stream.length == nil || stream.length == range.count else {
          throw Fault.internalError("The image store sends another part than it was asked for.", detail: what)
        }
        return { try await stream.next() }
      default: return { nil }
      }
    }
  }
}

/// Does what is to be done also where the request that asked for it was given up: a request to a store is given up
/// with it otherwise, and what was begun there stays.
func carryThrough<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) async throws -> T {
  try await Task { try await body() }.value
}
