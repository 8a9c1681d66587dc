internal import API
internal import Clients
internal import Core
internal import HTTP
internal import JSON

/// Passes requests on to v3 as if their sender had sent them there: links and throttling follow him, not us.
private struct Passing: Transport {
  let handler: Handler
  let sender: Request

  func send(_ request: Request) async throws -> Response {
    var request = request
    request.peer = sender.peer
    for name in ["Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Prefix"] {
      if let value = sender.headers[name] { request.headers[name] = value }
    }
    return await handler(request)
  }
}

extension Call where Service == KeystoneV2 {
  /// v3 in the caller's name; nameless where the route is open.
  var v3: ServiceClient {
    let token = incoming.caller.token
    return v3(as: token.isEmpty ? nil : token)
  }
  func v3(as token: String?) -> ServiceClient {
    ServiceClient(
      "identity", over: Passing(handler: service.v3, sender: incoming.request), prefix: "/v3"
    ) { token }
  }
  var domain: String { service.options.defaultDomainID }

  /// The object of v3's answer under its name.
  func ask(_ method: String, _ path: String, _ name: String, _ body: JSONObject? = nil) async throws -> JSONObject {
    let answer = try await v3.call(method, path, body.map { [name: .object($0)] })
    return answer[name]?.object ?? [:]
  }
  /// The objects of a list of v3's.
  func list(_ path: String, _ name: String, query: [(name: String, value: String)] = []) async throws -> [JSONObject] {
    try await v3.call("GET", path, query: query)[name]?.array?.compactMap(\.object) ?? []
  }
  /// The one object of that name in a list of v3's.
  /// - Throws: `notFound`.
  func find(_ path: String, _ names: String, _ name: String, named wanted: String) async throws -> JSONObject {
    var query = [(name: "name", value: wanted)]
    if names != "roles" { query.append((name: "domain_id", value: domain)) }
    guard let found = try await list(path, names, query: query).first else {
      throw Fault.notFound("Could not find \(name): \(wanted).")
    }
    return found
  }
}

/// A path below v3, its parameters encoded.
func path(_ parts: String...) -> String { parts.map { "/" + percentEncode($0) }.joined() }

extension JSONObject {
  func string(_ key: String) -> String? { self[key]?.string }
  /// Without keys that v2.0 does not know.
  func without(_ keys: Set<String>) -> JSONObject { JSONObject(members.filter { !keys.contains($0.key) }) }
  /// Without keys whose value is null: clients of v2.0 send null for what was not given.
  var withoutNulls: JSONObject { JSONObject(members.filter { !$0.value.isNull }) }

  /// v2.0's own check of a name, with its words.
  func requireName() throws {
    guard let name = self["name"], name != "", !name.isNull else {
      throw Fault.badRequest("Name field is required and cannot be empty")
    }
  }
}

extension JSON {
  /// The object that the body holds under a name.
  /// - Throws: `badRequest` in upstream's words.
  func named(_ name: String) throws -> JSONObject {
    guard let object = self[name]?.object else { throw missing(name, "request body") }
    return object
  }
}

/// Upstream's words for a part that a request must have.
func missing(_ attribute: String, _ target: String) -> Fault {
  .badRequest(
    "Expecting to find \(attribute) in \(target). The server could not comply with the request since it is either "
      + "malformed or otherwise incorrect. The client is assumed to be in error.")
}

/// v2.0 could once be had in XML too. Who can read nothing else is told so, rather than sent what he cannot read; a body
/// in XML is refused where bodies are read.
func refusalOfXML(_ request: Request) -> Response? {
  guard let accept = request.headers["Accept"]?.lowercased(), accept.contains("xml"), !accept.contains("json"),
    !accept.contains("*/*")
  else { return nil }
  let body: JSON = [
    "error": [
      "code": 406, "title": "Not Acceptable",
      "message": "The identity API is spoken in JSON only. Ask with Accept: application/json.",
    ]
  ]
  return Response(status: 406, headers: ["Content-Type": "application/json"], body: .bytes(body.bytes))
}
