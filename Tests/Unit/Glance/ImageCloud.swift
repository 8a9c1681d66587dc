import API
import Core
import FakeHardware
import GlanceAPI
import GlanceModel
import GlanceWork
import HTTP
import Hardware
import Host
import JSON
import Store
import TestSupport
import Testing
import Work

/// An image service in memory, asked without sockets.
struct ImageCloud {
  let handler: Handler
  let glance: Glance
  let store: Store
  let backend: any ImageBackend
  let bytes: ImageBytes
  let work: ImageWork
  /// Runs nothing until it is started.
  let queue: SagaQueue

  init(
    backend: any ImageBackend = FakeImages(), inspector: any ImageInspector = TrustingInspector(),
    options: GlanceOptions = GlanceOptions(), world: World = .real
  ) async throws {
    try await self.init(stores: ImageStores(single: backend), inspector: inspector, options: options, world: world)
  }

  /// - Parameters:
  ///   - scratch: where tools work on imports.
  ///   - cache: where images are cached, and how many bytes stay; nil for nowhere.
  ///   - node: of this service, where others share the store.
  init(
    stores: ImageStores, inspector: any ImageInspector = TrustingInspector(), web: any WebSource = NoWeb(),
    source: any ImageSource = NoImageSource(), certificates: any CertificateSource = NoCertificates(),
    options: GlanceOptions = GlanceOptions(),
    scratch: String = "/tmp/mlt-test-none", world: World = .real, limits: Glance.Limits? = nil,
    policies: [String: String] = [:], cache: (backend: any ImageBackend, limit: Int)? = (FakeImages(), 1 << 20),
    node: String? = nil, sharing other: Store? = nil
  ) async throws {
    if let other {
      store = other
    } else {
      store = try await TestStore.fresh(world: world)
      try await store.migrate([SagaRow.schema, glanceSchema])
    }
    backend = stores.staging
    let name = node ?? "api"
    queue = SagaQueue(store: store, world: world, node: Glance.queueNode(of: name), isShared: node != nil)
    let cache = cache.map { [store] in
      ImageCache($0.backend, limit: $0.limit, node: name, url: "http://" + name, store: store, world: world)
    }
    let glance = Glance(
      store: store, world: world, stores: stores, inspector: inspector, queue: queue, certificates: certificates,
      options: options, node: name, limits: limits, cache: cache)
    bytes = glance.bytes
    work = ImageWork(
      store: store, world: world, stores: stores, bytes: glance.bytes, inspector: inspector, host: .real, web: web,
      source: source, scratch: scratch, certificates: certificates, options: options, cache: cache)
    let callers: [String: Caller] = [
      "admin": Caller(userID: "u-admin", projectID: "p-admin", roles: ["admin", "manager", "member", "reader"]),
      "nova": Caller(userID: "u-nova", projectID: "p-service", roles: ["service"]),
      "demo": Caller(userID: "u-demo", projectID: "p-demo", roles: ["member", "reader"]),
      "other": Caller(userID: "u-other", projectID: "p-other", roles: ["member", "reader"]),
      "reader": Caller(userID: "u-reader", projectID: "p-demo", roles: ["reader"]),
      "system": Caller(userID: "u-admin", systemScope: true, roles: ["admin", "member", "reader"]),
    ]
    let authenticate: @Sendable (String) async throws -> Caller = { token in
      guard let caller = callers[token] else { throw Fault.unauthorized() }
      return caller
    }
    let identity = "http://127.0.0.1:5000"
    func pipeline(_ api: APIService) throws -> Handler {
      try Endpoint(api, world: world, identityURL: identity, overrides: policies, authenticate: authenticate).handler
    }
    handler = Glance.port(try pipeline(glance.versionOne()), besides: try pipeline(glance.api()))
    self.glance = glance
  }

  /// Runs every import that has begun to its end.
  func settle() async throws {
    let runner = SagaQueue(store: store, world: work.world, node: "settling")
    work.register(on: runner)
    try await runner.start()
    try await runner.drain()
    await runner.stop(within: .seconds(1))
  }

  struct Answer {
    let status: Int
    let headers: Headers
    let bytes: [UInt8]
    var text: String { String(decoding: bytes, as: UTF8.self) }
    var json: JSON { (try? JSON(parsing: bytes)) ?? .null }
    var names: [String] { (json["images"]?.array ?? []).compactMap { $0["name"]?.string } }
  }

  func send(
    _ method: String, _ path: String, _ body: Body = .empty, as token: String = "demo", headers: Headers = [:]
  ) async throws -> Answer {
    let parts = path.split(separator: "?", maxSplits: 1)
    var headers = headers
    headers["Host"] = "images"
    if !token.isEmpty { headers["X-Auth-Token"] = token }
    let response = await handler(
      Request(
        method, String(parts[0]), query: parts.count < 2 ? [] : parseQuery(parts[1]), headers: headers, body: body))
    var content: [UInt8] = []
    switch response.body {
    case .file(let path, let offset, let length): content = Array("file \(path) \(offset) \(length)".utf8)
    default: content = try await response.body.collect(limit: 1 << 24)
    }
    return Answer(status: response.status, headers: response.headers, bytes: content)
  }

  func ask(_ method: String, _ path: String, _ json: JSON? = nil, as token: String = "demo") async throws -> Answer {
    try await send(
      method, path, json.map { .bytes($0.bytes) } ?? .empty, as: token,
      headers: json == nil ? [:] : ["Content-Type": "application/json"])
  }

  func patch(_ id: String, _ changes: JSON, as token: String = "demo") async throws -> Answer {
    try await send(
      "PATCH", "/v2/images/\(id)", .bytes(changes.bytes), as: token,
      headers: ["Content-Type": "application/openstack-images-v2.1-json-patch"])
  }

  func image(_ properties: JSONObject = [:], as token: String = "demo") async throws -> String {
    var object = properties
    if object["disk_format"] == nil { object["disk_format"] = "raw" }
    if object["container_format"] == nil { object["container_format"] = "bare" }
    let made = try await ask("POST", "/v2/images", .object(object), as: token)
    try #require(made.status == 201, "\(made.text)")
    return try #require(made.json["id"]?.string)
  }

  func upload(_ id: String, _ body: Body, as token: String = "demo") async throws -> Answer {
    try await send(
      "PUT", "/v2/images/\(id)/file", body, as: token, headers: ["Content-Type": "application/octet-stream"])
  }
  func upload(_ id: String, _ text: String, as token: String = "demo") async throws -> Answer {
    try await upload(id, .bytes(Array(text.utf8)), as: token)
  }
}

/// An inspector that believes every image; it is never reached by images in memory.
struct TrustingInspector: ImageInspector {
  func inspect(_ path: String, declared format: String) async throws -> ImageFacts {
    ImageFacts(format: format, virtualSize: 1 << 30)
  }
}

/// A network in which nobody answers.
struct NoWeb: WebSource {
  func fetch(_ uri: String, limit: Int) async throws -> ImagePieces { throw Fault.unavailable("Nothing answers.") }
}
