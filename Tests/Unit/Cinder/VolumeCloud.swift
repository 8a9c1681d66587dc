import API
import Bus
import CinderAPI
import CinderModel
import CinderWork
import Clients
import Core
import FakeHardware
import HTTP
import Hardware
import Host
import JSON
import Store
import Synchronization
import TestSupport
import Testing
import Work

/// A block storage service in memory with its work and one agent on fake volumes, asked without sockets.
struct VolumeCloud {
  let handler: Handler
  let store: Store
  let queue: SagaQueue
  let work: VolumeWork
  let backend: FakeVolumes
  let images: FakeImageService
  let bus: Bus

  static let host = "node1@fake"

  /// - Parameter runs: false leaves sagas where they begin, for trials that run them step by step.
  /// - Parameter disks: what the agent has in place of fake volumes.
  init(
    options: CinderOptions = CinderOptions(), agent hasAgent: Bool = true, runs: Bool = true,
    disks: (any VolumeBackend)? = nil
  ) async throws {
    let world = World.real
    store = try await TestStore.fresh(world: world)
    try await store.migrate([SagaRow.schema, cinderSchema])
    backend = FakeVolumes()
    images = FakeImageService()
    let service = images
    let image = ImageClient(
      ServiceClient("image", over: LocalTransport { await service.answer($0) }, prefix: "/v2", token: { "cinder" }))
    bus = Bus(LocalCarrier())
    queue = SagaQueue(store: store, world: world, node: "test")
    work = VolumeWork(store: store, world: world, bus: bus, image: image, options: options)
    if runs { work.register(on: queue) }
    work.serve()
    let agent = VolumeAgent(
      name: Self.host, backend: disks ?? backend, inspector: FakeImageInspector(), image: image, bus: bus, host: .real,
      world: world)
    if hasAgent {
      agent.serve()
      try await agent.report()
    }
    let cinder = Cinder(store: store, world: world, queue: queue, bus: bus, image: image, options: options)
    try await cinder.bootstrap()
    try await cinder.bootstrap()
    let callers: [String: Caller] = [
      "admin": Caller(
        userID: "u-admin", projectID: "p-admin", roles: ["admin", "manager", "member", "reader"], token: "admin"),
      "nova": Caller(userID: "u-nova", projectID: "p-service", roles: ["service"], token: "nova"),
      "demo": Caller(userID: "u-demo", projectID: "p-demo", roles: ["member", "reader"], token: "demo"),
      "other": Caller(userID: "u-other", projectID: "p-other", roles: ["member", "reader"], token: "other"),
      "reader": Caller(userID: "u-reader", projectID: "p-demo", roles: ["reader"], token: "reader"),
    ]
    handler = try Endpoint(cinder.api(), world: world, identityURL: "http://127.0.0.1:5000") { token in
      guard let caller = callers[token] else { throw Fault.unauthorized() }
      return caller
    }.handler
    try await queue.start()
  }

  struct Answer {
    let status: Int
    let headers: Headers
    let json: JSON
    var volume: JSON { json["volume"] ?? .null }
    /// The words of a fault of that name.
    func words(_ name: String) -> String { json[name]?["message"]?.string ?? json.text }
  }

  func ask(
    _ method: String, _ path: String, _ body: JSON? = nil, as token: String = "demo", version: String? = "3.71",
    headers extra: Headers = [:]
  ) async throws -> Answer {
    let parts = path.split(separator: "?", maxSplits: 1)
    var headers = extra
    headers["Host"] = "volumes"
    if !token.isEmpty { headers["X-Auth-Token"] = token }
    if let version { headers["OpenStack-API-Version"] = "volume \(version)" }
    if body != nil { headers["Content-Type"] = "application/json" }
    let response = await handler(
      Request(
        method, String(parts[0]), query: parts.count < 2 ? [] : parseQuery(parts[1]), headers: headers,
        body: body.map { .bytes($0.bytes) } ?? .empty))
    let bytes = try await response.body.collect(limit: 1 << 24)
    return Answer(status: response.status, headers: response.headers, json: (try? JSON(parsing: bytes)) ?? .null)
  }

  /// Makes a volume and waits until all work is done.
  func volume(_ properties: JSONObject = [:], as token: String = "demo") async throws -> String {
    var object = properties
    if object["size"] == nil { object["size"] = 1 }
    let made = try await ask("POST", "/v3/volumes", ["volume": .object(object)], as: token)
    try #require(made.status == 202, "\(made.json)")
    try await queue.drain()
    return try #require(made.volume["id"]?.string)
  }

  func snapshot(of volume: String, as token: String = "demo") async throws -> String {
    let made = try await ask("POST", "/v3/snapshots", ["snapshot": ["volume_id": .string(volume)]], as: token)
    try #require(made.status == 202, "\(made.json)")
    try await queue.drain()
    return try #require(made.json["snapshot"]?["id"]?.string)
  }

  func attach(_ volume: String, to server: String, as token: String = "nova") async throws -> Answer {
    try await ask(
      "POST", "/v3/attachments", ["attachment": ["volume_uuid": .string(volume), "instance_uuid": .string(server)]],
      as: token)
  }

  func status(_ volume: String) async throws -> String? {
    try await ask("GET", "/v3/volumes/\(volume)", as: "admin").volume["status"]?.string
  }
}

/// As much of glance as volumes ask for.
final class FakeImageService: Sendable {
  struct Image: Sendable {
    var properties: JSONObject
    var bytes: [UInt8] = []
  }
  private let images = Mutex<[String: Image]>([:])
  private let refusesUploads = Mutex(false)

  /// The first bytes of what was uploaded.
  func bytes(of id: String) -> [UInt8] { images.withLock { $0[id]?.bytes ?? [] } }
  func refuseUploads(_ refuses: Bool = true) { refusesUploads.withLock { $0 = refuses } }
  func status(of id: String) -> String? { images.withLock { $0[id]?.properties["status"]?.string } }

  /// An image of one GiB in two disk formats' common form: raw.
  func add(_ properties: JSONObject = [:], bytes: [UInt8] = Array(repeating: 0, count: 1 << 16)) -> String {
    let id = World.real.uuid()
    var all: JSONObject = [
      "id": .string(id), "status": "active", "name": "cirros", "disk_format": "raw", "container_format": "bare",
      "min_disk": 0, "min_ram": 0, "size": .int(bytes.count), "os_distro": "cirros", "visibility": "public",
    ]
    for (key, value) in properties.members { all[key] = value }
    let image = Image(properties: all, bytes: bytes)
    images.withLock { $0[id] = image }
    return id
  }

  func answer(_ request: Request) async -> Response {
    let segments = request.path.split(separator: "/").map(String.init)
    let id = segments.count > 2 ? segments[2] : ""
    func json(_ value: JSON, _ status: Int = 200) -> Response { Response(status: status, body: .bytes(value.bytes)) }
    switch (request.method, segments.count) {
    case ("POST", 2):
      guard let bytes = try? await request.body.collect(limit: 1 << 20),
        case .object(var object)? = try? JSON(parsing: bytes)
      else { return json([:], 400) }
      let id = World.real.uuid()
      object["id"] = .string(id)
      object["status"] = "queued"
      let image = Image(properties: object)
      images.withLock { $0[id] = image }
      return json(.object(object), 201)
    case ("PUT", 4):
      if refusesUploads.withLock({ $0 }) { return json([:], 500) }
      guard case .stream(let stream) = request.body else { return json([:], 400) }
      var head: [UInt8] = []
      while let piece = try? await stream.next() {
        if head.count < 1 << 16 { head += piece.prefix((1 << 16) - head.count) }
      }
      let bytes = head
      images.withLock {
        $0[id]?.properties["status"] = "active"
        $0[id]?.bytes = bytes
      }
      return Response(status: 204)
    case ("GET", 3):
      guard let image = images.withLock({ $0[id] }) else { return json([:], 404) }
      return json(.object(image.properties))
    case ("GET", 4):
      guard let image = images.withLock({ $0[id] }) else { return json([:], 404) }
      return Response(status: 200, body: .bytes(image.bytes))
    case ("DELETE", 3):
      images.withLock { $0[id] = nil }
      return Response(status: 204)
    default: return json([:], 404)
    }
  }
}
