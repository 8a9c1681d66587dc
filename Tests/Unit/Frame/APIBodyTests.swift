import API
import Core
import HTTP
import JSON
import Testing

@Suite("API: bodies, actions, views") struct APIBodyTests {
  let api: Endpoint
  init() throws { api = try Aviary().endpoint() }

  @Test func aBodyHasItsLimit() async throws {
    func crumb(_ n: Int) -> JSON { .string(String(repeating: "x", count: n - 2)) }
    #expect(try await api.ask("POST", "/v2/crumbs", crumb(100)).status == 201)
    #expect(try await api.ask("POST", "/v2/crumbs", crumb(101)).status == 413)
    let long = BodyStream(length: 101) { throw Fault.internalError("It must not be read.") }
    #expect(try await api.ask("POST", "/v2/crumbs", raw: .stream(long)).status == 413)
    let body = Body.bytes(Array(repeating: 65, count: 1000))
    #expect(try await api.ask("PUT", "/v2/birds/robin/song", raw: body).json == 1000)
  }

  @Test func aBodyMustBeJSON() async throws {
    for type in ["application/json", "application/json; charset=UTF-8", "Application/JSON", "application/x-json-patch"]
    {
      #expect(try await api.ask("POST", "/v2/crumbs", headers: ["Content-Type": type], [:]).status == 201, "\(type)")
    }
    #expect(try await api.ask("POST", "/v2/crumbs", raw: .bytes([0x7b, 0x7d])).status == 201)
    for type in ["text/plain", "application/xml"] {
      #expect(try await api.ask("POST", "/v2/crumbs", headers: ["Content-Type": type], [:]).status == 415, "\(type)")
    }
    for text in ["{", "{'a': 1}", "[1,]", "nul"] {
      #expect(try await api.ask("POST", "/v2/crumbs", raw: .bytes(Array(text.utf8))).status == 400, "\(text)")
    }
    #expect(try await api.ask("POST", "/v2/crumbs").json == .null)
  }

  @Test func anActionIsPickedByTheBodysOnlyKey() async throws {
    let path = "/v2/birds/robin/action"
    let flown = try await api.ask("POST", path, ["fly": ["to": "oak"]])
    #expect(flown.status == 202)
    #expect(flown.json == ["fly": ["to": "oak"]])
    for body in [["swim": nil], [:], ["fly": nil, "sing": nil], [], nil] as [JSON] {
      #expect(try await api.ask("POST", path, body).status == 400, "\(body)")
    }
    #expect(try await api.ask("POST", path).status == 400)
    #expect(try await api.ask("POST", path, ["swim": nil]).text.contains("swim"))
    #expect(try await api.ask("POST", path, ["sing": nil]).status == 400, "since 2.2")
    #expect(try await api.ask("POST", path, headers: ["X-Aviary-Version": "2.2"], ["sing": nil]).status == 202)
    #expect(try await api.ask("POST", path, ["pluck": nil]).status == 403)
    #expect(try await api.ask("POST", path, as: "admin@nest", ["pluck": nil]).status == 202)
    #expect(try await api.ask("POST", path, as: nil, ["fly": nil]).status == 401)
  }

  static let drafts: [(JSON, String)] = [
    ([:], "'bird' is a required property"),
    (["bird": 1], "is not of type 'object'"),
    (["bird": [:]], "'name' is a required property"),
    (["bird": ["name": nil]], "must not be null"),
    (["bird": ["name": 1]], "is not of type 'string'"),
    (["bird": ["name": "  "]], "white space"),
    (["bird": ["name": "123456789"]], "is too long"),
    (["bird": ["name": "owl", "size": 0]], "less than the minimum of 1"),
    (["bird": ["name": "owl", "size": 11]], "greater than the maximum of 10"),
    (["bird": ["name": "owl", "size": 1.5]], "is not of type 'integer'"),
    (["bird": ["name": "owl", "size": true]], "is not of type 'integer'"),
    (["bird": ["name": "owl", "color": "green"]], "is not one of"),
    (["bird": ["name": "owl", "mother": "me"]], "is not a 'uuid'"),
    (["bird": ["name": "owl", "wings": 2]], "'wings' was unexpected"),
  ]
  @Test(arguments: 0..<drafts.count) func aDraftThatDoesNotFitIsRefused(row: Int) async throws {
    let (body, words) = Self.drafts[row]
    let reply = try await api.ask("POST", "/v2/birds", headers: ["X-Aviary-Version": "2.2"], body)
    #expect(reply.status == 400)
    #expect(reply.json["badRequest"]?["message"]?.string?.contains(words) == true, "\(reply.text)")
  }

  @Test func absentIsNotNull() async throws {
    func note(_ bird: JSON) async throws -> JSON? {
      try await api.ask("POST", "/v2/birds", ["bird": bird]).json["egg"]?["note"]
    }
    #expect(try await note(["name": "owl"]) == "old")
    #expect(try await note(["name": "owl", "note": nil]) == .null)
    #expect(try await note(["name": "owl", "note": "new"]) == "new")
  }

  @Test func someFieldsAreForARoleAlone() async throws {
    #expect(try await api.ask("GET", "/v2/birds/robin").json["bird"]?["secret"] == nil)
    #expect(try await api.ask("GET", "/v2/birds/robin", as: "admin@x").json["bird"]?["secret"] == "worms")
  }

  @Test func neutronsClientsPickFields() async throws {
    let picky = try Aviary().endpoint(selectsFields: true)
    let query = [(name: "fields", value: "name"), (name: "fields", value: "id")]
    #expect(try await picky.ask("GET", "/v2/birds/robin", query: query).json["bird"]?.object?.keys == ["id", "name"])
    #expect(try await api.ask("GET", "/v2/birds/robin", query: query).json["bird"]?.object?.keys.count == 4)
  }

  static let styles: [(String, FaultStyle, Fault.Kind, Int, JSON)] = [
    ("keystone", .keystone, .conflict, 409, ["error": ["code": 409, "message": "No <seed>.", "title": "Conflict"]]),
    ("nova", .nova, .notFound, 404, ["itemNotFound": ["code": 404, "message": "No <seed>."]]),
    ("nova", .nova, .overQuota, 403, ["forbidden": ["code": 403, "message": "No <seed>."]]),
    ("cinder", .cinder, .overQuota, 413, ["overLimit": ["code": 413, "message": "No <seed>."]]),
    (
      "neutron", .neutron, .overQuota, 409,
      ["NeutronError": ["type": "NoSeed", "message": "No <seed>.", "detail": ""]]
    ),
  ]
  @Test(arguments: 0..<styles.count) func eachServiceHasItsFaults(row: Int) async throws {
    let (_, style, kind, status, body) = Self.styles[row]
    let reply = try await Aviary().endpoint(faults: style).ask("GET", "/v2/faults/\(kind.rawValue)")
    #expect(reply.status == status)
    #expect(reply.headers["Content-Type"] == "application/json")
    #expect(reply.json == body)
  }

  @Test func glanceAnswersWithAPageAndPlacementWithAList() async throws {
    let glance = try await Aviary().endpoint(faults: .glance).ask(
      "GET", "/v2/faults/notFound", headers: ["Accept": "*/*"])
    #expect(glance.status == 404)
    #expect(glance.headers["Content-Type"] == "text/html; charset=UTF-8")
    #expect(glance.text.contains("<h1>404 Not Found</h1>") && glance.text.contains("No &lt;seed&gt;."))
    let placement = try await Aviary().endpoint(faults: .placement).ask("GET", "/v2/faults/conflict")
    let error = try #require(placement.json["errors"]?[0])
    #expect(error["status"] == 409 && error["code"] == "NoSeed" && error["detail"] == "No <seed>.")
    #expect(error["request_id"]?.string == placement.headers["X-Openstack-Request-Id"])
  }

  private static let page = "text/html; charset=UTF-8"
  private static let text = "text/plain; charset=UTF-8"
  private static let json = "application/json"

  /// As webob chooses between a page and JSON, measured on it.
  static let accepted: [(accept: String?, type: String)] = [
    (nil, text), ("", text), ("*/*", page), ("text/html", page), ("application/json", json),
    ("APPLICATION/JSON", json), ("application/*", json), ("text/plain", text), ("application/xml", text),
    ("application/json, text/html;q=0.5", json), ("text/html;q=0.4,application/json;q=0.5", json),
    ("application/json;q=0.5, text/html; q=0.5", page), ("text/html;q=0, */*", json), ("application/json;q=0", text),
    ("application/json;v=1", text), ("application/json;q=0.1, */*;q=0.9", page), ("nonsense", page),
    ("application/json;q=x", page), ("application/vnd.openstack.images-v2", text),
  ]
  @Test(arguments: 0..<accepted.count) func glanceWritesWhatTheClientReads(row: Int) async throws {
    let (accept, type) = Self.accepted[row]
    var headers: Headers = [:]
    headers["Accept"] = accept
    let reply = try await Aviary().endpoint(faults: .glance).ask("GET", "/v2/faults/notFound", headers: headers)
    #expect(reply.status == 404 && reply.headers["Content-Type"] == type, "\(accept ?? "none")")
    switch type {
    case Self.json: #expect(reply.json == ["message": "No <seed>.", "code": "404 Not Found", "title": "Not Found"])
    case Self.text: #expect(reply.text == "404 Not Found\n\nNo <seed>.\n\n")
    default: #expect(reply.text.contains("<h1>404 Not Found</h1>"))
    }
  }

  @Test func otherServicesWriteAsEver() async throws {
    let reply = try await Aviary().endpoint(faults: .nova).ask(
      "GET", "/v2/faults/notFound", headers: ["Accept": "text/html"])
    #expect(reply.headers["Content-Type"] == "application/json")
  }
}
