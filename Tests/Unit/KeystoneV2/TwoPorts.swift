import API
import Core
import Crypto
import HTTP
import JSON
import KeystoneAPI
import KeystoneModel
import KeystoneV2
import Store
import TestSupport
import Testing

/// What a request was answered with.
struct Answer {
  let status: Int
  let headers: Headers
  let json: JSON

  var message: String { json["error"]?["message"]?.string ?? "" }
  /// The id of the only object in it.
  var id: String { json.object?.members.first?.value["id"]?.string ?? "" }
  /// The token in it.
  var token: String { json["access"]?["token"]?["id"]?.string ?? "" }
  /// The names in its only list.
  var names: [String] { (json.object?.members.first?.value.array ?? []).compactMap { $0["name"]?.string } }
}

/// A bootstrapped identity service in memory, with its two ports as clients of v2.0 find them.
struct TwoPorts {
  static let adminPassword = "admin's long and generated secret"
  static let demoPassword = "demo's long and generated secret"
  static let adminToken = "SERVICE_TOKEN"

  let publicPort: Handler
  let adminPort: Handler
  /// A token of the administrator on the project `admin`.
  private(set) var admin = ""

  init() async throws {
    let world = World.real
    let store = try await TestStore.fresh(world: world)
    try await store.migrate([keystoneSchema])
    var quick = KeystoneOptions()
    quick.passwordCost = 4
    let key = Fernet(keys: [FernetKey(world: world)])
    let keystone = Keystone(store: store, world: world, options: quick, tokenKeys: { key }, credentialKeys: { key })
    let adminToken = AdminToken(Self.adminToken)
    func endpoint(_ api: APIService) throws -> Endpoint {
      try Endpoint(api, world: world, identityURL: "http://127.0.0.1:5000") { token in
        if let caller = adminToken.caller(of: token) { return caller }
        return try await keystone.validate(token: token)
      }
    }
    let third = try endpoint(keystone.api())
    let second = KeystoneV2(over: third.handler)
    publicPort = KeystoneV2.port(try endpoint(second.api(.public)).handler, besides: third.handler)
    adminPort = KeystoneV2.port(try endpoint(second.api(.admin)).handler, besides: third.handler)
    try await keystone.bootstrap(
      adminPassword: Self.adminPassword, demoPassword: Self.demoPassword, services: [],
      catalog: [
        (type: "identity", name: "keystone", url: "http://127.0.0.1:5000/v3"),
        (type: "volumev3", name: "cinder", url: "http://127.0.0.1:8776/v3/%(tenant_id)s"),
      ])
    admin = try await login("admin", Self.adminPassword, tenant: "admin").token
  }

  enum Port { case open, admin }

  func send(
    _ method: String, _ url: String, _ body: JSON? = nil, as token: String? = nil, at port: Port = .admin,
    headers: Headers = [:]
  ) async throws -> Answer {
    let parts = url.split(separator: "?", maxSplits: 1)
    var request = Request(
      method, String(parts[0]), query: parts.count < 2 ? [] : parseQuery(parts[1]), headers: headers)
    request.headers["Host"] = port == .admin ? "cloud:35357" : "cloud:5000"
    request.headers["X-Auth-Token"] = token
    if let body {
      request.headers["Content-Type"] = "application/json"
      request.body = .bytes(body.bytes)
    }
    let response = await (port == .admin ? adminPort : publicPort)(request)
    let bytes = try await response.body.collect(limit: 1 << 22)
    return Answer(
      status: response.status, headers: response.headers, json: bytes.isEmpty ? .null : try JSON(parsing: bytes))
  }

  /// As the administrator, at the admin port.
  func ask(_ method: String, _ path: String, _ body: JSON? = nil) async throws -> Answer {
    try await send(method, path, body, as: admin)
  }
  /// Makes something as the administrator; gives its id.
  func make(_ path: String, _ name: String, _ body: JSON) async throws -> String {
    let answer = try await ask("POST", "/v2.0" + path, [name: body])
    #expect(answer.status == 200, "\(answer.json.text)")
    return answer.id
  }
  func tenant(_ name: String) async throws -> String { try await make("/tenants", "tenant", ["name": .string(name)]) }
  func user(_ name: String, tenant: String? = nil) async throws -> String {
    try await make(
      "/users", "user", ["name": .string(name), "password": .string(name), "tenantId": tenant.json, "email": nil])
  }

  func login(_ name: String, _ password: String, tenant: String? = nil) async throws -> Answer {
    var auth: JSONObject = ["passwordCredentials": ["username": .string(name), "password": .string(password)]]
    if let tenant { auth.append("tenantName", .string(tenant)) }
    return try await send("POST", "/v2.0/tokens", ["auth": .object(auth)], at: .open)
  }
  func demo() async throws -> String { try await login("demo", Self.demoPassword, tenant: "demo").token }
}
