import API
import Core
import HTTP
import JSON
import Store

/// A made-up service whose rows reach every corner of the frame.
struct Aviary: Sendable {
  var store: Store?
}

struct Bird: Record, Viewed, Equatable {
  var id = ""
  var name = ""
  var size = 0
  var projectID = ""
  var secret: String?
  var note: String?

  static let table = Table<Bird>(
    "birds",
    [
      .column("id", \.id, key: true), .column("name", \.name), .column("size", \.size),
      .column("project_id", \.projectID), .column("secret", \.secret), .column("note", \.note),
    ])
  static let schema = Schema("birds", tables: [table])

  static let view = View<Bird>(
    "bird",
    [
      .field("id", \.id), .field("name", \.name), .field("size", \.size, since: "2.2"),
      .field("weight", \.size, until: "2.1"), .field("secret", \.secret, onlyFor: "admin"),
      .computed("links") { bird, incoming in
        [["rel": "self", "href": .string(incoming.baseURL + incoming.mount + "/birds/" + bird.id)]]
      },
      .computed("nothing") { _, _ in nil },
    ])

  static let robin = Bird.make("robin", 3, "nest")
  static let crow = Bird.make("crow", 9, "roof")
  static func make(_ name: String, _ size: Int, _ project: String) -> Bird {
    var bird = Bird()
    (bird.id, bird.name, bird.size, bird.projectID, bird.secret) = (name, name, size, project, "worms")
    return bird
  }
}

struct BirdDraft: Draft {
  var name = ""
  var size = 1
  var color: String?
  var note: Given<String?> = .absent
  var mother: String?
  static let shape = Shape<BirdDraft>(
    "bird",
    [
      .key("name", \.name, .name(limit: 8), required: true), .key("size", \.size, .range(1...10)),
      .key("color", \.color, .oneOf(["red", "blue"]), since: "2.2"), .key("note", \.note),
      .key("mother", \.mother, .uuid),
    ])
}

/// A body of a hundred bytes at most.
struct Crumb: Input {
  static var reads: BodyReading { .json(limit: 100) }
  let body: JSON
  init(from incoming: Incoming) throws { body = incoming.body }
}

extension Aviary {
  struct Boom: Error {
    let words = "the password is hunter2"
  }

  static let routes = Routes(
    rules: "aviary:birds:", of: Aviary.self,
    [
      .get("/birds", "list", list, allow: .anyone),
      .get("/birds/detail", "detail", { (_, _: Nothing) in JSON.string("detail") }, allow: .anyone),
      .get("/birds/{id}", "show", show, allow: .reader),
      .post("/birds", "create", create, allow: .member),
      .delete("/birds/{id}", "delete", { (_, _: Nothing) in Nothing() }, allow: .admin),
      .get("/birds/{id}/nest", "nest:old", { (_, _: Nothing) in JSON.string("twigs") }, allow: .anyone, until: "2.2"),
      .get("/birds/{id}/nest", "nest:new", { (_, _: Nothing) in JSON.string("moss") }, allow: .anyone, since: "2.3"),
      .action("/birds/{id}/action", "fly", "fly", { (_, body: JSON) in body }, allow: .member),
      .action("/birds/{id}/action", "sing", "sing", { (_, body: JSON) in body }, allow: .member, since: "2.2"),
      .action("/birds/{id}/action", "pluck", "pluck", { (_, body: JSON) in body }, allow: .admin),
      .put("/birds/{id}/song", "song", song, allow: .anyone),
      .post("/crumbs", "crumb", { (_, crumb: Crumb) in crumb.body }, allow: .anyone),
      .head("/eggs", "eggs", { (_, _: Nothing) in Nothing() }, allow: .anyone),
      .get("/trees/oak/leaf", "leaf", { (_, _: Nothing) in JSON.string("oak leaf") }, allow: .anyone),
      .get(
        "/trees/{kind}/root", "root", { (call, _: Nothing) in JSON.string(call.path["kind"] ?? "") }, allow: .anyone),
      .get("/crash", "crash", { (_, _: Nothing) -> Nothing in throw Boom() }, allow: .anyone),
      .get("/faults/{kind}", "fault", fault, allow: .anyone),
      .get("/echo", "echo", echo, allow: .anyone),
      .get("/", "versions", { (_, _: Nothing) in JSON.string("versions") }, allow: .open),
    ])

  static func list(_ call: Call<Aviary>, _: Nothing) async throws -> Page<Bird> {
    let page = try PageRequest(
      call.incoming, sortable: ["name": "name", "size": "size"], fallback: [(column: "name", descending: false)],
      maximum: 3)
    guard let store = call.service.store else { return Page([.robin, .crow], next: "crow") }
    let found = try await store.read { try await page.fetch(Bird.self, where: "size < 100", in: $0) }
    return Page(found.items, next: found.next, links: call.query("style") == "keystone" ? .keystone : .beside)
  }
  static func show(_ call: Call<Aviary>, _: Nothing) async throws -> Bird {
    guard let bird = [Bird.robin, .crow].first(where: { $0.id == call.id }) else { throw missing(call.id) }
    try call.require(["project_id": bird.projectID], else: missing(call.id))
    return bird
  }
  static func missing(_ id: String) -> Fault { .notFound("Bird \(id) could not be found.") }
  static func create(_ call: Call<Aviary>, _ draft: BirdDraft) async throws -> Shown<Bird> {
    var bird = Bird.make(draft.name, draft.size, try call.project())
    bird.note = "old"
    draft.note.apply(to: &bird.note)
    return Shown(bird, as: View("egg", [.field("name", \.name), .field("size", \.size), .field("note", \.note)]))
  }
  static func song(_ call: Call<Aviary>, _: RawBody) async throws -> JSON {
    .int(try await call.request.body.collect(limit: 1000).count)
  }
  static func fault(_ call: Call<Aviary>, _: Nothing) async throws -> Nothing {
    throw Fault(
      Fault.Kind(rawValue: call.path["kind"] ?? "") ?? .badRequest, "No <seed>.", detail: "secret detail",
      code: "NoSeed")
  }
  static func echo(_ call: Call<Aviary>, _: Nothing) async throws -> JSON {
    [
      "version": .string("\(call.version)"), "base": .string(call.baseURL), "mount": .string(call.mount),
      "rule": .string(call.rule), "id": .string(call.requestID), "trace": .string(Trace.current?.requestID ?? ""),
      "global": Trace.current?.globalID.json ?? nil, "user": Trace.current?.user.json ?? nil,
    ]
  }

  static let microversions = Microversions(
    serviceType: "aviary", legacyHeader: "X-Aviary-Version",
    [.version("2.1", "the first"), .version("2.2", "colours"), .version("2.3", "moss")])

  func endpoint(
    faults: FaultStyle = .nova, versions: Microversions? = Aviary.microversions, selectsFields: Bool = false,
    overrides: [String: String] = [:], routes: Routes<Aviary> = Aviary.routes,
    at mounts: [String] = ["/v2", "/v2/{project_id}"]
  ) throws -> Endpoint {
    let service = APIService(
      "aviary", faults: faults, microversions: versions, requestIDHeader: "X-Aviary-Request-Id",
      selectsFields: selectsFields, routes: routes.bound(to: self, at: mounts))
    return try Endpoint(service, world: .real, identityURL: "http://id", overrides: overrides) { token in
      let words = token.split(separator: "@").map(String.init)
      guard words.count == 2 else { throw Fault.unauthorized() }
      let implied: [String: Set<String>] = [
        "admin": ["admin", "member", "reader"], "member": ["member", "reader"], "reader": ["reader"],
      ]
      guard let roles = implied[words[0]] else { throw Fault.unauthorized() }
      return Caller(userID: "u-" + words[0], projectID: words[1] == "none" ? nil : words[1], roles: roles, token: token)
    }
  }
}

/// An answer as a client reads it.
struct Reply {
  let status: Int
  let headers: Headers
  let bytes: [UInt8]
  var json: JSON { (try? JSON(parsing: bytes)) ?? .null }
  var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension Endpoint {
  /// - Parameter who: `ROLE@PROJECT`; nil sends no token.
  func ask(
    _ method: String, _ path: String, as who: String? = "member@nest", query: [(name: String, value: String)] = [],
    headers: Headers = [:], _ body: JSON? = nil, raw: Body = .empty
  ) async throws -> Reply {
    var all = headers
    all["Host"] = "cloud:1"
    if let who { all["X-Auth-Token"] = who }
    if body != nil, all["Content-Type"] == nil { all["Content-Type"] = "application/json" }
    let answer = await handler(
      Request(method, path, query: query, headers: all, body: body.map { .bytes($0.bytes) } ?? raw))
    return Reply(
      status: answer.status, headers: answer.headers, bytes: try await answer.body.collect(limit: 1 << 20))
  }
}
