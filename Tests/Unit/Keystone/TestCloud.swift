import API
import Core
import Crypto
import HTTP
import Hardware
import JSON
import KeystoneAPI
import KeystoneModel
import OpenID
import Store
import Synchronization
import TestSupport
import Testing

/// A clock that stands still until it is moved.
final class TestClock: Sendable {
  private let time = Mutex<Int64>(1_795_000_000_250_000)

  var now: Timestamp { Timestamp(microseconds: time.withLock { $0 }) }
  func advance(_ duration: Duration) { time.withLock { $0 += duration.microseconds } }

  var world: World {
    World(
      now: { self.now }, uptime: { .microseconds(self.now.microseconds) },
      sleep: { self.advance($0) }, random: World.real.random)
  }
}

/// What a request was answered with.
struct Answer {
  let status: Int
  let headers: Headers
  let json: JSON

  var token: String { headers["X-Subject-Token"] ?? "" }
  var message: String { json["error"]?["message"]?.string ?? "" }
}

/// A bootstrapped identity service in memory.
struct TestCloud {
  let clock: TestClock
  let keystone: Keystone
  let endpoint: Endpoint
  let keys: Fernet
  /// A token of the administrator, scoped to the project `admin`.
  private(set) var admin = ""

  static let adminPassword = "admin's long and generated secret"
  static let demoPassword = "demo's long and generated secret"
  static let catalog = [
    (type: "identity", name: "keystone", url: "http://127.0.0.1:5000/v3"),
    (type: "compute", name: "nova", url: "http://127.0.0.1:8774/v2.1"),
    (type: "object-store", name: "swift", url: "http://127.0.0.1:8080/v1/AUTH_$(project_id)s"),
    (type: "volumev3", name: "cinder", url: "http://127.0.0.1:8776/v3/%(tenant_id)s"),
  ]

  /// Options for quick tests.
  static var quick: KeystoneOptions {
    var quick = KeystoneOptions()
    quick.passwordCost = 4
    return quick
  }

  init(
    options: KeystoneOptions? = nil, clock: TestClock = TestClock(), keys: (@Sendable () throws -> Fernet)? = nil,
    signingKeys: (@Sendable () throws -> JWSKeys)? = nil, openID: OpenIDProviders = OpenIDProviders(),
    directory: (any Directory)? = nil, notify: (@Sendable (Notice) async -> Void)? = nil
  ) async throws {
    self.clock = clock
    let world = clock.world
    let store = try await TestStore.fresh(world: world)
    try await store.migrate([keystoneSchema])
    let fixed = Fernet(keys: [FernetKey(world: world)])
    self.keys = fixed
    let service = Keystone(
      store: store, world: world, options: options ?? Self.quick, tokenKeys: keys ?? { fixed },
      credentialKeys: { fixed }, signingKeys: signingKeys, openID: openID,
      directory: { _ in
        guard let directory else { throw Fault.unavailable("no directory") }
        return directory
      }, notify: notify ?? { _ in })
    keystone = service
    endpoint = try Endpoint(service.api(), world: world, identityURL: "http://127.0.0.1:5000") {
      try await service.validate(token: $0)
    }
    try await bootstrap()
    admin = try await login("admin", Self.adminPassword, project: "admin")
  }

  func bootstrap(catalog: [(type: String, name: String, url: String)] = Self.catalog) async throws {
    try await keystone.bootstrap(
      adminPassword: Self.adminPassword, demoPassword: Self.demoPassword,
      services: [(name: "nova", password: "nova's long and generated secret")], catalog: catalog)
  }

  func send(
    _ method: String, _ path: String, as token: String? = nil, _ body: JSON? = nil, headers: Headers = [:]
  ) async throws -> Answer {
    let parts = path.split(separator: "?", maxSplits: 1)
    let query = (parts.count > 1 ? parts[1] : "").split(separator: "&").map { item -> (name: String, value: String) in
      let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (name: percentDecode(String(pair[0])), value: pair.count > 1 ? percentDecode(String(pair[1])) : "")
    }
    var request = Request(method, String(parts[0]), query: query, headers: headers)
    request.headers["Host"] = "cloud:5000"
    request.headers["X-Auth-Token"] = token
    if let body {
      request.headers["Content-Type"] = "application/json"
      request.body = .bytes(body.bytes)
    }
    let response = await endpoint.handler(request)
    let bytes = try await response.body.collect(limit: 1 << 22)
    return Answer(
      status: response.status, headers: response.headers, json: bytes.isEmpty ? .null : try JSON(parsing: bytes))
  }

  /// As the administrator.
  func ask(_ method: String, _ path: String, _ body: JSON? = nil) async throws -> Answer {
    try await send(method, path, as: admin, body)
  }
  /// Makes something as the administrator and gives its id.
  func make(_ path: String, _ name: String, _ body: JSON) async throws -> String {
    let answer = try await ask("POST", path, [name: body])
    #expect(answer.status == 201, "\(answer.json.text)")
    return answer.json[name]?["id"]?.string ?? ""
  }

  func authenticate(_ user: JSON, scope: JSON? = nil, query: String = "") async throws -> Answer {
    var auth: JSONObject = ["identity": ["methods": ["password"], "password": ["user": user]]]
    auth["scope"] = scope
    return try await send("POST", "/v3/auth/tokens\(query)", as: nil, ["auth": .object(auth)])
  }
  func rescope(_ token: String, scope: JSON? = nil) async throws -> Answer {
    var auth: JSONObject = ["identity": ["methods": ["token"], "token": ["id": .string(token)]]]
    auth["scope"] = scope
    return try await send("POST", "/v3/auth/tokens", as: nil, ["auth": .object(auth)])
  }
  static func user(_ name: String, _ password: String) -> JSON {
    ["name": .string(name), "domain": ["id": "default"], "password": .string(password)]
  }
  static func project(_ name: String) -> JSON { ["project": ["name": .string(name), "domain": ["name": "Default"]]] }

  /// A token, scoped to a project of the default domain where one is named.
  func login(_ name: String, _ password: String, project: String? = nil) async throws -> String {
    let answer = try await authenticate(Self.user(name, password), scope: project.map { Self.project($0) })
    #expect(answer.status == 201, "\(answer.json.text)")
    return answer.token
  }
  func demo() async throws -> String { try await login("demo", Self.demoPassword, project: "demo") }
  func id(of name: String, in collection: String) async throws -> String {
    try await ask("GET", "/v3/\(collection)?name=\(name)").json[collection]?[0]?["id"]?.string ?? ""
  }
  func status(of token: String) async throws -> Int {
    try await send("GET", "/v3/auth/tokens", as: admin, headers: ["X-Subject-Token": token]).status
  }
}
