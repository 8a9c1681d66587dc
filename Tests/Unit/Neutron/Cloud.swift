import API
import Bus
import Core
import HTTP
import JSON
import NeutronAPI
import NeutronModel
import Store
import TestSupport
import Testing

/// A networking service in memory with two tenants and an administrator, whose names are their tokens.
struct Cloud {
  let bus: Bus
  let store: Store
  let neutron: Neutron
  let endpoint: Endpoint

  static let admin = "11111111111111111111111111111111"

  struct Answer: Sendable {
    let status: Int
    let json: JSON
  }

  static func start() async throws -> Cloud {
    let store = try await TestStore.fresh()
    try await store.migrate([neutronSchema])
    let bus = Bus(LocalCarrier())
    let neutron = Neutron(store: store, world: .real, bus: bus)
    neutron.serve()
    try await neutron.bootstrap(project: Self.admin)
    return Cloud(bus: bus, store: store, neutron: neutron, endpoint: try Self.endpoint(neutron))
  }

  private static func endpoint(_ neutron: Neutron) throws -> Endpoint {
    try Endpoint(neutron.api(), world: .real, identityURL: "http://localhost:5000") { token in
      switch token {
      case "admin": Caller(userID: "a", projectID: Self.admin, roles: ["admin", "manager", "member", "reader"])
      case "nova": Caller(userID: "n", projectID: "service", roles: ["service"])
      case "reader": Caller(userID: "r", projectID: "demo", roles: ["reader"])
      case "bad": throw Fault.unauthorized()
      default: Caller(userID: token, projectID: token, roles: ["member", "reader"])
      }
    }
  }

  /// Asks as the caller of that token; the answer's body is null where there is none.
  func ask(
    _ method: String, _ path: String, _ body: JSON? = nil, as token: String? = "demo"
  ) async throws -> Answer {
    let parts = path.split(separator: "?", maxSplits: 1)
    var query: [(name: String, value: String)] = []
    if parts.count > 1 {
      query = parts[1].split(separator: "&").map { item in
        let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return (name: String(pair[0]), value: pair.count > 1 ? String(pair[1]) : "")
      }
    }
    var request = Request(method, String(parts[0]), query: query)
    request.headers["Host"] = "net:9696"
    if let token { request.headers["X-Auth-Token"] = token }
    if let body {
      request.headers["Content-Type"] = "application/json"
      request.body = .bytes(body.bytes)
    }
    let response = await endpoint.handler(request)
    guard case .bytes(let bytes) = response.body, !bytes.isEmpty else {
      return Answer(status: response.status, json: .null)
    }
    return Answer(status: response.status, json: try JSON(parsing: bytes))
  }

  /// Makes a resource and gives the object inside the wrapper.
  @discardableResult
  func make(
    _ plural: String, _ name: String, _ body: JSON, as token: String = "demo", at: SourceLocation = #_sourceLocation
  ) async throws -> JSON {
    let answer = try await ask("POST", "/v2.0/\(plural)", .object([name: body]), as: token)
    #expect(answer.status == 201, "\(answer.json)", sourceLocation: at)
    return try #require(answer.json[name], sourceLocation: at)
  }
  func network(_ name: String = "n", as token: String = "demo") async throws -> String {
    try #require(try await make("networks", "network", ["name": .string(name)], as: token)["id"]?.string)
  }
  func subnet(_ network: String, _ cidr: String = "10.0.0.0/24", as token: String = "demo") async throws -> String {
    let body: JSON = [
      "network_id": .string(network), "cidr": .string(cidr), "ip_version": cidr.contains(":") ? 6 : 4,
    ]
    return try #require(try await make("subnets", "subnet", body, as: token)["id"]?.string)
  }
  func port(_ network: String, _ more: JSONObject = [:], as token: String = "demo") async throws -> JSON {
    var body: JSONObject = ["network_id": .string(network)]
    for (key, value) in more.members { body[key] = value }
    return try await make("ports", "port", .object(body), as: token)
  }
  /// Expects a refusal of a request without a body.
  func refused(
    _ method: String, _ path: String, _ status: Int, _ type: String, at: SourceLocation = #_sourceLocation
  ) async throws {
    try await refused(method, path, nil, as: "demo", status, type, at: at)
  }
  /// Expects a refusal of that status and type.
  func refused(
    _ method: String, _ path: String, _ body: JSON? = nil, as token: String = "demo", _ status: Int, _ type: String,
    at: SourceLocation = #_sourceLocation
  ) async throws {
    let answer = try await ask(method, path, body, as: token)
    #expect(answer.status == status, "\(answer.json)", sourceLocation: at)
    #expect(answer.json["NeutronError"]?["type"]?.string == type, "\(answer.json)", sourceLocation: at)
  }
  func external() async throws -> String {
    let list = try await ask("GET", "/v2.0/networks?router:external=True")
    return try #require(list.json["networks"]?[0]?["id"]?.string)
  }
}

extension JSON {
  /// The id of an object.
  var id: String { self["id"]?.string ?? "" }
  var address: String? { self["fixed_ips"]?[0]?["ip_address"]?.string }
}
