import API
import Bus
import Clients
import Core
import HTTP
import JSON
import NovaAPI
import NovaModel
import Store
import Synchronization
import TestSupport
import Testing
import Work

/// Compute in memory: a store, an endpoint, and stubs for the services it asks. No saga runs here, they stay queued.
struct Cloud: Sendable {
  let nova: Nova
  let store: Store
  let handler: Handler
  let others: Others
  let bus: Bus

  static let image = "11111111-1111-4111-8111-111111111111"
  static let network = "22222222-2222-4222-8222-222222222222"

  init(options: NovaOptions = NovaOptions()) async throws {
    store = try await TestStore.fresh()
    try await store.migrate([SagaRow.schema, novaSchema])
    others = Others()
    bus = Bus(LocalCarrier())
    func client(_ name: String, _ prefix: String, _ handler: @escaping Handler) -> ServiceClient {
      ServiceClient(name, over: LocalTransport(handler), prefix: prefix) { "service" }
    }
    let others = others
    nova = Nova(
      store: store, world: .real, bus: bus, queue: SagaQueue(store: store, world: .real, node: "test"),
      network: NetworkClient(client("network", "/v2.0", others.answer)),
      volume: VolumeClient(client("volume", "/v3", others.answer)),
      image: ImageClient(client("image", "/v2", others.answer)),
      placement: PlacementClient(client("placement", "", others.answer)),
      identity: IdentityClient(client("identity", "/v3", others.answer)), options: options)
    try await nova.bootstrap()
    let endpoint = try Endpoint(nova.api(), world: .real, identityURL: "http://keystone") { token in
      // A token reads ROLE@PROJECT.
      let parts = token.split(separator: "@").map(String.init)
      guard parts.count == 2 else { throw Fault.unauthorized() }
      let roles: Set<String> =
        switch parts[0] {
        case "admin": ["admin", "manager", "member", "reader"]
        case "member": ["member", "reader"]
        default: ["reader"]
        }
      return Caller(userID: "user-\(parts[1])", projectID: parts[1], roles: roles, token: token)
    }
    handler = endpoint.handler
  }

  struct Answer: Sendable {
    let status: Int
    let headers: Headers
    let json: JSON
    var message: String { json.object?.members.first?.value["message"]?.string ?? "" }
  }

  /// Asks with the path and query as in a URL.
  func ask(
    _ method: String, _ url: String, _ body: JSON? = nil, as token: String? = "member@demo", version: String? = nil
  ) async throws -> Answer {
    let parts = url.split(separator: "?", maxSplits: 1).map(String.init)
    var request = Request(method, "/v2.1" + parts[0], headers: ["Host": "nova:8774"])
    if parts[0].hasPrefix("//") { request.path = String(parts[0].dropFirst()) }
    if parts.count > 1 { request.query = parseQuery(parts[1]) }
    if let token { request.headers["X-Auth-Token"] = token }
    if let version { request.headers["OpenStack-API-Version"] = "compute \(version)" }
    if let body {
      request.headers["Content-Type"] = "application/json"
      request.body = .bytes(body.bytes)
    }
    let response = await handler(request)
    let bytes = try await response.body.collect(limit: 1 << 24)
    return Answer(
      status: response.status, headers: response.headers, json: bytes.isEmpty ? .null : try JSON(parsing: bytes))
  }

  /// Makes a server and gives its id; it is in the state `building` with its saga queued.
  func server(_ name: String = "web", as token: String = "member@demo", _ more: JSONObject = [:]) async throws -> String
  {
    var fields: JSONObject = ["name": .string(name), "imageRef": .string(Self.image), "flavorRef": "1"]
    for member in more.members { fields[member.key] = member.value }
    let answer = try await ask("POST", "/servers", ["server": .object(fields)], as: token)
    #expect(answer.status == 202, "\(answer.json.text)")
    return answer.json["server"]?["id"]?.string ?? ""
  }

  /// Puts a server into a state as though its saga had ended.
  func settle(
    _ id: String, _ state: Server.State, doing: Server.Doing? = nil,
    _ change: @escaping @Sendable (inout Server) -> Void = { _ in }
  ) async throws {
    try await store.write { tx in
      guard var server = try await tx.get(Server.self, id) else { return }
      server.state = state
      server.doing = doing
      server.saga = nil
      server.host = "node1"
      server.power = 1
      change(&server)
      _ = try await tx.update(server)
    }
  }

  func sagas(_ name: String) async throws -> [SagaRow] {
    try await store.read { try await $0.all(SagaRow.self, "WHERE name = \(name)") }
  }
}

/// The other services, as compute's clients see them: what they hold is set by the test.
final class Others: Sendable {
  struct State {
    var images: [String: JSON] = [
      Cloud.image: ["id": .string(Cloud.image), "status": "active", "size": 1000, "min_disk": 0, "min_ram": 0]
    ]
    var networks: [JSON] = [
      [
        "id": .string(Cloud.network), "name": "private", "subnets": ["s"], "shared": false, "tenant_id": "demo",
        "router:external": false,
      ]
    ]
    var ports: [JSON] = []
    var floating: [JSON] = []
    var groups: [JSON] = [["id": "g-1", "name": "default", "tenant_id": "demo"]]
    var volumes: [String: JSON] = [:]
    /// Whether the network service is away.
    var isNetworkDown = false
    /// `METHOD path` of every request.
    var asked: [String] = []
    var bodies: [JSON] = []
  }
  let state = Mutex(State())

  func change(_ edit: (inout State) -> Void) { state.withLock { edit(&$0) } }
  var asked: [String] { state.withLock { $0.asked } }

  var answer: Handler {
    { [self] request in
      let bytes = (try? await request.body.collect(limit: 1 << 20)) ?? []
      let body = (try? JSON(parsing: bytes)) ?? .null
      return state.withLock { Self.respond(request, body, &$0) }
    }
  }

  private static func respond(_ request: Request, _ body: JSON, _ state: inout State) -> Response {
    state.asked.append("\(request.method) \(request.path)")
    state.bodies.append(body)
    func json(_ value: JSON, _ status: Int = 200) -> Response { Response(status: status, body: .bytes(value.bytes)) }
    let parts = request.path.split(separator: "/").map(String.init)
    let (what, id) = (parts.count > 1 ? parts[1] : "", parts.count > 2 ? parts[2] : nil)
    let missing = json(["NeutronError": ["message": "not found"]], 404)
    func list(_ rows: [JSON], _ key: String) -> Response {
      let filters = request.query.filter { $0.name != "fixed_ips" && $0.name != "fields" }
      let found = rows.filter { row in
        Dictionary(grouping: filters, by: \.name).allSatisfy { name, values in
          values.contains { $0.value.lowercased() == (row[name]?.string ?? row[name]?.text ?? "").lowercased() }
        }
      }
      return json([key: .array(found)])
    }
    func one(_ rows: [JSON], _ key: String) -> Response {
      rows.first { $0["id"]?.string == id }.map { json([key: $0]) } ?? missing
    }
    if state.isNetworkDown, request.path.hasPrefix("/v2.0/") { return json(["message": "away"], 503) }
    switch (request.method, what) {
    case ("GET", "projects"): return id == "nowhere" ? missing : json(["project": ["id": .string(id ?? "")]])
    case ("GET", "images"): return state.images[id ?? ""].map { json($0) } ?? missing
    case ("POST", "images"): return json(["id": "33333333-3333-4333-8333-333333333333", "status": "queued"], 201)
    case ("GET", "networks"): return id == nil ? list(state.networks, "networks") : one(state.networks, "network")
    case ("GET", "ports"): return id == nil ? list(state.ports, "ports") : one(state.ports, "port")
    case ("POST", "ports"):
      var port = body["port"]?.object ?? [:]
      port["id"] = "44444444-4444-4444-8444-444444444444"
      port["mac_address"] = "fa:16:3e:00:00:01"
      port["status"] = "DOWN"
      port["fixed_ips"] = [["ip_address": "10.0.0.9", "subnet_id": "s"]]
      state.ports.append(.object(port))
      return json(["port": .object(port)], 201)
    case ("PUT", "ports"):
      guard let index = state.ports.firstIndex(where: { $0["id"]?.string == id }) else { return missing }
      var port = state.ports[index].object ?? [:]
      for member in body["port"]?.object?.members ?? [] { port[member.key] = member.value }
      state.ports[index] = .object(port)
      return json(["port": .object(port)])
    case ("DELETE", _): return Response(status: 204)
    case ("GET", "floatingips"): return list(state.floating, "floatingips")
    case ("GET", "security-groups"): return list(state.groups, "security_groups")
    case ("GET", "volumes"): return state.volumes[id ?? ""].map { json(["volume": $0]) } ?? missing
    case ("POST", "attachments"): return json(["attachment": ["id": "55555555-5555-4555-8555-555555555555"]])
    default: return missing
    }
  }
}
