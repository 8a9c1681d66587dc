internal import API
internal import HTTP
internal import JSON

/// The documents by which clients find the API.
enum Versions {
  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [.get("/", "list_versions", list, allow: .open, status: 300), .get("/v3", "get_version", show, allow: .open)])

  /// Whether the client would rather have the home document than the versions.
  private static func wantsHome(_ call: Call<Keystone>) -> Bool {
    var best = ["application/json": 0.0, "application/json-home": 0.0]
    for item in (call.request.headers["Accept"] ?? "").lowercased().split(separator: ",") {
      let parts = item.split(separator: ";").map { $0.filter { $0 != " " } }
      guard let type = parts.first, best[type] != nil else { continue }
      let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) }
      best[type] = weight ?? 1
    }
    return (best["application/json-home"] ?? 0) > (best["application/json"] ?? 0)
  }
  private static func home(prefix: String) -> Response {
    Response(
      status: 200, headers: ["Content-Type": "application/json-home", "Vary": "Accept"],
      body: .bytes(JSONHome.document(prefix: prefix).bytes))
  }

  static func list(_ call: Call<Keystone>, _: Nothing) async throws -> Response {
    if wantsHome(call) { return home(prefix: "/v3") }
    let body: JSON = ["versions": ["values": [version(call)]]]
    var response = body.response(to: call.incoming, status: 300)
    response.headers["Location"] = call.baseURL + "/v3/"
    return response
  }

  static func show(_ call: Call<Keystone>, _: Nothing) async throws -> Response {
    if wantsHome(call) { return home(prefix: "") }
    return JSON.object(["version": version(call)]).response(to: call.incoming, status: 200)
  }

  private static func version(_ call: Call<Keystone>) -> JSON {
    [
      "id": "v3.14", "status": "stable", "updated": "2020-04-07T00:00:00Z",
      "links": [["rel": "self", "href": .string(call.baseURL + "/v3/")]],
      "media-types": [["base": "application/json", "type": "application/vnd.openstack.identity-v3+json"]],
    ]
  }
}
