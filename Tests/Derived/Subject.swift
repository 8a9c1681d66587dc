import API
import Core
import HTTP
import JSON
import SmallCloud
import Store
import Testing

/// A service's rows at one mount, behind a pipeline that knows the tokens of `SmallCloud.callers`.
struct Subject: Sendable {
  let service: String
  let cloud: SmallCloud
  let endpoint: Endpoint
  let rows: [BoundRoute]
  /// Who a token is; identity's own users stand in for those of the table.
  let callers: [String: Caller]
  /// What the project p-demo has here, by the words of `Places`.
  var cast: SmallCloud.Cast = [:]
  private let rules: [String: PolicyRule]

  init(_ service: String) async throws {
    try self.init(service, try await SmallCloud(), callers: SmallCloud.callers)
  }

  init(_ service: String, _ cloud: SmallCloud, callers: [String: Caller]) throws {
    self.service = service
    self.cloud = cloud
    self.callers = callers
    let real = try #require(cloud.endpoints[service])
    endpoint = try Endpoint(real.service, world: .real, identityURL: "http://127.0.0.1:5000") { token in
      guard let caller = callers[token] else { throw Fault.unauthorized() }
      return caller
    }
    // Every mount has the same rows.
    var seen: Set<String> = []
    rows = real.service.routes.filter { row in
      seen.insert("\(row.method) \(row.path) \(row.action ?? "") \(row.span)").inserted
    }
    rules = try Dictionary(
      endpoint.policies.texts.map { ($0.name, try PolicyRule(parsing: $0.text)) }, uniquingKeysWith: { $1 })
  }

  func name(_ row: BoundRoute) -> String { "\(row.method) \(row.mount)\(row.path) \(row.action ?? "")" }
  func isOpen(_ row: BoundRoute) -> Bool { row.policy.text == Policy.open.text }

  /// What the row's rule says of a caller; nil where it hangs on whose the object is.
  func decide(_ row: BoundRoute, _ caller: Caller, target: [String: String]?) -> Bool? {
    rules[row.rule]?.decide(caller, target: target, rules: rules)
  }

  /// The newest version in which the row exists.
  func version(of row: BoundRoute) -> Microversion? {
    endpoint.service.microversions.map { row.span.contains($0.maximum) ? $0.maximum : row.span.until ?? $0.minimum }
  }

  /// Asks for a row with ids that nobody has, and with nothing in the body.
  func ask(_ row: BoundRoute, as token: String?) async -> Response {
    let path = row.path.split(separator: "/").map { $0.hasPrefix("{") ? "5ea2c4f1-3a1c-4c80-8a39-3f5d5b6ac001" : $0 }
    let body = row.action.map { .object([$0: [:]]) } ?? JSON.object([:])
    return await ask(row, at: "/" + path.joined(separator: "/"), body, as: token)
  }

  /// Asks for a row at a path.
  func ask(
    _ row: BoundRoute, at path: String, _ body: JSON, as token: String?, query: String = "",
    headers: Headers = [:], version: Microversion? = nil, mount: String? = nil
  ) async -> Response {
    var request = Request(row.method, (mount ?? row.mount) + path, query: parseQuery(query), headers: headers)
    request.headers["X-Auth-Token"] = token
    if let versions = endpoint.service.microversions, let version = version ?? self.version(of: row) {
      request.headers["OpenStack-API-Version"] = "\(versions.serviceType) \(version)"
    }
    switch row.reads {
    case .json:
      if headers["Content-Type"] == nil { request.headers["Content-Type"] = "application/json" }
      request.body = .bytes(body.bytes)
    case .stream:
      request.headers["Content-Type"] = "application/octet-stream"
      request.body = .bytes([1, 2, 3])
    case .none: break
    }
    request.headers["Host"] = "cloud"
    return await endpoint.handler(request)
  }

  /// Asks as an administrator and expects success.
  @discardableResult
  func must(_ method: String, _ path: String, _ body: JSON? = nil, as token: String = "admin") async throws -> JSON {
    var request = Request(method, path, headers: ["X-Auth-Token": token, "Host": "cloud"])
    if let body {
      request.headers["Content-Type"] = "application/json"
      request.body = .bytes(body.bytes)
    }
    let response = await endpoint.handler(request)
    let bytes = try await response.body.collect(limit: 1 << 22)
    guard (200..<300).contains(response.status) else {
      throw Fault.conflict("\(method) \(path): \(response.status) \(String(decoding: bytes, as: UTF8.self))")
    }
    return bytes.isEmpty ? .null : try JSON(parsing: bytes)
  }

  /// Every row of every table but those that only say what happened, a line each.
  func dump() async throws -> Set<String> {
    try await cloud.store.read { tx in
      var lines: Set<String> = []
      for table in smallCloudSchemas.flatMap(\.tables) {
        for row in try await tx.run("SELECT * FROM \(identifier: table.name)") { lines.insert("\(table.name) \(row)") }
      }
      return lines
    }
  }
}
