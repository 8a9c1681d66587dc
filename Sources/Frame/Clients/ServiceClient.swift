// Clients: how one service asks another, over the public API alone.
//
// The transport is the other role's handler when it runs in this process and a socket when it does not, so any one
// service can be swapped for upstream's. Every call carries this request's id as the global one, and every refusal
// comes back as a `Fault` of the same kind with the other service's own words.

internal import Core
public import HTTP
public import JSON

/// Calls to one service in somebody's name.
public struct ServiceClient: Sendable {
  /// The name in faults: `network`.
  public let name: String
  let transport: any Transport
  /// What stands before every path: `/v2.0`.
  let prefix: String
  /// Headers of every request, such as the microversion.
  let headers: [(name: String, value: String)]
  let token: @Sendable () async throws -> String?

  public init(
    _ name: String, over transport: any Transport, prefix: String, headers: [(name: String, value: String)] = [],
    token: @escaping @Sendable () async throws -> String?
  ) {
    self.name = name
    self.transport = transport
    self.prefix = prefix
    self.headers = headers
    self.token = token
  }

  /// The same service asked with a token of the caller's choice.
  public func with(token: String) -> ServiceClient {
    ServiceClient(name, over: transport, prefix: prefix, headers: headers) { token }
  }

  /// Sends a JSON body (or none) and gives the JSON answer back; null for an empty one.
  /// - Throws: a fault of the kind that the status says, with the service's message.
  public func call(
    _ method: String, _ path: String, query: [(name: String, value: String)] = [], _ body: JSON? = nil
  ) async throws -> JSON {
    let response = try await send(
      method, path, query: query, headers: body == nil ? [:] : ["Content-Type": "application/json"],
      body: body.map { .bytes($0.bytes) } ?? .empty)
    let bytes = try await Self.bytes(of: response)
    return bytes.isEmpty ? .null : try JSON(parsing: bytes)
  }

  /// As `call`, but nil where the service says there is no such thing.
  public func find(_ path: String, query: [(name: String, value: String)] = []) async throws -> JSON? {
    do { return try await call("GET", path, query: query) } catch let fault as Fault where fault.kind == .notFound {
      return nil
    }
  }

  /// Deletes; what is already gone is fine.
  public func remove(_ path: String) async throws {
    do { _ = try await call("DELETE", path) } catch let fault as Fault where fault.kind == .notFound {}
  }

  /// Sends any body and gives the answer back unread, for streams.
  public func send(
    _ method: String, _ path: String, query: [(name: String, value: String)] = [], headers extra: Headers = [:],
    body: Body = .empty
  ) async throws -> Response {
    var all = extra
    for header in headers { all[header.name] = header.value }
    if let token = try await token() { all["X-Auth-Token"] = token }
    if let trace = Trace.current { all["X-Openstack-Request-Id"] = trace.globalID ?? trace.requestID }
    all["Accept"] = "application/json"
    let response = try await transport.send(Request(method, prefix + path, query: query, headers: all, body: body))
    guard response.status < 400 else { throw await refusal(response, method, path) }
    return response
  }

  /// At most 64 MiB of an answer is held in memory.
  static func bytes(of response: Response) async throws -> [UInt8] { try await response.body.collect(limit: 64 << 20) }

  private func refusal(_ response: Response, _ method: String, _ path: String) async -> Fault {
    let bytes = (try? await Self.bytes(of: response)) ?? []
    let said = Self.message(in: bytes)
    // Neutron says so by the type, cinder by the name of the body.
    let isOverQuota = said.code == "OverQuota" || said.code == "overLimit" && response.status == 413
    let kind = isOverQuota ? .overQuota : Self.kind(of: response.status)
    return Fault(
      kind, said.message ?? "The \(name) service answered \(response.status).",
      detail: "\(name): \(method) \(path): \(response.status)", code: said.code)
  }

  static func kind(of status: Int) -> Fault.Kind {
    switch status {
    case 400, 422: .badRequest
    case 401: .unauthorized
    case 403: .forbidden
    case 404: .notFound
    case 405: .methodNotAllowed
    case 406: .notAcceptable
    case 409: .conflict
    case 410: .gone
    case 412: .preconditionFailed
    case 413: .tooLarge
    case 415: .unsupportedMedia
    case 416: .rangeNotSatisfiable
    case 501: .notImplemented
    case 429, 502, 503: .unavailable
    case 408, 504: .timedOut
    case 507: .outOfSpace
    default: .internalError
    }
  }

  /// The words inside any service's fault body.
  static func message(in bytes: [UInt8]) -> (message: String?, code: String?) {
    guard let json = try? JSON(parsing: bytes), let object = json.object else {
      let text = String(decoding: bytes.prefix(2000), as: UTF8.self)
      return (text.isEmpty ? nil : stripped(text), nil)
    }
    if let first = json["errors"]?[0] { return (first["detail"]?.string, first["code"]?.string) }
    for member in object.members {
      guard let message = member.value["message"]?.string else { continue }
      return (message, member.value["type"]?.string ?? (member.key == "error" ? nil : member.key))
    }
    return (json["message"]?.string, nil)
  }

  /// The text of a small HTML page, as glance answers: what stands below its heading.
  private static func stripped(_ page: String) -> String {
    let headingEnd = "</h1>"
    var rest = Substring(page)
    if let heading = page.firstRange(of: headingEnd) { rest = page[heading.upperBound...] }
    var text = ""
    var inTag = false
    for c in rest {
      switch c {
      case "<": inTag = true
      case ">": inTag = false
      default: if !inTag { text.append(c) }
      }
    }
    for (entity, character) in [
      ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&amp;", "&"),
    ] { text = text.replacing(entity, with: character) }
    return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}
