import API
import Core
import HTTP
import JSON
import Wiring

/// Somebody with a token, who asks a cloud's services as over a socket.
struct Session: Sendable {
  struct Answer: Sendable {
    let status: Int
    let json: JSON
    let token: String?
  }
  private let handlers: [String: Handler]
  let token: String
  let project: String

  private init(handlers: [String: Handler], token: String, project: String) {
    self.handlers = handlers
    self.token = token
    self.project = project
  }

  /// Logs in.
  init(_ cloud: Cloud, user: String, password: String) async throws {
    var handlers: [String: Handler] = [:]
    // The first of a type is the one that the catalogue names.
    for (api, endpoint) in cloud.endpoints {
      for type in api.types where handlers[type] == nil { handlers[type] = endpoint.handler }
    }
    handlers["volume"] = handlers["volumev3"]
    let nobody = Session(handlers: handlers, token: "", project: "")
    let domain: JSON = ["id": "default"]
    let answer = try await nobody.send(
      "identity", "POST", "/v3/auth/tokens",
      [
        "auth": [
          "identity": [
            "methods": ["password"],
            "password": ["user": ["name": .string(user), "domain": domain, "password": .string(password)]],
          ], "scope": ["project": ["name": .string(user), "domain": domain]],
        ]
      ])
    guard let token = answer.token, let project = answer.json["token"]?["project"]?["id"]?.string else {
      throw Fault.internalError("\(user) cannot log in: \(answer.json.text)")
    }
    self.init(handlers: handlers, token: token, project: project)
  }

  func send(
    _ service: String, _ method: String, _ url: String, _ body: JSON? = nil, bytes: [UInt8]? = nil
  ) async throws -> Answer {
    guard let handler = handlers[service] else { throw Fault.notFound("There is no service \(service).") }
    let parts = url.split(separator: "?", maxSplits: 1)
    var path = String(parts[0])
    if service == "volume" { path = "/v3/\(project)" + path.dropFirst(3) }
    var request = Request(method, path, query: parts.count < 2 ? [] : parseQuery(parts[1]))
    request.headers["Host"] = service
    request.headers["X-Auth-Token"] = token
    request.headers["OpenStack-API-Version"] = Self.versions[service]
    if let content = body?.bytes ?? bytes {
      request.headers["Content-Type"] = body == nil ? "application/octet-stream" : "application/json"
      request.body = .bytes(content)
    }
    let response = await handler(request)
    let content = try await response.body.collect(limit: 1 << 22)
    return Answer(
      status: response.status, json: (try? JSON(parsing: content)) ?? nil, token: response.headers["X-Subject-Token"])
  }

  private static let versions = ["compute": "compute 2.79", "volume": "volume 3.60", "placement": "placement 1.39"]

  /// What a list shows.
  /// - Throws: `internalError` when it is refused.
  func list(_ service: String, _ path: String, _ key: String) async throws -> [JSON] {
    let answer = try await send(service, "GET", path)
    guard answer.status == 200, let items = answer.json[key]?.array else {
      throw Fault.internalError("\(service) \(path) is answered with \(answer.status): \(answer.json.text)")
    }
    return items
  }
}
