import API
import Core
import HTTP
public import JSON

/// What a request was answered with.
public struct Answer: Sendable {
  public let status: Int
  public let json: JSON
}

extension SmallCloud {
  /// Asks a service, at its highest microversion, with the path and query as in a URL.
  /// - Parameter token: nil for none.
  public func ask(
    _ service: String, _ method: String, _ url: String, _ body: JSON? = nil, as token: String? = "demo",
    bytes: [UInt8]? = nil
  ) async throws -> Answer {
    guard let endpoint = endpoints[service] else { throw Fault.notFound("There is no service \(service).") }
    let parts = url.split(separator: "?", maxSplits: 1)
    var request = Request(method, String(parts[0]), query: parts.count < 2 ? [] : parseQuery(parts[1]))
    request.headers["Host"] = service
    if let token { request.headers["X-Auth-Token"] = token }
    if let versions = endpoint.service.microversions {
      request.headers["OpenStack-API-Version"] = "\(versions.serviceType) \(versions.maximum)"
    }
    if let content = body?.bytes ?? bytes {
      request.headers["Content-Type"] = body == nil ? "application/octet-stream" : "application/json"
      request.body = .bytes(content)
    }
    let response = await endpoint.handler(request)
    let content = try await response.body.collect(limit: 1 << 22)
    return Answer(status: response.status, json: (try? JSON(parsing: content)) ?? .null)
  }

  /// Asks and expects success.
  /// - Throws: a `conflict` fault that quotes the refusal.
  @discardableResult
  public func must(
    _ service: String, _ method: String, _ url: String, _ body: JSON? = nil, as token: String? = "demo",
    bytes: [UInt8]? = nil
  ) async throws -> JSON {
    let answer = try await ask(service, method, url, body, as: token, bytes: bytes)
    guard (200..<300).contains(answer.status) else {
      throw Fault.conflict("\(method) \(url) was answered with \(answer.status): \(answer.json.text)")
    }
    return answer.json
  }
}
